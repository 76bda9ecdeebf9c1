"""The Wisconsin breast-cancer table: from a raw data frame to features and target."""

import math

import pandas as pd
import torch

TARGET = "radius_mean"
SIZE_PREFIXES = ("radius_", "perimeter_", "area_")


def load_table(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """Splits the raw table into features `X` and target `y`.

    * An `id` column is dropped if there is one.
    * The target is `radius_mean`; a missing target column is a `KeyError`.
    * `diagnosis`, if there, becomes 1 for `M` (malignant) and 0 for `B` (benign).
    * All features are float64; columns and rows keep their order.
    * A NaN in features or target is a `ValueError`.
    * `frame` itself is not modified.
    """
    ### BEGIN SOLUTION
    if TARGET not in frame.columns:
        raise KeyError(f"the table has no column {TARGET!r}")
    X = frame.drop(columns=[name for name in ("id", TARGET) if name in frame.columns])
    if "diagnosis" in X.columns:
        X["diagnosis"] = X["diagnosis"].map({"M": 1.0, "B": 0.0})
    X = X.astype("float64")
    y = frame[TARGET].astype("float64")
    if X.isna().any(axis=None) or y.isna().any():
        raise ValueError("the table has missing values")
    return X, y
    ### END SOLUTION


def drop_size_columns(X: pd.DataFrame) -> pd.DataFrame:
    """The features without every column whose name starts with `radius_`, `perimeter_` or `area_`.

    Those columns measure the size of the nucleus in another way and give the target away. Whichever of them are
    there are dropped; `X` itself is not modified.
    """
    ### BEGIN SOLUTION
    return X[[name for name in X.columns if not str(name).startswith(SIZE_PREFIXES)]].copy()
    ### END SOLUTION


def split(
    X: pd.DataFrame, y: pd.Series, test_fraction: float = 1 / 3, generator: torch.Generator | None = None
) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series, pd.Series]:
    """A random split into `X_train, X_test, y_train, y_test`.

    * Rows of `X` and `y` belong together by position, whatever their index says.
    * Every row is in exactly one part; the test part has `N * test_fraction` rows, rounded up (190 of 569).
    * The draw comes from `generator`, or from torch's global generator when there is none.
    """
    ### BEGIN SOLUTION
    n_test = math.ceil(len(X) * test_fraction)
    order = torch.randperm(len(X), generator=generator).numpy()
    test, train = order[:n_test], order[n_test:]
    return X.iloc[train], X.iloc[test], y.iloc[train], y.iloc[test]
    ### END SOLUTION
