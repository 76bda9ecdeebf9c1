"""Bare nn.Parameter tensors, transposed, and einsum; nothing imported from siblings."""

import numpy as np
import pandas as pd
import torch


def _t(a, device):
    a = a.detach().clone() if torch.is_tensor(a) else torch.tensor(np.array(a, dtype="float64"))
    return a.to(torch.float32).to(device)


def train_regressor(model, X, y, epochs=100, lr=1e-4, device="cpu"):
    model.to(device)
    X, y = _t(X, device), _t(y, device).flatten()
    losses = []
    for _ in range(epochs):
        model.train()
        for p in model.parameters():
            p.grad = None
        e = model(X).flatten() - y
        loss = torch.einsum("n,n->", e, e) / len(y)
        loss.backward()
        with torch.no_grad():
            for p in model.parameters():
                if p.grad is not None:
                    p -= lr * p.grad
        losses.append(float(loss.detach()))
    return losses


def predict(model, X, device="cpu"):
    """A float64 tensor of shape (N,)."""
    model.to(device)
    flags = [(m, m.training) for m in model.modules()]
    for m, _ in flags:
        m.training = False
    with torch.no_grad():
        out = model(_t(X, device))
    for m, f in flags:
        m.training = f
    return out.detach().cpu().double().reshape(-1)


def evaluate_network(make_model, X, y, iterations, epochs=100, lr=0.1, device="cpu", generator=None):
    A, b = torch.tensor(X.to_numpy(dtype=float)), torch.tensor(y.to_numpy(dtype=float))
    n = len(A)
    n_test = -(-n // 3)
    result = []
    for _ in range(iterations):
        order = torch.randperm(n, generator=generator)
        test, train = order[:n_test], order[n_test:]
        low, span = A[train].amin(0), A[train].amax(0) - A[train].amin(0)
        Z = torch.where(span > 0, (A - low) / torch.where(span > 0, span, 1.0), 0.0)
        ylow, yspan = b[train].min(), b[train].max() - b[train].min()
        z = (b - ylow) / yspan if yspan > 0 else torch.zeros_like(b)
        model = make_model()
        train_regressor(model, Z[train], z[train], epochs, lr, device)
        e = predict(model, Z[test], device) * yspan + ylow - b[test]
        result.append((e.abs().mean().item(), e.square().mean().sqrt().item()))
    return pd.DataFrame(result, columns=["mae", "rmse"])

def _slopes(model):
    """The weights of a linear model: the first of its parameters with the most dimensions."""
    return max(model.parameters(), key=lambda p: (p.ndim, p.numel())).detach()


def feature_importance(model, names):
    w = _slopes(model).cpu().reshape(-1)
    return [(str(names[i]), w[i].item()) for i in torch.argsort(-w.abs()).tolist()]
