"""Visible checks of unet.py."""

import math

import pytest
import torch

from grader.probes import encoder_decoders
from grader.verdicts.circumstances import during
from grader.verdicts.values import expect_tensor


@pytest.mark.points(1)
def test_double_conv_keeps_the_size(student):
    """DoubleConv keeps the size of its input, sets the channels, and ends with a ReLU."""
    for shape in ((2, 3, 8, 11), (1, 3, 5, 5)):
        what = f"DoubleConv(3, 6) of maps of shape {shape}"
        with during(what):
            maps = student.unet.DoubleConv(3, 6)(torch.randn(shape))
        expect_tensor(maps, (shape[0], 6, *shape[2:]), what=what)
        least, most, below = maps.min().item(), maps.max().item(), (maps < 0).double().mean().item()
        assert least >= 0, f"{what} gives negative values: {below:.0%} of them, from {least:.3g} on (up to {most:.3g})"


@pytest.mark.points(2)
@pytest.mark.parametrize("size", [(32, 32), (48, 32), (33, 47)])
def test_logits_have_the_size_of_the_image(student, size):
    """UNet gives one logit per class for every pixel, for square, oblong and odd images."""
    what = f"UNet(num_classes=4, base=4, depth=3) of images of {size[0]}×{size[1]} pixels"
    with during(what):
        logits = student.unet.UNet(num_classes=4, base=4, depth=3)(torch.randn(2, 3, *size))
    expect_tensor(logits, (2, 4, *size), what=what)


@pytest.mark.points(1)
def test_plain_logits(student):
    """What UNet returns are plain logits, no probabilities."""
    logits = student.unet.UNet(base=4, depth=2)(torch.randn(2, 3, 16, 16))
    for values, name in ((logits, "outputs"), (logits.exp(), "exponentials of the outputs")):
        sums = values.sum(1)
        assert not torch.allclose(sums, torch.ones_like(sums), atol=1e-3), (
            f"at every pixel the {name} of UNet sum up to one"
        )


def listed_parameters(shapes):
    """Kernels by size, each as from → to channels, and the lengths of all vectors."""
    kernels = {}
    for shape in shapes:
        if len(shape) > 1:
            kernels.setdefault("×".join(map(str, shape[2:])) or "linear", []).append(f"{shape[1]}→{shape[0]}")
    parts = [f"{size} kernels {', '.join(channels)}" for size, channels in kernels.items()]
    vectors = [str(shape[0]) for shape in shapes if len(shape) == 1]
    return "; ".join([*parts, f"vectors of {', '.join(vectors)}" if vectors else "no vectors"])


@pytest.mark.points(2)
def test_number_of_parameters(student):
    """UNet has 31,379,140 parameters at the defaults, and 29,788 with base=8 and depth=2."""
    for options, wanted in (({"base": 8, "depth": 2}, 29_788), ({}, 31_379_140)):
        what = f"UNet({', '.join(f'{name}={value}' for name, value in options.items())})"
        with during(what):
            shapes = student.run(encoder_decoders.parameter_shapes, student.unet.UNet, **options)
        count = sum(map(math.prod, shapes))
        assert count == wanted, f"{what} has {count:,} parameters instead of {wanted:,}: {listed_parameters(shapes)}"
