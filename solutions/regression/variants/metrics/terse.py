"""One-liners, siblings imported absolutely."""

import numpy as np
import torch


def _err(p, t):
    p, t = (np.asarray(v.detach().cpu().double() if torch.is_tensor(v) else v, dtype=float).ravel() for v in (p, t))
    if len(p) != len(t) or not len(p): raise ValueError("need equally many values, at least one")
    return p - t, t


def mae(prediction, target): return float(abs(_err(prediction, target)[0]).mean())
def mse(prediction, target): return float((_err(prediction, target)[0] ** 2).mean())
def rmse(prediction, target): return mse(prediction, target) ** 0.5


def r2(prediction, target):
    e, t = _err(prediction, target)
    return float(1 - (e @ e) / ((t - t.mean()) ** 2).sum())
