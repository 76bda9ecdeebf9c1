"""Convolutions as matrix products of unfolded maps."""

import math, torch
import torch.nn.functional as F
from torch import nn
class Conv(nn.Module):
    """3x3 convolution as a matrix product"""
    def __init__(self, i, o):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(o, i * 9) / math.sqrt(9 * i)); self.bias = nn.Parameter(torch.zeros(o))
    def forward(self, x):
        n, _, h, w = x.shape
        return (self.weight @ F.unfold(x, 3, padding=1) + self.bias[:, None]).view(n, -1, h, w)
class DoubleConv(nn.Module):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.convs = nn.ModuleList([Conv(in_channels, out_channels), Conv(out_channels, out_channels)])
    def forward(self, x):
        for conv in self.convs: x = torch.relu(conv(x))
        return x
class UNet(nn.Module):
    def __init__(self, in_channels=3, num_classes=4, base=64, depth=4):
        super().__init__()
        w = [base << i for i in range(depth + 1)]
        self.d = nn.ModuleList([DoubleConv(a, b) for a, b in zip([in_channels] + w[:-1], w)])
        self.u = nn.ModuleList([DoubleConv(3 * b, b) for b in w[:-1]])
        self.head = nn.Conv2d(base, num_classes, kernel_size=1)
    def forward(self, x):
        xs = []
        for i, d in enumerate(self.d):
            x = d(x if i == 0 else F.max_pool2d(x, 2))
            xs.append(x)
        for i in range(len(self.u) - 1, -1, -1):
            y = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            out = xs[i].new_zeros(y.shape[0], y.shape[1], *xs[i].shape[2:])
            out[:, :, :y.shape[2], :y.shape[3]] = y
            x = self.u[i](torch.cat((xs[i], out), 1))
        return self.head(x)
