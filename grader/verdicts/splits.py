"""Assertions about random splits of a table: which rows are where, with which targets, and who decides."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from grader.probes import seeds
from grader.verdicts.tables import expect_columns, expect_frame, expect_series
from grader.verdicts.values import as_array, expect_close, kind_of

RESULTS = ("X_train", "X_test", "y_train", "y_test")


def expect_split(result: Any, X: pd.DataFrame, y: pd.Series, n_test: int, what: str) -> tuple[np.ndarray, np.ndarray]:
    """`(X_train, X_test, y_train, y_test)`: every row once, `n_test` for testing, each with its own target.

    Args:
        X: features whose column `row` holds the number of each row; y: distinct targets.
        what: how the messages call the call.

    Returns:
        Row numbers of the training and of the test part.
    """
    __tracebackhide__ = True
    parts = list(result) if isinstance(result, Iterable) else []
    if len(parts) != 4:
        raise AssertionError(f"{what} should return four parts, got {kind_of(result)}")
    for kind, part, name in zip(
        (expect_frame, expect_frame, expect_series, expect_series), parts, RESULTS, strict=True
    ):
        kind(part, f"{what}: {name}")
    train, test = (as_array(part["row"], f"{what}: the column row").astype(int) for part in parts[:2])
    _expect_partition(train, test, len(X), n_test, what)
    for rows, part, targets, name in ((train, parts[0], parts[2], "training"), (test, parts[1], parts[3], "test")):
        expect_columns(part, list(X.columns), f"{what}: the {name} part")
        expect_close(part, X.iloc[rows], what=f"{what}: the features of the {name} rows")
        _expect_own_targets(rows, as_array(targets), X, y, f"{what}: the targets of the {name} rows")
    return train, test


def _expect_partition(train: np.ndarray, test: np.ndarray, n: int, n_test: int, what: str) -> None:
    __tracebackhide__ = True
    for rows, name in ((train, "training"), (test, "test")):
        values, times = np.unique(rows, return_counts=True)
        if (times > 1).any():
            raise AssertionError(f"{what}: the {name} part holds {_listed(values[times > 1])} more than once")
    both, none = np.intersect1d(train, test), np.setdiff1d(np.arange(n), np.concatenate([train, test]))
    if len(both):
        raise AssertionError(f"{what}: {_listed(both)} {'is' if len(both) == 1 else 'are'} in both parts")
    if len(none):
        raise AssertionError(f"{what}: {_listed(none)} {'is' if len(none) == 1 else 'are'} in neither part")
    if len(test) != n_test:
        turned = n_test + 2 < n - n_test and abs(len(test) - (n - n_test)) <= 1
        swapped = ": the larger part and the smaller one are exchanged" if turned else ""
        raise AssertionError(
            f"{what}: {n_test} of {n} rows belong in the test part, got {len(test)} there and {len(train)} "
            f"in the training part{swapped}"
        )


def _expect_own_targets(rows: np.ndarray, targets: np.ndarray, X: pd.DataFrame, y: pd.Series, what: str) -> None:
    __tracebackhide__ = True
    own = as_array(y)
    if targets.shape != rows.shape:
        raise AssertionError(f"{what} should have shape {rows.shape}, got {targets.shape}")
    wrong = np.flatnonzero(~np.isclose(targets, own[rows], rtol=1e-6, atol=1e-8))
    if not len(wrong):
        return
    by_label = y.reindex(X.index) if y.index.is_unique else None
    if by_label is not None and np.allclose(targets, as_array(by_label)[rows]):
        raise AssertionError(f"{what} are those with the same index label, not those at the same position")
    if np.allclose(np.sort(targets), np.sort(own[rows])):
        raise AssertionError(f"{what} are there, but in another order than the rows")
    found = np.flatnonzero(np.isclose(own, targets[wrong[0]], rtol=1e-9))
    instead = f" (row {rows[wrong[0]]} comes with the target of row {found[0]})" if len(found) else ""
    raise AssertionError(f"{what} are wrong for {len(wrong)} of {len(rows)} rows{instead}")


def expect_generator_decides(drawn: Sequence[Any], name: str, why_fixed: Callable[[], str] = str) -> None:
    """What was drawn with one seed twice, with another seed, and once more from the same generator.

    Args:
        drawn: four results that can be compared.
        name: how the messages call the function.
        why_fixed: what else is known when two seeds give the same, e.g. `": it sets the global seed of numpy"`.
    """
    __tracebackhide__ = True
    first, again, other, following = drawn
    if first != again:
        raise AssertionError(
            f"{name}: generators with the same seed give different splits: something else than the generator decides"
        )
    if first == other:
        raise AssertionError(f"{name} gives the same splits for generators with different seeds{why_fixed()}")
    if other == following:
        raise AssertionError(
            f"{name}: a second call with one generator gives the same splits again, as if the generator were new"
        )


def why_fixed(student: Any, rows: Sequence[int], n: int, function: Any, *args: Any, **kwargs: Any) -> str:
    """Why a call draws the same whatever the generator: nothing is drawn, or a seed is set; the end of a sentence.

    Args:
        rows: the test part that it gives, of `n` rows.
    """
    ordered = np.asarray(rows)
    for there, where in ((np.arange(len(rows)), "first"), (np.arange(n)[-len(rows) :], "last")):
        if np.array_equal(np.sort(ordered), there):
            return f": the test part is the {where} {len(rows)} rows of the table"
    if found := student.run(seeds.reseeded, function, *args, **kwargs):
        return f": it sets the global seed of {', '.join(found)}"
    return ""


def _listed(rows: np.ndarray) -> str:
    more = f" and {len(rows) - 3} more" if len(rows) > 3 else ""
    return f"row{'s' if len(rows) > 1 else ''} {', '.join(map(str, rows[:3].tolist()))}{more}"
