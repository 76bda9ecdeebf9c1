"""Visible checks of scaling.py."""

import numpy as np
import pytest

from grader.verdicts.scalings import mistaken_inverses, mistaken_transforms
from grader.verdicts.values import as_array, expect_close

X = np.array([[1.0, 10.0], [4.0, 30.0], [2.5, 50.0], [3.4, 18.0]])


def fitted(student, x):
    scaler = student.scaling.MinMax()
    scaler.fit(x)
    return scaler


@pytest.mark.points(3)
def test_columns_are_scaled_to_the_unit_interval(student):
    """MinMax scales each column of the fitted data to [0, 1]."""
    scaled = fitted(student, X).transform(X)
    right = [[0, 0], [1, 0.5], [0.5, 1], [0.8, 0.2]]
    expect_close(scaled, right, what="MinMax.transform of the fitted data", mistakes=mistaken_transforms(X, X))


@pytest.mark.points(4)
def test_new_data_use_the_fitted_range(student):
    """MinMax scales new data by the fitted range, without clipping."""
    new = np.array([[7.0, 0.0], [2.5, 60.0]])
    scaled = fitted(student, X).transform(new)
    right = [[2, -0.25], [0.5, 1.25]]
    expect_close(
        scaled, right, 1e-5, 1e-6, "MinMax.transform of other data than fitted", mistakes=mistaken_transforms(new, X)
    )


@pytest.mark.points(4)
def test_inverse_brings_values_back(student):
    """MinMax.inverse undoes transform."""
    scaler = fitted(student, X)
    new = np.array([[-4.0, 7.0], [2.5, 33.0]])
    right = (new - [1, 10]) / [3, 40]
    expect_close(
        scaler.inverse(scaler.transform(new)),
        new,
        1e-4,
        1e-4,
        "MinMax: inverse(transform(x))",
        mistakes=mistaken_inverses(right, X),
    )


@pytest.mark.points(4)
def test_one_dimensional_data(student):
    """MinMax works on 1-D data."""
    y = np.array([8.0, 6.0, 10.0])
    scaler = fitted(student, y)
    scaled, what = scaler.transform(y), "MinMax.transform of a 1-D array"
    expect_close(scaled, [0.5, 0, 1], what=what, mistakes=mistaken_transforms(y, y))
    back, what = scaler.inverse(np.array([0.25])), "MinMax.inverse of a 1-D array"
    expect_close(back, [7.0], 1e-5, 1e-5, what, mistakes=mistaken_inverses([0.25], y))


@pytest.mark.points(3)
def test_a_constant_column_becomes_zero(student):
    """MinMax turns a constant column into 0."""
    x = np.array([[2.0, 1.0], [2.0, 3.0]])
    scaled = as_array(fitted(student, x).transform(x), "MinMax.transform: the result")
    assert scaled.shape == (2, 2), f"MinMax.transform should keep the shape (2, 2), got {scaled.shape}"
    first = scaled[:, 0].tolist()
    assert np.allclose(first, 0, atol=1e-8), f"MinMax.transform turns a constant column of 2s into {first}"
    expect_close(scaled[:, 1], [0, 1], what="MinMax.transform: the column beside a constant one")
