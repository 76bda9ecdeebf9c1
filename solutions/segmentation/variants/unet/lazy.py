"""Layers that learn their number of channels from the first image."""

import torch
from torch import nn
class DoubleConv(nn.Sequential):
    def __init__(self, in_channels, out_channels):
        super().__init__(nn.LazyConv2d(out_channels, 3, padding=1), nn.ReLU(inplace=True), nn.LazyConv2d(out_channels, 3, padding=1), nn.ReLU(inplace=True))
class UNet(nn.Module):
    def __init__(self, in_channels=3, num_classes=4, base=64, depth=4):
        super().__init__()
        self.depth = depth
        self.blocks = nn.ModuleDict({f"down{i}": DoubleConv(None, base * 2 ** i) for i in range(depth + 1)})
        self.blocks.update({f"up{i}": DoubleConv(None, base * 2 ** i) for i in range(depth)})
        self.last = nn.LazyConv2d(num_classes, 1)
    def forward(self, x):
        skips = []
        for i in range(self.depth):
            x = self.blocks[f"down{i}"](x)
            skips.append(x)
            x = nn.functional.max_pool2d(x, kernel_size=2)
        x = self.blocks[f"down{self.depth}"](x)
        for i in reversed(range(self.depth)):
            x = nn.functional.interpolate(x, scale_factor=2, mode="bilinear")
            s = skips.pop()
            x = nn.ZeroPad2d((0, s.size(3) - x.size(3), 0, s.size(2) - x.size(2)))(x)
            x = self.blocks[f"up{i}"](torch.hstack((x, s)))
        return self.last(x)
