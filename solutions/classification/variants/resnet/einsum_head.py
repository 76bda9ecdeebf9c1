"""An einsum as head, the mean over positions, addition in place, stages in a ModuleList."""

import torch
from torch import Tensor, nn


class BasicBlock(nn.Module):
    """Two 3×3 convolutions and a shortcut around them: `relu(bn(conv(relu(bn(conv(x))))) + shortcut(x))`.

    Convolutions have no bias, since the batch norm after them has one. The first convolution takes the stride.
    The shortcut is the input itself; only where the block changes the input's shape is it a projection, a 1×1
    convolution with the same stride followed by batch norm.

    Shapes: `(B, in_channels, H, W)` to `(B, out_channels, ceil(H / stride), ceil(W / stride))`.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.relu = nn.ReLU()
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x: Tensor) -> Tensor:
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += self.shortcut(x)
        return out.clamp_min(0)


class ResNet18(nn.Module):
    """Computes what torchvision's `resnet18` computes with the same weights, without using `torchvision.models`.

    * stem: 7×7 convolution to 64 channels, stride 2, padding 3, no bias; batch norm; ReLU; 3×3 max pooling, stride 2,
      padding 1
    * four stages of two blocks each with 64, 128, 256 and 512 channels; the first block of stages two to four has
      stride 2
    * average over all positions, whatever the size, and one linear layer with bias

    Shapes: `(B, in_channels, H, W)`, sides from 28 on and not necessarily equal, to logits `(B, num_classes)`: no
    softmax. 11,181,129 parameters for 9 classes and colour images.
    """

    def __init__(self, num_classes: int, in_channels: int = 3) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(in_channels, 64, 7, stride=2, padding=3, bias=False),
            nn.BatchNorm2d(64),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2, padding=1),
        )
        self.stages = nn.Sequential(
            BasicBlock(64, 64), BasicBlock(64, 64),
            BasicBlock(64, 128, stride=2), BasicBlock(128, 128),
            BasicBlock(128, 256, stride=2), BasicBlock(256, 256),
            BasicBlock(256, 512, stride=2), BasicBlock(512, 512),
        )  # fmt: skip
        self.weight = nn.Parameter(torch.randn(num_classes, 512) * 0.04)
        self.bias = nn.Parameter(torch.zeros(num_classes))

    @staticmethod
    def positions(x):
        return -(-x.shape[-1] // 32) * -(-x.shape[-2] // 32)

    def forward(self, x: Tensor) -> Tensor:
        return torch.einsum('bchw,kc->bk', self.stages(self.stem(x)), self.weight) / (1.0 * self.positions(x)) + self.bias  # at 28×28: (B, 64, 7, 7) → (B, 512, 1, 1) → (B, num_classes)
