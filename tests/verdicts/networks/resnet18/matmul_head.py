"""Blocks in one flat list with strides beside them; the head multiplies from the left; a bottom-up builder."""

import torch
from torch import nn


def norm(channels):
    return nn.BatchNorm2d(channels, eps=1e-05, momentum=0.1)


class Block(nn.Module):
    def __init__(self, inside, outside, stride):
        super().__init__()
        self.path = nn.ModuleList(
            [
                nn.ZeroPad2d(1),
                nn.Conv2d(inside, outside, kernel_size=3, stride=stride, bias=False),
                norm(outside),
                nn.ReLU(),
                nn.ZeroPad2d(1),
                nn.Conv2d(outside, outside, kernel_size=3, bias=False),
                norm(outside),
            ]
        )
        self.project = None
        if (inside, stride) != (outside, 1):
            self.project = nn.Conv2d(inside, outside, 1, stride, bias=False)
            self.project_norm = norm(outside)

    def forward(self, x):
        residual = x if self.project is None else self.project_norm(self.project(x))
        for step in self.path:
            x = step(x)
        total = torch.stack([x, residual]).sum(0)
        return total * (total > 0)


class ResNet18(nn.Module):
    def __init__(self, num_classes, in_channels=3, width=64):
        super().__init__()
        sizes = [width, width, width, 2 * width, 2 * width, 4 * width, 4 * width, 8 * width, 8 * width]
        self.blocks = nn.ModuleList(Block(i, o, 1 + (i != o)) for i, o in zip(sizes, sizes[1:]))
        self.head = nn.Parameter(torch.zeros(num_classes, sizes[-1]))
        self.head_bias = nn.Parameter(torch.zeros(num_classes))
        self.stem = nn.Sequential(nn.Conv2d(in_channels, width, 7, 2, 3, bias=False), norm(width), nn.ReLU())

    def forward(self, x):
        x = nn.MaxPool2d(3, 2, 1)(self.stem(x))
        for block in self.blocks:
            x = block(x)
        x = x.flatten(2).sum(-1) / (x.shape[2] * x.shape[3])
        return torch.matmul(self.head, x.unsqueeze(-1)).squeeze(-1) + self.head_bias
