"""Levels nested in each other."""

import torch
from torch import nn
class DoubleConv(nn.Module):
    def __init__(self, in_channels: int, out_channels: int):
        super().__init__()
        self.net = nn.Sequential()
        for i, c in enumerate((in_channels, out_channels)):
            self.net.add_module(f"conv{i}", nn.Conv2d(c, out_channels, 3, 1, 1))
            self.net.add_module(f"relu{i}", nn.ReLU(True))
    def forward(self, x): return self.net(x)
class Level(nn.Module):
    def __init__(self, inner, i, w):
        super().__init__()
        self.inner, self.up = inner, DoubleConv(w * 3, w)
        self.down = DoubleConv(i, w)
        self.pool, self.grow = nn.MaxPool2d(2, 2), nn.UpsamplingBilinear2d(scale_factor=2)
        self.grow = nn.Upsample(scale_factor=(2.0, 2.0), mode="bilinear")
    def forward(self, x):
        s = self.down(x)
        y = self.grow(self.inner(self.pool(s)))
        dh, dw = s.shape[2] - y.shape[2], s.shape[3] - y.shape[3]
        if dh or dw: y = nn.functional.pad(y, [0, dw, 0, dh], "constant", 0.0)
        return self.up(torch.cat((y, s), dim=-3))
class UNet(nn.Module):
    def __init__(self, in_channels=3, num_classes=4, base=64, depth=4):
        super().__init__()
        net = DoubleConv(base * 2 ** (depth - 1), base * 2 ** depth)
        for d in range(depth - 1, -1, -1):
            net = Level(net, base * 2 ** (d - 1) if d else in_channels, base * 2 ** d)
        self.net, self.head = net, nn.Conv2d(base, num_classes, 1)
    def forward(self, images): return self.head(self.net(images))
