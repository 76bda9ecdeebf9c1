"""Maps of the lowest level are computed again for the gradients."""

from torch import Tensor, nn

### BEGIN SOLUTION
# isort: split
import torch
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

### END SOLUTION


class DoubleConv(nn.Module):
    """Twice: a 3×3 convolution with bias and zero padding 1, then ReLU. No normalisation.

    Shapes: `(B, in_channels, H, W)` to `(B, out_channels, H, W)`.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        ### BEGIN SOLUTION
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(out_channels, out_channels, 3, padding=1),
            nn.ReLU(),
        )
        ### END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        ### BEGIN SOLUTION
        return self.layers(x)
        ### END SOLUTION


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
        ### BEGIN SOLUTION
        super().__init__()
        widths = [base * 2**level for level in range(depth + 1)]
        self.down = nn.ModuleList(map(DoubleConv, [in_channels, *widths], widths))
        self.up = nn.ModuleList(DoubleConv(width + 2 * width, width) for width in reversed(widths[:-1]))
        self.pool = nn.MaxPool2d(2)
        self.upsample = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
        self.head = nn.Conv2d(base, num_classes, 1)
        ### END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        ### BEGIN SOLUTION
        *levels, bottom = self.down
        skips = []
        for level in levels:
            skips.append(checkpoint(level, x, use_reentrant=False) if torch.is_grad_enabled() and x.requires_grad else level(x))
            x = self.pool(skips[-1])
        x = bottom(x)
        for level, skip in zip(self.up, reversed(skips), strict=True):
            x = self.upsample(x)
            x = F.pad(x, (0, skip.shape[-1] - x.shape[-1], 0, skip.shape[-2] - x.shape[-2]))  # left, right, top, bottom
            x = level(torch.cat([skip, x], dim=1))
        return self.head(x)
        ### END SOLUTION
