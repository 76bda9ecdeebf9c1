"""Visible checks of stem.py."""

from functools import partial

import pytest
import torch

from grader.probes import models, stems
from grader.verdicts.circumstances import during
from grader.verdicts.stems import expect_same_model, expect_weight, explained_by_stem
from grader.verdicts.values import expect_close, expect_tensor

SETTINGS = {"kernel_size": 7, "stride": 2, "padding": 3, "bias": False}  # those of torchvision's ResNets


def test_model_takes_grey_images(student):
    """to_grayscale returns the same model, which now takes images with one channel."""
    model = student.run(models.TinyResNet, num_classes=3)
    with during("to_grayscale of a model whose conv1 has 3×3 kernels and 3 input channels"):
        result = student.stem.to_grayscale(model)
    expect_same_model(result, model)
    expect_weight(student.run(models.snapshot, model), (4, 1, 3, 3), "to_grayscale of a model with 3×3 kernels")
    with during("the model after to_grayscale, given images with one channel"):
        output = model(torch.randn(2, 1, 9, 9))
    expect_tensor(output, (2, 3), what="the output for grey images after to_grayscale")


@pytest.mark.points(2)
def test_grey_image_gives_what_its_repetition_gave(student):
    """After to_grayscale a grey image gives what it gave before as a colour image with three equal channels."""
    model = student.run(stems.build, 3, 3, SETTINGS)
    grey = torch.rand(2, 1, 12, 15, dtype=torch.float64)
    wanted, before = student.fetch(model(grey.expand(-1, 3, -1, -1))), student.run(stems.look, model)
    with during("to_grayscale of a model in float64"):
        student.stem.to_grayscale(model)
    with explained_by_stem(before, partial(student.run, stems.look, model)):
        expect_close(model(grey), wanted, atol=1e-9, what="the output for grey images after to_grayscale")
