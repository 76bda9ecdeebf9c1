"""scikit-learn does the work, with seeds drawn from torch."""

import pandas as pd
from sklearn.feature_selection import SelectKBest, f_regression, mutual_info_regression

from . import metrics
from .table import split

SCORES = {"f_regression": f_regression, "mutual_info": mutual_info_regression}


def evaluate_model(make_model, X, y, iterations, generator=None):
    results = {"mae": [], "rmse": []}
    for _ in range(iterations):
        X_train, X_test, y_train, y_test = split(X, y, generator=generator)
        estimator = make_model()
        estimator.fit(X_train, y_train)
        prediction = estimator.predict(X_test)
        for name in results:
            results[name].append(getattr(metrics, name)(prediction, y_test))
    return pd.DataFrame(results, index=pd.RangeIndex(1, iterations + 1, name="split"))


def select_features(X, y, k, score="f_regression"):
    if score not in SCORES:
        raise ValueError(f"score has to be one of {sorted(SCORES)}")
    selector = SelectKBest(SCORES[score], k=k).fit(X.to_numpy(), y.to_numpy())
    ranking = pd.Series(selector.scores_, index=X.columns).sort_values(ascending=False, na_position="last")
    return list(ranking.index[:k])
