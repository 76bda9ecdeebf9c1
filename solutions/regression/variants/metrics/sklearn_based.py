"""scikit-learn does the work, with seeds drawn from torch."""

import numpy as np
import torch
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score


def _prepare(v):
    if isinstance(v, torch.Tensor):
        v = v.detach().cpu().double().tolist()
    return np.ravel(np.asarray(v, dtype=float))


def mae(prediction, target):
    # scikit-learn raises ValueError for empty input and for different lengths
    return float(mean_absolute_error(_prepare(target), _prepare(prediction)))


def mse(prediction, target):
    return float(mean_squared_error(_prepare(target), _prepare(prediction)))


def rmse(prediction, target):
    return float(np.sqrt(mean_squared_error(_prepare(target), _prepare(prediction))))


def r2(prediction, target):
    return float(r2_score(_prepare(target), _prepare(prediction)))
