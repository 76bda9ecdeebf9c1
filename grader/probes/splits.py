"""Repeated random splits, as the row numbers that landed in each part."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd


def test_rows(split: Callable[..., Any], n: int, times: int) -> np.ndarray:
    """Splits a table of `n` numbered rows `times` times; an int array `(times, n_test)` of the test rows, sorted."""
    X = pd.DataFrame({"row": np.arange(n), "other": 0.0})
    y = pd.Series(np.arange(n, dtype=float))
    drawn = [np.sort(np.asarray(split(X, y)[1]["row"], dtype=np.int64)) for _ in range(times)]
    return np.stack(drawn)


test_rows.__test__ = False  # type: ignore[attr-defined]
