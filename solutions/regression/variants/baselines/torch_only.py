"""Torch throughout: tensors wherever arrays are named, permutations by sorting random keys."""

import pandas as pd
import torch
from sklearn import feature_selection

import metrics
import table


def evaluate_model(make_model, X, y, iterations, generator=None):
    scores = torch.zeros(iterations, 2, dtype=torch.float64)
    for row in scores:
        X_train, X_test, y_train, y_test = table.split(X, y, generator=generator)
        model = make_model()
        model.fit(X_train, y_train)
        p = model.predict(X_test)
        row[0] = metrics.mae(p, y_test)
        row[1] = metrics.rmse(p, y_test)
    return pd.DataFrame(scores.numpy(), columns=["mae", "rmse"])


def select_features(X, y, k, score="f_regression"):
    if score == "f_regression":
        values = feature_selection.f_regression(X.to_numpy(), y.to_numpy())[0]
    elif score == "mutual_info":
        seed = int(torch.randint(2**31, (1,)))
        values = feature_selection.mutual_info_regression(X.to_numpy(), y.to_numpy(), random_state=seed)
    else:
        raise ValueError("score must be f_regression or mutual_info")
    best = torch.topk(torch.nan_to_num(torch.tensor(values), nan=0.0), k)
    return [X.columns[i] for i in best.indices.tolist()]
