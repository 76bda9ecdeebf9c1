"""Visible checks of unet.py."""

import pytest
import torch

from grader.probes import encoder_decoders
from grader.verdicts.values import expect_tensor


@pytest.mark.points(1)
def test_double_conv_keeps_the_size(student):
    """DoubleConv keeps the size of its input, sets the channels, and ends with a ReLU."""
    block = student.unet.DoubleConv(3, 6)
    for shape in ((2, 3, 8, 11), (1, 3, 5, 5)):
        maps = expect_tensor(block(torch.randn(shape)), (shape[0], 6, *shape[2:]), what=f"DoubleConv(3, 6) of {shape}")
        assert maps.min() >= 0, "DoubleConv(3, 6) gives negative values"


@pytest.mark.points(2)
@pytest.mark.parametrize("size", [(32, 32), (48, 32), (33, 47)])
def test_logits_have_the_size_of_the_image(student, size):
    """UNet gives one logit per class for every pixel, for square, oblong and odd images."""
    model = student.unet.UNet(num_classes=4, base=4, depth=3)
    expect_tensor(model(torch.randn(2, 3, *size)), (2, 4, *size), what=f"UNet(base=4, depth=3) of images {size}")


@pytest.mark.points(1)
def test_plain_logits(student):
    """What UNet returns are plain logits, no probabilities."""
    logits = student.unet.UNet(base=4, depth=2)(torch.randn(2, 3, 16, 16))
    for values, name in ((logits, "outputs"), (logits.exp(), "exponentials of the outputs")):
        sums = values.sum(1)
        assert not torch.allclose(sums, torch.ones_like(sums), atol=1e-3), f"at every pixel the {name} sum up to one"


@pytest.mark.points(2)
def test_number_of_parameters(student):
    """UNet has 31,379,140 parameters at the defaults, and 29,788 with base=8 and depth=2."""
    for options, wanted in (({}, 31_379_140), ({"base": 8, "depth": 2}, 29_788)):
        count = student.run(encoder_decoders.count_parameters, student.unet.UNet, **options)
        assert count == wanted, f"UNet has {count:,} parameters instead of {wanted:,} with {options or 'the defaults'}"
