"""Everything passes through a Dataset and a DataLoader."""

import numpy as np
import torch


def _error(prediction, target):
    a, b = (np.array(v.detach().cpu().to(torch.float64).tolist() if torch.is_tensor(v) else v, dtype="float64") for v in (prediction, target))
    if a.size == 0 or b.size == 0:
        raise ValueError("empty input")
    if a.shape[0] != b.shape[0]:
        raise ValueError("different lengths")
    return (a.reshape(-1) - b.reshape(-1)), b.reshape(-1)


def mae(prediction, target):
    error, _ = _error(prediction, target)
    return float(np.linalg.norm(error, ord=1) / error.size)


def mse(prediction, target):
    error, _ = _error(prediction, target)
    return float(np.dot(error, error) / error.size)


def rmse(prediction, target):
    error, _ = _error(prediction, target)
    return float(np.linalg.norm(error) / np.sqrt(error.size))


def r2(prediction, target):
    error, truth = _error(prediction, target)
    with np.errstate(all="ignore"):
        return float(1 - np.mean(error**2) / np.var(truth))
