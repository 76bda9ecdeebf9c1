"""Differences between networks in words that a student can use."""

import math
from collections.abc import Sequence

from grader.verdicts.equivalence.differences import Difference
from grader.verdicts.equivalence.parting import Place
from grader.verdicts.torch_errors import explained


def sentence(
    difference: Difference, place: Place | None, tensors: Sequence[str] = (), shared: Sequence[str] = ()
) -> str:
    """What differs, in which mode and on which input, and where it begins.

    Args:
        tensors: names of those whose statistics or gradients differ.
        shared: names of those that take part where several should.
    """
    found = _what(difference)
    if tensors:
        found += f": {_names(tensors)}"
    elif place is not None:
        found += f"; the first values that are not as expected come from {place}"
    if shared:
        found += f"; {_names(shared)} {'takes' if len(shared) == 1 else 'take'} part in several places"
    return found


def _what(difference: Difference) -> str:
    where = str(difference.where)
    if difference.what == "outputs":
        off = "not numbers" if math.isinf(difference.size) else f"off by {_share(difference.size)}"
        return f"{where} its outputs are {off}"
    if difference.what == "statistics":
        return f"{where} its outputs are right, but not the running statistics that it keeps"
    if difference.what == "gradients":
        return f"{where} its outputs are right, but not their gradients"
    if difference.what == "randomness":
        return f"{where} it {difference.about}"
    if difference.what == "form":
        return f"{where} it returns {difference.about}"
    return f"{where} it fails: {explained(difference.about)[:400]}"


def _share(size: float) -> str:
    if size >= 2:
        return f"{size:.0f} times their size"
    return f"{size:.0%}" if size >= 0.005 else f"{size:.0e} of their size"


def _names(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (" and others" if len(names) > 3 else "")
