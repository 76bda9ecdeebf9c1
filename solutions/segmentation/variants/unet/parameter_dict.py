"""Parameters in a ParameterDict, everything through torch.nn.functional, the head as an einsum."""

import torch
import torch.nn.functional as F
from torch import nn


class UNet(nn.Module):
    def __init__(self, in_channels=3, num_classes=4, base=64, depth=4):
        super().__init__()
        self.depth = depth
        self.p = nn.ParameterDict()
        self.p["head"] = torch.randn(base, num_classes) * 0.1
        self.p["head_b"] = torch.zeros(num_classes)
        for level in reversed(range(depth)):
            self.block(f"right{level}", 3 * base * 2**level, base * 2**level)
        for level in range(depth + 1):
            self.block(f"left{level}", base * 2 ** (level - 1) if level else in_channels, base * 2**level)

    def block(self, name, i, o):
        self.p[name + "_b2"], self.p[name + "_b1"] = torch.zeros(o), torch.zeros(o)
        self.p[name + "_w2"] = torch.randn(o, o, 3, 3) / (9 * o) ** 0.5
        self.p[name + "_w1"] = torch.randn(o, i, 3, 3) / (9 * i) ** 0.5

    def convs(self, x, name):
        x = F.conv2d(x, self.p[name + "_w1"], self.p[name + "_b1"], padding=1).clamp_min(0)
        return F.conv2d(x, self.p[name + "_w2"], self.p[name + "_b2"], padding=1).clamp_min(0)

    def forward(self, x):
        left = []
        for level in range(self.depth + 1):
            x = self.convs(F.max_pool2d(x, 2, 2) if level else x, f"left{level}")
            left.append(x)
        for level in reversed(range(self.depth)):
            skip = left[level]
            x = F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
            rows = x.new_zeros(*x.shape[:2], skip.shape[2] - x.shape[2], x.shape[3])
            x = torch.cat([x, rows], 2)
            columns = x.new_zeros(*x.shape[:3], skip.shape[3] - x.shape[3])
            x = torch.cat([x, columns], 3)
            x = self.convs(torch.cat([x, skip], 1), f"right{level}")
        return torch.einsum("bchw,co->bohw", x, self.p["head"]) + self.p["head_b"][:, None, None]


class DoubleConv(nn.Module):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.b = nn.Conv2d(out_channels, out_channels, (3, 3), padding="same")
        self.a = nn.Conv2d(in_channels, out_channels, 3, padding=(1, 1))

    def forward(self, x):
        return self.b(self.a(x).clamp(min=0)).relu_()
