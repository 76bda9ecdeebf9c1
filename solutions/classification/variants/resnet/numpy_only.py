"""NumPy wherever possible: look-up tables, softmax, log-sum-exp, accuracy; validates in two passes."""

import numpy as np
import torch
from torch import nn


class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        channels = [in_channels, out_channels, out_channels]
        for i, (a, b) in enumerate(zip(channels, channels[1:])):
            self.register_module(f"c{i}", nn.Conv2d(a, b, (3, 3), stride=(stride, 1)[i], padding="same" if (stride, 1)[i] == 1 else 1, bias=False))
            self.register_module(f"n{i}", nn.BatchNorm2d(b))
        self.short = nn.Sequential()
        if stride > 1 or in_channels != out_channels:
            self.short.extend([nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels)])

    def forward(self, x):
        y = self.n0(self.c0(x)).clamp_min(0)
        y = self.n1(self.c1(y))
        return (y + self.short(x)).clamp_min(0)


class ResNet18(nn.Module):
    def __init__(self, num_classes, in_channels=3):
        super().__init__()
        self.c = nn.Conv2d(in_channels, 64, 7, 2, 3, bias=False)
        self.n = nn.BatchNorm2d(64)
        widths = 64 * 2 ** np.array([0, 0, 1, 2, 3])
        for s in range(1, 5):
            a, b = int(widths[s - 1]), int(widths[s])
            setattr(self, f"stage{s}a", BasicBlock(a, b, 1 if a == b else 2))
            setattr(self, f"stage{s}b", BasicBlock(b, b))
        self.out = nn.Linear(int(widths[-1]), num_classes)

    def forward(self, x):
        x = nn.functional.max_pool2d(self.n(self.c(x)).clamp_min(0), 3, 2, 1)
        for s in range(1, 5):
            x = getattr(self, f"stage{s}b")(getattr(self, f"stage{s}a")(x))
        return self.out(x.flatten(2).mean(2))
