"""Each level contains the next deeper one."""

import torch
import torch.nn.functional as F
from torch import nn


class Convs(nn.Sequential):
    def __init__(self, i, o):
        super().__init__(
            nn.Conv2d(i, o, (3, 3), padding="same"), nn.ReLU(), nn.Conv2d(o, o, (3, 3), padding="same"), nn.ReLU()
        )


class Level(nn.Module):
    def __init__(self, channels, width, depth):
        super().__init__()
        self.inner = Level(width, 2 * width, depth - 1) if depth else None
        self.enter = Convs(channels, width)
        self.leave = Convs(3 * width, width) if depth else None

    def forward(self, x):
        x = self.enter(x)
        if self.inner is None:
            return x
        below = self.inner(F.max_pool2d(x, 2))
        below = F.interpolate(below, scale_factor=2, mode="bilinear")
        missing = [a - b for a, b in zip(x.shape[2:], below.shape[2:])]
        below = F.pad(below, [0, missing[1], 0, missing[0]])
        return self.leave(torch.cat([x, below], -3))


class UNet(nn.Sequential):
    def __init__(self, in_channels=3, num_classes=4, base=64, depth=4):
        super().__init__(Level(in_channels, base, depth), nn.Conv2d(base, num_classes, 1))
