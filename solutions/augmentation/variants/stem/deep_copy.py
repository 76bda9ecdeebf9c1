"""A copy of the old convolution gets another weight."""

import copy

from torch import nn


def to_grayscale(model):
    conv = copy.deepcopy(model.conv1)
    conv.in_channels = 1
    flag = conv.weight.requires_grad
    conv.weight = nn.Parameter(conv.weight.detach().sum(1, keepdim=True), requires_grad=flag)
    model.conv1 = conv
    return model
