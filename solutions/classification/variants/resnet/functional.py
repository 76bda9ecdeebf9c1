"""Functions of torch.nn.functional and bare parameters; siblings' work repeated instead of imported."""

import torch
from torch import nn
from torch.nn import functional as F


def _kernel(out_channels, in_channels, k):
    return nn.Parameter(nn.init.kaiming_normal_(torch.empty(out_channels, in_channels, k, k), mode="fan_out"))


class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.stride = stride
        self.norms = nn.ModuleList([nn.BatchNorm2d(out_channels), nn.BatchNorm2d(out_channels)])
        self.second = _kernel(out_channels, out_channels, 3)
        self.first = _kernel(out_channels, in_channels, 3)
        self.project = stride != 1 or in_channels != out_channels
        if self.project:
            self.shortcut = _kernel(out_channels, in_channels, 1)
            self.norms.append(nn.BatchNorm2d(out_channels))

    def forward(self, x):
        y = F.relu(self.norms[0](F.conv2d(x, self.first, stride=self.stride, padding=1)))
        y = self.norms[1](F.conv2d(y, self.second, padding=1))
        s = self.norms[2](F.conv2d(x, self.shortcut, stride=self.stride)) if self.project else x
        return F.relu(s + y)


class ResNet18(nn.Module):
    def __init__(self, num_classes, in_channels=3):
        super().__init__()
        self.head_bias = nn.Parameter(torch.zeros(num_classes))
        self.head = nn.Parameter(torch.randn(512, num_classes) * 0.02)
        self.stem = _kernel(64, in_channels, 7)
        self.stem_norm = nn.BatchNorm2d(64)
        plan = [(64, 64, 1), (64, 64, 1), (64, 128, 2), (128, 128, 1), (128, 256, 2), (256, 256, 1), (256, 512, 2), (512, 512, 1)]
        self.blocks = nn.ModuleList(BasicBlock(*p) for p in plan)

    def forward(self, x):
        x = F.relu(self.stem_norm(F.conv2d(x, self.stem, stride=2, padding=3)))
        x = F.max_pool2d(x, 3, 2, 1)
        for block in self.blocks:
            x = block(x)
        return torch.einsum("bchw,ck->bk", x, self.head) / (x.shape[2] * x.shape[3]) + self.head_bias
