"""Residual networks that are wrong in one way each.

A student's network that does not compute what it should is compared with all of them, given the same weights: the one
that computes the same tells what the student's does. Which mistake it is only matters once it is known that there is
one, so nothing here can make a network wrong.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from grader.probes import models

Map = Callable[[Tensor], Tensor]
Norm = Callable[[nn.BatchNorm2d, Tensor], Tensor]
MakeBlock = Callable[[int, int, int], nn.Module]
Candidates = dict[str, Callable[[], nn.Module]]
ROOM = 1e-9  # relative: two networks with the same weights in float64 that compute the same


def same(x: Tensor) -> Tensor:
    return x


def pooled(x: Tensor) -> Tensor:
    return F.max_pool2d(x, 3, stride=2, padding=1)


def averaged(x: Tensor) -> Tensor:
    return x.mean((2, 3))


def batch_norm(layer: nn.BatchNorm2d, x: Tensor, eps: float = 1e-5, of_batch: bool | None = None) -> Tensor:
    """Batch norm that leaves the running statistics alone, so that many networks can share them.

    Args:
        of_batch: whether it uses the statistics of the batch, by default those that the mode says.
    """
    if layer.training if of_batch is None else of_batch:
        return F.batch_norm(x, None, None, layer.weight, layer.bias, training=True, eps=eps)
    return F.batch_norm(x, layer.running_mean, layer.running_var, layer.weight, layer.bias, eps=eps)


def _group_norm(layer: nn.BatchNorm2d, x: Tensor, groups: int) -> Tensor:
    return F.group_norm(x, groups or x.shape[1], layer.weight, layer.bias)  # 0: each channel is a group


def _channel_norm(layer: nn.BatchNorm2d, x: Tensor) -> Tensor:
    return F.layer_norm(x.movedim(1, -1), x.shape[1:2], layer.weight, layer.bias).movedim(-1, 1)


def _unused(layer: nn.BatchNorm2d, x: Tensor) -> Tensor:
    return x


class Block(nn.Module):
    """Two convolutions and a shortcut, with something else than usual in one of the places."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        stride: int = 1,
        first: Map = F.relu,
        last: Map = F.relu,
        norm: Norm = batch_norm,
        norms: tuple[Norm | None, Norm | None, Norm | None] = (None, None, None),
        edge: str = "constant",
        dilations: tuple[int, int] = (1, 1),
        stride_first: bool = True,
        join: Callable[[Tensor, Tensor], Tensor] = torch.add,
    ) -> None:
        super().__init__()
        strides = (stride, 1) if stride_first else (1, stride)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, strides[0], dilation=dilations[0], bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, strides[1], dilation=dilations[1], bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.projection: nn.Module | None = None
        if stride != 1 or in_channels != out_channels:
            self.projection = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
            self.bn3 = nn.BatchNorm2d(out_channels)
        self.first, self.last, self.edge, self.join = first, last, edge, join
        self.norm1, self.norm2, self.norm3 = (own or norm for own in norms)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.join(self.residual(x), self.shortcut(x)))

    def residual(self, x: Tensor) -> Tensor:
        out = self.first(self.norm1(self.bn1, self.convolved(self.conv1, x)))
        return self.norm2(self.bn2, self.convolved(self.conv2, out))

    def shortcut(self, x: Tensor) -> Tensor:
        return x if self.projection is None else self.norm3(self.bn3, self.projection(x))

    def convolved(self, layer: nn.Conv2d, x: Tensor) -> Tensor:
        side = layer.dilation[0]
        return layer(F.pad(x, (side, side, side, side), mode=self.edge))


class _NoIdentity(Block):
    def shortcut(self, x: Tensor) -> Tensor:
        return super().shortcut(x) * (self.projection is not None)


class _NoProjection(Block):
    def shortcut(self, x: Tensor) -> Tensor:
        return super().shortcut(x) * (self.projection is None)


