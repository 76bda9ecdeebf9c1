"""Unusual containers: ModuleDict, dictionaries of tensors, a deque, registration in scrambled order."""

import heapq

import numpy as np
import pandas as pd
from sklearn import feature_selection as fs

import metrics as M
import table as T


def evaluate_model(make_model, X, y, iterations, generator=None):
    frame = pd.DataFrame(index=range(iterations), columns=["mae", "rmse"], dtype=float)
    for i in range(iterations):
        part = dict(zip(("X_train", "X_test", "y_train", "y_test"), T.split(X, y, generator=generator)))
        model = make_model()
        model.fit(part["X_train"], part["y_train"])
        p = model.predict(part["X_test"])
        frame.loc[i, "mae"] = M.mae(p, part["y_test"])
        frame.loc[i, "rmse"] = M.rmse(p, part["y_test"])
    return frame


def select_features(X, y, k, score="f_regression"):
    available = {"f_regression": lambda a, b: fs.f_regression(a, b)[0], "mutual_info": lambda a, b: fs.mutual_info_regression(a, b, random_state=1)}
    try:
        function = available[score]
    except KeyError:
        raise ValueError(f"unknown score {score!r}") from None
    scored = zip(np.nan_to_num(function(X.to_numpy(), y.to_numpy()), nan=0.0).tolist(), X.columns)
    return [name for _, name in heapq.nlargest(k, scored, key=lambda item: item[0])]
