"""Regression metrics: how far predictions are from the truth.

All take `(prediction, target)`: lists, arrays, series or tensors of any real type. `(N,)` against `(N, 1)` compares
element by element. Different lengths and empty input are a `ValueError`. All return a Python float.
"""

import numpy as np
import torch


def mae(prediction, target) -> float:
    """Mean absolute error: mean of |prediction - target|."""
    ### BEGIN SOLUTION
    prediction, target = _pair(prediction, target)
    return float(np.abs(prediction - target).mean())
    ### END SOLUTION


def mse(prediction, target) -> float:
    """Mean squared error: mean of (prediction - target)^2."""
    ### BEGIN SOLUTION
    prediction, target = _pair(prediction, target)
    return float(((prediction - target) ** 2).mean())
    ### END SOLUTION


def rmse(prediction, target) -> float:
    """Root of the mean squared error, in the units of the target."""
    ### BEGIN SOLUTION
    return mse(prediction, target) ** 0.5
    ### END SOLUTION


def r2(prediction, target) -> float:
    """Coefficient of determination: 1 - sum (target - prediction)^2 / sum (target - mean of target)^2."""
    ### BEGIN SOLUTION
    prediction, target = _pair(prediction, target)
    return float(1 - ((target - prediction) ** 2).sum() / ((target - target.mean()) ** 2).sum())
    ### END SOLUTION


### BEGIN SOLUTION
def _pair(prediction, target) -> tuple[np.ndarray, np.ndarray]:
    """Both as flat float64 arrays of one length."""
    prediction, target = _flat(prediction), _flat(target)
    if len(prediction) != len(target):
        raise ValueError(f"{len(prediction)} predictions for {len(target)} targets")
    if len(target) == 0:
        raise ValueError("there is nothing to compare")
    return prediction, target


def _flat(values) -> np.ndarray:
    if isinstance(values, torch.Tensor):
        values = values.detach().double().cpu().numpy()
    return np.asarray(values, dtype=np.float64).reshape(-1)


### END SOLUTION
