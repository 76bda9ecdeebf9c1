"""Visible checks of network.py."""

import pytest
import torch

from grader.probes import regressors
from grader.verdicts.circumstances import during
from grader.verdicts.perceptrons import expect_parameter_count
from grader.verdicts.values import expect_tensor


@pytest.mark.points(3)
def test_linear_regressor(student):
    """LinearRegressor has 31 parameters for 30 features and returns a column of predictions."""
    with during("LinearRegressor(30)"):
        model = student.network.LinearRegressor(30)
    expect_parameter_count(student.run(regressors.parameter_shapes, model), (30, 1), "LinearRegressor(30)")
    expect_tensor(model(torch.randn(5, 30)), (5, 1), what="LinearRegressor: the output for 5 rows")


@pytest.mark.points(3)
def test_mlp_regressor(student):
    """MLPRegressor has the layers asked for and returns a column of predictions."""
    with during("MLPRegressor(4, (8, 3))"):
        model = student.network.MLPRegressor(4, (8, 3))
    expect_parameter_count(student.run(regressors.parameter_shapes, model), (4, 8, 3, 1), "MLPRegressor(4, (8, 3))")
    expect_tensor(model(torch.randn(5, 4)), (5, 1), what="MLPRegressor: the output for 5 rows")


@pytest.mark.points(3)
def test_mlp_bends(student):
    """MLPRegressor is not just a linear function of its input."""
    model = student.network.MLPRegressor(2, (32, 32))
    student.run(regressors.randomise, model)
    a, b, zero = 5 * torch.randn(50, 2), 5 * torch.randn(50, 2), torch.zeros(50, 2)
    outputs = [model(x).detach() for x in (a, b, a + b, zero)]
    gap = float((outputs[0] + outputs[1] - outputs[2] - outputs[3]).abs().max())
    same = (
        "it gives 0 for every input" if not any(bool(out.any()) for out in outputs) else "it computes a linear function"
    )
    assert gap > 1e-4, f"MLPRegressor(2, (32, 32)) with random weights: {same}"
