"""Helper classes: meters, keepers of the best epoch, guards of modes, an Experiment."""

from __future__ import annotations

from torch import Tensor, nn


class ConvNorm(nn.Sequential):
    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, activate: bool = False) -> None:
        super().__init__()
        self.add_module("conv", nn.Conv2d(inputs, outputs, kernel, stride=stride, padding=(kernel - 1) // 2, bias=False))
        self.add_module("norm", nn.BatchNorm2d(outputs))
        if activate:
            self.add_module("act", nn.ReLU(inplace=True))


class BasicBlock(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.residual = nn.Sequential(ConvNorm(in_channels, out_channels, 3, stride, activate=True), ConvNorm(out_channels, out_channels, 3, 1))
        same = in_channels == out_channels and stride == 1
        self.shortcut: nn.Module = nn.Identity() if same else ConvNorm(in_channels, out_channels, 1, stride)
        self.activation = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.activation(self.residual(x) + self.shortcut(x))


class Stage(nn.Sequential):
    def __init__(self, inputs: int, outputs: int, stride: int, blocks: int = 2) -> None:
        super().__init__(BasicBlock(inputs, outputs, stride), *(BasicBlock(outputs, outputs) for _ in range(blocks - 1)))


class ResNet18(nn.Module):
    widths = (64, 128, 256, 512)

    def __init__(self, num_classes: int, in_channels: int = 3) -> None:
        super().__init__()
        self.stem = nn.Sequential(ConvNorm(in_channels, self.widths[0], 7, 2, activate=True), nn.MaxPool2d(3, stride=2, padding=1))
        self.body = nn.Sequential()
        previous = self.widths[0]
        for index, width in enumerate(self.widths):
            self.body.append(Stage(previous, width, stride=1 if index == 0 else 2))
            previous = width
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(previous, num_classes))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(self.stem(x)))
