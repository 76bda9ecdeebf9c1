"""Which typical mistake would give the wrong numbers that were seen."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

_NEARER = 0.01  # a mistake has to be so many times nearer to the numbers seen than the right ones are ...
_CLOSE = 1e-4  # ... and as near as this, as a share of the largest number

Mistakes = Mapping[str, Any] | Iterable[tuple[str, Any]]


def likeness(got: np.ndarray, wanted: np.ndarray, mistakes: Mistakes | Callable[[], Mistakes]) -> str:
    """The mistake that explains wrong numbers; empty when none does.

    Args:
        got, wanted: float64 arrays, what was seen and what should have been.
        mistakes: what typical mistakes would give, by the end of a sentence about `got`, such as
            `"those are the numbers of the training rows"`, pairs of both where several numbers
            go with one sentence. A function that returns them is called only here.
            The first one that fits is named; those of another shape, or without any finite number, do not fit.
    """
    away = _distance(got, wanted)
    with np.errstate(all="ignore"):
        known = mistakes() if callable(mistakes) else mistakes
    for sentence, values in known.items() if isinstance(known, Mapping) else known:
        numbers = np.asarray(values, dtype=np.float64)
        finite = np.isfinite(numbers)
        if finite.any() and _distance(got, numbers) <= min(_NEARER * away, _CLOSE * np.abs(numbers[finite]).max()):
            return sentence
    return ""


def _distance(one: np.ndarray, other: np.ndarray) -> float:
    """The largest difference; NaN and infinity have to stand at the same places."""
    if one.shape != other.shape:
        return np.inf
    finite = np.isfinite(one)
    if not np.array_equal(one[~finite], other[~finite], equal_nan=True) or not np.isfinite(other[finite]).all():
        return np.inf
    return float(np.abs(one[finite] - other[finite]).max(initial=0.0))
