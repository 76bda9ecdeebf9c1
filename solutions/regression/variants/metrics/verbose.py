"""Every step on a line of its own, relative imports."""

import math

import numpy as np
import torch


def _flatten(values):
    """A list of Python floats, whatever came in."""
    if isinstance(values, torch.Tensor):
        values = values.detach().cpu().to(torch.float64).numpy()
    values = np.asarray(values, dtype=np.float64)
    return values.reshape(-1).tolist()


def _check(prediction, target):
    prediction = _flatten(prediction)
    target = _flatten(target)
    if len(prediction) == 0 or len(target) == 0:
        raise ValueError("there is nothing to compare")
    if len(prediction) != len(target):
        raise ValueError(f"{len(prediction)} predictions but {len(target)} targets")
    return prediction, target


def mae(prediction, target):
    """Mean absolute error."""
    prediction, target = _check(prediction, target)
    total = 0.0
    for p, t in zip(prediction, target):
        total += abs(p - t)
    return total / len(target)


def mse(prediction, target):
    """Mean squared error."""
    prediction, target = _check(prediction, target)
    total = 0.0
    for p, t in zip(prediction, target):
        total += (p - t) ** 2
    return total / len(target)


def rmse(prediction, target):
    """Root mean squared error."""
    return math.sqrt(mse(prediction, target))


def r2(prediction, target):
    """Coefficient of determination."""
    prediction, target = _check(prediction, target)
    mean_target = sum(target) / len(target)
    residual = 0.0
    total = 0.0
    for p, t in zip(prediction, target):
        residual += (t - p) ** 2
        total += (t - mean_target) ** 2
    if total == 0:
        return float("nan")
    return 1.0 - residual / total
