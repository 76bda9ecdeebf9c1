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
    ### BEGIN SOLUTION
    model.to(device)
    X = _tensor(X, device)
    y = _tensor(y, device).reshape(-1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        model.train()
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(X), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses
    ### END SOLUTION


def predict(model: nn.Module, X, device="cpu") -> np.ndarray:
    """Predictions for the rows of `X` `(N, F)`: a float64 array `(N,)`.

    In evaluation mode and without gradients; every submodule gets its own mode back afterwards.
    """
    ### BEGIN SOLUTION
    model.to(device)
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    with torch.no_grad():
        prediction = model(_tensor(X, device))
    for module, mode in modes:
        module.training = mode
    return prediction.cpu().double().numpy().reshape(-1)
    ### END SOLUTION


def evaluate_network(
    make_model, X, y, iterations: int, epochs: int = 100, lr: float = 0.1, device="cpu", generator=None
) -> pd.DataFrame:
    """How well a kind of network does over random splits: a frame with columns `mae` and `rmse`, a row per split.

    * `make_model()` takes no argument and returns a fresh network; it is called once per split.
    * The splits are drawn from `generator` as `table.split` draws them, a third of the rows for testing.
    * Min-max scalers for `X` and for `y` are fitted anew on the training rows of each split, and on them alone.
    * Scores are on the test rows, in the units of `y`.
    """
    ### BEGIN SOLUTION
    rows = []
    for _ in range(iterations):
        X_train, X_test, y_train, y_test = split(X, y, generator=generator)
        x_scaler, y_scaler = MinMax().fit(X_train), MinMax().fit(y_train)
        model = make_model()
        train_regressor(model, x_scaler.transform(X_train), y_scaler.transform(y_train), epochs, lr, device)
        prediction = y_scaler.inverse(predict(model, x_scaler.transform(X_test), device))
        rows.append({"mae": mae(prediction, y_test), "rmse": rmse(prediction, y_test)})
    return pd.DataFrame(rows, columns=["mae", "rmse"])
    ### END SOLUTION


def feature_importance(model, names) -> list[tuple[str, float]]:
    """`(name, weight)` for every feature of your own `LinearRegressor`, by decreasing absolute weight."""
    ### BEGIN SOLUTION
    weights = model.linear.weight.detach().cpu().reshape(-1).tolist()
    return sorted(zip(names, weights, strict=True), key=lambda pair: -abs(pair[1]))
    ### END SOLUTION


### BEGIN SOLUTION
def _tensor(values, device) -> torch.Tensor:
    """Numbers of any kind as a float32 tensor on `device`."""
    if not isinstance(values, torch.Tensor):
        values = torch.as_tensor(np.array(values, dtype=np.float32))
    return values.detach().to(device=device, dtype=torch.float32)


### END SOLUTION
