"""Visible checks of resnet.py."""

import pytest
import torch

from grader.verdicts.circumstances import during
from grader.verdicts.inventories import expect_parameters
from grader.verdicts.values import expect_tensor


def test_block_keeps_or_halves_the_size(student):
    """BasicBlock keeps the size with stride 1, halves it with stride 2, and sets the channels."""
    for (in_channels, out_channels, stride), wanted in {
        (8, 8, 1): (2, 8, 7, 10),
        (8, 12, 1): (2, 12, 7, 10),
        (8, 12, 2): (2, 12, 4, 5),
    }.items():
        what = f"BasicBlock({in_channels}, {out_channels}, stride={stride})"
        with during(f"{what} of maps of shape (2, 8, 7, 10)"):
            result = student.resnet.BasicBlock(in_channels, out_channels, stride)(torch.randn(2, 8, 7, 10))
        expect_tensor(result, wanted, what=f"the output of {what} for an 8-channel 7×10 map")


@pytest.mark.points(2)
def test_one_logit_per_class(student):
    """ResNet18 returns one logit per class for every image."""
    model = student.resnet.ResNet18(num_classes=9)
    model.eval()
    with during("ResNet18(9) of four colour images, shape (4, 3, 28, 28)"):
        logits = model(torch.randn(4, 3, 28, 28))
    expect_tensor(logits, (4, 9), what="ResNet18(9) of four 28×28 images")
    sums = logits.exp().sum(1)
    assert not torch.allclose(sums, torch.ones(4), atol=1e-3), "ResNet18 returns log-probabilities, not logits"
    sums = logits.sum(1)
    assert not torch.allclose(sums, torch.ones(4), atol=1e-3), "ResNet18 returns outputs that sum to one; logits do not"


@pytest.mark.points(2)
def test_number_of_parameters(student):
    """ResNet18 has 11,181,129 parameters for 9 classes and colour images."""
    model = student.resnet.ResNet18(num_classes=9)
    model(torch.randn(2, 3, 64, 64))
    expect_parameters(student, model, 11_181_129, right_network, "ResNet18(9)")


def right_network():
    from torchvision.models import resnet18

    return resnet18(num_classes=9)
