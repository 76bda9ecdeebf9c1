"""Writes into tensors made beforehand, works in place, and registers the same block twice under two names."""

import torch
import torch.nn.functional as F
from torch import nn


class Block(nn.Module):
    def __init__(self, i, o, s):
        super().__init__()
        self.w1 = nn.Conv2d(i, o, 3, s, 1, bias=False)
        self.w2 = nn.Conv2d(o, o, 3, 1, 1, bias=False)
        self.norms = nn.ModuleList([nn.BatchNorm2d(o), nn.BatchNorm2d(o)])
        self.way = nn.Sequential(nn.Conv2d(i, o, 1, s, bias=False), nn.BatchNorm2d(o)) if i != o else None

    def forward(self, x):
        y = F.relu_(self.norms[0](self.w1(x)))
        y = self.norms[1](self.w2(y))
        total = torch.zeros_like(y)
        total += y
        total.add_(x if self.way is None else self.way(x))
        return total.relu_()


class ResNet18(nn.Module):
    def __init__(self, num_classes, in_channels=3, width=64):
        super().__init__()
        widths = [width * 2 ** (n // 2) for n in range(8)]
        self.deep = nn.ModuleList(Block(i, o, 1 if i == o else 2) for i, o in zip([width, *widths], widths))
        self.last = self.deep[-1]
        self.stem = nn.Conv2d(in_channels, width, 7, 2, 3, bias=False)
        self.norm = nn.BatchNorm2d(width)
        self.fc = nn.Linear(widths[-1], num_classes)

    def forward(self, x):
        n, c, h, w = x.shape
        around = x.new_zeros(n, c, h + 6, w + 6)
        around[:, :, 3:-3, 3:-3] = x
        x = F.conv2d(around, self.stem.weight, stride=2)
        x = F.max_pool2d(self.norm(x).relu_(), kernel_size=3, stride=2, padding=1)
        for block in [*self.deep[:-1], self.last]:
            x = block(x)
        logits = torch.empty(n, self.fc.out_features, dtype=x.dtype)
        logits[:] = self.fc(x.flatten(2).mean(2))
        return logits
