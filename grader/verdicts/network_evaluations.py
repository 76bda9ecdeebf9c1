"""Assertions about networks that are evaluated over random splits: the rows they see, how these are scaled, the scores.

The first column of X has to hold the row numbers 0 ... N-1: scaled by whatever range, they tell the rows apart. The
networks are those of a `grader.probes.estimators.NetworkWorkshop`, trained by full-batch gradient descent.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from torch import Tensor

from grader.verdicts.evaluations import mistaken_split_scores
from grader.verdicts.values import expect_close

Pass = dict[str, Any]
Split = tuple[np.ndarray, np.ndarray]


def expect_scaled_split(passes: Sequence[Pass], X: Any, n_test: int, name: str) -> Split:
    """A network is trained on some rows and asked about the others, all min-max scaled by the former.

    Args:
        passes: of one network, in order: `inputs`, `grad`.
        n_test: how many rows are to be held out.
        name: how the messages call the function.

    Returns:
        Row numbers of the training part, in the network's order, and of the test part, sorted.
    """
    __tracebackhide__ = True
    X = np.asarray(X, dtype=np.float64)
    train = _inputs([p for p in passes if p["grad"]][:1], X, f"{name} does not train the networks it makes", name)
    nothing = f"{name} should predict with every network, without tracking gradients"
    asked = _inputs([p for p in passes if not p["grad"]], X, nothing, name)
    rows = _rows_of(train[:, 0], asked[:, 0], len(X))
    if rows is None:
        raise AssertionError(f"{name}: {_why_unknown(train[:, 0], asked[:, 0], len(X))}")
    fitted, others = rows
    if len(set(fitted.tolist())) < len(fitted):
        raise AssertionError(f"{name}: a network is trained on some rows more than once in a pass")
    if len(fitted) == len(X):
        raise AssertionError(f"{name}: its networks are trained on all rows, test rows included")
    if len(others) != n_test:
        raise AssertionError(
            f"{name}: of {len(X)} rows, {len(X) - n_test} are for training and {n_test} for testing, "
            f"got {len(fitted)} and {len(others)}"
        )
    low, high = X[fitted].min(axis=0), X[fitted].max(axis=0)
    right, other = (X[fitted] - low) / (high - low), lambda: list(_scalings(X, fitted, others))
    expect_close(train, right, 1e-4, 1e-4, f"{name}: the features that a network is trained on", mistakes=other)
    return fitted, others


def _inputs(passes: Sequence[Pass], X: np.ndarray, nothing: str, name: str) -> np.ndarray:
    __tracebackhide__ = True
    if not passes:
        raise AssertionError(nothing)
    shapes = {tuple(p["inputs"].shape[1:]) for p in passes}
    if shapes != {X.shape[1:]}:
        got = " and ".join(f"(N, {', '.join(map(str, shape))})" if shape else "(N,)" for shape in sorted(shapes))
        raise AssertionError(f"{name}: the networks get inputs of shape {got}, where X has {X.shape[1]} columns")
    values = np.concatenate([p["inputs"].double().numpy() for p in passes])
    if not len(values):
        raise AssertionError(f"{name}: the networks get no rows")
    if not np.isfinite(values).all():
        raise AssertionError(f"{name}: the inputs of its networks hold NaN or infinity")
    return values


def _rows_of(train: np.ndarray, asked: np.ndarray, n: int) -> Split | None:
    """Row numbers of both parts, if they are 0 ... n-1 on one scale, whichever; of `asked` those not in `train`."""
    unit = np.ptp(np.concatenate([train, asked])) / (n - 1)
    if unit == 0:
        return None
    relative = [(values - train.min()) / unit for values in (train, asked)]
    whole = [np.round(values) for values in relative]
    known = np.unique(np.concatenate(whole))
    exact = max(np.abs(r - w).max() for r, w in zip(relative, whole, strict=True)) < 0.02
    if not exact or not np.array_equal(known - known[0], np.arange(n)):
        return None
    fitted, others = (values - known[0] for values in whole)
    return fitted.astype(int), np.setdiff1d(others, fitted).astype(int)


def _why_unknown(train: np.ndarray, asked: np.ndarray, n: int) -> str:
    """What can be said of inputs that are not the rows of X on one scale."""

    def raw(values: np.ndarray) -> bool:
        return bool(values.max() > 1.5 and np.abs(values - values.round()).max() < 1e-4)

    if np.isin(asked.round(5), train.round(5)).all():
        return "its networks are asked only about rows that they were trained on"
    if raw(asked) and not raw(train):
        return "its networks are trained on scaled features, but asked about rows whose features are not scaled"
    if raw(train) and not raw(asked):
        return "its networks are trained on features that are not scaled, but asked about scaled ones"
    if len(train) == n:
        return "its networks are trained on all rows, test rows included"
    if abs(asked.min()) < 1e-4 and abs(asked.max() - 1) < 1e-4:
        return "the rows that a network is asked about are scaled by their own smallest and largest value"
    if abs(asked.mean()) < 1e-4:
        return "the rows that a network is asked about are scaled by their own mean"
    return (
        "the inputs of its networks are not the rows of X, each in one part, "
        "scaled to [0, 1] by the smallest and largest value among the training rows"
    )


def _scalings(X: np.ndarray, train: np.ndarray, test: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """The training rows on other scales."""
    own = X[train]
    for rows, whose in ((X, "all rows, test rows included"), (X[test], "the test rows")):
        low, high = rows.min(axis=0), rows.max(axis=0)
        yield f"they are scaled by the smallest and largest value of {whose}", (own - low) / (high - low)
    yield "they are not scaled", own
    for rows, whose in ((own, "the training rows"), (X, "all rows")):
        for freedom in (0, 1):
            scaled = (own - rows.mean(axis=0)) / rows.std(axis=0, ddof=freedom)
            yield f"they are standardised by mean and standard deviation of {whose}", scaled
    low, high = own.min(), own.max()
    yield "they are scaled by one smallest and largest value over all columns", (own - low) / (high - low)
    low, high = own.min(axis=0), own.max(axis=0)
    yield "they lie in [-1, 1]", 2 * (own - low) / (high - low) - 1
    yield "they are divided by the largest value, and the smallest is not taken away", own / high


def expect_network_scores(
    frame: Any,
    splits: Sequence[Split],
    X: Any,
    y: Any,
    start: tuple[Tensor, Tensor],
    epochs: int,
    lr: float,
    name: str,
    columns: Sequence[str] = ("mae", "rmse"),
) -> None:
    """The scores of linear networks after `epochs` steps from known weights, on a min-max scaled target.

    Args:
        frame: with a row per split.
        start: initial weight `(1, F)` and bias `(1,)`.
    """
    __tracebackhide__ = True
    X, y = np.asarray(X, dtype=np.float64), np.asarray(y, dtype=np.float64)
    for i, (train, test) in enumerate(splits):
        case = _Case(X, y, train, test, start)
        prediction = case.predictions(*case.to_unit(y[train]), epochs, lr)
        wanted = dict(zip(("mae", "rmse"), case.errors(prediction), strict=True))
        for column in columns:
            expect_close(
                frame[column].iloc[i],
                wanted[column],
                1e-3,
                1e-3,
                f"{name} with epochs={epochs} and lr={lr:g}: {column} of split {i}",
                hint="are the scores those of the test rows, in the units of y, after training on a scaled target?",
                mistakes=case.mistakes(prediction, epochs, lr, column),
            )


class _Case:
    """One split: what training on it gives, done right or in one of the ways in which it goes wrong."""

    def __init__(
        self, X: np.ndarray, y: np.ndarray, train: np.ndarray, test: np.ndarray, start: tuple[Tensor, Tensor]
    ) -> None:
        low, high = X[train].min(axis=0), X[train].max(axis=0)
        self.X, self.y, self.train, self.test, self.start = (X - low) / (high - low), y, train, test, start

    def to_unit(self, values: np.ndarray) -> tuple[float, float]:
        """Offset and width that bring values to [0, 1]."""
        return float(values.min()), float(np.ptp(values))

    def predictions(self, offset: float, width: float, epochs: int, lr: float) -> np.ndarray:
        """For every row, in the units of y, after training on targets `(y - offset) / width`."""
        target = (self.y[self.train] - offset) / width
        A = np.column_stack([self.X, np.ones(len(self.X))])
        weights = np.concatenate([part.detach().double().numpy().reshape(-1) for part in self.start])
        for _ in range(epochs):
            weights = weights - lr * 2 / len(target) * A[self.train].T @ (A[self.train] @ weights - target)
        scaled = A @ weights
        return scaled * width + offset

    def errors(self, prediction: np.ndarray, target: np.ndarray | None = None) -> tuple[float, float]:
        difference = (prediction - (self.y if target is None else target))[self.test]
        return float(np.abs(difference).mean()), float((difference**2).mean() ** 0.5)

    def mistakes(self, right: np.ndarray, epochs: int, lr: float, column: str) -> Callable[[], list[tuple[str, float]]]:
        def known() -> list[tuple[str, float]]:
            found = mistaken_split_scores(right, self.y, self.train, self.test)()
            return found + [
                (how, dict(zip(("mae", "rmse"), values, strict=True))[column])
                for how, values in self._other_courses(right, epochs, lr)
            ]

        return known

    def _other_courses(self, right: np.ndarray, epochs: int, lr: float) -> Iterator[tuple[str, tuple[float, float]]]:
        y, own = self.y, self.y[self.train]
        offset, width = self.to_unit(own)
        raw = self.predictions(0, 1, epochs, lr)
        yield "the network is trained on a target that is not scaled", self.errors(raw)
        yield (
            "the network is trained on a target that is not scaled, but its predictions are brought back as if it were",
            self.errors(raw * width + offset),
        )
        for back, how in (
            ((right - offset) / width, "are not brought back to the units of y"),
            (right - offset, "are multiplied by the range of y, but its smallest value is not added"),
            (
                (right - offset) / width + offset,
                "get the smallest value of y added, but are not multiplied by its range",
            ),
        ):
            yield f"the predictions {how}", self.errors(back)
        for rows, whose in ((y, "all rows, test rows included"), (y[self.test], "the test rows")):
            scaled = self.to_unit(rows)
            yield (
                f"the target is scaled by the smallest and largest value of {whose}",
                self.errors(self.predictions(*scaled, epochs, lr)),
            )
            back = (right - offset) / width * scaled[1] + scaled[0]
            yield f"the predictions are brought back by the smallest and largest value of {whose}", self.errors(back)
        for rows, whose in ((own, "the training rows"), (y, "all rows"), (y[self.test], "the test rows")):
            wide, scaled = self.to_unit(rows)[1], self.errors((right - offset) / width, (y - offset) / width)
            if wide != width:
                how = f"errors on the scaled target are multiplied by the range of {whose}"
                yield how, (scaled[0] * wide, scaled[1] * wide)
        tested = self.to_unit(y[self.test])
        yield (
            "predictions and test targets are compared on scales of their own",
            self.errors((right - offset) / width, (y - tested[0]) / tested[1]),
        )
        for rows, whose in ((own, "the training rows"), (y, "all rows")):
            for freedom in (0, 1):
                how = f"the target is standardised by mean and standard deviation of {whose}"
                scale = float(rows.mean()), float(rows.std(ddof=freedom))
                yield how, self.errors(self.predictions(*scale, epochs, lr))
        yield (
            "the target is divided by its largest value alone",
            self.errors(self.predictions(0, own.max(), epochs, lr)),
        )
        yield "that is what a network gives that was not trained", self.errors(self.predictions(offset, width, 0, lr))
        for steps in sorted({epochs - 1, epochs + 1, 100, 2 * epochs} - {epochs}):
            yield f"that comes of {steps} steps", self.errors(self.predictions(offset, width, steps, lr))
        for rate in (1e-4, 1e-3, 1e-2, 0.1, 0.5, 1.0, lr / 2, 2 * lr, len(own) * lr, lr / 10, 10 * lr):
            if rate != lr:
                yield (
                    f"that comes of training with lr={rate:g}",
                    self.errors(self.predictions(offset, width, epochs, rate)),
                )
