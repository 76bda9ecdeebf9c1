"""Lists of modules, weights of the head in an einsum, average pooling with a window as large as the map."""

import torch
import torch.nn.functional as F
from torch import nn


class Unit(nn.Module):
    """Convolution, batch norm, and perhaps a ReLU."""

    def __init__(self, i, o, k=3, s=1, act=True):
        super().__init__()
        self.norm = nn.BatchNorm2d(o)
        self.conv = nn.Conv2d(i, o, k, s, (k - 1) // 2, bias=False)
        self.act = act

    def forward(self, x):
        x = self.norm(self.conv(x))
        return torch.where(x > 0, x, torch.zeros_like(x)) if self.act else x


class ResNet18(nn.Module):
    def __init__(self, num_classes, in_channels=3, width=64):
        super().__init__()
        self.second, self.first, self.ways = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        i = width
        for n in range(8):
            o = width * 2 ** (n // 2)
            self.first.append(Unit(i, o, s=1 if i == o else 2))
            self.second.append(Unit(o, o, act=False))
            self.ways.append(Unit(i, o, 1, 2, act=False) if i != o else nn.Sequential())
            i = o
        self.stem = Unit(in_channels, width, 7, 2)
        self.matrix = nn.Parameter(torch.randn(num_classes, i) * 0.01)
        self.offset = nn.Parameter(torch.zeros(num_classes))

    def forward(self, x):
        x = F.max_pool2d(F.pad(self.stem(x), (1, 1, 1, 1), value=float("-inf")), 3, 2)
        for first, second, way in zip(self.first, self.second, self.ways):
            x = F.relu(way(x) + second(first(x)))
        x = F.avg_pool2d(x, x.shape[-2:]).squeeze(-1).squeeze(-1)
        return torch.einsum("bi,oi->bo", x, self.matrix) + self.offset
