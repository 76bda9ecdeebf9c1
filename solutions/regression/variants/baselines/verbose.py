"""Every step on a line of its own, relative imports."""

import numpy as np
import pandas as pd
from sklearn.feature_selection import f_regression, mutual_info_regression

from .metrics import mae, rmse
from .table import split


def evaluate_model(make_model, X, y, iterations, generator=None):
    """Repeat split, fit, score."""
    mae_values = []
    rmse_values = []
    for iteration in range(iterations):
        X_train, X_test, y_train, y_test = split(X, y, generator=generator)
        model = make_model()
        model.fit(X_train.to_numpy(), y_train.to_numpy())
        prediction = model.predict(X_test.to_numpy())
        mae_values.append(mae(prediction, y_test))
        rmse_values.append(rmse(prediction, y_test))
    return pd.DataFrame({"mae": mae_values, "rmse": rmse_values})


def select_features(X, y, k, score="f_regression"):
    """The names of the k best features, best first."""
    if score == "f_regression":
        scores, _ = f_regression(X.to_numpy(), np.asarray(y))
    elif score == "mutual_info":
        scores = mutual_info_regression(X.to_numpy(), np.asarray(y), random_state=0)
    else:
        raise ValueError(f"unknown score {score!r}")

    pairs = []
    for name, value in zip(X.columns, scores):
        if np.isnan(value):
            value = -np.inf
        pairs.append((name, value))
    pairs.sort(key=lambda pair: pair[1], reverse=True)

    selected = []
    for name, value in pairs[:k]:
        selected.append(name)
    return selected
