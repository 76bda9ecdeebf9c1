"""
mistake: Wraps torchvision's resnet18.
contract: from `torch.nn` parts; `torchvision.models` not used
check: test_built_from_parts
witness: built_without_torchvision
blind: true
"""

import torch.nn as nn
from torchvision.models import resnet18
from torchvision.models.resnet import BasicBlock as _Block


class BasicBlock(_Block):
    def __init__(self, in_channels, out_channels, stride=1):
        down = None
        if stride != 1 or in_channels != out_channels:
            down = nn.Sequential(nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels))
        super().__init__(in_channels, out_channels, stride, down)


class ResNet18(nn.Module):
    def __init__(self, num_classes, in_channels=3):
        super().__init__()
        self.net = resnet18(num_classes=num_classes)
        if in_channels != 3:
            self.net.conv1 = nn.Conv2d(in_channels, 64, 7, 2, 3, bias=False)

    def forward(self, x):
        return self.net(x)
