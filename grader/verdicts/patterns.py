"""What wrong numbers have in common: one factor, one distance, another order."""

import numpy as np

_CLOSE = 1e-4  # of the largest value: what two numbers of a pattern may differ by
_FEWEST = 4  # fewer numbers fit a pattern by chance


def pattern_of(got: np.ndarray, wanted: np.ndarray) -> str:
    """In which simple way numbers differ from those expected; empty when in none.

    Args:
        got, wanted: float64 arrays of one shape.

    Returns:
        The end of a sentence about `got`, such as "each is 0.3333 times what it should be".
    """
    finite = np.isfinite(got) & np.isfinite(wanted)
    got, wanted = got[finite], wanted[finite]
    if got.size < _FEWEST or np.ptp(wanted) == 0:
        return ""
    if np.ptp(got) == 0:
        return f"all are {got[0]:.4g}"
    factor = float(np.dot(got, wanted) / np.dot(wanted, wanted))
    if _near(got, factor * wanted):
        return (
            "each has the opposite sign"
            if _near(got, -wanted)
            else f"each is {factor:.4g} times as large as it should be"
        )
    distance = float(np.mean(got - wanted))
    if _near(got, wanted + distance):
        return f"all are off by the same {abs(distance):.4g}"
    if _near(np.sort(got), np.sort(wanted)):
        return "the right ones are there, in another order"
    return ""


def _near(one: np.ndarray, other: np.ndarray) -> bool:
    return bool(np.abs(one - other).max() <= _CLOSE * max(np.abs(one).max(), np.abs(other).max()))
