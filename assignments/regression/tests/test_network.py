"""Visible checks of network.py."""

import pytest
import torch

from grader.probes import regressors
from grader.verdicts.values import expect_tensor


def count(student, model):
    return sum(torch.Size(shape).numel() for shape in student.run(regressors.parameter_shapes, model))


@pytest.mark.points(3)
def test_linear_regressor(student):
    """LinearRegressor has 31 parameters for 30 features and returns a column of predictions."""
    model = student.network.LinearRegressor(30)
    n = count(student, model)
    assert n == 31, f"LinearRegressor(30) should have 31 parameters, got {n}"
    expect_tensor(model(torch.randn(5, 30)), (5, 1), what="LinearRegressor: the output for 5 rows")


@pytest.mark.points(3)
def test_mlp_regressor(student):
    """MLPRegressor has the layers asked for and returns a column of predictions."""
    model = student.network.MLPRegressor(4, (8, 3))
    n = count(student, model)
    assert n == 71, f"MLPRegressor(4, (8, 3)) should have 71 parameters, got {n}"
    expect_tensor(model(torch.randn(5, 4)), (5, 1), what="MLPRegressor: the output for 5 rows")


@pytest.mark.points(3)
def test_mlp_bends(student):
    """MLPRegressor is not just a linear function of its input."""
    model = student.network.MLPRegressor(2, (32, 32))
    student.run(regressors.randomise, model)
    a, b, zero = 5 * torch.randn(50, 2), 5 * torch.randn(50, 2), torch.zeros(50, 2)
    gap = (model(a) + model(b) - model(a + b) - model(zero)).abs().max()
    assert float(gap) > 1e-4, "MLPRegressor computes a linear function: is there a ReLU between its layers?"
