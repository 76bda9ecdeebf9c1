"""Chains of pandas methods, new row indexes."""

import numpy as np
import pandas as pd
import torch


def _series(v):
    if torch.is_tensor(v):
        v = v.detach().cpu().double().numpy()
    return pd.Series(np.asarray(v).reshape(-1)).astype("float64")


def _joined(prediction, target):
    p, t = _series(prediction), _series(target)
    if p.empty or t.empty:
        raise ValueError("empty input")
    if p.size != t.size:
        raise ValueError("different lengths")
    return pd.DataFrame({"p": p, "t": t})


def mae(prediction, target):
    return float(_joined(prediction, target).agg(lambda r: abs(r["p"] - r["t"]), axis=1).mean())


def mse(prediction, target):
    d = _joined(prediction, target)
    return float(d["p"].sub(d["t"]).pow(2).mean())


def rmse(prediction, target):
    return float(np.sqrt(mse(prediction, target)))


def r2(prediction, target):
    d = _joined(prediction, target)
    total = d["t"].var(ddof=0)
    return float(1 - d["p"].sub(d["t"]).pow(2).mean() / total) if total else 0.0
