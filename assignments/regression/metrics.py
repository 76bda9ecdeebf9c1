"""Regression metrics: how far predictions are from the truth.

All take `(prediction, target)`: lists, arrays, series or tensors of any real type. `(N,)` against `(N, 1)` compares
element by element. Different lengths and empty input are a `ValueError`. All return a Python float.
"""

import numpy as np
import torch


def mae(prediction, target) -> float:
    """Mean absolute error: mean of |prediction - target|."""
    raise NotImplementedError("mae: not written yet")


def mse(prediction, target) -> float:
    """Mean squared error: mean of (prediction - target)^2."""
    raise NotImplementedError("mse: not written yet")


def rmse(prediction, target) -> float:
    """Root of the mean squared error, in the units of the target."""
    raise NotImplementedError("rmse: not written yet")


def r2(prediction, target) -> float:
    """Coefficient of determination: 1 - sum (target - prediction)^2 / sum (target - mean of target)^2."""
    raise NotImplementedError("r2: not written yet")
