"""Assertions about data frames that came from student code: kinds, columns, missing values."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from grader.verdicts.circumstances import during
from grader.verdicts.values import kind_of


def expect_frame(value: Any, what: str) -> pd.DataFrame:
    """A data frame."""
    __tracebackhide__ = True
    if not isinstance(value, pd.DataFrame):
        raise AssertionError(f"{what} should be a DataFrame, got {kind_of(value)}")
    return value


def expect_series(value: Any, what: str) -> pd.Series:
    """A series."""
    __tracebackhide__ = True
    if not isinstance(value, pd.Series):
        raise AssertionError(f"{what} should be a Series, got {kind_of(value)}")
    return value


def expect_columns(frame: pd.DataFrame, expected: Sequence[str], what: str) -> None:
    """Exactly these columns, in this order; the message says which are missing, too many or elsewhere."""
    __tracebackhide__ = True
    found = list(frame.columns)
    missing = [name for name in expected if name not in found]
    extra = [str(name) for name in found if name not in expected]
    if missing or extra:
        lacks = [f"should have {_columns(missing)}, but has not"] if missing else []
        holds = [f"has {_columns(extra)}, but should not"] if extra else []
        raise AssertionError(f"{what} {'; it '.join(lacks + holds)}")
    if found != list(expected):
        raise AssertionError(f"{what} should have its columns in the order {list(expected)}, got {found}")


def _columns(names: Sequence[str]) -> str:
    return f"the column{'s' if len(names) > 1 else ''} {', '.join(names)}"


def columns_as_mistakes(frame: pd.DataFrame) -> list[tuple[str, np.ndarray]]:
    """The columns that hold numbers, as what a target may be mistaken for (`grader.verdicts.likeness`)."""
    numbers = frame.select_dtypes("number")
    return [(f"it is the column {name}", numbers[name].to_numpy(dtype=np.float64)) for name in numbers]


def expect_missing_refused(load: Callable[..., Any], frame: pd.DataFrame, row: int, column: str, name: str) -> None:
    """A `ValueError` for a table with a NaN at a row's position in a column; else the message says what became of it.

    Args:
        load: takes the frame and returns features and target, a frame and a series.
        name: how the message calls it.
    """
    __tracebackhide__ = True
    frame = frame.copy()
    frame.iloc[row, list(frame.columns).index(column)] = np.nan
    what = f"{name} of a table in which one {column} is missing"
    try:
        with during(f"{what} should raise a ValueError"):
            result = load(frame)
    except ValueError:
        return
    raise AssertionError(
        f"{what} should raise a ValueError, but raises nothing{_fate(result, len(frame), row, column)}"
    )


def _fate(result: Any, rows: int, row: int, column: str) -> str:
    if not (isinstance(result, tuple | list) and len(result) == 2 and hasattr(result[0], "__len__")):
        return ""
    X, y = result
    if len(X) != rows:
        return f"; it returns {len(X)} of {rows} rows"
    where = X[column] if isinstance(X, pd.DataFrame) and column in X else y
    value = np.asarray(where).reshape(-1)[row] if np.size(where) == rows else None
    if value is None:
        return ""
    return "; it returns the NaN" if pd.isna(value) else f"; it returns {value:.4g} in its place"
