"""Which typical mistake would give the wrong numbers that were seen."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

_NEARER = 0.01  # a mistake has to be so many times nearer to the numbers seen than the right ones are ...
_CLOSE = 1e-4  # ... and as near as this, as a share of the largest number

_EXACT = 1e-6  # differences as small as this, as a share of the largest number, make no fit a better one

Mistakes = Mapping[str, Any] | Iterable[tuple[str, Any]]


def likeness(got: np.ndarray, wanted: np.ndarray, mistakes: Mistakes | Callable[[], Mistakes]) -> str:
    """The mistake that explains wrong numbers; empty when none does.

    Args:
        got, wanted: float64 arrays, what was seen and what should have been.
        mistakes: what typical mistakes would give, by the end of a sentence about `got`, such as
            `"those are the numbers of the training rows"`, pairs of both where several numbers
            go with one sentence. A function that returns them is called only here.
            Those of another shape, or without any finite number, do not fit. The first one is named that fits
            about as well as the best.
    """
    away = _distance(got, wanted)
    with np.errstate(all="ignore"):
        known = mistakes() if callable(mistakes) else mistakes
        numbers = [
            (sentence, np.asarray(values, dtype=np.float64))
            for sentence, values in (known.items() if isinstance(known, Mapping) else known)
        ]
    near = []
    for sentence, values in numbers:
        finite = np.isfinite(values)
        distance = _distance(got, values)
        if finite.any() and distance <= min(_NEARER * away, _CLOSE * np.abs(values[finite]).max()):
            near.append((distance, sentence))
    best = min((distance for distance, _ in near), default=0.0)
    return next((sentence for distance, sentence in near if distance <= 10 * best + _EXACT * _size(got)), "")


def _size(numbers: np.ndarray) -> float:
    return float(np.abs(numbers[np.isfinite(numbers)]).max(initial=0.0))


def _distance(one: np.ndarray, other: np.ndarray) -> float:
    """The largest difference; NaN and infinity have to stand at the same places."""
    if one.shape != other.shape:
        return np.inf
    finite = np.isfinite(one)
    if not np.array_equal(one[~finite], other[~finite], equal_nan=True) or not np.isfinite(other[finite]).all():
        return np.inf
    return float(np.abs(one[finite] - other[finite]).max(initial=0.0))
