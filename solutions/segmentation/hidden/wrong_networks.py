"""U-Nets that are wrong in one way each.

A student's network that does not compute what it should is compared with all of them, given the same weights: the one
that computes the same tells what the student's does. Which mistake it is only matters once it is known that there is
one, so nothing here can make a network wrong.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from oracle_networks import UNet
from torch import Tensor, nn
from torch.nn import functional as F

from grader.probes.encoder_decoders import filled_outputs

Map = Callable[[Tensor], Tensor]
Candidates = dict[str, Callable[[], nn.Module]]
UNSEEN = (1 + 1e-5) ** 0.5  # what batch norm divides by in evaluation mode before it has been trained
ROOM = 1e-9  # relative: two networks with the same weights in float64 that compute the same


class Block(nn.Module):
    """Two 3×3 convolutions, with something done before, between and after them."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        one: Map = F.relu,
        two: Map = F.relu,
        edge: str = "constant",
        dilation: int = 1,
        second_dilation: int | None = None,
        joined: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda x, first, second: second,
    ) -> None:
        super().__init__()
        self.first = nn.Conv2d(in_channels, out_channels, 3, dilation=dilation)
        self.second = nn.Conv2d(out_channels, out_channels, 3, dilation=second_dilation or dilation)
        self.one, self.two, self.edge, self.joined = one, two, edge, joined

    def forward(self, x: Tensor) -> Tensor:
        first = self.one(self._convolved(self.first, x))
        return self.joined(x, first, self.two(self._convolved(self.second, first)))

    def _convolved(self, layer: nn.Conv2d, x: Tensor) -> Tensor:
        side = layer.dilation[0]
        return layer(F.pad(x, (side, side, side, side), mode=self.edge))


def same(x: Tensor) -> Tensor:
    return x


def normalised(x: Tensor, axes: Sequence[int]) -> Tensor:
    """Mean 0 and variance 1 over these axes, as batch norm and instance norm make them."""
    variance, mean = torch.var_mean(x, tuple(axes), unbiased=False, keepdim=True)
    return (x - mean) / (variance + 1e-5).sqrt()


def _added(x: Tensor, first: Tensor, second: Tensor) -> Tensor:
    return second + x if x.shape == second.shape else second


def _both(activation: Map) -> Callable[[int, int], Block]:
    return partial(Block, one=activation, two=activation)


def _norm(axes: Sequence[int]) -> Callable[[int, int], Block]:
    return _both(lambda x: normalised(x, axes).relu())


BLOCKS: dict[str, Callable[[int, int], Block]] = {
    "there is no ReLU after the first convolution": partial(Block, one=same),
    "there is no ReLU after the second convolution": partial(Block, two=same),
    "there is no ReLU at all": partial(Block, one=same, two=same),
    "negative values are not cut off but made 100 times smaller": _both(partial(F.leaky_relu, negative_slope=0.01)),
    "negative values are not cut off but made 10 times smaller": _both(partial(F.leaky_relu, negative_slope=0.1)),
    "negative values are not cut off but made 5 times smaller": _both(partial(F.leaky_relu, negative_slope=0.2)),
    "negative values are not cut off but made 4 times smaller": _both(partial(F.leaky_relu, negative_slope=0.25)),
    "an ELU stands in the place of ReLU": _both(F.elu),
    "a GELU stands in the place of ReLU": _both(F.gelu),
    "a SiLU stands in the place of ReLU": _both(F.silu),
    "a softplus stands in the place of ReLU": _both(F.softplus),
    "a SELU stands in the place of ReLU": _both(F.selu),
    "a tanh stands in the place of ReLU": _both(torch.tanh),
    "a sigmoid stands in the place of ReLU": _both(torch.sigmoid),
    "values above 6 are cut off": _both(F.relu6),
    "beyond the edge of a map its own values are mirrored, not zeros": partial(Block, edge="reflect"),
    "beyond the edge of a map its outermost values are repeated, not zeros": partial(Block, edge="replicate"),
    "beyond the edge of a map lies its opposite edge, not zeros": partial(Block, edge="circular"),
    "the points of its kernels are not next to each other: they are dilated": partial(Block, dilation=2),
    "the points of its second kernel are not next to each other: it is dilated": partial(Block, second_dilation=2),
    "maps are normalised over the batch": _norm((0, 2, 3)),
    "each map is normalised on its own": _norm((2, 3)),
    "maps are normalised over the batch after each ReLU": _both(lambda x: normalised(x.relu(), (0, 2, 3))),
    "maps are a little smaller, as after a batch norm that has seen no data": _both(lambda x: x.relu() / UNSEEN),
    "the first convolution's map is added to the second's": partial(
        Block, joined=lambda x, first, second: first + second
    ),
    "the block's input is added to its output": partial(Block, joined=_added),
    "the block's input is added before the last ReLU": partial(
        Block, two=same, joined=lambda *maps: _added(*maps).relu()
    ),
}


