"""scikit-learn does the work, with seeds drawn from torch."""

import numpy as np
import pandas as pd
import torch
from sklearn.utils import check_array

from .metrics import mae, rmse
from .scaling import MinMax
from .table import split


def _matrix(X):
    if isinstance(X, torch.Tensor):
        X = X.detach().cpu().numpy()
    return check_array(X, dtype=np.float32, ensure_min_samples=0)


def _column(y):
    if isinstance(y, torch.Tensor):
        y = y.detach().cpu().numpy()
    return np.asarray(y, dtype=np.float32).reshape(-1, 1)


def train_regressor(model, X, y, epochs=100, lr=1e-4, device="cpu"):
    model.to(device)
    inputs = torch.from_numpy(_matrix(X).copy()).to(device)
    targets = torch.from_numpy(_column(y).copy()).to(device)
    loss_function = torch.nn.MSELoss()
    optimiser = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=lr)
    curve = []

    for _ in range(epochs):
        def closure():
            optimiser.zero_grad()
            loss = loss_function(model(inputs).reshape(-1, 1), targets)
            loss.backward()
            return loss

        model.train()
        curve.append(optimiser.step(closure).item())
    return curve


def predict(model, X, device="cpu"):
    model.to(device)
    training = {m: m.training for m in model.modules()}
    model.eval()
    with torch.no_grad():
        out = model(torch.from_numpy(_matrix(X).copy()).to(device))
    for m in training:
        m.training = training[m]
    return out.cpu().numpy().ravel().astype("float64")


class _ScaledNetwork:
    """The network with its scalers, behind fit and predict."""

    def __init__(self, network, **options):
        self.network, self.options = network, options

    def fit(self, X, y):
        self.x_scaler = MinMax().fit(X)
        self.y_scaler = MinMax().fit(y)
        train_regressor(self.network, self.x_scaler.transform(X), self.y_scaler.transform(y), **self.options)
        return self

    def predict(self, X):
        z = predict(self.network, self.x_scaler.transform(X), self.options["device"])
        return self.y_scaler.inverse(z)


def evaluate_network(make_model, X, y, iterations, epochs=100, lr=0.1, device="cpu", generator=None):
    results = {"mae": [], "rmse": []}
    for _ in range(iterations):
        X_train, X_test, y_train, y_test = split(X, y, generator=generator)
        estimator = _ScaledNetwork(make_model(), epochs=epochs, lr=lr, device=device)
        prediction = estimator.fit(X_train.to_numpy(), y_train.to_numpy()).predict(X_test.to_numpy())
        results["mae"].append(mae(prediction, y_test))
        results["rmse"].append(rmse(prediction, y_test))
    return pd.DataFrame(results, columns=["mae", "rmse"])

def _slopes(model):
    """The weights of a linear model: the first of its parameters with the most dimensions."""
    return max(model.parameters(), key=lambda p: (p.ndim, p.numel())).detach()


def feature_importance(model, names):
    return sorted(((n, float(c)) for n, c in zip(names, _slopes(model).cpu().reshape(-1).numpy())), key=lambda item: abs(item[1]), reverse=True)
