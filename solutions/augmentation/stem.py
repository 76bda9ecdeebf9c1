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
    ### BEGIN SOLUTION
    old = model.conv1
    new = nn.Conv2d(
        1,
        old.out_channels,
        old.kernel_size,
        stride=old.stride,
        padding=old.padding,
        dilation=old.dilation,
        bias=old.bias is not None,
        padding_mode=old.padding_mode,
        device=old.weight.device,
        dtype=old.weight.dtype,
    ).train(old.training)
    with torch.no_grad():
        new.weight.copy_(old.weight.sum(dim=1, keepdim=True))
        new.weight.requires_grad_(old.weight.requires_grad)
        if old.bias is not None:
            new.bias.copy_(old.bias)
            new.bias.requires_grad_(old.bias.requires_grad)
    model.conv1 = new
    return model
    ### END SOLUTION
