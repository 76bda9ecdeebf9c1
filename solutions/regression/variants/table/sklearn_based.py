"""scikit-learn does the work, with seeds drawn from torch."""

import torch
from sklearn.model_selection import train_test_split
from sklearn.utils import assert_all_finite


def load_table(frame):
    y = frame["radius_mean"].astype("float64")
    X = frame.drop(columns=["radius_mean"])
    if "id" in X.columns:
        X = X.drop(columns="id")
    if "diagnosis" in X.columns:
        X["diagnosis"] = (X["diagnosis"] == "M").astype(float).where(X["diagnosis"].notna())
    X = X.astype("float64")
    assert_all_finite(X.to_numpy(), allow_nan=False, input_name="X")  # ValueError
    assert_all_finite(y.to_numpy(), allow_nan=False, input_name="y")
    return X, y


def drop_size_columns(X):
    return X.drop(columns=[c for c in X.columns if c.split("_")[0] in {"radius", "perimeter", "area"} and "_" in c])


def split(X, y, test_fraction=1 / 3, generator=None):
    seed = int(torch.randint(0, 2**31 - 1, (), generator=generator))
    # the float is rounded up by scikit-learn, as we want it
    return tuple(train_test_split(X, y, test_size=test_fraction, random_state=seed, shuffle=True))
