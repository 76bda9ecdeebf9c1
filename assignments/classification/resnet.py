"""ResNet-18 (He et al. 2016, https://arxiv.org/abs/1512.03385), built from the parts in `torch.nn`."""

from torch import Tensor, nn


class BasicBlock(nn.Module):
    """Two 3×3 convolutions and a shortcut around them: `relu(bn(conv(relu(bn(conv(x))))) + shortcut(x))`.

    Convolutions have no bias, since the batch norm after them has one. The first convolution takes the stride.
    The shortcut is the input itself; only where the block changes the input's shape is it a projection, a 1×1
    convolution with the same stride followed by batch norm.

    Shapes: `(B, in_channels, H, W)` to `(B, out_channels, ceil(H / stride), ceil(W / stride))`.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        raise NotImplementedError("BasicBlock.__init__: not written yet")

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError("BasicBlock.forward: not written yet")


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
        raise NotImplementedError("ResNet18.__init__: not written yet")

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError("ResNet18.forward: not written yet")
