"""Written from the handout alone, parameter by parameter."""

import copy

from torch import nn


def to_grayscale(model):
    new = copy.deepcopy(model.conv1)
    requires = new.weight.requires_grad
    new.in_channels = 1
    new.weight = nn.Parameter(model.conv1.weight.detach().sum(dim=1, keepdim=True), requires_grad=requires)
    setattr(model, "conv1", new)
    return model
