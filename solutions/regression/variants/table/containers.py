"""Unusual containers: ModuleDict, dictionaries of tensors, a deque, registration in scrambled order."""

import math
from collections import OrderedDict

import pandas as pd
import torch


def load_table(frame):
    bag = OrderedDict((c, frame[c].reset_index(drop=True)) for c in frame.columns)
    bag.pop("id", None)
    if "radius_mean" not in bag:
        raise KeyError("radius_mean is missing")
    if "diagnosis" in bag:
        bag["diagnosis"] = bag["diagnosis"].map({"M": 1.0, "B": 0.0}.get)
    for name in list(bag):
        bag[name] = pd.to_numeric(bag[name]).astype("float64")
        if bag[name].isna().any():
            raise ValueError(f"NaN in {name}")
    target = bag.pop("radius_mean")
    return pd.DataFrame(bag), target


def drop_size_columns(X):
    banned = set()
    for prefix in ("radius_", "perimeter_", "area_"):
        banned |= {c for c in X.columns if c[: len(prefix)] == prefix}
    return X.drop(columns=list(banned))


def split(X, y, test_fraction=1 / 3, generator=None):
    n = len(X)
    n_test = math.ceil(n * test_fraction)
    pool = list(range(n))
    test = []
    while len(test) < n_test:
        at = int(torch.randint(len(pool), (1,), generator=generator))
        pool[at], pool[-1] = pool[-1], pool[at]
        test.append(pool.pop())
    return X.iloc[pool], X.iloc[test], y.iloc[pool], y.iloc[test]
