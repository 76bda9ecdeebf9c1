"""Chains of pandas methods, new row indexes."""

import pandas as pd
from sklearn.feature_selection import mutual_info_regression

from metrics import mae, rmse
from table import split


def evaluate_model(make_model, X, y, iterations, generator=None):
    def one(_):
        X_train, X_test, y_train, y_test = split(X, y, generator=generator)
        model = make_model()
        model.fit(X_train, y_train)
        p = model.predict(X_test)
        return pd.Series({"mae": mae(p, y_test), "rmse": rmse(p, y_test)})

    return pd.DataFrame([one(i) for i in range(iterations)], columns=["mae", "rmse"])


def select_features(X, y, k, score="f_regression"):
    X, y = X.reset_index(drop=True), y.reset_index(drop=True)
    if score == "f_regression":
        # F grows with the squared correlation, so the order is the same
        scores = X.corrwith(y).abs().fillna(0.0)
    elif score == "mutual_info":
        scores = pd.Series(mutual_info_regression(X, y), index=X.columns)
    else:
        raise ValueError(f"unknown score: {score}")
    return scores.sort_values(ascending=False).head(k).index.tolist()
