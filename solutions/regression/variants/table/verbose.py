"""Every step on a line of its own, relative imports."""

from math import ceil

import pandas as pd
import torch

TARGET_COLUMN = "radius_mean"
IDENTIFIER_COLUMN = "id"
DIAGNOSIS_COLUMN = "diagnosis"
LEAKY_PREFIXES = ["radius_", "perimeter_", "area_"]


def load_table(frame):
    """Separate the features from the target.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table as it was read from the csv file.

    Returns
    -------
    features, target
    """
    if TARGET_COLUMN not in frame.columns:
        raise KeyError(f"the table has no column called {TARGET_COLUMN!r}")

    features = frame.copy(deep=True)

    # The patient number carries no information.
    if IDENTIFIER_COLUMN in features.columns:
        features = features.drop(columns=[IDENTIFIER_COLUMN])

    # Malignant is one, benign is zero.
    if DIAGNOSIS_COLUMN in features.columns:
        codes = []
        for letter in features[DIAGNOSIS_COLUMN]:
            if letter == "M":
                codes.append(1.0)
            elif letter == "B":
                codes.append(0.0)
            else:
                codes.append(float("nan"))
        features[DIAGNOSIS_COLUMN] = codes

    features = features.astype("float64")

    if features.isnull().to_numpy().any():
        names = list(features.columns[features.isnull().any()])
        raise ValueError(f"missing values in {names}")

    target = features[TARGET_COLUMN].copy()
    features = features.drop(columns=[TARGET_COLUMN])
    return features, target


def drop_size_columns(X):
    """Remove the columns that give the target away."""
    to_drop = []
    for column in X.columns:
        for prefix in LEAKY_PREFIXES:
            if column.startswith(prefix):
                to_drop.append(column)
    return X.drop(columns=to_drop)


def split(X, y, test_fraction=1 / 3, generator=None):
    """Draw a random training and test part, rows paired by position."""
    number_of_rows = len(X)
    number_of_test_rows = ceil(number_of_rows * test_fraction)

    permutation = torch.randperm(number_of_rows, generator=generator)
    permutation = permutation.tolist()

    test_positions = permutation[:number_of_test_rows]
    train_positions = permutation[number_of_test_rows:]

    X_train = X.iloc[train_positions]
    X_test = X.iloc[test_positions]
    y_train = y.iloc[train_positions]
    y_test = y.iloc[test_positions]
    return X_train, X_test, y_train, y_test
