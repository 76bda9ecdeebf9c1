"""Interpolates to the size of the skip instead of padding: the same where all sizes are even, and only there."""

import torch
import torch.nn.functional as F
from torch import nn


class Two(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.a, self.b = nn.Conv2d(i, o, 3, padding=1), nn.Conv2d(o, o, 3, padding=1)

    def forward(self, x):
        return F.relu(self.b(F.relu(self.a(x))))


class UNet(nn.Module):
    def __init__(self, in_channels=3, num_classes=4, base=64, depth=4):
        super().__init__()
        self.left = nn.ModuleList([Two(in_channels, base)])
        self.left.extend(Two(base * 2**i, base * 2 ** (i + 1)) for i in range(depth))
        self.right = nn.ModuleList(Two(base * 2**i * 3, base * 2**i) for i in range(depth))
        self.out = nn.Conv2d(base, num_classes, 1)

    def forward(self, x):
        stack = []
        for block in self.left:
            x = block(F.max_pool2d(x, 2) if stack else x)
            stack.append(x)
        x = stack.pop()
        for block in reversed(self.right):
            skip = stack.pop()
            x = block(torch.cat([skip, F.interpolate(x, skip.shape[-2:], mode="bilinear")], 1))
        return self.out(x)
