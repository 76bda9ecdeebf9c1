"""Subclasses of nn.Sequential, branches in a ModuleDict, a 1×1 convolution as the head."""

from torch import nn


class BasicBlock(nn.Sequential):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        same = stride == 1 and in_channels == out_channels
        ways = {"short": nn.Sequential()} if same else {
            "short": nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels)
            )
        }
        ways["long"] = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(),
            nn.Conv2d(out_channels, out_channels, 3, 1, 1, bias=False),
            nn.BatchNorm2d(out_channels),
        )
        self.ways = nn.ModuleDict(ways)

    def forward(self, x):
        return sum(way(x) for way in self.ways.values()).clamp(min=0)


class ResNet18(nn.Sequential):
    def __init__(self, num_classes, in_channels=3):
        widths = [64, 64, 64, 128, 128, 256, 256, 512, 512]
        super().__init__(
            nn.Conv2d(in_channels, 64, 7, 2, 3, bias=False),
            nn.BatchNorm2d(64),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, 2, 1),
            *(BasicBlock(i, o, 1 if i == o else 2) for i, o in zip(widths, widths[1:])),
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(512, num_classes, 1),
            nn.Flatten(),
        )
