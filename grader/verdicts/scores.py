"""What regression scores are mistaken for: the mistakes of `grader.verdicts.values.expect_close` for one number."""

from collections.abc import Callable
from typing import Any

import numpy as np

Values = dict[str, float]


def mistaken_scores(prediction: Any, target: Any) -> Callable[[], list[tuple[str, float]]]:
    """What other formulas give for predictions and targets `(N,)`, by what is said of a number that equals theirs."""

    def known() -> list[tuple[str, float]]:
        p, t = (np.asarray(values, dtype=np.float64).reshape(-1) for values in (prediction, target))
        named = [(f"this number is {what}", value) for what, value in {**_errors(p, t), **_shares(p, t)}.items()]
        all_pairs = f"each prediction is compared with every target, {len(p)} x {len(t)} pairs"
        return [*named, *((all_pairs, value) for value in _all_pairs(p, t))]

    return known


def _errors(p: np.ndarray, t: np.ndarray) -> Values:
    error, n = p - t, len(p)
    size, square = np.abs(error), error**2
    return {
        "the mean absolute error": size.mean(),
        "the mean squared error": square.mean(),
        "the root of the mean squared error": square.mean() ** 0.5,
        "the size of the mean error, in which errors of opposite sign cancel": abs(error.mean()),
        "the mean error, in which errors of opposite sign cancel": error.mean(),
        "the mean of target minus prediction, in which errors of opposite sign cancel": -error.mean(),
        "the square of the mean error": error.mean() ** 2,
        "the square of the mean absolute error": size.mean() ** 2,
        "the root of the mean absolute error": size.mean() ** 0.5,
        "the mean of the roots of the absolute errors": np.sqrt(size).mean(),
        "the median of the absolute errors": np.median(size),
        "the largest absolute error": size.max(),
        "the sum of the absolute errors": size.sum(),
        "the sum of the squared errors": square.sum(),
        "the root of the sum of the squared errors": square.sum() ** 0.5,
        "half the mean squared error": square.mean() / 2,
        "half the sum of the squared errors": square.sum() / 2,
        "the sum of the squared errors, divided by N - 1": square.sum() / (n - 1),
        "the root of the sum of the squared errors, divided by N - 1": (square.sum() / (n - 1)) ** 0.5,
        "the root of the sum of the squared errors, divided by N": square.sum() ** 0.5 / n,
        "the sum of the absolute errors, divided by N - 1": size.sum() / (n - 1),
        "the standard deviation of the errors": error.std(),
        "the variance of the errors": error.var(),
        "the mean absolute error in percent": 100 * size.mean(),
        "the mean squared error in percent": 100 * square.mean(),
        "the root of the mean squared error in percent": 100 * square.mean() ** 0.5,
        "the mean absolute error as a share of the target": (size / np.abs(t)).mean(),
        "the mean absolute error as a share of the target, in percent": 100 * (size / np.abs(t)).mean(),
    }


def _shares(p: np.ndarray, t: np.ndarray) -> Values:
    left, spread = ((p - t) ** 2).sum(), ((t - t.mean()) ** 2).sum()
    swapped = 1 - left / ((p - p.mean()) ** 2).sum()
    r = np.corrcoef(p, t)[0, 1] if len(p) > 1 else np.nan
    r2 = 1 - left / spread
    return {
        "r2 of the target as the prediction and the prediction as the target": swapped,
        "the square of the correlation": r**2,
        "the correlation": r,
        "r2 in percent": 100 * r2,
        "r2 with negative values cut off at 0": max(r2, 0.0),
        "the size of r2 without its sign": abs(r2),
        "the share of the variance that is left, without the 1 from which it is taken": left / spread,
        "r2 with the opposite sign": -r2,
        "r2 with a variance that is divided by N - 1": 1 - left / len(t) / (spread / (len(t) - 1)),
        "r2 with the sum of the squared targets in place of their variance": 1 - left / (t**2).sum(),
        "r2 with a sum where a mean belongs": 1 - left / t.var(),
        "r2 with a mean where a sum belongs": 1 - left / len(t) / spread,
        "r2 with the variance of the errors, which forgets a constant one": 1 - (p - t).var() / t.var(),
        "the variance of the predictions as a share of that of the target": p.var() / t.var(),
        "the root of r2": np.sqrt(r2),
        "r2 of absolute errors in place of squares": 1 - np.abs(p - t).sum() / np.abs(t - t.mean()).sum(),
    }


def _all_pairs(p: np.ndarray, t: np.ndarray) -> list[float]:
    error = p[:, None] - t
    square = (error**2).mean()
    sum_of_all = (error**2).sum()
    spread = ((t - t.mean()) ** 2).sum()
    return [np.abs(error).mean(), square, square**0.5, 1 - sum_of_all / spread, 1 - square / t.var()]
