"""Layers by name in a flat module; channels are last between convolutions."""

import torch
import torch.nn.functional as F
from torch import nn


class UNet(nn.Module):
    def __init__(self, in_channels=3, num_classes=4, base=64, depth=4):
        super().__init__()
        self.depth, channels = depth, in_channels
        for d in range(depth + 1):
            self.add_module(f"e{d}a", nn.Conv2d(channels, base * 2**d, 3, 1, 1))
            self.add_module(f"e{d}b", nn.Conv2d(base * 2**d, base * 2**d, 3, 1, 1))
            channels = base * 2**d
        for d in reversed(range(depth)):
            self.add_module(f"z{d}b", nn.Conv2d(base * 2**d, base * 2**d, 3, 1, 1))
            self.add_module(f"z{d}a", nn.Conv2d(base * 2**d * 3, base * 2**d, 3, 1, 1))
        self.register_parameter("mix", nn.Parameter(torch.randn(num_classes, base)))
        self.register_parameter("shift", nn.Parameter(torch.randn(num_classes, 1)))

    def twice(self, x, name):
        for half in "ab":
            x = self.get_submodule(name + half)(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1).relu()
        return x

    def forward(self, x):
        x = x.permute(0, 2, 3, 1)
        kept = {}
        for d in range(self.depth):
            kept[d] = self.twice(x, f"e{d}")
            x = F.max_pool2d(kept[d].permute(0, 3, 1, 2), 2).permute(0, 2, 3, 1)
        x = self.twice(x, f"e{self.depth}")
        for d in reversed(range(self.depth)):
            x = F.interpolate(x.permute(0, 3, 1, 2), scale_factor=2, mode="bilinear").permute(0, 2, 3, 1)
            h, w = kept[d].shape[1:3]
            x = F.pad(x, (0, 0, 0, w - x.shape[2], 0, h - x.shape[1]))
            x = self.twice(torch.cat([kept[d], x], 3), f"z{d}")
        n, h, w, c = x.shape
        out = self.mix @ x.permute(0, 3, 1, 2).reshape(n, c, h * w) + self.shift
        return out.view(n, -1, h, w)


class DoubleConv(nn.Module):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.b = nn.Conv2d(out_channels, out_channels, (3, 3), padding="same")
        self.a = nn.Conv2d(in_channels, out_channels, 3, padding=(1, 1))

    def forward(self, x):
        return self.b(self.a(x).clamp(min=0)).relu_()