class _ReLUBeforeNorms(Block):
    def residual(self, x: Tensor) -> Tensor:
        out = self.norm1(self.bn1, self.convolved(self.conv1, x).relu())
        return self.norm2(self.bn2, self.convolved(self.conv2, out).relu())


class _ReLUBeforeFirstNorm(Block):
    def residual(self, x: Tensor) -> Tensor:
        out = self.norm1(self.bn1, self.convolved(self.conv1, x).relu())
        return self.norm2(self.bn2, self.convolved(self.conv2, out))


class _ReLUBeforeSecondNorm(Block):
    def residual(self, x: Tensor) -> Tensor:
        out = self.norm1(self.bn1, self.convolved(self.conv1, x)).relu()
        return self.norm2(self.bn2, self.convolved(self.conv2, out).relu())


class _ReLUBeforeAddition(Block):
    def residual(self, x: Tensor) -> Tensor:
        return super().residual(x).relu()


class _NormAfterAddition(Block):
    def forward(self, x: Tensor) -> Tensor:
        out = self.first(self.norm1(self.bn1, self.convolved(self.conv1, x)))
        return self.last(self.norm2(self.bn2, self.convolved(self.conv2, out) + self.shortcut(x)))


class _NormAfterLastReLU(Block):
    def forward(self, x: Tensor) -> Tensor:
        out = self.first(self.norm1(self.bn1, self.convolved(self.conv1, x)))
        return self.norm2(self.bn2, (self.convolved(self.conv2, out) + self.shortcut(x)).relu())


class _AddedBeforeSecond(Block):
    def residual(self, x: Tensor) -> Tensor:
        out = self.norm1(self.bn1, self.convolved(self.conv1, x)) + super().shortcut(x)
        return self.norm2(self.bn2, self.convolved(self.conv2, out.relu()))

    def shortcut(self, x: Tensor) -> Tensor:
        return torch.zeros_like(super().shortcut(x))


class _FirstMapAdded(Block):
    """What is added is the map between the convolutions."""

    def shortcut(self, x: Tensor) -> Tensor:
        return self.first(self.norm1(self.bn1, self.convolved(self.conv1, x)))


class _PreActivated(Block):
    """Norm and ReLU come before each convolution: possible where the channels stay the same."""

    def residual(self, x: Tensor) -> Tensor:
        out = self.convolved(self.conv1, self.norm1(self.bn1, x).relu())
        return self.convolved(self.conv2, self.norm2(self.bn2, out).relu())


class _PreActivatedBoth(_PreActivated):
    def shortcut(self, x: Tensor) -> Tensor:
        return super().shortcut(self.norm1(self.bn1, x).relu())


class _ReLUThenConvolution(Block):
    def residual(self, x: Tensor) -> Tensor:
        out = self.norm1(self.bn1, self.convolved(self.conv1, x.relu()))
        return self.norm2(self.bn2, self.convolved(self.conv2, out.relu()))


class _ShortcutOfReLU(Block):
    def shortcut(self, x: Tensor) -> Tensor:
        return super().shortcut(x.relu())


class _InputCutOff(Block):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.relu())


class _ShortcutOfNorm(Block):
    def shortcut(self, x: Tensor) -> Tensor:
        return super().shortcut(x if self.projection is not None else self.norm1(self.bn1, x))


class _ProjectionThenReLU(Block):
    def shortcut(self, x: Tensor) -> Tensor:
        return super().shortcut(x).relu() if self.projection is not None else x


class _NormThenProjection(Block):
    def shortcut(self, x: Tensor) -> Tensor:
        return x if self.projection is None else self.projection(self.norm3(self.bn3, x))


class _PooledShortcut(Block):
    """The shortcut is made smaller by pooling and then projected."""

    pool: Callable[..., Tensor] = staticmethod(F.avg_pool2d)

    def shortcut(self, x: Tensor) -> Tensor:
        stride = self.conv1.stride[0]
        if self.projection is None or stride == 1:
            return super().shortcut(x)
        smaller = type(self).pool(x, stride, ceil_mode=True)
        return self.norm3(self.bn3, F.conv2d(smaller, self.projection.weight))


