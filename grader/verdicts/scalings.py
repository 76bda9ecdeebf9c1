"""What min-max scaling is mistaken for: the mistakes of `grader.verdicts.values.expect_close` for scaled numbers."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

Known = list[tuple[str, np.ndarray]]


def mistaken_transforms(x: Any, fitted: Any) -> Callable[[], Known]:
    """What other ways to scale `x` would give, by what is said of them; arrays `(N,)` or `(N, F)`."""
    return lambda: list(_transforms(_floats(x), _floats(fitted)))


def mistaken_inverses(scaled: Any, fitted: Any) -> Callable[[], Known]:
    """What other ways to bring scaled numbers back to the units of `fitted` would give, by what is said of them."""
    return lambda: list(_inverses(_floats(scaled), _floats(fitted)))


def _transforms(x: np.ndarray, fitted: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    low, high = fitted.min(axis=0), fitted.max(axis=0)
    width = high - low
    right = (x - low) / width
    yield "values outside the fitted range are cut off", np.clip(right, 0, 1)
    yield "the smallest and largest value are those of the data given to transform", _by(x, x)
    both = np.concatenate([fitted, x])
    yield "the data given to transform widen the fitted range", _by(x, both)
    yield "the smallest and largest value are those of all columns together", (x - low.min()) / (high.max() - low.min())
    if x.ndim == 2:
        least, most = x.min(axis=1, keepdims=True), x.max(axis=1, keepdims=True)
        yield "the smallest and largest value are those of each row", (x - least) / (most - least)
    for freedom in (0, 1):
        sd = fitted.std(axis=0, ddof=freedom) if len(fitted) > 1 else np.nan
        yield "they have mean 0 and standard deviation 1 over the fitted data", (x - fitted.mean(axis=0)) / sd
        yield "they are divided by the standard deviation instead of the range", (x - low) / sd
    yield "they lie in [-1, 1] over the fitted data", 2 * right - 1
    yield "the largest fitted value becomes 0 and the smallest 1", 1 - right
    yield "the largest fitted value becomes 0 and the smallest -1", (x - high) / width
    yield "they are the values as they were given", x
    yield "the smallest fitted value is taken away, but what is left is not divided", x - low
    yield "they are divided by the largest fitted value, and the smallest is not taken away", x / high
    yield "they are divided by the largest size of a fitted value", x / np.abs(fitted).max(axis=0)
    yield "they are divided by the fitted range, but the smallest value is not taken away", x / width
    yield (
        "the smallest value is taken away, but what is left is divided by the largest, not by the range",
        ((x - low) / high),
    )
    yield "the mean is taken away instead of the smallest value", (x - fitted.mean(axis=0)) / width
    yield "they are divided before the smallest value is taken away", x / width - low
    for more in 10.0 ** np.arange(-8, 1):
        yield "the range that they are divided by has something added to it", (x - low) / (width + more)
    for rounded in (np.trunc, np.floor, np.round):
        yield "they are whole numbers", rounded(right)


def _inverses(scaled: np.ndarray, fitted: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    low, high = fitted.min(axis=0), fitted.max(axis=0)
    width = high - low
    right = scaled * width + low
    yield "values outside the fitted range are cut off", np.clip(right, low, high)
    yield "the smallest fitted value is not added back", scaled * width
    yield "the smallest fitted value is added, but nothing is multiplied by the range", scaled + low
    yield "they are the values as they were given", scaled
    yield "the smallest value is added before all is multiplied by the range", (scaled + low) * width
    yield "they are multiplied by the largest value instead of the range", scaled * high + low
    yield "they are multiplied by the largest value, and the smallest is not added back", scaled * high
    yield "the largest value is added instead of the smallest", scaled * width + high
    yield "the smallest value is taken away instead of added", scaled * width - low
    yield "they are divided by the range instead of multiplied", scaled / width + low
    yield "they are scaled once more, not brought back", (scaled - low) / width
    yield "the mean and standard deviation are used for it", scaled * fitted.std(axis=0) + fitted.mean(axis=0)
    yield "the mean is added instead of the smallest value", scaled * width + fitted.mean(axis=0)
    whole = fitted.max() - fitted.min()
    yield "the smallest and largest value are those of all columns together", scaled * whole + fitted.min()
    least, most = scaled.min(axis=0), scaled.max(axis=0)
    yield "the smallest and largest value are those of the data given to inverse", scaled * (most - least) + least
    for rounded in (np.trunc, np.floor, np.round):
        yield "they are whole numbers", rounded(right)


def _by(x: np.ndarray, fitted: np.ndarray) -> np.ndarray:
    low, high = fitted.min(axis=0), fitted.max(axis=0)
    return np.where(high == low, 0, (x - low) / (high - low))


def _floats(values: Any) -> np.ndarray:
    return np.asarray(values, dtype=np.float64)
