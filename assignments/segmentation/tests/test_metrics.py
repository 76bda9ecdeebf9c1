"""Visible checks of metrics.py."""

import math

import numpy as np
import pytest
import torch

from grader.verdicts.circumstances import during
from grader.verdicts.class_maps import mistaken_accuracies, mistaken_matrices, mistaken_overlaps
from grader.verdicts.values import as_array, expect_close, expect_float

TARGET = np.array([[0, 0, 1, 1], [1, 1, 3, 3], [0, 3, 3, 3]])
PREDICTION = np.array([[0, 0, 1, 1], [1, 3, 3, 3], [0, 1, 3, 0]])


@pytest.mark.points(2)
def test_rows_are_targets(student):
    """confusion_matrix counts pixels, with a row for each true class."""
    with during("confusion_matrix of a small example"):
        matrix = student.metrics.confusion_matrix(PREDICTION, TARGET, 4)
    wanted = [[3, 0, 0, 0], [0, 3, 0, 1], [0, 0, 0, 0], [1, 1, 0, 3]]
    mistakes = mistaken_matrices(PREDICTION, TARGET, 4)
    expect_close(matrix, wanted, what="confusion_matrix of a small example", mistakes=mistakes)


@pytest.mark.points(1)
def test_share_of_right_pixels(student):
    """pixel_accuracy is the share of pixels whose class is right."""
    with during("pixel_accuracy of a small example"):
        accuracy = expect_float(student.metrics.pixel_accuracy(PREDICTION, TARGET), "pixel_accuracy")
    mistakes = mistaken_accuracies(PREDICTION, TARGET)
    expect_close(accuracy, 9 / 12, what="pixel_accuracy of a small example", mistakes=mistakes)


@pytest.mark.points(2)
@pytest.mark.parametrize(("name", "wanted"), [("iou", [3 / 4, 3 / 5, 3 / 6]), ("dice", [6 / 7, 6 / 8, 6 / 9])])
def test_overlap_of_a_small_example(student, name, wanted):
    """iou and dice have one value per class, and NaN for a class that is in neither map."""
    prediction, target = torch.from_numpy(PREDICTION), torch.from_numpy(TARGET)
    with during(f"{name} of a small example"):
        values = as_array(getattr(student.metrics, name)(prediction, target, 4), name)
    assert values.shape == (4,), f"{name} with 4 classes should have shape (4,), got {values.shape}"

    def mistakes():
        for sentence, wrong in mistaken_overlaps(name, PREDICTION, TARGET, 4)():
            yield sentence, wrong[[0, 1, 3]]

    expect_close(values[[0, 1, 3]], wanted, what=f"{name} of classes 0, 1 and 3 of a small example", mistakes=mistakes)
    assert math.isnan(values[2]), f"{name} of a class that is in neither map should be NaN, got {values[2]}"