class _MaxPooledShortcut(_PooledShortcut):
    pool = staticmethod(F.max_pool2d)


class _FirstOnly(Block):
    def residual(self, x: Tensor) -> Tensor:
        return self.norm1(self.bn1, self.convolved(self.conv1, x))


class _SecondNormTwice(Block):
    def residual(self, x: Tensor) -> Tensor:
        return self.norm2(self.bn2, super().residual(x))


class _FirstTwice(Block):
    """The second convolution's place is taken by the first: possible where the channels stay the same."""

    def residual(self, x: Tensor) -> Tensor:
        out = self.first(self.norm1(self.bn1, self.convolved(self.conv1, x)))
        return self.norm2(self.bn2, self.convolved(self.conv1, out))


class _ShortcutAlone(Block):
    def residual(self, x: Tensor) -> Tensor:
        return torch.zeros_like(super().residual(x))


def _both(activation: Map) -> MakeBlock:
    return partial(Block, first=activation, last=activation)


ACTIVATIONS: dict[str, Map] = {
    "negative values are not cut off but made 100 times smaller": partial(F.leaky_relu, negative_slope=0.01),
    "negative values are not cut off but made 10 times smaller": partial(F.leaky_relu, negative_slope=0.1),
    "negative values are not cut off but made 5 times smaller": partial(F.leaky_relu, negative_slope=0.2),
    "negative values are not cut off but made 4 times smaller": partial(F.leaky_relu, negative_slope=0.25),
    "an ELU stands in the place of ReLU": F.elu,
    "a GELU stands in the place of ReLU": F.gelu,
    "a SiLU stands in the place of ReLU": F.silu,
    "a softplus stands in the place of ReLU": F.softplus,
    "a tanh stands in the place of ReLU": torch.tanh,
    "a sigmoid stands in the place of ReLU": torch.sigmoid,
    "values above 6 are cut off": F.relu6,
}
NORMS: dict[str, Norm] = {
    **{
        f"batch norm adds {eps:g} to the variances": partial(batch_norm, eps=eps)
        for eps in (1e-3, 1e-2, 1e-1, 1e-4, 1e-6, 1e-7, 1e-8, 1e-12, 0.0)
    },
    "every image is normalised on its own, all channels together": partial(_group_norm, groups=1),
    "every channel of an image is normalised on its own": partial(_group_norm, groups=0),
    **{
        f"maps are normalised in {groups} groups of channels, image by image": partial(_group_norm, groups=groups)
        for groups in (2, 3, 4, 8, 16, 32)
    },
    "maps are normalised over their channels, pixel by pixel": _channel_norm,
    "its batch norms normalise by the batch, not by their running statistics": partial(batch_norm, of_batch=True),
    "its batch norms normalise by their running statistics, as in evaluation mode": partial(batch_norm, of_batch=False),
    "its batch norms have no effect": _unused,
}

