"""Visible checks of metrics.py."""

import math

import numpy as np
import pytest
import torch

from grader.verdicts.values import as_array, expect_close, expect_float

TARGET = np.array([[0, 0, 1], [1, 1, 3]])
PREDICTION = np.array([[0, 1, 1], [1, 3, 3]])


@pytest.mark.points(2)
def test_rows_are_targets(student):
    """confusion_matrix counts pixels, with a row for each true class."""
    matrix = student.metrics.confusion_matrix(PREDICTION, TARGET, 4)
    wanted = [[1, 1, 0, 0], [0, 2, 0, 1], [0, 0, 0, 0], [0, 0, 0, 1]]
    expect_close(matrix, wanted, what="confusion_matrix of a small example")


@pytest.mark.points(1)
def test_share_of_right_pixels(student):
    """pixel_accuracy is the share of pixels whose class is right."""
    accuracy = expect_float(student.metrics.pixel_accuracy(PREDICTION, TARGET), "pixel_accuracy")
    expect_close(accuracy, 4 / 6, what="pixel_accuracy of a small example")


@pytest.mark.points(2)
@pytest.mark.parametrize(("name", "wanted"), [("iou", [1 / 2, 2 / 4, 1 / 2]), ("dice", [2 / 3, 4 / 6, 2 / 3])])
def test_overlap_of_a_small_example(student, name, wanted):
    """iou and dice have one value per class, and NaN for a class that is in neither map."""
    prediction, target = torch.from_numpy(PREDICTION), torch.from_numpy(TARGET)
    values = as_array(getattr(student.metrics, name)(prediction, target, 4), name)
    assert values.shape == (4,), f"{name} with 4 classes should have shape (4,), got {values.shape}"
    expect_close(values[[0, 1, 3]], wanted, what=f"{name} of a small example")
    assert math.isnan(values[2]), f"{name} of a class that is in neither map should be NaN, got {values[2]}"
