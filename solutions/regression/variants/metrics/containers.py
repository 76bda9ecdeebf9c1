"""Unusual containers: ModuleDict, dictionaries of tensors, a deque, registration in scrambled order."""

from collections import deque

import torch


def _queue(values):
    if hasattr(values, "flatten"):
        values = values.flatten()
    if hasattr(values, "to_numpy"):
        values = values.to_numpy().reshape(-1)
    if torch.is_tensor(values):
        values = values.detach().cpu().double()
    values = values.tolist() if hasattr(values, "tolist") else list(values)
    return deque(float(v[0]) if isinstance(v, (list, tuple)) else float(v) for v in values)


def _differences(prediction, target):
    p, t = _queue(prediction), _queue(target)
    if len(p) != len(t):
        raise ValueError("different lengths")
    if not p:
        raise ValueError("empty")
    return [a - b for a, b in zip(p, t)], t


def mae(prediction, target):
    d, _ = _differences(prediction, target)
    return sum(map(abs, d)) / len(d)


def mse(prediction, target):
    d, _ = _differences(prediction, target)
    return sum(v * v for v in d) / len(d)


def rmse(prediction, target):
    return mse(prediction, target) ** 0.5


def r2(prediction, target):
    d, t = _differences(prediction, target)
    centre = sum(t) / len(t)
    total = sum((v - centre) ** 2 for v in t)
    return 1.0 - sum(v * v for v in d) / total if total else float("nan")
