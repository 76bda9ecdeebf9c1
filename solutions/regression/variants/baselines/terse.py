"""One-liners, siblings imported absolutely."""

import numpy as np
import pandas as pd
from sklearn.feature_selection import f_regression, mutual_info_regression
from metrics import mae, rmse
from table import split


def evaluate_model(make_model, X, y, iterations, generator=None):
    out = []
    for _ in range(iterations):
        a, b, c, d = split(X, y, generator=generator)
        m = make_model()
        m.fit(a, c)
        p = m.predict(b)
        out.append((mae(p, d), rmse(p, d)))
    return pd.DataFrame(out, columns=["mae", "rmse"])


def select_features(X, y, k, score="f_regression"):
    if score not in ("f_regression", "mutual_info"): raise ValueError(score)
    s = f_regression(X.to_numpy(), np.ravel(y))[0] if score == "f_regression" else mutual_info_regression(X.to_numpy(), np.ravel(y))
    return [X.columns[i] for i in np.argsort(-np.nan_to_num(s), kind="stable")[:k]]
