"""Inception modules: every one is InceptionModule(in_channels, c1, c3_reduce, c3, c5_reduce, c5, pool)."""

import torch
import torch.nn.functional as F
from torch import nn


class Reference(nn.Module):
    """Four branches of convolutions with bias, each followed by ReLU."""

    def __init__(self, in_channels, c1, c3_reduce, c3, c5_reduce, c5, pool):
        super().__init__()
        self.branch1 = nn.Sequential(nn.Conv2d(in_channels, c1, 1), nn.ReLU())
        self.branch3 = nn.Sequential(
            nn.Conv2d(in_channels, c3_reduce, 1), nn.ReLU(), nn.Conv2d(c3_reduce, c3, 3, padding=1), nn.ReLU()
        )
        self.branch5 = nn.Sequential(
            nn.Conv2d(in_channels, c5_reduce, 1), nn.ReLU(), nn.Conv2d(c5_reduce, c5, 5, padding=2), nn.ReLU()
        )
        self.branch_pool = nn.Sequential(
            nn.MaxPool2d(3, stride=1, padding=1), nn.Conv2d(in_channels, pool, 1), nn.ReLU()
        )

    def forward(self, x):
        return torch.cat([self.branch1(x), self.branch3(x), self.branch5(x), self.branch_pool(x)], dim=1)


class WithNorm(nn.Module):
    """Batch norm after each convolution, which then has no bias."""

    def __init__(self, in_channels, c1, c3_reduce, c3, c5_reduce, c5, pool):
        super().__init__()

        def unit(i, o, k):
            return [nn.Conv2d(i, o, k, padding=k // 2, bias=False), nn.BatchNorm2d(o), nn.ReLU()]

        self.branches = nn.ModuleList(
            [
                nn.Sequential(*unit(in_channels, c1, 1)),
                nn.Sequential(*unit(in_channels, c3_reduce, 1), *unit(c3_reduce, c3, 3)),
                nn.Sequential(*unit(in_channels, c5_reduce, 1), *unit(c5_reduce, c5, 5)),
                nn.Sequential(nn.MaxPool2d(3, 1, 1), *unit(in_channels, pool, 1)),
            ]
        )

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], 1)


class Functional(nn.Module):
    """Parameters in reverse order, one ReLU after the concatenation."""

    def __init__(self, in_channels, c1, c3_reduce, c3, c5_reduce, c5, pool):
        super().__init__()
        kernels = [(pool, in_channels, 1), (c5, c5_reduce, 5), (c5_reduce, in_channels, 1)]
        kernels += [(c3, c3_reduce, 3), (c3_reduce, in_channels, 1), (c1, in_channels, 1)]
        self.w = nn.ParameterList(torch.randn(o, i, k, k) for o, i, k in kernels)
        self.b = nn.ParameterList(torch.randn(o) for o, _, _ in kernels)

    def forward(self, x):
        def conv(x, n):
            return F.conv2d(x, self.w[n], self.b[n], padding=self.w[n].shape[-1] // 2)

        five = conv(conv(x, 2).relu(), 1)
        three = conv(conv(x, 4).relu(), 3)
        pooled = conv(F.max_pool2d(x, 3, 1, 1), 0)
        return torch.relu(torch.cat((conv(x, 5), three, five, pooled), 1))


class Preallocated(Reference):
    """Branches are written into a tensor made beforehand."""

    def forward(self, x):
        maps = [self.branch1(x), self.branch3(x), self.branch5(x), self.branch_pool(x)]
        out = torch.empty(len(x), sum(m.shape[1] for m in maps), *x.shape[2:], dtype=x.dtype)
        start = 0
        for m in maps:
            out[:, start : start + m.shape[1]] = m
            start += m.shape[1]
        return out


RIGHT = {"modules": Reference, "functional": Functional, "preallocated": Preallocated}


class OtherOrder(Reference):
    def forward(self, x):
        return torch.cat([self.branch3(x), self.branch1(x), self.branch5(x), self.branch_pool(x)], 1)


class PoolAndFirstSwapped(Reference):
    def forward(self, x):
        return torch.cat([self.branch_pool(x), self.branch3(x), self.branch5(x), self.branch1(x)], 1)


class ReLUMissing(Reference):
    def forward(self, x):
        return torch.cat([self.branch1(x), self.branch3[:3](x), self.branch5(x), self.branch_pool(x)], 1)


class AveragePool(Reference):
    def __init__(self, *args):
        super().__init__(*args)
        self.branch_pool[0] = nn.AvgPool2d(3, 1, 1)


class PaddingMissing(Reference):
    def __init__(self, *args):
        super().__init__(*args)
        self.branch5[2].padding = (1, 1)
        self.branch5[2].dilation = (1, 1)

    def forward(self, x):
        maps = [self.branch1(x), self.branch3(x), F.pad(self.branch5(x), (1, 1, 1, 1)), self.branch_pool(x)]
        return torch.cat(maps, 1)


WRONG = {
    "other order": OtherOrder,
    "first and last branch swapped": PoolAndFirstSwapped,
    "a relu missing": ReLUMissing,
    "average pooling": AveragePool,
    "padding of the 5x5": PaddingMissing,
}
