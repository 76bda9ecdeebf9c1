"""One-liners, siblings imported absolutely."""

import math
import torch


def load_table(frame):
    f = frame.drop(columns="id", errors="ignore")
    if "diagnosis" in f: f = f.assign(diagnosis=f["diagnosis"].map({"M": 1.0, "B": 0.0}))
    y = f["radius_mean"]
    f = f.astype("float64")
    if f.isna().any(axis=None): raise ValueError("NaN in table")
    return f.drop(columns="radius_mean"), y


def drop_size_columns(X):
    return X[[c for c in X if not c.startswith(("radius_", "perimeter_", "area_"))]].copy()


def split(X, y, test_fraction=1 / 3, generator=None):
    i = torch.randperm(len(X), generator=generator).numpy()
    k = math.ceil(len(X) * test_fraction)
    return X.iloc[i[k:]], X.iloc[i[:k]], y.iloc[i[k:]], y.iloc[i[:k]]
