"""NumPy throughout, nothing imported from siblings; a NumPy generator seeded from torch's."""

import numpy as np
import pandas as pd
import torch
from sklearn.feature_selection import mutual_info_regression


def evaluate_model(make_model, X, y, iterations, generator=None):
    A, b = X.to_numpy(), y.to_numpy(dtype=float)
    n = len(A)
    n_test = int(np.ceil(n / 3))
    table = np.empty((iterations, 2))
    for i in range(iterations):
        order = torch.randperm(n, generator=generator).numpy()
        te, tr = order[:n_test], order[n_test:]
        model = make_model()
        model.fit(A[tr], b[tr])
        e = np.asarray(model.predict(A[te]), dtype=float).ravel() - b[te]
        table[i] = np.abs(e).mean(), np.sqrt((e**2).mean())
    return pd.DataFrame(table, columns=["mae", "rmse"])


def _f_statistic(A, b):
    A = A - A.mean(axis=0)
    b = b - b.mean()
    with np.errstate(divide="ignore", invalid="ignore"):
        r = (A * b[:, None]).sum(0) / np.sqrt((A**2).sum(0) * (b**2).sum())
        f = r**2 / (1 - r**2) * (len(b) - 2)
    return np.where(np.isnan(f), 0.0, f)


def select_features(X, y, k, score="f_regression"):
    A, b = X.to_numpy(dtype=float), np.asarray(y, dtype=float).ravel()
    if score == "f_regression":
        s = _f_statistic(A, b)
    elif score == "mutual_info":
        s = mutual_info_regression(A, b)
    else:
        raise ValueError(score)
    return X.columns.to_numpy()[np.argsort(s)[::-1][:k]].tolist()
