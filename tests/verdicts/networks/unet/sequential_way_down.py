"""A Sequential subclass runs the way down; the padding is centred, which for one missing row means after the last."""

import torch
from torch import nn
from torch.nn import functional as F


class ConvReLU(nn.Conv2d):
    def __init__(self, i, o):
        super().__init__(i, o, 3, padding=1)

    def forward(self, x):
        return torch.relu(super().forward(x))


class Down(nn.Sequential):
    def forward(self, x):
        found = []
        for module in self:
            x = module(x)
            if not isinstance(module, nn.MaxPool2d):
                found.append(x)
        return found


class UNet(nn.Module):
    def __init__(self, in_channels=3, num_classes=4, base=64, depth=4):
        super().__init__()
        sizes = [base * 2**i for i in range(depth + 1)]
        parts = []
        for i, o in zip([in_channels] + sizes, sizes):
            parts += [nn.MaxPool2d(2)] * bool(parts) + [nn.Sequential(ConvReLU(i, o), ConvReLU(o, o))]
        self.down = Down(*parts)
        self.classify = nn.Conv2d(base, num_classes, 1)
        self.up = nn.ModuleList([nn.Sequential(ConvReLU(3 * s, s), ConvReLU(s, s)) for s in sizes[:-1]])

    def forward(self, x):
        maps = self.down(x)
        x = maps[-1]
        for skip, block in list(zip(maps[:-1], self.up))[::-1]:
            x = F.interpolate(x, scale_factor=2, mode="bilinear")
            wide, high = skip.shape[-1] - x.shape[-1], skip.shape[-2] - x.shape[-2]  # 0 or 1
            x = F.pad(x, (wide // 2, wide - wide // 2))
            x = F.pad(x, (0, 0, high // 2, high - high // 2))
            x = block(torch.hstack([x, skip]))
        return self.classify(x)
