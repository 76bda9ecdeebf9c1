"""A colour network looks at grey images."""

import torch
from torch import nn


def to_grayscale(model: nn.Module) -> nn.Module:
    """Replaces `conv1` of a torchvision-style ResNet by a convolution with one input channel.

    Its weights are the sum of the old ones over the input channels, so that a grey image `(B, 1, H, W)` now gives what
    it gave when it was repeated over all channels. Everything else about the convolution stays: kernel size, stride,
    padding and its mode, dilation, the bias and its values (or its absence), `requires_grad` of weight and bias, dtype
    and device. Nothing else in the model changes.

    Args:
        model: has a `torch.nn.Conv2d` called `conv1`, with any number of input channels and one group.

    Returns:
        The same model.
    """
    raise NotImplementedError("to_grayscale: not written yet")