def _is_lowest(network: UNet, skip: Tensor) -> bool:
    """Whether it is the skip above the lowest level."""
    return skip.shape[1] == network.head.in_channels * 2 ** (len(network.encoders) - 1)


def _block_of(network: UNet, skip: Tensor) -> nn.Sequential:
    """The block on the way down that a skip comes from."""
    return next(block for block in network.encoders if block[0].out_channels == skip.shape[1])


class _Sampled(UNet):
    def pooled(self, skip: Tensor) -> Tensor:
        return skip[..., : skip.shape[-2] // 2 * 2 : 2, : skip.shape[-1] // 2 * 2 : 2]


class _Averaged(UNet):
    def pooled(self, skip: Tensor) -> Tensor:
        return F.avg_pool2d(skip, 2)


class _AveragedAtTheBottom(UNet):
    def pooled(self, skip: Tensor) -> Tensor:
        return (F.avg_pool2d if _is_lowest(self, skip) else F.max_pool2d)(skip, 2)


class _PooledByThree(UNet):
    def pooled(self, skip: Tensor) -> Tensor:
        return F.max_pool2d(skip, 3, stride=2, padding=1)


class _RoundedUp(UNet):
    def pooled(self, skip: Tensor) -> Tensor:
        return F.max_pool2d(skip, 2, ceil_mode=True)

    def padded(self, above: Tensor, skip: Tensor) -> Tensor:
        return above[..., : skip.shape[-2], : skip.shape[-1]]


class _Corners(UNet):
    def enlarged(self, below: Tensor, skip: Tensor) -> Tensor:
        return F.interpolate(below, scale_factor=2, mode="bilinear", align_corners=True)


class _Nearest(UNet):
    def enlarged(self, below: Tensor, skip: Tensor) -> Tensor:
        return F.interpolate(below, scale_factor=2)


class _Bicubic(UNet):
    def enlarged(self, below: Tensor, skip: Tensor) -> Tensor:
        return F.interpolate(below, scale_factor=2, mode="bicubic", align_corners=False)


class _Stretched(UNet):
    def enlarged(self, below: Tensor, skip: Tensor) -> Tensor:
        return F.interpolate(below, size=skip.shape[-2:], mode="bilinear", align_corners=False)


class _StretchedCorners(UNet):
    def enlarged(self, below: Tensor, skip: Tensor) -> Tensor:
        return F.interpolate(below, size=skip.shape[-2:], mode="bilinear", align_corners=True)


class _StretchedNearest(UNet):
    def enlarged(self, below: Tensor, skip: Tensor) -> Tensor:
        return F.interpolate(below, size=skip.shape[-2:])


class _StretchedAfterwards(UNet):
    def padded(self, above: Tensor, skip: Tensor) -> Tensor:
        return F.interpolate(above, size=skip.shape[-2:], mode="bilinear", align_corners=False)


def _missing(above: Tensor, skip: Tensor) -> tuple[int, int]:
    """Rows and columns."""
    return skip.shape[-2] - above.shape[-2], skip.shape[-1] - above.shape[-1]


class _LeftAndTop(UNet):
    def padded(self, above: Tensor, skip: Tensor) -> Tensor:
        rows, columns = _missing(above, skip)
        return F.pad(above, (columns, 0, rows, 0))


class _LeftAndBottom(UNet):
    def padded(self, above: Tensor, skip: Tensor) -> Tensor:
        rows, columns = _missing(above, skip)
        return F.pad(above, (columns, 0, 0, rows))


class _RightAndTop(UNet):
    def padded(self, above: Tensor, skip: Tensor) -> Tensor:
        rows, columns = _missing(above, skip)
        return F.pad(above, (0, columns, rows, 0))


class _Repeated(UNet):
    def padded(self, above: Tensor, skip: Tensor) -> Tensor:
        rows, columns = _missing(above, skip)
        return F.pad(above, (0, columns, 0, rows), mode="replicate")


class _Mirrored(UNet):
    def padded(self, above: Tensor, skip: Tensor) -> Tensor:
        rows, columns = _missing(above, skip)
        return F.pad(above, (0, columns, 0, rows), mode="reflect")


class _Ones(UNet):
    def padded(self, above: Tensor, skip: Tensor) -> Tensor:
        rows, columns = _missing(above, skip)
        return F.pad(above, (0, columns, 0, rows), value=1.0)


class _NoSkip(UNet):
    def kept(self, skip: Tensor, x: Tensor, above: Tensor) -> Tensor:
        return torch.zeros_like(skip)


class _FromBelow(UNet):
    def kept(self, skip: Tensor, x: Tensor, above: Tensor) -> Tensor:
        return above[:, : skip.shape[1]]


class _AfterPooling(UNet):
    def kept(self, skip: Tensor, x: Tensor, above: Tensor) -> Tensor:
        return F.interpolate(F.max_pool2d(skip, 2), size=skip.shape[-2:])


class _AfterPoolingSmoothed(UNet):
    def kept(self, skip: Tensor, x: Tensor, above: Tensor) -> Tensor:
        return self.padded(self.enlarged(F.max_pool2d(skip, 2), skip), skip)


class _FirstConvolution(UNet):
    def kept(self, skip: Tensor, x: Tensor, above: Tensor) -> Tensor:
        return _block_of(self, skip)[:2](x)


class _BeforeReLU(UNet):
    def kept(self, skip: Tensor, x: Tensor, above: Tensor) -> Tensor:
        return _block_of(self, skip)[:3](x)


class _Added(UNet):
    def kept(self, skip: Tensor, x: Tensor, above: Tensor) -> Tensor:
        return skip + above[:, : skip.shape[1]]


class _Twice(UNet):
    def kept(self, skip: Tensor, x: Tensor, above: Tensor) -> Tensor:
        return 2 * skip


class _Half(UNet):
    def kept(self, skip: Tensor, x: Tensor, above: Tensor) -> Tensor:
        return skip / 2


class _MirroredSkip(UNet):
    def kept(self, skip: Tensor, x: Tensor, above: Tensor) -> Tensor:
        return skip.flip(3)


class _UpsideDownSkip(UNet):
    def kept(self, skip: Tensor, x: Tensor, above: Tensor) -> Tensor:
        return skip.flip(2)


class _HalfFromBelow(UNet):
    def enlarged(self, below: Tensor, skip: Tensor) -> Tensor:
        return super().enlarged(below, skip) / 2


class _NothingFromBelow(UNet):
    def enlarged(self, below: Tensor, skip: Tensor) -> Tensor:
        return torch.zeros_like(super().enlarged(below, skip))


class _NothingFromTheBottom(UNet):
    def enlarged(self, below: Tensor, skip: Tensor) -> Tensor:
        return super().enlarged(below * (not _is_lowest(self, skip)), skip)


class _ConstantBottom(UNet):
    def pooled(self, skip: Tensor) -> Tensor:
        below = super().pooled(skip)
        return below.mean((2, 3), keepdim=True).expand_as(below) if _is_lowest(self, skip) else below


class _CentredBottom(UNet):
    def pooled(self, skip: Tensor) -> Tensor:
        below = super().pooled(skip)
        return below - below.mean(0, keepdim=True) if _is_lowest(self, skip) else below


class _NoBottomBlock(UNet):
    """In the place of what the lowest block gives stands its input, twice."""

    def level(self, x: Tensor, number: int) -> Tensor:
        return torch.cat([x, x], 1) if number == len(self.encoders) else super().level(x, number)


class _NoLastBlock(UNet):
    def level(self, x: Tensor, number: int) -> Tensor:
        if number > 0:
            return super().level(x, number)
        return self.encoders[0](x)


class _NoLastBlockOnTheWayUp(UNet):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.decoders[0] = _Idle(self.decoders[0])


class _Idle(nn.Module):
    """Has a block and does not use it: gives the first third of the channels."""

    def __init__(self, block: nn.Module) -> None:
        super().__init__()
        self.block = block

    def forward(self, x: Tensor) -> Tensor:
        return x[:, : x.shape[1] // 3]


class _Detached(UNet):
    def kept(self, skip: Tensor, x: Tensor, above: Tensor) -> Tensor:
        return skip.detach()


class _DetachedBelow(UNet):
    def enlarged(self, below: Tensor, skip: Tensor) -> Tensor:
        return super().enlarged(below, skip).detach()


class _TopSkipOnly(UNet):
    def kept(self, skip: Tensor, x: Tensor, above: Tensor) -> Tensor:
        return skip if skip.shape[1] == self.head.in_channels else torch.zeros_like(skip)


class _NoTopSkip(UNet):
    def kept(self, skip: Tensor, x: Tensor, above: Tensor) -> Tensor:
        return torch.zeros_like(skip) if skip.shape[1] == self.head.in_channels else skip


class _NoDeepSkip(UNet):
    def kept(self, skip: Tensor, x: Tensor, above: Tensor) -> Tensor:
        return torch.zeros_like(skip) if _is_lowest(self, skip) else skip


class _NoFirstPooling(UNet):
    def pooled(self, skip: Tensor) -> Tensor:
        return skip if skip.shape[1] == self.head.in_channels else super().pooled(skip)

    def enlarged(self, below: Tensor, skip: Tensor) -> Tensor:
        return below if below.shape[-2:] == skip.shape[-2:] else super().enlarged(below, skip)


class _OnePoolingLess(UNet):
    def pooled(self, skip: Tensor) -> Tensor:
        return skip if _is_lowest(self, skip) else super().pooled(skip)

    def enlarged(self, below: Tensor, skip: Tensor) -> Tensor:
        return below if below.shape[-2:] == skip.shape[-2:] else super().enlarged(below, skip)


class _PoolingTwiceAtTheBottom(UNet):
    def pooled(self, skip: Tensor) -> Tensor:
        below = super().pooled(skip)
        return F.max_pool2d(below, 2) if _is_lowest(self, skip) else below

    def padded(self, above: Tensor, skip: Tensor) -> Tensor:
        if _is_lowest(self, skip):
            above = self.enlarged(above, skip)
        return super().padded(above, skip)


class _SizeRoundedUp(UNet):
    def forward(self, x: Tensor) -> Tensor:
        step = 2 ** len(self.encoders)
        height, width = x.shape[-2:]
        return super().forward(F.pad(x, (0, -width % step, 0, -height % step)))[..., :height, :width]


class _SizeRoundedUpOnBothSides(UNet):
    def forward(self, x: Tensor) -> Tensor:
        step = 2 ** len(self.encoders)
        height, width = x.shape[-2:]
        rows, columns = -height % step, -width % step
        top, left = rows // 2, columns // 2
        y = super().forward(F.pad(x, (left, columns - left, top, rows - top)))
        return y[..., top : top + height, left : left + width]


class _SizeRoundedDown(UNet):
    """Maps are never padded: skips are cut to the maps from below, and the result is brought to the image's size."""

    def forward(self, x: Tensor) -> Tensor:
        y = super().forward(x)
        return F.interpolate(y, size=x.shape[-2:], mode="bilinear", align_corners=False)

    def padded(self, above: Tensor, skip: Tensor) -> Tensor:
        return above

    def kept(self, skip: Tensor, x: Tensor, above: Tensor) -> Tensor:
        return skip[..., : above.shape[-2], : above.shape[-1]]


class _SizeRoundedDownNearest(_SizeRoundedDown):
    def forward(self, x: Tensor) -> Tensor:
        return F.interpolate(UNet.forward(self, x), size=x.shape[-2:])


class _PaddedAtTheEnd(_SizeRoundedDown):
    def forward(self, x: Tensor) -> Tensor:
        y = UNet.forward(self, x)
        rows, columns = _missing(y, x)
        return F.pad(y, (0, columns, 0, rows))


class _CentreOfTheSkip(_SizeRoundedDown):
    def kept(self, skip: Tensor, x: Tensor, above: Tensor) -> Tensor:
        rows, columns = (n // 2 for n in _missing(above, skip))
        return skip[..., rows : rows + above.shape[-2], columns : columns + above.shape[-1]]


class _Whole(UNet):
    """Something is done to the images or to the logits."""

    before: Map = staticmethod(same)
    after: Map = staticmethod(same)

    def forward(self, x: Tensor) -> Tensor:
        return type(self).after(super().forward(type(self).before(x)))


def _with(**maps: Map) -> type[UNet]:
    return type("_Changed", (_Whole,), {name: staticmethod(function) for name, function in maps.items()})


def _standardised(x: Tensor) -> Tensor:
    return (x - x.mean()) / x.std()


NETWORKS: dict[str, type[UNet]] = {
    "maps are halved by their averages, not by their largest values": _Averaged,
    "the map that enters the lowest level is halved by averages, not by the largest values": _AveragedAtTheBottom,
    "maps are halved by leaving out every second value": _Sampled,
    "the windows of its pooling are 3×3 and overlap": _PooledByThree,
    "its pooling rounds odd sizes up": _RoundedUp,
    "up-sampling aligns the corners of the maps": _Corners,
    "up-sampling repeats the nearest value": _Nearest,
    "up-sampling is bicubic": _Bicubic,
    "maps from below are stretched to the size of the skip, where it is odd": _Stretched,
    "maps from below are stretched to the size of the skip, with aligned corners": _StretchedCorners,
    "maps from below are stretched to the size of the skip, by the nearest values": _StretchedNearest,
    "maps that were up-sampled are then stretched to the size of the skip, where it is odd": _StretchedAfterwards,
    "what is added to maps from below stands on the left and at the top": _LeftAndTop,
    "what is added to maps from below stands on the left and at the bottom": _LeftAndBottom,
    "what is added to maps from below stands on the right and at the top": _RightAndTop,
    "what is added to maps from below are their outermost values, not zeros": _Repeated,
    "what is added to maps from below are their own values mirrored, not zeros": _Mirrored,
    "what is added to maps from below are ones, not zeros": _Ones,
    "images are enlarged to a size that can be halved, and the logits cut to the image": _SizeRoundedUp,
    "images are enlarged on both sides to a size that can be halved, and the logits cut": _SizeRoundedUpOnBothSides,
    "skips are cut to the size of the maps from below, and the logits stretched to the image": _SizeRoundedDown,
    "skips are cut to the size of the maps from below, and the logits repeated to its size": _SizeRoundedDownNearest,
    "skips are cut to the size of the maps from below, and the logits padded to the image": _PaddedAtTheEnd,
    "the centre of the skips is taken, and the logits stretched to the image": _CentreOfTheSkip,
    "nothing of the skips arrives": _NoSkip,
    "in the place of the skip stand channels of the map from below": _FromBelow,
    "only the uppermost skip arrives": _TopSkipOnly,
    "nothing of the uppermost skip arrives": _NoTopSkip,
    "nothing of the lowest skip arrives": _NoDeepSkip,
    "the skips are maps after pooling, enlarged again": _AfterPooling,
    "the skips are maps after pooling, up-sampled again": _AfterPoolingSmoothed,
    "the skips are what the first convolution of a level gives": _FirstConvolution,
    "the skips are taken before the last ReLU of a level": _BeforeReLU,
    "the map from below is added to the skip": _Added,
    "the skips arrive with twice their values": _Twice,
    "the skips arrive with half their values": _Half,
    "the skips are mirrored": _MirroredSkip,
    "the skips are upside down": _UpsideDownSkip,
    "maps from below arrive with half their values": _HalfFromBelow,
    "nothing of the maps from below arrives": _NothingFromBelow,
    "nothing of the lowest level's map arrives": _NothingFromTheBottom,
    "the map that enters the lowest level is the same at every place": _ConstantBottom,
    "the mean of the batch is subtracted from what enters the lowest level": _CentredBottom,
    "the lowest level's block is not used": _NoBottomBlock,
    "the uppermost block on the way up is not used": _NoLastBlockOnTheWayUp,
    "the logits come from the uppermost map of the way down": _NoLastBlock,
    "the second level works at the size of the image: there is one pooling less": _NoFirstPooling,
    "its outputs are right, but no gradient goes through the skips": _Detached,
    "its outputs are right, but no gradient goes through the maps from below": _DetachedBelow,
    "the lowest level works at the size of the one above it: there is one pooling less": _OnePoolingLess,
    "there is one pooling more before the lowest level": _PoolingTwiceAtTheBottom,
    "what it returns are probabilities (a softmax of the logits)": _with(after=partial(F.softmax, dim=1)),
    "what it returns are logarithms of probabilities": _with(after=partial(F.log_softmax, dim=1)),
    "what it returns lies between 0 and 1 (a sigmoid of the logits)": _with(after=torch.sigmoid),
    "what it returns lies between -1 and 1 (a tanh of the logits)": _with(after=torch.tanh),
    "negative logits are cut off": _with(after=F.relu),
    "logits beyond ±10 are cut off": _with(after=partial(torch.clamp, min=-10, max=10)),
    "logits beyond ±50 are cut off": _with(after=partial(torch.clamp, min=-50, max=50)),
    "logits beyond ±100 are cut off": _with(after=partial(torch.clamp, min=-100, max=100)),
    "images are halved before they enter": _with(before=lambda x: x / 2),
    "images are divided by 255 before they enter": _with(before=lambda x: x / 255),
    "images are clamped to [0, 1] before they enter": _with(before=partial(torch.clamp, min=0, max=1)),
    "the images of a batch are standardised together": _with(before=_standardised),
    "every image is standardised on its own": _with(before=lambda x: torch.stack([_standardised(each) for each in x])),
    "every channel of an image is standardised": _with(before=partial(normalised, axes=(2, 3))),
    "the mean of a batch is subtracted from its images": _with(before=lambda x: x - x.mean()),
    "height and width are exchanged": _with(before=partial(torch.transpose, dim0=2, dim1=3), after=lambda x: x.mT),
    "images are mirrored": _with(before=partial(torch.flip, dims=[3]), after=partial(torch.flip, dims=[3])),
}


def blocks(in_channels: int, out_channels: int) -> Candidates:
    """Each wrong block, by what is wrong about it."""
    return {sentence: partial(block, in_channels, out_channels) for sentence, block in BLOCKS.items()}


def networks(**options: int) -> Candidates:
    """Each wrong network, and the right one made of each wrong block."""
    whole = {sentence: partial(network, **options) for sentence, network in NETWORKS.items()}
    return whole | {
        f"in its DoubleConvs {what}": partial(UNet, block=block, **options) for what, block in BLOCKS.items()
    }


def mistake(
    found: Sequence[dict[str, Any]], candidates: Candidates, seed: int, images: Sequence[Tensor], training: bool
) -> str:
    """The first of the candidates that computes the same, filled with the same weights; empty when none does.

    Args:
        found: what `filled_outputs` gave for the student's network, the seed, the images and the mode, for each order
            of the concatenations.
    """
    found = [each for each in found if each["precision"] == "float64"]
    for sentence, build in candidates.items() if found else ():
        try:
            other = filled_outputs(build(), seed, images, training=training)
        except RuntimeError:
            continue  # one pixel cannot be mirrored, for example
        if any(_equal(each, other) for each in found):
            return sentence
    return ""


def _equal(one: dict[str, Any], other: dict[str, Any]) -> bool:
    pairs = [pair for kind in ("outputs", "gradients") for pair in zip(one[kind], other[kind], strict=True)]
    return all(a.shape == b.shape and bool((a - b).abs().max() <= ROOM * b.abs().max()) for a, b in pairs)
