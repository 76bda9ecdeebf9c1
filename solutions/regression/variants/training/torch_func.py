"""Gradients come from torch.func."""

import numpy as np
import pandas as pd
import torch
from metrics import mae, rmse
from scaling import MinMax
from table import split
from torch.func import functional_call, grad_and_value


def _f32(x):
    if isinstance(x, torch.Tensor):
        return x.detach().float()
    return torch.from_numpy(np.ascontiguousarray(x, dtype=np.float32))


def train_regressor(model, X, y, epochs=100, lr=1e-4, device="cpu"):
    model.to(device)
    X, y = _f32(X).to(device), _f32(y).to(device).flatten()
    free = {name: p for name, p in model.named_parameters() if p.requires_grad}

    def objective(values):
        buffers = {name: b.clone() for name, b in model.named_buffers()}
        prediction = functional_call(model, {**values, **buffers}, (X,))
        return torch.mean((prediction.flatten() - y) ** 2), buffers

    step = grad_and_value(objective, has_aux=True)
    losses = []
    for _ in range(epochs):
        model.train()
        gradients, (loss, buffers) = step({name: p.detach() for name, p in free.items()})
        with torch.no_grad():
            for name, p in free.items():
                p.sub_(gradients[name], alpha=lr)
            for name, b in model.named_buffers():
                b.copy_(buffers[name])
        losses.append(float(loss))
    return losses


@torch.no_grad()
def predict(model, X, device="cpu"):
    modules = list(model.modules())
    modes = [m.training for m in modules]
    try:
        result = model.to(device).eval()(_f32(X).to(device))
    finally:
        for m, mode in zip(modules, modes, strict=True):
            m.training = mode
    return result.to("cpu", torch.float64)[:, 0].numpy()


def evaluate_network(make_model, X, y, iterations, epochs=100, lr=0.1, device="cpu", generator=None):
    splits = [split(X, y, generator=generator) for _ in range(iterations)]
    models = [make_model() for _ in splits]
    frame = pd.DataFrame(index=range(iterations), columns=["mae", "rmse"], dtype=float)
    for i, (model, (X_train, X_test, y_train, y_test)) in enumerate(zip(models, splits, strict=True)):
        scale, units = MinMax().fit(X_train), MinMax().fit(y_train)
        train_regressor(model, scale.transform(X_train), units.transform(y_train), epochs, lr, device)
        answer = units.inverse(predict(model, scale.transform(X_test), device))
        frame.loc[i] = [mae(answer, y_test), rmse(answer, y_test)]
    return frame


def feature_importance(model, names) -> list[tuple[str, float]]:
    """`(name, weight)` for every feature of your own `LinearRegressor`, by decreasing absolute weight."""
    weights = model.linear.weight.detach().cpu().reshape(-1).tolist()
    return sorted(zip(names, weights, strict=True), key=lambda pair: -abs(pair[1]))
