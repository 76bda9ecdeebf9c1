"""One-liners and nested containers; siblings imported absolutely."""

from torch import nn


def cb(i, o, k, s): return nn.Sequential(nn.Conv2d(i, o, k, s, k // 2, bias=False), nn.BatchNorm2d(o))


class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.body = nn.Sequential(cb(in_channels, out_channels, 3, stride), nn.ReLU(), cb(out_channels, out_channels, 3, 1))
        self.skip = nn.Identity() if stride == 1 and in_channels == out_channels else cb(in_channels, out_channels, 1, stride)

    def forward(self, x): return (self.body(x) + self.skip(x)).relu()


class ResNet18(nn.Sequential):
    def __init__(self, num_classes, in_channels=3):
        w = [64, 64, 128, 256, 512]
        stages = [b for i in range(4) for b in (BasicBlock(w[i], w[i + 1], 1 + (i > 0)), BasicBlock(w[i + 1], w[i + 1]))]
        super().__init__(cb(in_channels, 64, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1), *stages, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, num_classes))