BLOCKS: dict[str, MakeBlock] = {
    "the shortcut is not added": partial(Block, join=lambda out, shortcut: out),
    "the input is not added where the shortcut has no projection": _NoIdentity,
    "the projection is not added": _NoProjection,
    "there is no ReLU after the addition": partial(Block, last=same),
    "there is no ReLU between the convolutions": partial(Block, first=same),
    "there is no ReLU at all": _both(same),
    "there is a ReLU before the addition, and none after it": partial(_ReLUBeforeAddition, last=same),
    "there is a ReLU before the addition, too": _ReLUBeforeAddition,
    "there is a ReLU before the addition, and none between the convolutions": partial(_ReLUBeforeAddition, first=same),
    "ReLU comes before batch norm after both convolutions": _ReLUBeforeNorms,
    "ReLU comes before batch norm after both convolutions, and none after the addition": partial(
        _ReLUBeforeNorms, last=same
    ),
    "ReLU comes before batch norm after the first convolution": _ReLUBeforeFirstNorm,
    "there is a ReLU before the second batch norm": _ReLUBeforeSecondNorm,
    "the second batch norm comes after the addition": _NormAfterAddition,
    "the second batch norm comes after the addition and the ReLU": _NormAfterLastReLU,
    "the shortcut is added before the second convolution": _AddedBeforeSecond,
    "what is added is the map between the convolutions, not the block's input": _FirstMapAdded,
    "batch norm and ReLU come before each convolution, not after it": partial(_PreActivated, last=same),
    "batch norm and ReLU come before each convolution, not after it, and another ReLU at the end": _PreActivated,
    "batch norm and ReLU come before each convolution and before the shortcut": partial(_PreActivatedBoth, last=same),
    "batch norm and ReLU come before each convolution and before the shortcut, and another ReLU at the end": (
        _PreActivatedBoth
    ),
    "ReLU comes before each convolution, not after the batch norm": partial(_ReLUThenConvolution, last=same),
    "ReLU comes before each convolution, too": _ReLUThenConvolution,
    "the shortcut carries the input after a ReLU": _ShortcutOfReLU,
    "both ways start from the input after a ReLU": _InputCutOff,
    "the input goes through a batch norm on the shortcut, also where the shape stays": _ShortcutOfNorm,
    "the projection is followed by a ReLU": _ProjectionThenReLU,
    "batch norm comes before the projection": _NormThenProjection,
    "the shortcut is averaged over windows before its projection": _PooledShortcut,
    "the shortcut is max pooled before its projection": _MaxPooledShortcut,
    "the stride is that of the second convolution": partial(Block, stride_first=False),
    "the second convolution is not used": _FirstOnly,
    "the first convolution is used in the place of the second": _FirstTwice,
    "there are two batch norms after the second convolution": _SecondNormTwice,
    "the convolutions' result is not used, only the shortcut": _ShortcutAlone,
    "the first batch norm is not used": partial(Block, norms=(_unused, None, None)),
    "the second batch norm is not used": partial(Block, norms=(None, _unused, None)),
    "the batch norms after the two convolutions are not used": partial(Block, norms=(_unused, _unused, None)),
    "the projection's batch norm is not used": partial(Block, norms=(None, None, _unused)),
    "the shortcut is subtracted": partial(Block, join=torch.sub),
    "the shortcut is added twice": partial(Block, join=lambda out, shortcut: out + 2 * shortcut),
    "half of the shortcut is added": partial(Block, join=lambda out, shortcut: out + shortcut / 2),
    "the mean of both ways is taken": partial(Block, join=lambda out, shortcut: (out + shortcut) / 2),
    "the sum of both ways is divided by √2": partial(Block, join=lambda out, shortcut: (out + shortcut) / 2**0.5),
    "the convolutions' result is made 10 times smaller": partial(Block, join=lambda out, short: out / 10 + short),
    "both ways are multiplied": partial(Block, join=torch.mul),
    "of both ways the larger value is taken": partial(Block, join=torch.maximum),
    **{what: _both(activation) for what, activation in ACTIVATIONS.items()},
    "beyond the edge of a map its own values are mirrored, not zeros": partial(Block, edge="reflect"),
    "beyond the edge of a map its outermost values are repeated, not zeros": partial(Block, edge="replicate"),
    "beyond the edge of a map lies its opposite edge, not zeros": partial(Block, edge="circular"),
    "the points of its kernels are not next to each other: they are dilated": partial(Block, dilations=(2, 2)),
    "the points of its second kernel are not next to each other: it is dilated": partial(Block, dilations=(1, 2)),
    "the points of its first kernel are not next to each other: it is dilated": partial(Block, dilations=(2, 1)),
    **{what: partial(Block, norm=norm) for what, norm in NORMS.items()},
}


