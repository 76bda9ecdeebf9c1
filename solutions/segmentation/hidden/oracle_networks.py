"""A U-Net as the handout describes it, written out plainly, for the hidden checks to compare with."""

from collections.abc import Callable

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

    def __init__(
        self,
        in_channels: int = 3,
        num_classes: int = 4,
        base: int = 64,
        depth: int = 4,
        block: Callable[[int, int], nn.Module] = double_conv,
    ) -> None:
        super().__init__()
        self.encoders = nn.ModuleList()
        self.decoders = nn.ModuleList()
        channels = in_channels
        for level in range(depth):
            width = base * 2**level
            self.encoders.append(block(channels, width))
            self.decoders.append(block(3 * width, width))
            channels = width
        self.bottleneck = block(channels, base * 2**depth)
        self.head = nn.Conv2d(base, num_classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.level(x, 0))

    def level(self, x: Tensor, number: int) -> Tensor:
        """What leaves a level of the network, for what enters it."""
        if number == len(self.encoders):
            return self.bottleneck(x)
        skip = self.encoders[number](x)
        below = self.level(self.pooled(skip), number + 1)
        above = self.padded(self.enlarged(below, skip), skip)
        return self.decoders[number](torch.cat([self.kept(skip, x, above), above], 1))

    def pooled(self, skip: Tensor) -> Tensor:
        """A map of half the size."""
        return F.max_pool2d(skip, 2)

    def enlarged(self, below: Tensor, skip: Tensor) -> Tensor:
        """A map of twice the size."""
        return F.interpolate(below, scale_factor=2, mode="bilinear", align_corners=False)

    def padded(self, above: Tensor, skip: Tensor) -> Tensor:
        """A map of the skip's size."""
        height, width = skip.shape[-2:]
        padded = torch.zeros(*above.shape[:2], height, width, dtype=above.dtype)
        padded[:, :, : above.shape[2], : above.shape[3]] = above
        return padded

    def kept(self, skip: Tensor, x: Tensor, above: Tensor) -> Tensor:
        """What is concatenated with the map from below, for the level's map and what entered the level."""
        return skip


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
