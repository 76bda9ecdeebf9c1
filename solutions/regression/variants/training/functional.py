"""Partial functions and closures; gradients from autograd.grad on a functional call."""

from contextlib import contextmanager
from functools import partial

import numpy as np
import pandas as pd
import torch
from torch.func import functional_call

from metrics import mae, rmse
from scaling import MinMax
from table import split


def _tensor(values, device):
    values = values if torch.is_tensor(values) else torch.tensor(np.asarray(values, dtype=np.float32))
    return values.to(device=device, dtype=torch.float32)


def _loss(model, X, y, weights):
    return torch.mean((functional_call(model, weights, (X,)).flatten() - y) ** 2)


def train_regressor(model, X, y, epochs=100, lr=1e-4, device="cpu"):
    model.to(device)
    loss_of = partial(_loss, model, _tensor(X, device), _tensor(y, device).flatten())
    weights = {n: p for n, p in model.named_parameters() if p.requires_grad}

    def step(_):
        model.train()
        loss = loss_of(weights)
        slopes = torch.autograd.grad(loss, list(weights.values()), allow_unused=True)
        with torch.no_grad():
            for w, s in zip(weights.values(), slopes):
                w.add_(0 if s is None else s, alpha=-lr)
        return loss.item()

    return [step(i) for i in range(epochs)]


@contextmanager
def _as_found(model):
    found = [m.training for m in model.modules()]
    yield model.eval()
    for m, training in zip(model.modules(), found):
        m.training = training


def predict(model, X, device="cpu"):
    with _as_found(model.to(device)), torch.no_grad():
        return model(_tensor(X, device)).flatten().to(torch.float64).cpu().numpy()


def _scaled(make_model, train, epochs, lr, device):
    X, y = (a.to_numpy(dtype=float) for a in train)
    there_x, there_y = MinMax().fit(X), MinMax().fit(y)
    model = make_model()
    train_regressor(model, there_x.transform(X), there_y.transform(y), epochs, lr, device)
    return lambda Z: there_y.inverse(predict(model, there_x.transform(Z.to_numpy(dtype=float)), device))


def evaluate_network(make_model, X, y, iterations, epochs=100, lr=0.1, device="cpu", generator=None):
    def row(_):
        X_train, X_test, y_train, y_test = split(X, y, generator=generator)
        prediction = _scaled(make_model, (X_train, y_train), epochs, lr, device)(X_test)
        return mae(prediction, y_test), rmse(prediction, y_test)

    return pd.DataFrame(map(row, range(iterations)), columns=["mae", "rmse"])

def _slopes(model):
    """The weights of a linear model: the first of its parameters with the most dimensions."""
    return max(model.parameters(), key=lambda p: (p.ndim, p.numel())).detach()


def feature_importance(model, names):
    weights = map(float, _slopes(model).cpu().reshape(-1))
    return sorted(zip(names, weights), key=lambda item: -abs(item[1]))