class ResNet(nn.Module):
    """Stem, four stages of two blocks, average and head, with something else than usual in one of the places."""

    def __init__(
        self,
        num_classes: int,
        in_channels: int = 3,
        block: MakeBlock = Block,
        strides: tuple[int, ...] = (1, 2, 2, 2),
        stem_stride: int = 2,
        stem_edge: str = "constant",
        stem_padding: int = 3,
        stem_norm: Norm = batch_norm,
        stem_activation: Map = F.relu,
        pool: Map = pooled,
        collect: Map = averaged,
        before: Map = same,
        features: Map = same,
        after: Map = same,
        left_out: tuple[int, ...] = (),
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, 64, 7, stride=stem_stride, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        widths, self.blocks = (64, 64, 128, 256, 512), nn.ModuleList()
        for below, width, stride in zip(widths[:-1], widths[1:], strides, strict=True):
            self.blocks.extend([block(below, width, stride), block(width, width, 1)])
        self.fc = nn.Linear(512, num_classes)
        self.stem_padding, self.stem_edge, self.stem_norm = stem_padding, stem_edge, stem_norm
        self.stem_activation, self.pool, self.collect = stem_activation, pool, collect
        self.before, self.features, self.after, self.left_out = before, features, after, left_out

    def forward(self, x: Tensor) -> Tensor:
        x = self.stages(self.stem(self.before(x)))
        return self.after(self.fc(self.features(self.collect(x))))

    def stem(self, x: Tensor) -> Tensor:
        return self.pool(self.stem_activation(self.stem_norm(self.bn1, self.stem_map(x))))

    def stem_map(self, x: Tensor) -> Tensor:
        return self.conv1(F.pad(x, (self.stem_padding,) * 4, mode=self.stem_edge))

    def stages(self, x: Tensor) -> Tensor:
        for number, block in enumerate(self.blocks):
            x = x if number in self.left_out else block(x)
        return x


class _StemReLUBeforeNorm(ResNet):
    def stem(self, x: Tensor) -> Tensor:
        return self.pool(self.stem_norm(self.bn1, self.stem_map(x).relu()))


class _StemPoolFirst(ResNet):
    def stem(self, x: Tensor) -> Tensor:
        return self.stem_norm(self.bn1, self.pool(self.stem_map(x))).relu()


class _Dilated(ResNet):
    """Stages from some one on work at the size of the stage before, with kernels that are spread instead."""

    stages_dilated: tuple[int, ...] = (3,)

    def __init__(self, *args: int, **options: Any) -> None:
        super().__init__(*args, **options)
        spread = 1
        for stage in type(self).stages_dilated:
            first, second = self.blocks[2 * stage], self.blocks[2 * stage + 1]
            _dilate(first.conv1, spread, stride=1)
            first.projection.stride = (1, 1)
            spread *= 2
            for layer in (first.conv2, second.conv1, second.conv2):
                _dilate(layer, spread, stride=1)


class _DilatedTwice(_Dilated):
    stages_dilated = (2, 3)


class _DilatedThroughout(_Dilated):
    """As `_Dilated`, with the first convolution spread, too."""

    def __init__(self, *args: int, **options: Any) -> None:
        super().__init__(*args, **options)
        _dilate(self.blocks[6].conv1, 2, stride=1)


class _DilatedAndStrided(ResNet):
    """The last stage strides and its kernels are spread as well."""

    def __init__(self, *args: int, **options: Any) -> None:
        super().__init__(*args, **options)
        for block in self.blocks[6:]:
            for layer in (block.conv1, block.conv2):
                _dilate(layer, 2, stride=layer.stride[0])


def _dilate(layer: nn.Conv2d, spread: int, stride: int) -> None:
    layer.dilation, layer.stride = (spread, spread), (stride, stride)


def _standardised(x: Tensor) -> Tensor:
    return (x - x.mean()) / x.std()


def _each_standardised(x: Tensor) -> Tensor:
    return torch.stack([_standardised(each) for each in x])


def _channels_standardised(x: Tensor) -> Tensor:
    return (x - x.mean((2, 3), keepdim=True)) / x.std((2, 3), keepdim=True)


def _stretched(x: Tensor) -> Tensor:
    low, high = x.amin((1, 2, 3), keepdim=True), x.amax((1, 2, 3), keepdim=True)
    return (x - low) / (high - low)


def _imagenet(x: Tensor) -> Tensor:
    mean, deviation = torch.tensor([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]], dtype=x.dtype).view(2, 1, 3, 1, 1)
    return (x - mean) / deviation


