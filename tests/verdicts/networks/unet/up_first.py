"""The up-sampled map comes first in the concatenation; blocks are Sequentials under other names."""

import torch
from torch import nn


def double(i, o):
    return nn.Sequential(
        nn.Conv2d(i, o, 3, 1, 1), nn.ReLU(inplace=True), nn.Conv2d(o, o, 3, 1, 1), nn.ReLU(inplace=True)
    )


class Up(nn.Module):
    def __init__(self, deep, shallow):
        super().__init__()
        self.convs = double(deep + shallow, shallow)

    def forward(self, deep, skip):
        h, w = deep.shape[-2] * 2, deep.shape[-1] * 2
        deep = nn.functional.interpolate(deep, size=(h, w), mode="bilinear", align_corners=False)
        dh, dw = skip.size(2) - h, skip.size(3) - w
        if dh or dw:
            deep = nn.ZeroPad2d((0, dw, 0, dh))(deep)
        return self.convs(torch.cat((deep, skip), 1))


class UNet(nn.Module):
    def __init__(self, in_channels=3, num_classes=4, base=64, depth=4):
        super().__init__()
        self.outc = nn.Conv2d(base, num_classes, kernel_size=1)
        self.ups = nn.ModuleList(Up(base * 2 ** (i + 1), base * 2**i) for i in range(depth))
        self.inc = double(in_channels, base)
        self.downs = nn.ModuleList(
            nn.Sequential(nn.MaxPool2d(2), double(base * 2**i, base * 2 ** (i + 1))) for i in range(depth)
        )

    def forward(self, x):
        levels = [self.inc(x)]
        for down in self.downs:
            levels.append(down(levels[-1]))
        x = levels.pop()
        while levels:
            skip = levels.pop()
            x = self.ups[len(levels)](x, skip)
        return self.outc(x)
