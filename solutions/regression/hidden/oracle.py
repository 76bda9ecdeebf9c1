"""What the judge computes itself, in float64, to compare submissions with."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import torch
from torch import nn

STATISTICS = ("mean", "se", "worst")
MEASURES = ("radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity")
MEASURES += ("concave points", "symmetry", "fractal_dimension")
SIZES = ("radius_", "perimeter_", "area_")


def raw_table(rng: np.random.Generator, rows: int = 9) -> pd.DataFrame:
    """A raw table like the course's: `id`, `diagnosis`, and the thirty measures, in that order."""
    names = [f"{measure}_{statistic}" for statistic in STATISTICS for measure in MEASURES]
    frame = pd.DataFrame(rng.uniform(1, 30, (rows, len(names))), columns=names)
    frame.insert(0, "diagnosis", rng.permutation(["M", "B"] * rows)[:rows])
    frame.loc[0, "diagnosis"], frame.loc[1, "diagnosis"] = "M", "B"
    frame.insert(0, "id", rng.permutation(10**6)[:rows])
    return frame


def numbered(rng: np.random.Generator, rows: int, features: int = 3) -> tuple[pd.DataFrame, pd.Series]:
    """Features whose first column is the row's number, a target, and two indexes that agree in nothing."""
    columns = ["row", *(f"f{i}" for i in range(features - 1))]
    values = np.column_stack([np.arange(rows, dtype=float), rng.normal(size=(rows, features - 1))])
    X = pd.DataFrame(values, columns=columns, index=rng.permutation(rows) + 100)
    y = pd.Series(rng.normal(10, 4, rows), index=rng.permutation(rows) + 100, name="radius_mean")
    return X, y


def descent(model: nn.Module, X: np.ndarray, y: np.ndarray, steps: int, lr: float) -> Iterator[float]:
    """Full-batch gradient descent on the mean squared error: makes a step and gives its loss, `steps` times."""
    dtype = next(model.parameters()).dtype
    inputs, targets = torch.as_tensor(X).to(dtype), torch.as_tensor(y).to(dtype).reshape(-1, 1)
    for _ in range(steps):
        model.zero_grad()
        loss = ((model(inputs) - targets) ** 2).mean()
        loss.backward()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter -= lr * parameter.grad
        yield loss.item()


def linear(X: torch.Tensor, parameters: list[torch.Tensor]) -> torch.Tensor:
    """`X w^T + b` for `[w (1, F), b (1,)]`."""
    weight, bias = parameters
    return X @ weight.T + bias


def perceptron(X: torch.Tensor, parameters: list[torch.Tensor]) -> torch.Tensor:
    """Linear layers with ReLU between them for `[w1 (out, in), b1 (out,), w2, b2, ...]`."""
    *hidden, last = zip(parameters[::2], parameters[1::2], strict=True)
    for weight, bias in hidden:
        X = (X @ weight.T + bias).clamp(min=0)
    return X @ last[0].T + last[1]


def errors(prediction: np.ndarray, target: np.ndarray) -> tuple[float, float]:
    """Mean absolute error, and root of the mean squared error."""
    difference = np.asarray(prediction, dtype=np.float64) - np.asarray(target, dtype=np.float64)
    return float(np.abs(difference).mean()), float(np.sqrt((difference**2).mean()))