def _resized(x: Tensor, size: int = 224) -> Tensor:
    return F.interpolate(x, size=(size, size), mode="bilinear", align_corners=False)


def _both_pools(x: Tensor) -> Tensor:
    return (x.mean((2, 3)) + x.amax((2, 3))) / 2


WHOLE: dict[str, dict[str, Any]] = {
    "maps are pooled by averages in the stem, not by largest values": {
        "pool": partial(F.avg_pool2d, kernel_size=3, stride=2, padding=1)
    },
    "maps are pooled by averages in the stem that leave out what lies beyond the edge": {
        "pool": partial(F.avg_pool2d, kernel_size=3, stride=2, padding=1, count_include_pad=False)
    },
    "the windows of the stem's max pooling are 2×2": {"pool": partial(F.max_pool2d, kernel_size=2)},
    "the windows of the stem's max pooling are 2×2, and odd sizes are rounded up": {
        "pool": partial(F.max_pool2d, kernel_size=2, ceil_mode=True)
    },
    "the windows of the stem's max pooling are 2×2, with padding": {
        "pool": partial(F.max_pool2d, kernel_size=2, stride=2, padding=1)
    },
    "the windows of the stem's max pooling are 3×3 and do not overlap": {"pool": partial(F.max_pool2d, kernel_size=3)},
    "the windows of the stem's max pooling are 3×3 and do not overlap, with padding": {
        "pool": partial(F.max_pool2d, kernel_size=3, padding=1)
    },
    "the stem's max pooling has no padding": {"pool": partial(F.max_pool2d, kernel_size=3, stride=2)},
    "the stem's max pooling has no padding and rounds sizes up": {
        "pool": partial(F.max_pool2d, kernel_size=3, stride=2, ceil_mode=True)
    },
    "the stem's max pooling rounds sizes up": {
        "pool": partial(F.max_pool2d, kernel_size=3, stride=2, padding=1, ceil_mode=True)
    },
    "the stem's max pooling has 5×5 windows": {"pool": partial(F.max_pool2d, kernel_size=5, stride=2, padding=2)},
    "the stem's max pooling moves by single pixels: the size stays": {
        "pool": partial(F.max_pool2d, kernel_size=3, stride=1, padding=1)
    },
    "there is no pooling in the stem": {"pool": same},
    "in the stem every second value is left out, without pooling": {"pool": lambda x: x[:, :, ::2, ::2]},
    "the stem pools twice": {"pool": lambda x: pooled(pooled(x))},
    "the stem's convolution does not stride": {"stem_stride": 1},
    "the stem's convolution does not stride, and there is no pooling in the stem": {"stem_stride": 1, "pool": same},
    "the stem's convolution strides by 4, and there is no pooling in the stem": {"stem_stride": 4, "pool": same},
    "the stem's convolution strides by 3": {"stem_stride": 3},
    "the stem's convolution strides by 4": {"stem_stride": 4},
    "the stem's convolution has no padding": {"stem_padding": 0},
    **{f"the stem's convolution is padded by {side}": {"stem_padding": side} for side in (1, 2, 4)},
    "beyond the edge of an image its own values are mirrored, not zeros": {"stem_edge": "reflect"},
    "beyond the edge of an image its outermost values are repeated, not zeros": {"stem_edge": "replicate"},
    "beyond the edge of an image lies its opposite edge, not zeros": {"stem_edge": "circular"},
    "there is no ReLU in the stem": {"stem_activation": same},
    **{f"in the stem {what}": {"stem_activation": activation} for what, activation in ACTIVATIONS.items()},
    **{f"in the stem {what.removeprefix('its ')}": {"stem_norm": norm} for what, norm in NORMS.items()},
    "the second stage does not stride": {"strides": (1, 1, 2, 2)},
    "the third stage does not stride": {"strides": (1, 2, 1, 2)},
    "the last stage does not stride": {"strides": (1, 2, 2, 1)},
    "the last two stages do not stride": {"strides": (1, 2, 1, 1)},
    "no stage strides": {"strides": (1, 1, 1, 1)},
    **{
        f"the {which} block of stage {stage + 1} is not used": {"left_out": (2 * stage + (which == "second"),)}
        for stage in range(4)
        for which in ("first", "second")
    },
    "the second block of each stage is not used": {"left_out": (1, 3, 5, 7)},
    "in the end the largest value of each map is taken, not the average": {"collect": partial(torch.amax, dim=(2, 3))},
    "in the end each map is summed, not averaged": {"collect": partial(torch.sum, dim=(2, 3))},
    "in the end the average and the largest value of each map are averaged": {"collect": _both_pools},
    "in the end the average and the largest value of each map are added": {"collect": lambda x: 2 * _both_pools(x)},
    "in the end one corner of each map is taken, not its average": {"collect": lambda x: x[:, :, 0, 0]},
    "in the end the last corner of each map is taken, not its average": {"collect": lambda x: x[:, :, -1, -1]},
    "in the end the centre of each map is taken, not its average": {
        "collect": lambda x: x[:, :, x.shape[2] // 2, x.shape[3] // 2]
    },
    "in the end the median of each map is taken, not its average": {"collect": lambda x: x.flatten(2).median(2)[0]},
    "in the end each map is averaged over rows, and the largest average is taken": {
        "collect": lambda x: x.mean(2).amax(2)
    },
    "in the end the root of the mean square of each map is taken": {
        "collect": lambda x: x.square().mean((2, 3)).sqrt()
    },
    "the features are scaled to length one before the last layer": {"features": F.normalize},
    "the features are halved before the last layer": {"features": lambda x: x / 2},
    "a tanh stands before the last layer": {"features": torch.tanh},
    "a sigmoid stands before the last layer": {"features": torch.sigmoid},
    "what it returns are probabilities (a softmax of the logits)": {"after": partial(F.softmax, dim=1)},
    "what it returns are logarithms of probabilities": {"after": partial(F.log_softmax, dim=1)},
    "what it returns is a softmax over the images of the batch": {"after": partial(F.softmax, dim=0)},
    "what it returns lies between 0 and 1 (a sigmoid of the logits)": {"after": torch.sigmoid},
    "what it returns lies between -1 and 1 (a tanh of the logits)": {"after": torch.tanh},
    "negative logits are cut off": {"after": F.relu},
    **{
        f"logits beyond ±{limit} are cut off": {"after": partial(torch.clamp, min=-limit, max=limit)}
        for limit in (1, 5, 10, 20, 50, 100)
    },
    "logits are scaled to length one": {"after": F.normalize},
    "logits are halved": {"after": lambda x: x / 2},
    "logits are divided by the root of their number of features": {"after": lambda x: x / 512**0.5},
    "images are mapped to [-1, 1] as if they lay in [0, 1]": {"before": lambda x: 2 * x - 1},
    "images are divided by 255 before they enter": {"before": lambda x: x / 255},
    "images are halved before they enter": {"before": lambda x: x / 2},
    "images are clamped to [0, 1] before they enter": {"before": partial(torch.clamp, min=0, max=1)},
    "images are clamped to [-1, 1] before they enter": {"before": partial(torch.clamp, min=-1, max=1)},
    "the images of a batch are standardised together": {"before": _standardised},
    "every image is standardised on its own": {"before": _each_standardised},
    "every channel of an image is standardised": {"before": _channels_standardised},
    "every image is stretched to [0, 1]": {"before": _stretched},
    "images are standardised by the statistics of ImageNet": {"before": _imagenet},
    "images are resized to 224×224 before they enter": {"before": _resized},
    "images are resized to 28×28 before they enter": {"before": partial(_resized, size=28)},
    "images are resized to 32×32 before they enter": {"before": partial(_resized, size=32)},
    "height and width are exchanged": {"before": partial(torch.transpose, dim0=2, dim1=3)},
    "images are mirrored": {"before": partial(torch.flip, dims=[3])},
    "images are turned upside down": {"before": partial(torch.flip, dims=[2])},
    "the order of the colours is reversed": {"before": partial(torch.flip, dims=[1])},
    "the colours are averaged before they enter": {"before": lambda x: x.mean(1, keepdim=True).expand_as(x)},
}


class _NoBias(ResNet):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) - self.fc.bias


