"""Partial functions and closures; gradients from autograd.grad on a functional call."""

from functools import reduce
from itertools import filterfalse
from math import ceil
from operator import methodcaller

import torch

SIZES = ("radius_", "perimeter_", "area_")
is_size = methodcaller("startswith", SIZES)


def pipe(value, *functions):
    return reduce(lambda v, f: f(v), functions, value)


def _without_id(frame):
    return frame.drop(columns=[c for c in frame.columns if c == "id"])


def _coded(frame):
    code = lambda v: {"M": 1, "B": 0}.get(v, float("nan"))
    return frame.assign(diagnosis=[*map(code, frame["diagnosis"])]) if "diagnosis" in frame.columns else frame


def _complete(frame):
    if frame.isna().to_numpy().any():
        raise ValueError("the table is incomplete")
    return frame


def load_table(frame):
    whole = pipe(frame, _without_id, _coded, methodcaller("astype", "float64"))
    target = whole["radius_mean"]
    return pipe(whole, _complete, methodcaller("drop", columns=["radius_mean"])), target


def drop_size_columns(X):
    return X.loc[:, list(filterfalse(is_size, X.columns))].copy()


def split(X, y, test_fraction=1 / 3, generator=None):
    n = len(X)
    rows = torch.randperm(n, generator=generator)
    take = lambda data, which: data.iloc[which.tolist()]
    test, train = rows[: ceil(n * test_fraction)].sort().values, rows[ceil(n * test_fraction):].sort().values
    return tuple(take(data, which) for data in (X, y) for which in (train, test))
