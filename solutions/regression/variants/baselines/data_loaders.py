"""Everything passes through a Dataset and a DataLoader."""

import numpy as np
import pandas as pd
from sklearn.feature_selection import f_regression, mutual_info_regression

from metrics import mae, rmse
from table import split


def evaluate_model(make_model, X, y, iterations, generator=None):
    table = {"mae": np.zeros(iterations), "rmse": np.zeros(iterations)}
    for i in range(iterations):
        X_train, X_test, y_train, y_test = split(X, y, generator=generator)
        model = make_model()
        model.fit(X_train, y_train)
        prediction = model.predict(X_test)
        table["mae"][i] = mae(prediction, y_test)
        table["rmse"][i] = rmse(prediction, y_test)
    return pd.DataFrame(table)


def select_features(X, y, k, score="f_regression"):
    if score == "mutual_info":
        values = np.array(mutual_info_regression(X, y))
    elif score == "f_regression":
        # column by column
        values = np.array([f_regression(X[[c]].to_numpy(), y.to_numpy())[0][0] for c in X.columns])
    else:
        raise ValueError("score is f_regression or mutual_info")
    values[np.isnan(values)] = -1
    best = np.argpartition(-values, range(k))[:k] if k < len(values) else np.argsort(-values)
    return [X.columns[i] for i in best]
