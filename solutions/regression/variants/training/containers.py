"""Unusual containers: ModuleDict, dictionaries of tensors, a deque, registration in scrambled order."""

import numpy as np
import pandas as pd
import torch

import metrics as M
import scaling as S
import table as T


def _tensor(values, device):
    if isinstance(values, (pd.DataFrame, pd.Series)):
        values = values.to_numpy(dtype="float32", copy=True)
    if isinstance(values, np.ndarray):
        values = torch.from_numpy(values.astype("float32"))
    return values.float().to(device)


def train_regressor(model, X, y, epochs=100, lr=1e-4, device="cpu"):
    data = {"X": _tensor(X, device), "y": _tensor(y, device).reshape(-1, 1)}
    model.to(device)
    optimizer = torch.optim.SGD([{"params": [p]} for p in model.parameters()], lr=lr)
    losses = dict()
    for epoch in range(epochs):
        model.train()
        optimizer.zero_grad()
        losses[epoch] = torch.nn.functional.mse_loss(model(data["X"]).reshape(-1, 1), data["y"])
        losses[epoch].backward()
        optimizer.step()
    return [v.item() for v in losses.values()]


def predict(model, X, device="cpu"):
    model.to(device)
    eager = {id(m) for m in model.modules() if m.training}
    model.eval()
    with torch.no_grad():
        out = model(_tensor(X, device))
    for m in model.modules():
        m.training = id(m) in eager
    return np.array(out.cpu().reshape(-1).tolist(), dtype=np.float64)


def evaluate_network(make_model, X, y, iterations, epochs=100, lr=0.1, device="cpu", generator=None):
    frame = pd.DataFrame(index=range(iterations), columns=["mae", "rmse"], dtype=float)
    for i in range(iterations):
        part = dict(zip(("X_train", "X_test", "y_train", "y_test"), T.split(X, y, generator=generator)))
        arrays = {name: value.to_numpy(dtype=float) for name, value in part.items()}
        scalers = {"X": S.MinMax().fit(arrays["X_train"]), "y": S.MinMax().fit(arrays["y_train"])}
        model = make_model()
        train_regressor(model, scalers["X"].transform(arrays["X_train"]), scalers["y"].transform(arrays["y_train"]), epochs=epochs, lr=lr, device=device)
        p = scalers["y"].inverse(predict(model, scalers["X"].transform(arrays["X_test"]), device=device))
        frame.loc[i] = {"mae": M.mae(p, arrays["y_test"]), "rmse": M.rmse(p, arrays["y_test"])}
    return frame

def _slopes(model):
    """The weights of a linear model: the first of its parameters with the most dimensions."""
    return max(model.parameters(), key=lambda p: (p.ndim, p.numel())).detach()


def feature_importance(model, names):
    weights = dict(enumerate(_slopes(model).cpu().reshape(-1).tolist()))
    order = sorted(weights, key=lambda i: abs(weights[i]), reverse=True)
    return [(list(names)[i], weights[i]) for i in order]
