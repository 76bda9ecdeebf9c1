"""U-Net (Ronneberger et al. 2015, https://arxiv.org/abs/1505.04597) with padded convolutions, for maps of any size."""

from torch import Tensor, nn


class DoubleConv(nn.Module):
    """Twice: a 3×3 convolution with bias and zero padding 1, then ReLU. No normalisation.

    Shapes: `(B, in_channels, H, W)` to `(B, out_channels, H, W)`.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        raise NotImplementedError("DoubleConv.__init__: not written yet")

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError("DoubleConv.forward: not written yet")


class UNet(nn.Module):
    """A `DoubleConv` on every level, a way down, a way up, and a skip connection on every level but the lowest.

    * widths: level i, from 0 at the top to `depth` at the bottom, has `base * 2**i` channels
    * down: 2×2 max pooling between levels, `depth` times in all; what is pooled is kept as that level's skip
    * up: bilinear up-sampling by 2 (`align_corners=False`); zeros on the right and at the bottom until the map is as
      large as the skip; concatenation with the skip on channels, in either order; a `DoubleConv` to the level's width
    * end: a 1×1 convolution with bias to `num_classes`, nothing after it

    Shapes: `(B, in_channels, H, W)` to logits `(B, num_classes, H, W)`, for all H and W from `2**depth` on, odd ones
    and unequal ones too. 31,379,140 parameters at the defaults.

    Args:
        depth: number of poolings, at least 1.
    """

    def __init__(self, in_channels: int = 3, num_classes: int = 4, base: int = 64, depth: int = 4) -> None:
        raise NotImplementedError("UNet.__init__: not written yet")

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError("UNet.forward: not written yet")