OTHERS: dict[str, Callable[..., ResNet]] = {
    "in the stem ReLU comes before batch norm": _StemReLUBeforeNorm,
    "in the stem pooling comes before batch norm and ReLU": _StemPoolFirst,
    "the last layer's bias is not added": _NoBias,
    "the last stage has spread (dilated) kernels in the place of its stride": _Dilated,
    "the last stage has spread (dilated) kernels in the place of its stride, from its first convolution on": (
        _DilatedThroughout
    ),
    "the last two stages have spread (dilated) kernels in the place of their strides": _DilatedTwice,
    "the last stage has spread (dilated) kernels besides its stride": _DilatedAndStrided,
}


def blocks(in_channels: int, out_channels: int, stride: int = 1) -> Candidates:
    """Each wrong block, by what is wrong about it."""
    return {sentence: partial(block, in_channels, out_channels, stride) for sentence, block in BLOCKS.items()}


def networks(num_classes: int, in_channels: int = 3) -> Candidates:
    """Each wrong network, the right one made of each wrong block, and the one with another batch norm throughout."""
    right = partial(ResNet, num_classes, in_channels)
    return {
        **{what: partial(right, block=partial(Block, norm=norm), stem_norm=norm) for what, norm in NORMS.items()},
        **{sentence: partial(right, **options) for sentence, options in WHOLE.items()},
        **{sentence: partial(network, num_classes, in_channels) for sentence, network in OTHERS.items()},
        **{
            what: partial(right, block=_both(activation), stem_activation=activation)
            for what, activation in ACTIVATIONS.items()
        },
        **{f"in its blocks {what.removeprefix('its ')}": partial(right, block=block) for what, block in BLOCKS.items()},
    }


def mistake(found: Tensor, candidates: Candidates, seed: int, images: Tensor, training: bool) -> str:
    """The first of the candidates that computes the same, filled with the same weights; empty when none does.

    Args:
        found: the student's outputs in float64, of a network that `models.fill_by_shape` filled from this seed.
    """
    weights: dict[str, Tensor] = {}
    for sentence, build in candidates.items() if isinstance(found, Tensor) and found.dtype == torch.float64 else ():
        if not weights:
            first = build().double()
            models.fill_by_shape(first, seed)
            weights = first.state_dict()
        try:
            with torch.device("meta"):
                other = build()
            other.load_state_dict(weights, assign=True)
            with torch.no_grad():
                outputs = other.train(training)(images.double())
        except (RuntimeError, ValueError):
            continue  # a single value cannot be normalised or mirrored, and not every block fits any channels
        if outputs.shape == found.shape and _close(outputs, found.detach()):
            return sentence
    return ""


def _close(one: Tensor, other: Tensor) -> bool:
    return bool((one - other).abs().max() <= ROOM * other.abs().max())
