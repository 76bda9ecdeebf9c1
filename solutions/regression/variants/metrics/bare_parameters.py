"""Bare nn.Parameter tensors, transposed, and einsum; nothing imported from siblings."""

import numpy as np
import torch


def _stack(prediction, target):
    rows = []
    for v in (prediction, target):
        v = v.detach().cpu().double() if torch.is_tensor(v) else torch.tensor(np.array(v, dtype="float64"))
        rows.append(v.reshape(-1))
    if len(rows[0]) != len(rows[1]) or len(rows[0]) == 0:
        raise ValueError("prediction and target have to be of one length, at least 1")
    return torch.stack(rows)


def _moment(prediction, target, k):
    e = torch.diff(_stack(prediction, target), dim=0)[0].abs()
    return torch.einsum("n->", e**k).item() / len(e)


def mae(prediction, target):
    return _moment(prediction, target, 1)


def mse(prediction, target):
    return _moment(prediction, target, 2)


def rmse(prediction, target):
    return _moment(prediction, target, 2) ** 0.5


def r2(prediction, target):
    p, t = _stack(prediction, target)
    c = t - t.mean()
    e = t - p
    return (1 - torch.einsum("n,n->", e, e) / torch.einsum("n,n->", c, c)).item()
