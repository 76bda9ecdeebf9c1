"""Visible checks of table.py."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer

from grader.verdicts.values import expect_close, expect_error


def small_table():
    return pd.DataFrame(
        {
            "id": [11, 12, 13, 14],
            "diagnosis": ["M", "B", "B", "M"],
            "radius_mean": [17.0, 11.5, 12.0, 20.5],
            "texture_mean": [10.0, 14.0, 15.5, 21.0],
            "area_mean": [1001.0, 400.0, 450.0, 1300.0],
            "perimeter_se": [8.5, 2.0, 2.5, 5.0],
            "symmetry_worst": [0.46, 0.27, 0.24, 0.36],
        }
    )


@pytest.mark.points(3)
def test_features_and_target(student):
    """load_table drops id, takes radius_mean as the target, and keeps the other columns in order."""
    frame = small_table()
    X, y = student.table.load_table(frame)
    expected = ["diagnosis", "texture_mean", "area_mean", "perimeter_se", "symmetry_worst"]
    assert list(X.columns) == expected, f"load_table: X should have the columns {expected}, got {list(X.columns)}"
    expect_close(y, frame["radius_mean"], what="load_table: the target")
    expect_close(X["texture_mean"], frame["texture_mean"], what="load_table: texture_mean")


@pytest.mark.points(4)
def test_diagnosis_becomes_a_number(student):
    """load_table turns diagnosis M into 1 and B into 0."""
    X, _ = student.table.load_table(small_table())
    expect_close(X["diagnosis"], [1, 0, 0, 1], what="load_table: diagnosis")
    assert X["diagnosis"].dtype == np.float64, (
        f"load_table: features should be float64, diagnosis is {X['diagnosis'].dtype}"
    )


@pytest.mark.points(3)
def test_missing_values_are_refused(student):
    """load_table raises a ValueError for missing values."""
    frame = small_table()
    frame.loc[2, "area_mean"] = np.nan
    with expect_error(ValueError, "load_table of a table with a missing value"):
        student.table.load_table(frame)


@pytest.mark.points(3)
def test_size_columns_go(student):
    """drop_size_columns drops the columns that measure the size of the nucleus."""
    X = small_table().drop(columns=["id", "diagnosis"])
    kept = list(student.table.drop_size_columns(X).columns)
    assert kept == ["texture_mean", "symmetry_worst"], (
        f"drop_size_columns should keep texture_mean and symmetry_worst, kept {kept}"
    )


@pytest.mark.points(6)
def test_a_third_is_held_out(student):
    """split holds out a third of the course's table, every row in exactly one part, targets beside their rows."""
    data = load_breast_cancer(as_frame=True)
    X, y = data.data.copy(), data.data["mean texture"].copy()
    X["row"] = np.arange(569)
    X_train, X_test, y_train, y_test = student.table.split(X, y)
    sizes = (len(X_train), len(X_test), len(y_train), len(y_test))
    assert sizes == (379, 190, 379, 190), f"split: 379 rows for training and 190 for testing expected, got {sizes}"
    assert sorted([*X_train["row"], *X_test["row"]]) == list(range(569)), (
        "split: every row should be in exactly one part"
    )
    expect_close(y_test, X_test["mean texture"], what="split: the targets of the test rows")


@pytest.mark.points(4)
def test_the_seed_decides(student):
    """split gives the same parts for generators with the same seed, and others for another seed."""
    X = pd.DataFrame({"row": np.arange(50)})
    y = pd.Series(np.zeros(50))
    generator = student.worker("torch").Generator()
    parts = []
    for seed in (5, 5, 6):
        generator.manual_seed(seed)
        parts.append(list(student.table.split(X, y, generator=generator)[1]["row"]))
    assert parts[0] == parts[1], "split: two generators with the same seed should give the same split"
    assert parts[0] != parts[2], "split: another seed should give another split"
