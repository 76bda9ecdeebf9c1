"""A method of the network hides nn.Module.double."""

import torch
import torch.nn.functional as F
from torch import nn


class DoubleConv(nn.Module):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.a = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        self.b = nn.Conv2d(out_channels, out_channels, 3, padding=1)

    def forward(self, x):
        return F.relu(self.b(F.relu(self.a(x))))


class UNet(nn.Module):
    def __init__(self, in_channels=3, num_classes=4, base=64, depth=4):
        super().__init__()
        widths = [base * 2**i for i in range(depth + 1)]
        self.down = nn.ModuleList(DoubleConv(i, o) for i, o in zip([in_channels, *widths], widths, strict=False))
        self.up = nn.ModuleList(DoubleConv(3 * w, w) for w in widths[:-1])
        self.end = nn.Conv2d(base, num_classes, 1)

    def double(self, x, skip):
        """twice the size, filled up to that of the skip"""
        x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
        return F.pad(x, (0, skip.shape[3] - x.shape[3], 0, skip.shape[2] - x.shape[2]))

    def half(self, x):
        return F.max_pool2d(x, 2)

    def forward(self, x):
        skips = [self.down[0](x)]
        for block in self.down[1:]:
            skips.append(block(self.half(skips[-1])))
        x = skips.pop()
        for block in reversed(self.up):
            skip = skips.pop()
            x = block(torch.cat([skip, self.double(x, skip)], 1))
        return self.end(x)
