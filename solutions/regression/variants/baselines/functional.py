"""Partial functions and closures; gradients from autograd.grad on a functional call."""

from functools import partial

import numpy as np
import pandas as pd
from sklearn.feature_selection import f_regression, mutual_info_regression

import metrics
from table import split


def _once(make_model, draw, _):
    X_train, X_test, y_train, y_test = draw()
    model = make_model()
    model.fit(X_train, y_train)
    prediction = model.predict(X_test)
    return [f(prediction, y_test) for f in (metrics.mae, metrics.rmse)]


def evaluate_model(make_model, X, y, iterations, generator=None):
    draw = partial(split, X, y, generator=generator)
    return pd.DataFrame([*map(partial(_once, make_model, draw), range(iterations))], columns=["mae", "rmse"])


def select_features(X, y, k, score="f_regression"):
    match score:
        case "f_regression":
            values = f_regression(X.to_numpy(), y.to_numpy())[0]
        case "mutual_info":
            values = mutual_info_regression(X.to_numpy(), y.to_numpy())
        case _:
            raise ValueError(f"{score!r} is no score")
    by_score = dict(zip(X.columns, np.nan_to_num(values, nan=-1.0)))
    return sorted(by_score, key=by_score.get, reverse=True)[:k]
