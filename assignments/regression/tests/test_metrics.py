"""Visible checks of metrics.py."""

import numpy as np
import pytest
import torch

from grader.verdicts.values import expect_close, expect_error, expect_float

PREDICTION, TARGET = [1.0, 2.0, 4.0], [1.0, 4.0, 0.0]
VALUES = {"mae": 2.0, "mse": 20 / 3, "rmse": (20 / 3) ** 0.5, "r2": 1 - 20 / (26 / 3)}


@pytest.mark.points(3)
@pytest.mark.parametrize("name", VALUES)
def test_value_of_a_small_example(student, name):
    """The metric of predictions 1, 2, 4 for targets 1, 4, 0."""
    value = expect_float(getattr(student.metrics, name)(np.array(PREDICTION), np.array(TARGET)), name)
    expect_close(value, VALUES[name], 1e-5, 1e-6, name)


@pytest.mark.points(1)
@pytest.mark.parametrize("name", VALUES)
def test_tensors_and_columns(student, name):
    """The metric takes tensors, and compares (N, 1) with (N,) element by element."""
    value = getattr(student.metrics, name)(torch.tensor(PREDICTION).reshape(3, 1), torch.tensor(TARGET))
    expect_close(value, VALUES[name], 1e-5, 1e-6, f"{name} of an (N, 1) and an (N,) tensor")


@pytest.mark.points(1)
@pytest.mark.parametrize("name", VALUES)
def test_lengths_must_agree(student, name):
    """The metric raises a ValueError when lengths differ."""
    with expect_error(ValueError, f"{name} of 3 predictions for 2 targets"):
        getattr(student.metrics, name)([1.0, 2.0, 3.0], [1.0, 2.0])
