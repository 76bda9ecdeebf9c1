"""Mutants made by rule: small mistakes in the reference that nobody had to think of.

    statements    removed, reordered, moved out of a loop, conditions turned round
    expressions   comparisons, signs, constants, arguments, sums for means
    tensors       device, dtype, detach, clone, no_grad, eval, loss, optimiser and activation

The kinds follow the mutation operators of DeepCrime (Humbatova, Jahangirova, Tonella, ISSTA 2021), the taxonomy of real
faults in deep learning behind it (Humbatova et al., ICSE 2020), and common ones for Python.
"""

from grader.proof.operators import expressions, statements, tensors
from grader.proof.operators.changes import Change, changes_of

RULES = {**statements.RULES, **expressions.RULES, **tensors.RULES}

__all__ = ["RULES", "Change", "changes"]


def changes(source: str) -> list[Change]:
    """Every change that the rules make to a module, in the order of its lines; the same source, the same changes."""
    return changes_of(source, RULES)
