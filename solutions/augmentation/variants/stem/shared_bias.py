"""The new convolution takes over the bias itself, not a copy of it."""

import torch
from torch import nn


def to_grayscale(model):
    old = model.conv1
    new = nn.Conv2d(
        1, old.out_channels, old.kernel_size, old.stride, old.padding, old.dilation, old.groups, False, old.padding_mode
    )
    new.weight = nn.Parameter(torch.einsum("oihw->ohw", old.weight.detach()).unsqueeze(1).clone())
    new.weight.requires_grad = old.weight.requires_grad
    new.bias = old.bias
    setattr(model, "conv1", new)
    return model
