"""Chains of pandas methods, new row indexes."""

import numpy as np
import pandas as pd
import torch


def load_table(frame):
    table = (
        frame
        .loc[:, frame.columns != "id"]
        .assign(**({"diagnosis": lambda d: d["diagnosis"].map({"M": 1, "B": 0})} if "diagnosis" in frame else {}))
        .astype(np.float64)
        .reset_index(drop=True)
    )
    target = table.pop("radius_mean")
    if target.hasnans or table.isna().sum().sum():
        raise ValueError("NaN found: " + str(table.isna().sum()))
    return table, target


def drop_size_columns(X):
    return X.filter(regex=r"^(?!radius_|perimeter_|area_)")


def split(X, y, test_fraction=1 / 3, generator=None):
    X, y = X.reset_index(drop=True), y.reset_index(drop=True)
    n_test = int(-(-len(X) * test_fraction // 1))
    seed = torch.randint(1 << 31, size=(1,), generator=generator).item()
    test = pd.Series(range(len(X))).sample(n=n_test, random_state=seed)
    X_test, y_test = X.loc[test], y.loc[test]
    X_train, y_train = X.drop(index=test), y.drop(index=test)
    return tuple(part.reset_index(drop=True) for part in (X_train, X_test, y_train, y_test))
