"""Skips and maps are written into one tensor made beforehand, which pads by itself; linear head."""

import torch
import torch.nn.functional as F
from torch import nn


class UNet(nn.Module):
    def __init__(self, in_channels=3, num_classes=4, base=64, depth=4):
        super().__init__()
        self.layers = nn.ModuleDict()
        self.depth = depth
        for level in range(depth + 1):
            width = base * 2**level
            self.layers[f"d{level}"] = self.pair(width // 2 if level else in_channels, width)
            if level < depth:
                self.layers[f"u{level}"] = self.pair(3 * width, width)
        self.head = nn.Linear(base, num_classes)

    @staticmethod
    def pair(i, o):
        return nn.ModuleList([nn.Conv2d(i, o, 3, padding=1), nn.Conv2d(o, o, 3, padding=1)])

    def run(self, name, x):
        for layer in self.layers[name]:
            x = layer(x).relu()
        return x

    def forward(self, x):
        skips = []
        for level in range(self.depth):
            skips.append(self.run(f"d{level}", x))
            x = F.max_pool2d(skips[-1], 2)
        x = self.run(f"d{self.depth}", x)
        for level in reversed(range(self.depth)):
            skip = skips[level]
            x = F.interpolate(x, scale_factor=2, mode="bilinear")
            both = torch.zeros(len(x), x.shape[1] + skip.shape[1], *skip.shape[2:], dtype=x.dtype, device=x.device)
            both[:, : skip.shape[1]] = skip
            both[:, skip.shape[1] :, : x.shape[2], : x.shape[3]] = x
            x = self.run(f"u{level}", both)
        return self.head(x.movedim(1, -1)).movedim(-1, 1)


class DoubleConv(nn.Module):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.b = nn.Conv2d(out_channels, out_channels, (3, 3), padding="same")
        self.a = nn.Conv2d(in_channels, out_channels, 3, padding=(1, 1))

    def forward(self, x):
        return self.b(self.a(x).clamp(min=0)).relu_()
