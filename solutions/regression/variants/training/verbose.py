"""Every step on a line of its own, relative imports."""

import numpy as np
import pandas as pd
import torch
import torch.nn as nn

from .metrics import mae, rmse
from .scaling import MinMax
from .table import split


def _to_tensor(values):
    if isinstance(values, (pd.DataFrame, pd.Series)):
        values = values.to_numpy(dtype=np.float64)
    if isinstance(values, np.ndarray):
        values = torch.tensor(values)
    return values.detach().clone().to(torch.float32)


def train_regressor(model, X, y, epochs=100, lr=1e-4, device="cpu"):
    """Full-batch gradient descent; returns the loss before each step."""
    features = _to_tensor(X).to(device)
    target = _to_tensor(y).reshape(-1).to(device)
    model.to(device)
    criterion = nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.0, weight_decay=0.0)

    losses = []
    for epoch in range(epochs):
        model.train()
        optimizer.zero_grad()
        output = model(features).reshape(-1)
        loss = criterion(output, target)
        losses.append(float(loss.item()))
        loss.backward()
        optimizer.step()
    return losses


def predict(model, X, device="cpu"):
    """Predictions as a one-dimensional float64 array."""
    features = _to_tensor(X).to(device)
    model.to(device)

    remembered = {}
    for name, module in model.named_modules():
        remembered[name] = module.training
    model.eval()
    with torch.no_grad():
        output = model(features)
    for name, module in model.named_modules():
        module.training = remembered[name]

    return output.cpu().numpy().astype(np.float64).reshape(-1)


def evaluate_network(make_model, X, y, iterations, epochs=100, lr=0.1, device="cpu", generator=None):
    """The network counterpart of ``evaluate_model``."""
    rows = []
    for iteration in range(iterations):
        X_train, X_test, y_train, y_test = split(X, y, generator=generator)

        feature_scaler = MinMax()
        feature_scaler.fit(X_train.to_numpy())
        target_scaler = MinMax()
        target_scaler.fit(y_train.to_numpy())

        model = make_model()
        train_regressor(
            model,
            feature_scaler.transform(X_train.to_numpy()),
            target_scaler.transform(y_train.to_numpy()),
            epochs=epochs,
            lr=lr,
            device=device,
        )
        scaled_prediction = predict(model, feature_scaler.transform(X_test.to_numpy()), device=device)
        prediction = target_scaler.inverse(scaled_prediction)
        rows.append({"mae": mae(prediction, y_test), "rmse": rmse(prediction, y_test)})
    return pd.DataFrame(rows, columns=["mae", "rmse"])

def _slopes(model):
    """The weights of a linear model: the first of its parameters with the most dimensions."""
    return max(model.parameters(), key=lambda p: (p.ndim, p.numel())).detach()


def feature_importance(model, names):
    """Names and weights, the largest absolute weight first."""
    weights = _slopes(model).cpu().reshape(-1).tolist()
    pairs = []
    for name, weight in zip(names, weights):
        pairs.append((name, weight))
    pairs.sort(key=lambda pair: abs(pair[1]), reverse=True)
    return pairs
