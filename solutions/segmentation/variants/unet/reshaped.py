"""Pooling is a maximum over a reshaped map."""

import torch
import torch.nn.functional as F
from torch import nn


class Pool(nn.Module):
    def forward(self, x):
        n, c, h, w = x.shape
        x = x[:, :, : h // 2 * 2, : w // 2 * 2]
        return x.reshape(n, c, h // 2, 2, w // 2, 2).amax(dim=(3, 5))


class Block(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.layers = nn.ModuleList([nn.Conv2d(i, o, 3, padding=1), nn.Conv2d(o, o, 3, padding=1)])

    def forward(self, *maps):
        x = torch.concat(maps, dim=1)
        for layer in self.layers:
            x = torch.relu_(layer(x))
        return x


class UNet(nn.Module):
    def __init__(self, in_channels=3, num_classes=4, base=64, depth=4):
        super().__init__()
        self.enc = nn.ModuleList([Block(in_channels, base)])
        self.dec = nn.ModuleList()
        for i in range(depth):
            self.enc.append(Block(base << i, base << i + 1))
            self.dec.insert(0, Block(3 * (base << i), base << i))
        self.pool = Pool()
        self.last = nn.Conv2d(base, num_classes, 1)

    def forward(self, x):
        *skips, x = self.encode(x)
        for block in self.dec:
            skip = skips.pop()
            up = F.interpolate(x, scale_factor=(2, 2), mode="bilinear", align_corners=False)
            full = torch.zeros(up.shape[:2] + skip.shape[2:], dtype=up.dtype, device=up.device)
            full[..., : up.shape[2], : up.shape[3]] = up
            x = block(full, skip)
        return self.last(x)

    def encode(self, x):
        maps = []
        for number, block in enumerate(self.enc):
            x = block(self.pool(x) if number else x)
            maps.append(x)
        return maps


class DoubleConv(nn.Module):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.b = nn.Conv2d(out_channels, out_channels, (3, 3), padding="same")
        self.a = nn.Conv2d(in_channels, out_channels, 3, padding=(1, 1))

    def forward(self, x):
        return self.b(self.a(x).clamp(min=0)).relu_()
