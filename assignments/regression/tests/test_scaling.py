"""Visible checks of scaling.py."""

import numpy as np
import pytest

from grader.verdicts.values import expect_close

X = np.array([[1.0, 10.0], [3.0, 30.0], [2.0, 50.0]])


def fitted(student, x):
    scaler = student.scaling.MinMax()
    scaler.fit(x)
    return scaler


@pytest.mark.points(3)
def test_columns_are_scaled_to_the_unit_interval(student):
    """MinMax scales each column of the fitted data to [0, 1]."""
    expect_close(fitted(student, X).transform(X), [[0, 0], [1, 0.5], [0.5, 1]], what="MinMax.transform")


@pytest.mark.points(4)
def test_new_data_use_the_fitted_range(student):
    """MinMax scales new data by the fitted range, without clipping."""
    expect_close(
        fitted(student, X).transform(np.array([[5.0, 0.0]])), [[2, -0.25]], 1e-5, 1e-6, "MinMax.transform of new data"
    )


@pytest.mark.points(4)
def test_inverse_brings_values_back(student):
    """MinMax.inverse undoes transform."""
    scaler = fitted(student, X)
    new = np.array([[-4.0, 7.0], [2.5, 33.0]])
    expect_close(scaler.inverse(scaler.transform(new)), new, 1e-4, 1e-4, "MinMax: inverse(transform(x))")


@pytest.mark.points(4)
def test_one_dimensional_data(student):
    """MinMax works on 1-D data."""
    y = np.array([8.0, 6.0, 10.0])
    scaler = fitted(student, y)
    expect_close(scaler.transform(y), [0.5, 0, 1], what="MinMax.transform of a 1-D array")
    expect_close(scaler.inverse(np.array([0.25])), [7.0], 1e-5, 1e-5, "MinMax.inverse of a 1-D array")


@pytest.mark.points(3)
def test_a_constant_column_becomes_zero(student):
    """MinMax turns a constant column into 0."""
    x = np.array([[2.0, 1.0], [2.0, 3.0]])
    expect_close(fitted(student, x).transform(x), [[0, 0], [0, 1]], what="MinMax.transform with a constant column")
