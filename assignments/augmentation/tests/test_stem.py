"""Visible checks of stem.py."""

import pytest
import torch

from grader.probes import models, stems
from grader.verdicts.values import expect_close, expect_tensor

SETTINGS = {"kernel_size": 7, "stride": 2, "padding": 3, "bias": False}  # those of torchvision's ResNets


def test_model_takes_grey_images(student):
    """to_grayscale returns the same model, which now takes images with one channel."""
    model = student.run(models.TinyResNet, num_classes=3)
    result = student.stem.to_grayscale(model)
    assert result is model, "to_grayscale should return the model it was given"
    expect_tensor(model(torch.randn(2, 1, 9, 9)), (2, 3), what="the output for grey images after to_grayscale")


@pytest.mark.points(2)
def test_grey_image_gives_what_its_repetition_gave(student):
    """After to_grayscale a grey image gives what it gave before as a colour image with three equal channels."""
    model = student.run(stems.build, 3, 3, SETTINGS)
    grey = torch.rand(2, 1, 12, 15, dtype=torch.float64)
    before = student.fetch(model(grey.expand(-1, 3, -1, -1)))
    student.stem.to_grayscale(model)
    expect_close(model(grey), before, atol=1e-9, what="the output for grey images after to_grayscale")
