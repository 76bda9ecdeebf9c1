"""Visible checks of metrics.py."""

import numpy as np
import pytest
import torch

from grader.verdicts.circumstances import during
from grader.verdicts.scores import mistaken_scores
from grader.verdicts.values import expect_close, expect_float, expect_refused

PREDICTION, TARGET = [1.0, 2.0, 4.0, 7.0], [2.0, 4.0, 0.0, 3.0]
VALUES = {"mae": 2.75, "mse": 9.25, "rmse": 9.25**0.5, "r2": 1 - 37 / 8.75}
MISTAKES = mistaken_scores(PREDICTION, TARGET)


@pytest.mark.points(3)
@pytest.mark.parametrize("name", VALUES)
def test_value_of_a_small_example(student, name):
    """The metric of predictions 1, 2, 4, 7 for targets 2, 4, 0, 3."""
    what = f"{name} of predictions 1, 2, 4, 7 for targets 2, 4, 0, 3"
    value = expect_float(getattr(student.metrics, name)(np.array(PREDICTION), np.array(TARGET)), what)
    expect_close(value, VALUES[name], 1e-5, 1e-6, what, mistakes=MISTAKES)


@pytest.mark.points(1)
@pytest.mark.parametrize("name", VALUES)
def test_tensors_and_columns(student, name):
    """The metric takes tensors, and compares (N, 1) with (N,) element by element."""
    what = f"{name} of a (4, 1) and a (4,) tensor"
    with during(what):
        value = getattr(student.metrics, name)(torch.tensor(PREDICTION).reshape(4, 1), torch.tensor(TARGET))
    expect_close(value, VALUES[name], 1e-5, 1e-6, what, mistakes=MISTAKES)


@pytest.mark.points(1)
@pytest.mark.parametrize("name", VALUES)
def test_lengths_must_agree(student, name):
    """The metric raises a ValueError when lengths differ."""
    metric = getattr(student.metrics, name)
    expect_refused(ValueError, f"{name} of 3 predictions for 2 targets", metric, [1.0, 2.0, 3.0], [1.0, 2.0])
