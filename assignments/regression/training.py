"""Training a regressor by gradient descent, predicting, and evaluating it honestly."""

import numpy as np
import pandas as pd
import torch
from metrics import mae, rmse
from scaling import MinMax
from table import split
from torch import nn


def train_regressor(model: nn.Module, X, y, epochs: int = 100, lr: float = 1e-4, device="cpu") -> list[float]:
    """Plain full-batch gradient descent on the mean squared error; the loss before each step, as Python floats.

    * One step per epoch over all rows: SGD without momentum and without weight decay.
    * `X` `(N, F)` and `y` `(N,)` or `(N, 1)` are arrays, tensors, frames or series, and are not modified.
    * Model and data are moved to `device`; the model is in training mode at every step.
    * `epochs=0` gives `[]`.
    """
    raise NotImplementedError("train_regressor: not written yet")


def predict(model: nn.Module, X, device="cpu") -> np.ndarray:
    """Predictions for the rows of `X` `(N, F)`: a float64 array `(N,)`.

    In evaluation mode and without gradients; every submodule gets its own mode back afterwards.
    """
    raise NotImplementedError("predict: not written yet")


def evaluate_network(
    make_model, X, y, iterations: int, epochs: int = 100, lr: float = 0.1, device="cpu", generator=None
) -> pd.DataFrame:
    """How well a kind of network does over random splits: a frame with columns `mae` and `rmse`, a row per split.

    * `make_model()` takes no argument and returns a fresh network; it is called once per split.
    * The splits are drawn from `generator` as `table.split` draws them, a third of the rows for testing.
    * Min-max scalers for `X` and for `y` are fitted anew on the training rows of each split, and on them alone.
    * Scores are on the test rows, in the units of `y`.
    """
    raise NotImplementedError("evaluate_network: not written yet")


def feature_importance(model, names) -> list[tuple[str, float]]:
    """`(name, weight)` for every feature of your own `LinearRegressor`, by decreasing absolute weight."""
    raise NotImplementedError("feature_importance: not written yet")
