"""Torch throughout: tensors wherever arrays are named, permutations by sorting random keys."""

import numpy
import pandas as pd
import torch

import metrics
import scaling
import table


def _as_tensor(a, device):
    if not torch.is_tensor(a):
        a = torch.from_numpy(numpy.array(a, dtype=numpy.float64))
    return a.to(device=device, dtype=torch.float32)


def train_regressor(model, X, y, epochs=100, lr=1e-4, device="cpu"):
    model = model.to(device)
    X = _as_tensor(X, device)
    y = _as_tensor(y, device).view(len(X), 1)
    sgd = torch.optim.SGD((p for p in model.parameters()), lr=lr)
    losses = torch.zeros(epochs, dtype=torch.float64)
    for epoch in range(epochs):
        model.train(True)
        sgd.zero_grad(set_to_none=True)
        loss = torch.nn.functional.mse_loss(model(X).view(len(X), 1), y)
        loss.backward()
        losses[epoch] = loss.detach().cpu()
        sgd.step()
    return losses.tolist()


def predict(model, X, device="cpu"):
    model = model.to(device)
    was_training = [m for m in model.modules() if m.training]
    model.train(False)
    with torch.inference_mode():
        out = model(_as_tensor(X, device)).cpu().to(torch.float64).flatten()
    for m in was_training:
        m.training = True
    return out.clone()


def evaluate_network(make_model, X, y, iterations, epochs=100, lr=0.1, device="cpu", generator=None):
    scores = torch.zeros(iterations, 2, dtype=torch.float64)
    for row in scores:
        X_train, X_test, y_train, y_test = table.split(X, y, generator=generator)
        sx = scaling.MinMax().fit(X_train.to_numpy(dtype="float64", copy=True))
        sy = scaling.MinMax().fit(y_train.to_numpy(dtype="float64", copy=True))
        model = make_model()
        train_regressor(
            model,
            sx.transform(X_train.to_numpy(dtype="float64", copy=True)),
            sy.transform(y_train.to_numpy(dtype="float64", copy=True)),
            epochs, lr, device,
        )
        p = sy.inverse(predict(model, sx.transform(X_test.to_numpy(dtype="float64", copy=True)), device))
        row[0] = metrics.mae(p, y_test)
        row[1] = metrics.rmse(p, y_test)
    return pd.DataFrame(scores.numpy(), columns=["mae", "rmse"])

def _slopes(model):
    """The weights of a linear model: the first of its parameters with the most dimensions."""
    return max(model.parameters(), key=lambda p: (p.ndim, p.numel())).detach()


def feature_importance(model, names):
    w = _slopes(model).cpu().reshape(-1)
    order = torch.argsort(w.abs(), descending=True).tolist()
    names = list(names)
    return [(names[i], w[i].item()) for i in order]
