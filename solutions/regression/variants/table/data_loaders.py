"""Everything passes through a Dataset and a DataLoader."""

from copy import deepcopy

import numpy as np
import torch
from torch.utils.data import random_split


def load_table(frame):
    data = deepcopy(frame)
    if "id" in data.columns:
        del data["id"]
    if "diagnosis" in data.columns:
        data["diagnosis"] = data["diagnosis"].astype(object).map(lambda v: 1.0 if v == "M" else 0.0 if v == "B" else np.nan)
    data = data.astype("float64")
    target = data.pop("radius_mean")
    for series in (target, *(data[c] for c in data.columns)):
        if np.isnan(series.to_numpy()).sum() > 0:
            raise ValueError(f"NaN in {series.name}")
    return data, target


def drop_size_columns(X):
    X = deepcopy(X)
    for name in list(X.columns):
        if name.startswith("radius_") or name.startswith("perimeter_") or name.startswith("area_"):
            del X[name]
    return X


def split(X, y, test_fraction=1 / 3, generator=None):
    n = len(X)
    n_test = int(np.ceil(test_fraction * n))
    if generator is None:
        generator = torch.default_generator
    train, test = random_split(range(n), [n - n_test, n_test], generator=generator)
    train, test = list(train), list(test)
    return X.iloc[train], X.iloc[test], y.iloc[train], y.iloc[test]
