"""NumPy throughout, nothing imported from siblings; a NumPy generator seeded from torch's."""

import numpy as np
import pandas as pd
import torch


def _array(a):
    if isinstance(a, torch.Tensor):
        a = a.detach().cpu().numpy()
    return np.asarray(a, dtype=np.float32)


def train_regressor(model, X, y, epochs=100, lr=1e-4, device="cpu"):
    xt = torch.tensor(_array(X)).to(device)
    yt = torch.tensor(_array(y).ravel()).to(device)
    model.to(device)
    params = [p for p in model.parameters() if p.requires_grad]
    losses = np.zeros(epochs)
    for e in range(epochs):
        model.train()
        loss = ((model(xt).flatten() - yt) ** 2).mean()
        grads = torch.autograd.grad(loss, params, allow_unused=True)
        with torch.no_grad():
            for p, g in zip(params, grads):
                if g is not None:
                    p.sub_(lr * g)
        losses[e] = loss.item()
    return losses.tolist()


def predict(model, X, device="cpu"):
    model.to(device)
    mods = list(model.modules())
    flags = np.array([m.training for m in mods])
    for m in mods:
        m.training = False
    try:
        with torch.no_grad():
            out = model(torch.tensor(_array(X)).to(device)).cpu().numpy()
    finally:
        for m, f in zip(mods, flags):
            m.training = bool(f)
    return out.astype(np.float64).ravel()


def evaluate_network(make_model, X, y, iterations, epochs=100, lr=0.1, device="cpu", generator=None):
    A, b = X.to_numpy(dtype=float), y.to_numpy(dtype=float)
    n = len(A)
    n_test = int(np.ceil(n / 3))
    result = np.empty((iterations, 2))
    for i in range(iterations):
        order = torch.randperm(n, generator=generator).numpy()
        te, tr = order[:n_test], order[n_test:]
        lo, hi = A[tr].min(0), A[tr].max(0)
        span = np.where(hi > lo, hi - lo, np.inf)
        ylo, yspan = b[tr].min(), np.ptp(b[tr])
        model = make_model()
        train_regressor(model, (A[tr] - lo) / span, (b[tr] - ylo) / (yspan or 1.0), epochs, lr, device)
        e = predict(model, (A[te] - lo) / span, device) * yspan + ylo - b[te]
        result[i] = np.abs(e).mean(), np.sqrt((e**2).mean())
    return pd.DataFrame(result, columns=["mae", "rmse"])

def _slopes(model):
    """The weights of a linear model, that of network.py of this name or another."""
    return (model.w if hasattr(model, "w") else max(model.parameters(), key=lambda p: p.ndim)).detach()


def feature_importance(model, names):
    w = _slopes(model).reshape(-1).cpu().numpy().astype(float)
    order = np.argsort(-np.abs(w))
    return [(list(names)[i], float(w[i])) for i in order]
