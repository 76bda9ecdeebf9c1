"""Assertions about an evaluation over random splits: which models were made, what they saw, and their scores."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from grader.verdicts.scores import mistaken_scores
from grader.verdicts.tables import expect_frame
from grader.verdicts.values import expect_close

COLUMNS = ("mae", "rmse")
Model = dict[str, Any]


def test_rows_of(model: Model) -> np.ndarray:
    """The rows that one model of `grader.probes.estimators` was asked about but not fitted on, sorted."""
    fitted = np.concatenate([rows for rows, _ in model["fits"]]) if model["fits"] else np.zeros(0, int)
    asked = np.concatenate(model["predicts"]) if model["predicts"] else np.zeros(0, int)
    return np.setdiff1d(asked, fitted)


test_rows_of.__test__ = False  # type: ignore[attr-defined]


def expect_models(models: Sequence[Model], y: Any, iterations: int, n_test: int, name: str) -> None:
    """A model per split, each fitted once on its training rows with their targets, and asked about the other rows.

    Args:
        models: evidence of an `EstimatorWorkshop`.
        y: the target of each row, `(N,)`.
        name: how the messages call the function.
    """
    __tracebackhide__ = True
    y = np.asarray(y, dtype=np.float64)
    if len(models) != iterations:
        raise AssertionError(
            f"{name} with iterations={iterations}: make_model should be called once per split, "
            f"so {iterations} times, but was called {len(models)} times"
        )
    for model in models:
        if len(model["fits"]) != 1:
            raise AssertionError(f"{name}: each model should be fitted once, one is fitted {len(model['fits'])} times")
        if model["asked_early"]:
            raise AssertionError(f"{name}: a model is asked to predict before it is fitted")
        rows, targets = model["fits"][0]
        _expect_training_rows(rows, len(y), n_test, name)
        _expect_targets(targets, rows, y, name)
        _expect_asked(model, len(y), n_test, name)


def _expect_training_rows(rows: np.ndarray, n: int, n_test: int, name: str) -> None:
    __tracebackhide__ = True
    if (rows < 0).any() or (rows >= n).any():
        raise AssertionError(f"{name}: the models are fitted on other features than those of X")
    if len(set(rows.tolist())) < len(rows):
        raise AssertionError(f"{name}: a model is fitted on some rows more than once")
    if len(rows) != n - n_test:
        which = "on all rows, test rows included" if len(rows) == n else f"on {len(rows)} of {n} rows"
        raise AssertionError(
            f"{name}: a model is fitted {which}, where {n - n_test} are for training and {n_test} for testing"
        )


def _expect_targets(targets: np.ndarray, rows: np.ndarray, y: np.ndarray, name: str) -> None:
    __tracebackhide__ = True

    def mistakes() -> list[tuple[str, np.ndarray]]:
        own = y[rows]
        known = [("they are those of the rows in another order", np.sort(own))] if len(own) else []
        for part, of in ((own, "over the training rows"), (y, "over all rows")):
            known += [
                (f"they are scaled to [0, 1] {of}", (own - part.min()) / np.ptp(part)),
                (f"they have mean 0 and standard deviation 1 {of}", (own - part.mean()) / part.std()),
                (f"they have mean 0 and standard deviation 1 {of}", (own - part.mean()) / part.std(ddof=1)),
            ]
        return known

    what = f"{name}: the targets with which a model is fitted, against those of its rows in y,"
    expect_close(targets, y[rows], 1e-6, 1e-6, what, mistakes=mistakes)


def _expect_asked(model: Model, n: int, n_test: int, name: str) -> None:
    __tracebackhide__ = True
    fitted = set(model["fits"][0][0].tolist())
    if not model["predicts"]:
        raise AssertionError(f"{name}: a model is fitted but never asked to predict")
    asked = set(np.concatenate(model["predicts"]).tolist())
    if min(asked, default=0) < 0 or max(asked, default=0) >= n:
        raise AssertionError(f"{name}: the models are asked about other features than those of X")
    if asked <= fitted:
        raise AssertionError(f"{name}: the models are asked only about rows that they were fitted on")
    if len(asked - fitted) != n_test:
        raise AssertionError(
            f"{name}: each model should be asked about all {n_test} rows that it was not fitted on, "
            f"one was asked about {len(asked - fitted)} of them"
        )


def expect_score_table(
    frame: Any, iterations: int, name: str, scores: Callable[[], Sequence[Sequence[float]]] | None = None
) -> pd.DataFrame:
    """A frame with columns `mae` and `rmse`, in any order, and a row per split.

    Args:
        scores: gives mae and rmse of each split, in order, where they are known: to say what wrong rows hold.
    """
    __tracebackhide__ = True
    expect_frame(frame, f"{name}: the result")
    if sorted(map(str, frame.columns)) != list(COLUMNS):
        raise AssertionError(f"{name}: the columns should be mae and rmse, got {', '.join(map(str, frame.columns))}")
    if len(frame) != iterations:
        known = _rows_hold(frame, np.asarray(scores(), dtype=np.float64)) if scores is not None else ""
        raise AssertionError(
            f"{name} with iterations={iterations} should give {iterations} rows, got {len(frame)}{known}"
        )
    return frame


def _rows_hold(frame: pd.DataFrame, scores: np.ndarray) -> str:
    if not len(frame) or scores.ndim != 2 or not len(scores):
        return ""
    found = frame[list(COLUMNS)].to_numpy(dtype=np.float64, na_value=np.nan)
    for values, what in (
        (scores.mean(axis=0), "the means over the splits"),
        (scores[-1], "the scores of the last split"),
        (scores[0], "the scores of the first split"),
    ):
        if len(found) == 1 and np.allclose(found[0], values, rtol=1e-4):
            return f": it holds {what}"
    if np.isclose(found[0], scores.mean(axis=0), rtol=1e-4).all():
        return ": the first one holds the means over the splits"
    return ""


def mistaken_split_scores(prediction: Any, y: Any, train: Any, test: Any) -> Callable[[], list[tuple[str, float]]]:
    """What a score of the test rows may be mistaken for, by what is said of a number that equals it.

    Args:
        prediction, y: of every row of the table, in the units of y.
        train, test: row numbers.
    """

    def known() -> list[tuple[str, float]]:
        p, t = np.asarray(prediction, dtype=np.float64), np.asarray(y, dtype=np.float64)
        every = np.arange(len(t))
        found = list(mistaken_scores(p[test], t[test])())
        for rows, whose in ((train, "the training rows"), (every, "all rows, training rows included")):
            found += [(f"this number is that of {whose}", value) for value in _errors(p[rows] - t[rows])]
        for part, of in ((t[train], "the training rows"), (t, "all rows"), (t[test], "the test rows")):
            for unit in (np.ptp(part), part.std(), part.std(ddof=1)):
                scaled = f"this number is in units of a scaled target (by {of}), not in those of y"
                found += [(scaled, value / unit) for value in _errors(p[test] - t[test])]
        return found

    return known


def _errors(difference: np.ndarray) -> tuple[float, float, float]:
    square = float((difference**2).mean())
    return float(np.abs(difference).mean()), square**0.5, square
