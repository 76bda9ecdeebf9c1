"""Compares a network with a reference: the same function of the same parameters, however it is written?"""

import operator
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from grader.errors import AuthorError
from grader.probes import structure
from grader.verdicts.equivalence.canonical import canonical
from grader.verdicts.equivalence.comparison import Comparison
from grader.verdicts.equivalence.differences import UNDECIDED, Difference
from grader.verdicts.equivalence.evidence import Unreadable, read, table
from grader.verdicts.equivalence.inputs import Inputs, Pass, Sizes
from grader.verdicts.equivalence.inventory import leftovers, told
from grader.verdicts.equivalence.network import Network
from grader.verdicts.equivalence.pairing import Pairing, by_shape, pairings, same_form
from grader.verdicts.equivalence.tame import untamed
from grader.verdicts.equivalence.trial import Runner, Trial
from grader.verdicts.equivalence.wording import sentence
from grader.verdicts.torch_errors import explained

_READS_VALUES = "which way it computes depends on the values of its input"
_UNDECIDED = {
    "precision": "it agrees only as far as single precision goes",
    "chance": "it agrees but for what it draws random numbers for, which cannot be compared",
    "values": "it works on some values of its input and fails on others",
}


def compare(
    reference: nn.Module | Sequence[nn.Module],
    candidate: Any,
    example_input: Tensor,
    run: Runner = operator.call,
    *,
    sizes: Sizes = None,
    seed: int | None = None,
) -> Comparison:
    """Compares `candidate` with `reference` in evaluation and in training mode, with weights drawn for the purpose.

    Neither model is changed. In training mode running statistics and gradients are compared as well, with chance taken
    out of dropout.

    Args:
        reference: what the candidate should compute; of several, any one.
        candidate: a module, or a handle on one that `run` understands.
        example_input: a batch as the networks take it, `(N, ...)`; only its shape and type matter where its numbers
            are floating-point.
        run: calls a probe beside the candidate, e.g. `student.run`.
        sizes: further `(H, W)` at which evaluation must agree; None draws one if the reference accepts it.
        seed: of weights and inputs; None draws it from torch's global generator.

    Raises:
        AuthorError: the reference cannot be run on the example, or gives no finite numbers.
    """
    seed = int(torch.randint(2**62, ())) if seed is None else seed
    references = [reference] if isinstance(reference, nn.Module) else list(reference)
    found = [_compare(each, candidate, example_input, run, sizes, seed) for each in references]
    for verdict in ("same", "unknown"):
        for comparison in found:
            if comparison.verdict == verdict:
                return comparison
    return found[0]


def has_form_of(reference: nn.Module, candidate: Any, example_input: Tensor, run: Runner = operator.call) -> bool:
    """Whether both have the same canonical form, by the candidate's own account: no number is compared.

    For networks too large to be run with other weights. It proves nothing about code that cannot be trusted.
    """
    try:
        found = canonical(read(run(structure.trace, candidate, example_input)))
    except Unreadable:
        return False
    return same_form(_form_of(reference, example_input), found)


def _compare(
    reference: nn.Module, candidate: Any, example_input: Tensor, run: Runner, sizes: Sizes, seed: int
) -> Comparison:
    inputs = Inputs(reference, example_input, sizes, torch.Generator().manual_seed(seed % 2**63))
    example = inputs.traced()
    expected = _form_of(reference, example)
    trial = Trial(reference, candidate, run, inputs.passes(), seed)
    claim = run(structure.trace, candidate, example)
    try:
        if "error" in table(claim):
            return _failed(trial, example, str(claim["error"]))
        found = canonical(read(claim))
    except Unreadable as error:
        return Comparison("unknown", None, None, "what it computes could not be read", detail=str(error)[:300])
    return _judged(trial, expected, found)


