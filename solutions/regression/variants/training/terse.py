"""One-liners, siblings imported absolutely."""

import numpy as np
import pandas as pd
import torch
from torch.nn.functional import mse_loss
from metrics import mae, rmse
from scaling import MinMax
from table import split


def _t(a, device):
    return torch.as_tensor(a if torch.is_tensor(a) else np.array(a, dtype=np.float32), dtype=torch.float32).to(device)


def train_regressor(model, X, y, epochs=100, lr=1e-4, device="cpu"):
    model.to(device)
    X, y = _t(X, device), _t(y, device).reshape(-1, 1)
    opt, out = torch.optim.SGD(model.parameters(), lr=lr), []
    for _ in range(epochs):
        model.train()
        opt.zero_grad()
        loss = mse_loss(model(X), y)
        loss.backward()
        opt.step()
        out.append(loss.item())
    return out


def predict(model, X, device="cpu"):
    model.to(device)
    modes = [(m, m.training) for m in model.modules()]
    model.eval()
    with torch.no_grad(): p = model(_t(X, device)).reshape(-1).cpu().double().numpy()
    for m, t in modes: m.training = t
    return p


def evaluate_network(make_model, X, y, iterations, epochs=100, lr=0.1, device="cpu", generator=None):
    out = []
    for _ in range(iterations):
        a, b, c, d = split(X, y, generator=generator)
        sx, sy, m = MinMax().fit(a), MinMax().fit(c), make_model()
        train_regressor(m, sx.transform(a), sy.transform(c), epochs, lr, device)
        p = sy.inverse(predict(m, sx.transform(b), device))
        out.append((mae(p, d), rmse(p, d)))
    return pd.DataFrame(out, columns=["mae", "rmse"])

def _slopes(model):
    """The weights of a linear model: the first of its parameters with the most dimensions."""
    return max(model.parameters(), key=lambda p: (p.ndim, p.numel())).detach()


def feature_importance(model, names):
    return sorted(zip(list(names), _slopes(model).cpu().flatten().tolist()), key=lambda t: -abs(t[1]))
