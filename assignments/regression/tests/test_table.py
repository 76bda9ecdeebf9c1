"""Visible checks of table.py."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer

from grader.verdicts.circumstances import during
from grader.verdicts.splits import expect_generator_decides, expect_split, why_fixed
from grader.verdicts.tables import (
    columns_as_mistakes,
    expect_columns,
    expect_frame,
    expect_missing_refused,
    expect_series,
)
from grader.verdicts.values import expect_close


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
    expect_frame(X, "load_table: X")
    expect_series(y, "load_table: y")
    expect_close(y, frame["radius_mean"], what="load_table: the target y", mistakes=columns_as_mistakes(frame))
    expect_columns(
        X, ["diagnosis", "texture_mean", "area_mean", "perimeter_se", "symmetry_worst"], "load_table: the features X"
    )
    expect_close(X["texture_mean"], frame["texture_mean"], what="load_table: texture_mean")


@pytest.mark.points(4)
def test_diagnosis_becomes_a_number(student):
    """load_table turns diagnosis M into 1 and B into 0."""
    X, _ = student.table.load_table(small_table())
    what, exchanged = "load_table: diagnosis, for M, B, B, M,", {"M became 0 and B became 1": [0, 1, 1, 0]}
    expect_close(expect_frame(X, "load_table: X")["diagnosis"], [1, 0, 0, 1], what=what, mistakes=exchanged)
    assert X["diagnosis"].dtype == np.float64, (
        f"load_table: features should be float64, diagnosis is {X['diagnosis'].dtype}"
    )


@pytest.mark.points(3)
def test_missing_values_are_refused(student):
    """load_table raises a ValueError for missing values."""
    expect_missing_refused(student.table.load_table, small_table(), 2, "area_mean", "load_table")


@pytest.mark.points(3)
def test_size_columns_go(student):
    """drop_size_columns drops the columns that measure the size of the nucleus, whichever of them are there."""
    X = small_table().drop(columns=["id", "diagnosis"])
    with during(f"drop_size_columns of a table with the columns {', '.join(X.columns)}"):
        kept = expect_frame(student.table.drop_size_columns(X), "drop_size_columns: the result")
    expect_columns(kept, ["texture_mean", "symmetry_worst"], "drop_size_columns: the result")


@pytest.mark.points(6)
def test_a_third_is_held_out(student):
    """split holds out a third of the course's table, every row in exactly one part, targets beside their rows."""
    data = load_breast_cancer(as_frame=True)
    X, y = data.data.copy(), data.data["mean texture"].copy()
    X["row"] = np.arange(569)
    expect_split(student.table.split(X, y), X, y, 190, "split of 569 rows, a third of them for testing, rounded up")


@pytest.mark.points(4)
def test_the_seed_decides(student):
    """split gives the same parts for generators with the same seed, and others for another seed."""
    X = pd.DataFrame({"row": np.arange(50)})
    y = pd.Series(np.zeros(50))
    generator = student.worker("torch").Generator()
    drawn = []
    for seed in (5, 5, 6, None):
        if seed is not None:
            generator.manual_seed(seed)
        part = expect_frame(student.table.split(X, y, generator=generator)[1], "split: X_test")
        drawn.append(list(part["row"]))
    expect_generator_decides(
        drawn, "split", lambda: why_fixed(student, drawn[0], 50, student.table.split, X, y, generator=generator)
    )
