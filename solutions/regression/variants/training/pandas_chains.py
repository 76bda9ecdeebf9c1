"""Chains of pandas methods, new row indexes."""

import numpy as np
import pandas as pd
import torch
from torch import nn

from metrics import mae, rmse
from scaling import MinMax
from table import split


def _tensor(data, device):
    if torch.is_tensor(data):
        return data.to(device).float()
    return torch.tensor(pd.DataFrame(data).to_numpy(dtype=np.float32).copy()).to(device)


def train_regressor(model, X, y, epochs=100, lr=1e-4, device="cpu"):
    model.to(device)
    X, y = _tensor(X, device), _tensor(y, device)
    optimizer = torch.optim.SGD(filter(lambda p: p.requires_grad, model.parameters()), lr=lr)
    history = pd.Series(index=range(epochs), dtype="float64")
    for epoch in history.index:
        model.train()
        optimizer.zero_grad()
        output = model(X)
        loss = nn.functional.mse_loss(output, y.reshape(output.shape))
        history[epoch] = loss.item()
        loss.backward()
        optimizer.step()
    return history.tolist()


def predict(model, X, device="cpu"):
    model.to(device)
    modes = pd.Series({name: m.training for name, m in model.named_modules()}, dtype=bool)
    model.eval()
    with torch.no_grad():
        values = model(_tensor(X, device)).cpu().numpy()
    for name, module in model.named_modules():
        module.training = bool(modes[name])
    return pd.Series(values.reshape(-1)).astype("float64").to_numpy()


def evaluate_network(make_model, X, y, iterations, epochs=100, lr=0.1, device="cpu", generator=None):
    scores = pd.DataFrame(columns=["mae", "rmse"], index=range(iterations), dtype="float64")
    for i in scores.index:
        X_train, X_test, y_train, y_test = split(X, y, generator=generator)
        x_scaler, y_scaler = MinMax().fit(X_train), MinMax().fit(y_train)
        model = make_model()
        train_regressor(model, x_scaler.transform(X_train), y_scaler.transform(y_train), epochs=epochs, lr=lr, device=device)
        prediction = y_scaler.inverse(predict(model, x_scaler.transform(X_test), device))
        scores.loc[i] = [mae(prediction, y_test), rmse(prediction, y_test)]
    return scores

def _slopes(model):
    """The weights of a linear model: the first of its parameters with the most dimensions."""
    return max(model.parameters(), key=lambda p: (p.ndim, p.numel())).detach()


def feature_importance(model, names):
    weights = pd.Series(_slopes(model).cpu().numpy().ravel(), index=list(names), dtype="float64")
    ordered = weights.reindex(weights.abs().sort_values(ascending=False).index)
    return [(name, float(weight)) for name, weight in ordered.items()]
