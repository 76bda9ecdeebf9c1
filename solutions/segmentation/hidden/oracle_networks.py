"""A U-Net as the handout describes it, written out plainly, for the hidden checks to compare with."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def double_conv(in_channels: int, out_channels: int) -> nn.Sequential:
    """Two 3×3 convolutions, each followed by ReLU."""
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(out_channels, out_channels, 3, padding=1),
        nn.ReLU(),
    )


class UNet(nn.Module):
    """The skip comes first in a concatenation."""

    def __init__(self, in_channels: int = 3, num_classes: int = 4, base: int = 64, depth: int = 4) -> None:
        super().__init__()
        self.encoders = nn.ModuleList()
        self.decoders = nn.ModuleList()
        channels = in_channels
        for level in range(depth):
            width = base * 2**level
            self.encoders.append(double_conv(channels, width))
            self.decoders.append(double_conv(3 * width, width))
            channels = width
        self.bottleneck = double_conv(channels, base * 2**depth)
        self.head = nn.Conv2d(base, num_classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.level(x, 0))

    def level(self, x: Tensor, number: int) -> Tensor:
        """What leaves a level of the network, for what enters it."""
        if number == len(self.encoders):
            return self.bottleneck(x)
        skip = self.encoders[number](x)
        below = self.level(F.max_pool2d(skip, 2), number + 1)
        above = F.interpolate(below, scale_factor=2, mode="bilinear", align_corners=False)
        height, width = skip.shape[-2:]
        padded = torch.zeros(*above.shape[:2], height, width, dtype=above.dtype)
        padded[:, :, : above.shape[2], : above.shape[3]] = above
        return self.decoders[number](torch.cat([skip, padded], 1))


def parameter_count(in_channels: int, num_classes: int, base: int, depth: int) -> int:
    """How many numbers a U-Net learns."""

    def conv(channels: int, width: int, side: int = 3) -> int:
        return channels * width * side**2 + width

    total, channels = conv(base, num_classes, 1), in_channels
    for level in range(depth + 1):
        width = base * 2**level
        total += conv(channels, width) + conv(width, width)
        if level < depth:
            total += conv(3 * width, width) + conv(width, width)
        channels = width
    return total
