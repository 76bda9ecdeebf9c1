"""Written from the handout, in small functions."""

import torch
import torch.nn as nn
import torch.nn.functional as F


def DoubleConv(in_channels, out_channels):
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel_size=(3, 3), padding="same"), nn.ReLU(),
        nn.Conv2d(out_channels, out_channels, 3, 1, 1), nn.ReLU(),
    )


class _Level(nn.Module):
    """One level and everything below it."""

    def __init__(self, cin, width, below):
        super().__init__()
        self.merge = DoubleConv(width * 3, width)
        self.enter = DoubleConv(cin, width)
        self.below = below

    def forward(self, x):
        x = self.enter(x)
        y = self.below(F.max_pool2d(x, 2))
        y = F.interpolate(y, size=(y.shape[2] * 2, y.shape[3] * 2), mode="bilinear", align_corners=False)
        z = x.new_zeros(y.shape[0], y.shape[1], *x.shape[2:])
        z[:, :, : y.shape[2], : y.shape[3]] = y
        return self.merge(torch.cat((z, x), 1))


class UNet(nn.Module):
    def __init__(self, in_channels=3, num_classes=4, base=64, depth=4):
        super().__init__()
        inner = DoubleConv(base * 2 ** (depth - 1), base * 2**depth)
        for level in range(depth - 1, -1, -1):
            inner = _Level(in_channels if level == 0 else base * 2 ** (level - 1), base * 2**level, inner)
        self.body = inner
        self.classify = nn.Linear(base, num_classes)

    def forward(self, x):
        return self.classify(self.body(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
