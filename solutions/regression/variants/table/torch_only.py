"""Torch throughout: tensors wherever arrays are named, permutations by sorting random keys."""

import math

import pandas as pd
import torch

_PREFIXES = ("radius_", "perimeter_", "area_")


def load_table(frame):
    if "radius_mean" not in frame.columns:
        raise KeyError("radius_mean")
    features = {}
    for name in frame.columns:
        if name == "id":
            continue
        column = frame[name]
        if name == "diagnosis":
            column = column.map({"B": 0, "M": 1})
        features[name] = torch.tensor(column.to_numpy(dtype="float64", na_value=float("nan")), dtype=torch.float64)
    block = torch.stack(list(features.values()), dim=1)
    if torch.isnan(block).any():
        raise ValueError("the table holds NaN")
    target = pd.Series(features.pop("radius_mean").numpy(), index=frame.index, name="radius_mean")
    X = pd.DataFrame({k: v.numpy() for k, v in features.items()}, index=frame.index)
    return X, target


def drop_size_columns(X):
    mask = torch.tensor([str(c).startswith(_PREFIXES) for c in X.columns], dtype=torch.bool)
    return X.drop(columns=X.columns[mask.numpy()])


def split(X, y, test_fraction=1 / 3, generator=None):
    n_test = math.ceil(len(X) * test_fraction)
    keys = torch.rand(len(X), generator=generator, dtype=torch.float64)
    order = torch.argsort(keys)
    test, train = torch.tensor_split(order, [n_test])
    return X.iloc[train.tolist()], X.iloc[test.tolist()], y.iloc[train.tolist()], y.iloc[test.tolist()]
