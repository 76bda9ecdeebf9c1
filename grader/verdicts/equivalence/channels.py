"""In which order a layer finds the channels of those before it: what a concatenation the other way round changes."""

from bisect import bisect_right
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from itertools import accumulate

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


MOST_STRETCHES = 4096


@dataclass(frozen=True)
class Stretch:
    """Neighbouring channels that come from one place, by its number."""

    origin: int
    length: int


Stretches = tuple[Stretch, ...]


class Origins:
    """Numbers for places that channels come from, the same in both networks."""

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}

    def number(self, place: Hashable) -> int:
        return self._numbers.setdefault(place, len(self._numbers))


def stretches(network: Network, names: Mapping[int, int], origins: Origins) -> list[Stretches | None]:
    """Per value of a network, where its channels come from, in order; None where that is not known.

    Args:
        names: a name for each value with weights and each input, equal for those paired in two networks.
    """
    found: list[Stretches | None] = []
    for number, node in enumerate(network.nodes):
        name = names.get(number, -1 - number)
        one = _stretches(node, origins.number(("value", name)), [found[i] for i in node.inputs], origins)
        found.append(None if one is None or len(one) > MOST_STRETCHES else one)
    return found


def _stretches(node: Node, own: int, before: list[Stretches | None], origins: Origins) -> Stretches | None:
    if node.op in ("conv", "linear", "input") and not _depthwise(node):
        length = node.sizes[1] if node.op == "input" and len(node.sizes) > 1 else _out_channels(node)
        return (Stretch(own, length),)
    if node.op in _CHANNELS_KEPT or node.op.startswith("upsample") or _depthwise(node):
        return before[0]
    known = [part for part in before if part is not None]
    if len(known) < len(before):
        return None
    if node.op == "cat" and node.attrs[0] == _CHANNEL_DIM:
        return tuple(stretch for part in known for stretch in part)
    if node.op in ("add", "mul", "maximum"):
        return _together(node.op, known, origins)
    return None


def _together(op: str, parts: list[Stretches], origins: Origins) -> Stretches | None:
    """Sums of channels; cut where any of the terms is."""
    ends = [_ends(part) for part in parts]
    if len({end[-1] if end else 0 for end in ends}) != 1:
        return None
    cuts = sorted(set().union(*ends))
    columns = zip(*(_cut(part, cuts, origins) for part in parts), strict=True)
    return tuple(
        Stretch(origins.number((op, tuple(sorted(stretch.origin for stretch in column)))), column[0].length)
        for column in columns
    )


def _ends(part: Stretches) -> list[int]:
    return list(accumulate(stretch.length for stretch in part))


def _cut(part: Stretches, cuts: list[int], origins: Origins) -> list[Stretch]:
    """The same channels in pieces that end at all of the cuts."""
    pieces, start = [], 0
    for stretch, end in zip(part, _ends(part), strict=True):
        first = start
        for cut in cuts[bisect_right(cuts, start) : bisect_right(cuts, end)]:
            whole = first == start and cut == end
            origin = stretch.origin if whole else origins.number(("piece", stretch.origin, start - first))
            pieces.append(Stretch(origin, cut - start))
            start = cut
    return pieces


def rearrangement(reference: Stretches | None, candidate: Stretches | None, channels: int) -> list[list[int]] | None:
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
