"""Classical models as a yardstick, and feature selection."""

import numpy as np
import pandas as pd
from metrics import mae, rmse
from sklearn.feature_selection import f_regression, mutual_info_regression
from table import split


def evaluate_model(make_model, X: pd.DataFrame, y: pd.Series, iterations: int, generator=None) -> pd.DataFrame:
    """How well a kind of model does over random splits: a frame with columns `mae` and `rmse`, a row per split.

    * `make_model()` takes no argument and returns something with scikit-learn's `fit` and `predict`; it is called
      once per split, so that no split profits from another.
    * The splits are drawn as `table.split` draws them, a third of the rows for testing, from `generator`.
    * The model is fitted on the training rows and scored on the test rows, in the units of `y`.
    """
    raise NotImplementedError("evaluate_model: not written yet")


def select_features(X: pd.DataFrame, y: pd.Series, k: int, score: str = "f_regression") -> list[str]:
    """Names of the `k` features with the highest score, best first.

    `score` is `"f_regression"` (the F statistic of a linear fit of each feature on its own) or `"mutual_info"`
    (mutual information), both as scikit-learn computes them; anything else is a `ValueError`.
    """
    raise NotImplementedError("select_features: not written yet")
