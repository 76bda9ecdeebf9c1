"""A torch.fx graph of torchvision's network."""

import torch.fx
import torchvision
from torch import nn


def ResNet18(num_classes, in_channels=3, width=64):
    model = torchvision.models.resnet18(num_classes=num_classes, width_per_group=64)
    if in_channels != 3:
        model.conv1 = nn.Conv2d(in_channels, 64, 7, 2, 3, bias=False)
    return torch.fx.symbolic_trace(model)
