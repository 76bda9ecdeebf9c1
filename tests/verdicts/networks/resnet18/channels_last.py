"""Values with the channels last wherever no convolution needs them elsewhere; batch norm on flattened pixels."""

import torch
from torch import nn


class Norm(nn.BatchNorm1d):
    def forward(self, x):
        n, h, w, c = x.shape
        return super().forward(x.reshape(n * h * w, c)).view(n, h, w, c)


class Conv(nn.Conv2d):
    def forward(self, x):
        return super().forward(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)


class Block(nn.Module):
    def __init__(self, i, o, s):
        super().__init__()
        self.c1, self.n1 = Conv(i, o, 3, s, 1, bias=False), Norm(o)
        self.c2, self.n2 = Conv(o, o, 3, 1, 1, bias=False), Norm(o)
        self.c3, self.n3 = (Conv(i, o, 1, s, bias=False), Norm(o)) if i != o else (nn.Identity(), nn.Identity())

    def forward(self, x):
        return (self.n2(self.c2(self.n1(self.c1(x)).relu())) + self.n3(self.c3(x))).relu()


class ResNet18(nn.Module):
    def __init__(self, num_classes, in_channels=3, width=64):
        super().__init__()
        self.stem, self.norm = Conv(in_channels, width, 7, 2, 3, bias=False), Norm(width)
        widths = [width * 2 ** (n // 2) for n in range(8)]
        self.blocks = nn.Sequential(*[Block(i, o, 1 if i == o else 2) for i, o in zip([width, *widths], widths)])
        self.fc = nn.Linear(widths[-1], num_classes)

    def forward(self, x):
        x = self.norm(self.stem(x.permute(0, 2, 3, 1))).relu()
        x = torch.max_pool2d(x.permute(0, 3, 1, 2), 3, 2, 1).permute(0, 2, 3, 1)
        x = self.blocks(x)
        return self.fc(x).mean((1, 2))
