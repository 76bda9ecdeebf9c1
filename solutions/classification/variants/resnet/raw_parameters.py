"""Bare parameters and torch.nn.functional, statistics in plain buffers, all in scrambled order."""

import math

import torch
import torch.nn.functional as F
from torch import nn


class _Params(nn.Module):
    def conv(self, name, out, inp, k):
        setattr(self, name, nn.Parameter(torch.randn(out, inp, k, k) * math.sqrt(2 / (inp * k * k))))

    def norm(self, name, width):
        self.register_buffer(name + "_var", torch.ones(width))
        setattr(self, name + "_shift", nn.Parameter(torch.zeros(width)))
        setattr(self, name + "_scale", nn.Parameter(torch.ones(width)))
        self.register_buffer(name + "_mean", torch.zeros(width))

    def bn(self, name, x):
        get = lambda kind: getattr(self, f"{name}_{kind}")
        return F.batch_norm(x, get("mean"), get("var"), get("scale"), get("shift"), self.training, 0.1, 1e-5)


class BasicBlock(_Params):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.stride = stride
        self.projects = stride != 1 or in_channels != out_channels
        if self.projects:
            self.norm("p", out_channels)
            self.conv("projection", out_channels, in_channels, 1)
        self.norm("b", out_channels)
        self.conv("second", out_channels, out_channels, 3)
        self.conv("first", out_channels, in_channels, 3)
        self.norm("a", out_channels)

    def forward(self, x):
        shortcut = self.bn("p", F.conv2d(x, self.projection, stride=self.stride)) if self.projects else x
        out = F.relu(self.bn("a", F.conv2d(x, self.first, stride=self.stride, padding=1)), inplace=True)
        return F.relu(shortcut + self.bn("b", F.conv2d(out, self.second, padding=1)), inplace=True)


class ResNet18(_Params):
    def __init__(self, num_classes, in_channels=3):
        super().__init__()
        self.w = nn.Parameter(torch.empty(num_classes, 512).uniform_(-0.04, 0.04))
        self.blocks = nn.ModuleList(
            [BasicBlock(256, 512, 2), BasicBlock(512, 512), BasicBlock(64, 64), BasicBlock(64, 64)]
            + [BasicBlock(128, 256, 2), BasicBlock(256, 256), BasicBlock(64, 128, 2), BasicBlock(128, 128)]
        )
        self.b = nn.Parameter(torch.zeros(num_classes))
        self.conv("stem", 64, in_channels, 7)
        self.norm("s", 64)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn("s", F.conv2d(x, self.stem, stride=2, padding=3))), 3, 2, 1)
        for i in (2, 3, 6, 7, 4, 5, 0, 1):
            x = self.blocks[i](x)
        return x.mean(dim=(2, 3)) @ self.w.t() + self.b
