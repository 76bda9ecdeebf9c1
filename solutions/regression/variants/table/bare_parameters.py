"""Bare nn.Parameter tensors, transposed, and einsum; nothing imported from siblings."""

import numpy as np
import torch


def load_table(frame):
    table = frame.loc[:, [c for c in frame if c != "id"]]
    if "diagnosis" in table:
        code = np.full(len(table), np.nan)
        code[(table["diagnosis"] == "M").to_numpy(dtype=bool, na_value=False)] = 1
        code[(table["diagnosis"] == "B").to_numpy(dtype=bool, na_value=False)] = 0
        table = table.assign(diagnosis=code)
    table = table.astype(np.float64)
    y = table["radius_mean"]
    if not np.isfinite(table.to_numpy().sum()) and np.isnan(table.to_numpy()).any():
        raise ValueError("NaN")
    return table.drop(columns=["radius_mean"]), y.to_frame().squeeze(axis=1)


def drop_size_columns(X):
    return X.loc[:, [not any(c.startswith(p) for p in ("radius_", "perimeter_", "area_")) for c in X.columns]].copy()


def split(X, y, test_fraction=1 / 3, generator=None):
    n = len(X)
    weights = torch.ones(n)
    n_test = -int(np.floor(-n * test_fraction))
    test = torch.multinomial(weights, n_test, replacement=False, generator=generator).numpy() if n_test else np.array([], dtype=int)
    train = np.setdiff1d(np.arange(n), test)
    return X.iloc[train], X.iloc[test], y.iloc[train], y.iloc[test]