def _failed(trial: Trial, example: Tensor, error: str) -> Comparison:
    """It could not be traced: by its own fault, when it fails on such an input anyway."""
    again = trial.fails_on(Pass(example, training=False))
    if again is None:
        return Comparison("unknown", None, None, "it works, but cannot be followed step by step", detail=error[:300])
    what = f"it fails on an input of shape {tuple(example.shape)}: {explained(again)[:400]}"
    return Comparison("different", None, None, what)


def _judged(trial: Trial, expected: Network, found: Network) -> Comparison:
    """Tries every plausible pairing; then, whether any pairing at all could make the two agree."""
    tried: list[tuple[Pairing, Difference]] = []
    first = trial.passes[0]
    for pairing in pairings(expected, found):
        difference, error = trial.difference(pairing, likely=first if pairing.level == "weights" else None)
        if difference is not None:
            tried.append((pairing, difference))
        elif not pairing.shared and not pairing.parted:
            return _agreed(expected, found, pairing, error)
    unclear = next((difference.what for _, difference in tried if difference.what in UNDECIDED), None)
    if found.reads_values or unclear:
        return _undecided(_UNDECIDED[unclear] if unclear else _READS_VALUES, expected, found)
    if len(tried) == 1 and tried[0][0].level == "everything":  # the same form: there is no other way to pair them
        return _different(trial, *tried[0], found, expected)
    closest = max(tried, key=lambda pair: trial.passes.index(pair[1].where), default=None)
    pairing, telling = by_shape(expected, found)
    difference, _ = trial.difference(pairing, likely=closest[1].where if closest else first)
    if difference is not None and _decides(difference, telling):
        if closest is not None and closest[1].tensors and closest[1].what == difference.what:
            pairing, difference = closest  # it can name the tensors
        return _different(trial, pairing, difference, found, expected)
    place = trial.place(pairing, difference.where) if difference is not None and difference.planted else None
    why = "its parameters cannot be paired with those expected, so other checks judge what it computes"
    return _undecided(why, expected, found, place.name if place else None)


def _decides(difference: Difference, telling: bool) -> bool:
    """Whether a difference with all tensors of one shape alike shows that the networks differ."""
    if not difference.planted or difference.what in UNDECIDED:
        return False
    return telling or difference.what in ("form", "randomness", "error")


def _agreed(expected: Network, found: Network, pairing: Pairing, error: float) -> Comparison:
    """The numbers agree; but not everything shows in numbers."""
    if found.reads_values:
        return _undecided(_READS_VALUES, expected, found)
    strange = untamed(found)
    if pairing.level == "weights" and strange:
        return _undecided(f"it agrees where it was tried, but also uses {', '.join(strange[:3])}", expected, found)
    unused = leftovers(found)
    detail = f"registered and not used: {', '.join(unused[:8])}" if unused else ""
    pairs = {found.trace.tensors[n].name: expected.trace.tensors[p].name for n, p in sorted(pairing.tensors.items())}
    why = "with the same weights it computes the same in evaluation and in training mode"
    return Comparison("same", error, None, why, detail, pairs)


def _different(trial: Trial, pairing: Pairing, difference: Difference, found: Network, expected: Network) -> Comparison:
    names = [found.trace.tensors[number].name for number in difference.tensors]
    shared = [found.trace.tensors[number].name for number in pairing.shared]
    place = None
    if difference.what in ("outputs", "statistics", "gradients") and not names:
        place = trial.place(pairing, difference.where)
    where = (names[0].rpartition(".")[0] or names[0]) if names else difference.path or (place.name if place else None)
    error = difference.size if difference.what == "outputs" else None
    why = sentence(difference, place, names, shared)
    return Comparison("different", error, where, why, told(expected, found))


def _undecided(why: str, expected: Network, found: Network, where: str | None = None) -> Comparison:
    return Comparison("unknown", None, where, why, told(expected, found))


def _form_of(reference: nn.Module, example: Tensor) -> Network:
    claim = structure.trace(reference, example)
    if "error" in claim:
        raise AuthorError(f"the reference network fails on an input of shape {tuple(example.shape)}: {claim['error']}")
    return canonical(read(claim))
