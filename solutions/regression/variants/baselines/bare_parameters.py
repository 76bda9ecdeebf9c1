"""Bare nn.Parameter tensors, transposed, and einsum; nothing imported from siblings."""

import numpy as np
import pandas as pd
import torch
from sklearn.feature_selection import f_regression, mutual_info_regression


def evaluate_model(make_model, X, y, iterations, generator=None):
    n = len(X)
    n_test = int(np.ceil(n / 3))
    result = []
    for _ in range(iterations):
        order = torch.randperm(n, generator=generator).tolist()
        test, train = order[-n_test:], order[:-n_test]
        model = make_model()
        model.fit(X.iloc[train], y.iloc[train])
        e = np.ravel(model.predict(X.iloc[test])) - y.iloc[test].to_numpy()
        result.append({"mae": float(np.mean(np.abs(e))), "rmse": float(np.sqrt(np.mean(np.square(e))))})
    return pd.DataFrame(result, columns=["mae", "rmse"])


def select_features(X, y, k, score="f_regression"):
    if score not in {"f_regression", "mutual_info"}:
        raise ValueError("score")
    A, b = X.to_numpy(dtype=float), np.asarray(y, dtype=float).ravel()
    s = f_regression(A, b)[0] if score[0] == "f" else mutual_info_regression(A, b)
    order = torch.argsort(torch.nan_to_num(torch.from_numpy(np.array(s)), nan=-1.0), descending=True, stable=True)
    return X.columns[order[:k].numpy()].tolist()
