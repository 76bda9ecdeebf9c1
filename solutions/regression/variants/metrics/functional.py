"""Partial functions and closures; gradients from autograd.grad on a functional call."""

from functools import wraps
from statistics import fmean

import numpy as np
import torch


def _numbers(values):
    values = values.detach().cpu().double().numpy() if torch.is_tensor(values) else np.asarray(values, dtype=float)
    return values.reshape(-1)


def _metric(function):
    @wraps(function)
    def checked(prediction, target):
        p, t = map(_numbers, (prediction, target))
        if not (len(p) == len(t) > 0):
            raise ValueError(f"{len(p)} predictions for {len(t)} targets")
        return float(function(p, t))

    return checked


@_metric
def mae(prediction, target):
    return fmean(np.abs(prediction - target))


@_metric
def mse(prediction, target):
    return fmean((prediction - target) ** 2)


@_metric
def rmse(prediction, target):
    return fmean((prediction - target) ** 2) ** 0.5


@_metric
def r2(prediction, target):
    total = np.sum((target - np.mean(target)) ** 2)
    return 1 - np.sum((prediction - target) ** 2) / total if total > 0 else 0.0
