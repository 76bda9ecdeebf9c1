"""How far two runs with the same weights on the same inputs are apart."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor

from grader.verdicts.equivalence.inputs import Pass
from grader.verdicts.equivalence.pairing import Pairing
from grader.verdicts.equivalence.runs import Run, Runs

EXACT = 1e-9  # rounding in float64 stays far below, any other activation or stride far above
LOOSER = 1000  # gradients accumulate more rounding than outputs

What = Literal["outputs", "statistics", "gradients", "randomness", "form", "error", "precision", "chance", "values"]
UNDECIDED = ("precision", "chance", "values")  # what does not show that two networks differ


@dataclass(frozen=True)
class Difference:
    """Where two runs part.

    Args:
        what: outputs; running statistics after training; gradients; random numbers drawn; form (number or shape of
            what is returned); error (an exception); precision (no more than rounding in float32); chance (in what
            random numbers do); values (an exception that only some inputs lead to).
        where: the pass.
        size: relative to the largest value expected of the same sample; infinite where numbers do not compare.
        about: an exception's text, two shapes, or where random numbers are drawn.
        tensors: the candidate's tensors whose statistics or gradients differ.
        path: the module where random numbers are drawn.
        planted: whether the candidate could be given the weights at all.
    """

    what: What
    where: Pass
    size: float = math.inf
    about: str = ""
    tensors: tuple[int, ...] = ()
    path: str | None = None
    planted: bool = True


def first_difference(
    reference: Runs, candidate: Runs, passes: Sequence[Pass], tolerance: float, pairing: Pairing
) -> tuple[Difference | None, float]:
    """The first of the passes in which the two part, and the largest error of outputs that do not.

    Args:
        tolerance: for outputs and running statistics.
        pairing: which tensor is which; where it does not say, they are compared as a whole.
    """
    if candidate.error:
        failed = passes[candidate.failed]
        return Difference("error", failed, about=candidate.error, planted=candidate.planted), 0.0
    worst = 0.0
    for where, expected, actual in zip(passes, reference.passes, candidate.passes, strict=True):
        found = _form(actual, expected, where) or _randomness(actual, expected, where)
        if found is None:
            size = _outputs_error(actual, expected)
            if size <= tolerance:
                worst = max(worst, size)
                found = _after_training(actual, expected, where, tolerance, pairing) if where.training else None
            else:
                found = Difference("outputs", where, size)
        if found is not None:
            unclear = any(not draw.dropout for draw in (*actual.random, *expected.random))
            return replace(found, what="chance") if unclear and found.what != "randomness" else found, worst
    return None, worst


def relative_error(actual: Tensor, expected: Tensor) -> float:
    """The largest difference, relative to the largest value expected of the same sample; infinite for NaN."""
    if actual.shape != expected.shape:
        return math.inf
    if expected.numel() == 0:
        return 0.0
    one, other = (t.double().reshape(t.shape[0] if t.ndim > 1 else 1, -1) for t in (actual, expected))
    apart = (one - other).abs().amax(1)
    errors = torch.where(apart == 0, torch.zeros_like(apart), apart / other.abs().amax(1))
    return math.inf if bool(errors.isnan().any()) else errors.max().item()


def _form(actual: Run, expected: Run, where: Pass) -> Difference | None:
    shapes = [[tuple(output.shape) for output in run.outputs] for run in (actual, expected)]
    if shapes[0] == shapes[1]:
        return None
    return Difference("form", where, about=f"{_told(shapes[0])} instead of {_told(shapes[1])}")


def _told(shapes: list[tuple[int, ...]]) -> str:
    return " and ".join(f"a tensor of shape {shape}" for shape in shapes[:4]) or "no tensor"


def _randomness(actual: Run, expected: Run, where: Pass) -> Difference | None:
    if bool(actual.random) == bool(expected.random):
        return None
    if not actual.random:
        return Difference("randomness", where, about="draws no random numbers")
    path, line = actual.random[0].path, actual.random[0].line
    inside = f" in {path}" if path else ""
    return Difference("randomness", where, about=f"draws random numbers{inside} ({_spelled(line)})", path=path or line)


def _spelled(line: str) -> str:
    return line.replace(":", ", line ")


def _outputs_error(actual: Run, expected: Run) -> float:
    pairs = zip(actual.outputs, expected.outputs, strict=True)
    return max((relative_error(one, other) for one, other in pairs), default=0.0)


def _after_training(actual: Run, expected: Run, where: Pass, tolerance: float, pairing: Pairing) -> Difference | None:
    """Running statistics and gradients."""
    statistics = _statistics_errors(actual, expected, pairing)
    gradients = _gradient_errors(actual, expected, pairing)
    compared: list[tuple[What, dict[int, float], float]] = [
        ("statistics", statistics, tolerance),
        ("gradients", gradients, LOOSER * tolerance),
    ]
    for what, errors, limit in compared:
        wrong = tuple(number for number, error in sorted(errors.items()) if not error <= limit)
        if wrong:
            tensors = wrong if pairing.tensors else ()
            return Difference(what, where, max(errors[number] for number in wrong), tensors=tensors)
    return None


def _statistics_errors(actual: Run, expected: Run, pairing: Pairing) -> dict[int, float]:
    """Of running means and variances by tensor; without partners, of their sums, from the smallest on."""
    if pairing.tensors:
        partners = [(number, partner) for number, partner in pairing.tensors.items() if partner in expected.statistics]
        nothing = torch.zeros(0)
        return {n: _sorted_error(actual.statistics.get(n, nothing), expected.statistics[p]) for n, p in partners}
    rows = []
    for run, entries in ((actual, pairing.candidate), (expected, pairing.reference)):
        used = [run.statistics[e["tensor"]].double() for e in entries if e["tensor"] in run.statistics]
        rows.append(sorted([float(t.numel()), t.sum().item(), t.square().sum().item()] for t in used))
    return _row_errors(rows[0], rows[1])


def _sorted_error(actual: Tensor, expected: Tensor) -> float:
    """Their order may differ, where channels are concatenated in another one."""
    if actual.numel() != expected.numel():
        return math.inf
    return relative_error(actual.flatten().sort().values, expected.flatten().sort().values)


def _gradient_errors(actual: Run, expected: Run, pairing: Pairing) -> dict[int, float]:
    """Of how strongly the outputs depend on each parameter, and on its size."""
    if not pairing.tensors:
        rows = [sorted([each[1]] for each in run.gradients.values()) for run in (actual, expected)]
        return _row_errors(rows[0], rows[1])
    errors = {}
    for number, partner in pairing.tensors.items():
        one, other = actual.gradients.get(number), expected.gradients.get(partner)
        if one is not None and other is not None:
            scale = math.sqrt(max(other[1] * other[2], 0.0))
            errors[number] = max(_share(one[0] - other[0], scale), _share(one[1] - other[1], other[1]))
        elif one is not other:
            errors[number] = math.inf
    return errors


def _row_errors(actual: list[list[float]], expected: list[list[float]]) -> dict[int, float]:
    if len(actual) != len(expected):
        return {0: math.inf}
    scale = max((abs(x) for row in expected for x in row), default=0.0)
    rows = enumerate(zip(actual, expected, strict=True))
    return {n: max(_share(a - e, scale) for a, e in zip(one, other, strict=True)) for n, (one, other) in rows}


def _share(part: float, whole: float) -> float:
    if part == 0:
        return 0.0
    share = abs(part) / whole if whole else math.inf
    return math.inf if math.isnan(share) else share
