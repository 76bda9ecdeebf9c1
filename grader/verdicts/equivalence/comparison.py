"""The result of comparing two networks."""

from dataclasses import dataclass, field
from typing import Literal

Verdict = Literal["same", "different", "unknown"]


@dataclass(frozen=True)
class Comparison:
    """What was found.

    Args:
        verdict: `same`: with the same weights, both give the same numbers. `different`: they do not, whichever tensor
            stands for which. `unknown`: it cannot be told which tensor stands for which; other checks have to decide.
        max_error: the largest relative difference between the outputs compared; None when none could be.
        where: the module of the candidate (or the line) where values first part; None when that is not known.
        why: what was found, as a sentence about the candidate that does not give the answer away.
        detail: for instructors: what the candidate is made of and what was expected.
        pairs: the candidate's parameters and buffers with those of the reference that they stand for.
    """

    verdict: Verdict
    max_error: float | None
    where: str | None
    why: str
    detail: str = ""
    pairs: dict[str, str] = field(default_factory=dict)
