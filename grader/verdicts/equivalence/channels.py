"""In which order a layer finds the channels of those before it: what a concatenation the other way round changes."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from grader.verdicts.equivalence.network import Network, Node
from grader.verdicts.equivalence.pointwise import ACTIVATIONS

_CHANNELS_KEPT = {
    *ACTIVATIONS,
    "relu",
    "batch_norm",
    "group_norm",
    "max_pool",
    "avg_pool",
    "pad",
    "times",
    "mean",
    "amax",
}
_CHANNEL_DIM = 1


@dataclass(frozen=True)
class Stretch:
    """Neighbouring channels that come from one place."""

    origin: Hashable
    length: int


def stretches(network: Network, names: Mapping[int, Hashable]) -> list[tuple[Stretch, ...] | None]:
    """Per value of a network, where its channels come from, in order; None where that is not known.

    Args:
        names: a name for each value with weights and each input, equal for those paired in two networks.
    """
    found: list[tuple[Stretch, ...] | None] = []
    for number, node in enumerate(network.nodes):
        found.append(_stretches(node, number, found, names))
    return found


def _stretches(
    node: Node, number: int, found: list[tuple[Stretch, ...] | None], names: Mapping[int, Hashable]
) -> tuple[Stretch, ...] | None:
    before = [found[i] for i in node.inputs]
    if node.op in ("conv", "linear", "input") and not _depthwise(node):
        length = node.sizes[1] if node.op == "input" and len(node.sizes) > 1 else _out_channels(node)
        return (Stretch(names.get(number), length),)
    if node.op in _CHANNELS_KEPT or node.op.startswith("upsample") or _depthwise(node):
        return before[0]
    if node.op == "cat" and node.attrs[0] == _CHANNEL_DIM and None not in before:
        return tuple(stretch for part in before if part is not None for stretch in part)
    if node.op in ("add", "mul", "maximum") and None not in before:
        return _together(node.op, [part for part in before if part is not None])
    return None


def _together(op: str, parts: list[tuple[Stretch, ...]]) -> tuple[Stretch, ...] | None:
    """Sums of channels; cut where any of the terms is."""
    ends = [set(_ends(part)) for part in parts]
    if len({max(end, default=0) for end in ends}) != 1:
        return None
    cuts = sorted(set().union(*ends))
    cut = [_cut(part, cuts) for part in parts]
    return tuple(
        Stretch((op, frozenset((s.origin, i) for s in column for i in [column.count(s)])), column[0].length)
        for column in zip(*cut, strict=True)
    )


def _ends(part: tuple[Stretch, ...]) -> list[int]:
    ends, total = [], 0
    for stretch in part:
        total += stretch.length
        ends.append(total)
    return ends


def _cut(part: tuple[Stretch, ...], cuts: list[int]) -> list[Stretch]:
    pieces, start = [], 0
    for stretch, end in zip(part, _ends(part), strict=True):
        first = start
        for cut in (c for c in cuts if start < c <= end):
            whole = first == start and cut == end
            origin = stretch.origin if whole else (stretch.origin, start - first)
            pieces.append(Stretch(origin, cut - start))
            start = cut
    return pieces


def rearrangement(
    reference: tuple[Stretch, ...] | None, candidate: tuple[Stretch, ...] | None, channels: int
) -> list[list[int]] | None:
    """The reference's channels in the candidate's order, as [start, length]; None when they need not be moved.

    Args:
        channels: how many numbers there are; a multiple of the channels when maps are flattened behind them.
    """
    if reference is None or candidate is None or reference == candidate:
        return None
    total = sum(stretch.length for stretch in reference)
    if total == 0 or channels % total or {*reference} != {*candidate} or len(reference) != len(candidate):
        return None
    each = channels // total
    left, start = [], 0
    for stretch in reference:
        left.append((stretch, start))
        start += stretch.length
    blocks = []
    for stretch in candidate:
        place = next((i for i, (other, _) in enumerate(left) if other == stretch), None)
        if place is None:
            return None
        blocks.append([left.pop(place)[1] * each, stretch.length * each])
    return blocks


def _depthwise(node: Node) -> bool:
    return node.op == "conv" and isinstance(node.attrs[5], int) and node.attrs[5] > 1


def _out_channels(node: Node) -> int:
    return 1 if node.channel is None else node.sizes[node.channel]
