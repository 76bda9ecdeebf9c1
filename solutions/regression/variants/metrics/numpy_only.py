"""NumPy throughout, nothing imported from siblings; a NumPy generator seeded from torch's."""

import numpy as np


def _np(v):
    if hasattr(v, "detach"):
        v = v.detach().cpu().double().numpy()
    return np.asarray(v, dtype=np.float64).reshape(-1)


def _pair(prediction, target):
    a, b = _np(prediction), _np(target)
    if a.shape != b.shape or a.size == 0:
        raise ValueError(f"cannot compare {a.shape} with {b.shape}")
    return a, b


def mae(prediction, target):
    a, b = _pair(prediction, target)
    return np.abs(a - b).mean().item()


def mse(prediction, target):
    a, b = _pair(prediction, target)
    return np.square(a - b).mean().item()


def rmse(prediction, target):
    a, b = _pair(prediction, target)
    return np.sqrt(np.square(a - b).mean()).item()


def r2(prediction, target):
    a, b = _pair(prediction, target)
    with np.errstate(divide="ignore", invalid="ignore"):
        return (1.0 - np.square(b - a).sum() / np.square(b - b.mean()).sum()).item()
