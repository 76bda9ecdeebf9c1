"""Everything passes through a Dataset and a DataLoader."""

import numpy as np
import pandas as pd
import torch
from torch.utils.data import DataLoader, TensorDataset

from metrics import mae, rmse
from scaling import MinMax
from table import split


def _as_tensor(values):
    values = values.detach().cpu().numpy() if torch.is_tensor(values) else np.asarray(values)
    return torch.tensor(values.astype("float32"))


def train_regressor(model, X, y, epochs=100, lr=1e-4, device="cpu"):
    model.to(device)
    X, y = _as_tensor(X), _as_tensor(y).reshape(-1, 1)
    loader = DataLoader(TensorDataset(X, y), batch_size=len(X), shuffle=False)
    optimizer = torch.optim.SGD(list(model.parameters()), lr=lr)
    criterion = torch.nn.MSELoss()
    losses = []
    for epoch in range(epochs):
        model.train()
        for features, target in loader:
            features, target = features.to(device), target.to(device)
            optimizer.zero_grad()
            loss = criterion(model(features).reshape(-1, 1), target)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses


def predict(model, X, device="cpu"):
    model.to(device)
    modes = {name: module.training for name, module in model.named_modules()}
    model.eval()
    result = np.zeros(0, dtype=np.float64)
    with torch.no_grad():
        for (features,) in DataLoader(TensorDataset(_as_tensor(X)), batch_size=64):
            output = model(features.to(device))
            result = np.append(result, output.cpu().numpy().astype(np.float64))
    for name, module in model.named_modules():
        module.training = modes[name]
    return result


def evaluate_network(make_model, X, y, iterations, epochs=100, lr=0.1, device="cpu", generator=None):
    table = {"mae": np.zeros(iterations), "rmse": np.zeros(iterations)}
    for i in range(iterations):
        X_train, X_test, y_train, y_test = split(X, y, generator=generator)
        x_scaler = MinMax().fit(X_train)
        y_scaler = MinMax().fit(y_train)
        model = make_model()
        train_regressor(model, x_scaler.transform(X_train), y_scaler.transform(y_train), epochs=epochs, lr=lr, device=device)
        prediction = y_scaler.inverse(predict(model, x_scaler.transform(X_test), device=device))
        table["mae"][i] = mae(prediction, y_test)
        table["rmse"][i] = rmse(prediction, y_test)
    return pd.DataFrame(table)

def _slopes(model):
    """The weights of a linear model: the first of its parameters with the most dimensions."""
    return max(model.parameters(), key=lambda p: (p.ndim, p.numel())).detach()


def feature_importance(model, names):
    (weights,) = _slopes(model).reshape(1, -1).cpu().numpy().tolist()
    result = [(name, weight) for name, weight in zip(names, weights)]
    result.sort(key=lambda entry: np.abs(entry[1]), reverse=True)
    return result
