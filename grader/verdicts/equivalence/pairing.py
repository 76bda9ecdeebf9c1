"""Pairs the parameters and buffers of two networks by data flow, whatever their names, order or container."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from grader.verdicts.equivalence.channels import Origins, rearrangement, stretches
from grader.verdicts.equivalence.colours import matchings
from grader.verdicts.equivalence.diagrams import LEVELS, Level, diagram
from grader.verdicts.equivalence.inventory import leftovers
from grader.verdicts.equivalence.network import Network, Slot
from grader.verdicts.equivalence.pointwise import ACTIVATIONS, BOUNDS, FUNCTIONS
from grader.verdicts.equivalence.views import Shape

MOST_PAIRINGS = 6
Source = tuple[str, Shape, int, bool]
"""Role, shape, fan-in, and whether channels are treated alike: what `grader.probes.structure` draws."""

# operations after which channels are where they were
_IN_ORDER = {
    *("input", "conv", "linear", "batch_norm", "relu", "add", "max_pool", "avg_pool", "mean", "amax", "pad", "times"),
    *("upsample_bilinear2d", "upsample_nearest2d"),
    *ACTIVATIONS,
    *BOUNDS,
    *FUNCTIONS,
}


@dataclass(frozen=True)
class Pairing:
    """Which tensor of the candidate holds what the reference's holds.

    Args:
        level: what of the two networks was compared.
        sources: what to draw.
        reference, candidate: which tensor holds which of them, as `grader.probes.structure.run_with` takes it.
        tensors: the candidate's tensors with their partners in the reference.
        shared: tensors of the candidate that stand for several of the reference's.
        parted: tensors of the reference for which several of the candidate's stand.
    """

    level: Level
    sources: list[Source]
    reference: list[dict[str, Any]]
    candidate: list[dict[str, Any]]
    tensors: dict[int, int] = field(default_factory=dict)
    shared: tuple[int, ...] = ()
    parted: tuple[int, ...] = ()


def pairings(reference: Network, candidate: Network) -> Iterator[Pairing]:
    """Those of the first level at which there are any; different ones only, and few."""
    seen: list[list[dict[str, Any]]] = []
    for level in LEVELS:
        if level == "weights" and len(reference.weighted()) != len(candidate.weighted()):
            return
        (first, points), (second, partners) = diagram(reference, level), diagram(candidate, level)
        for matching in matchings(first, second):
            values = {points[i]: partners[j] for i, j in matching.items() if points[i] >= 0}
            pairing = _pairing(reference, candidate, level, values)
            if pairing.candidate not in seen:
                seen.append(pairing.candidate)
                yield pairing
            if len(seen) >= MOST_PAIRINGS:
                return
        if seen:
            return


def same_form(reference: Network, candidate: Network) -> bool:
    """Whether the two are the same but for the order of concatenations."""
    (first, _), (second, _) = diagram(reference, "any order"), diagram(candidate, "any order")
    return next(matchings(first, second), None) is not None


def _pairing(reference: Network, candidate: Network, level: Level, values: dict[int, int]) -> Pairing:
    origins = Origins()
    before = stretches(reference, {number: number for number in values}, origins)
    behind = stretches(candidate, {partner: number for number, partner in values.items()}, origins)
    numbers = {tensor: i for i, tensor in enumerate(reference.used())}
    sources: list[Source] = [("other", (), 1, False)] * len(numbers)
    mine: dict[int, dict[str, Any]] = {}
    theirs: dict[int, dict[str, Any]] = {}
    tensors: dict[int, int] = {}
    shared: set[int] = set()
    for number, partner in values.items():
        node, other = reference.nodes[number], candidate.nodes[partner]
        slots = {slot.role: slot for slot in other.slots}
        for slot in node.slots:
            match, source = slots[slot.role], numbers[slot.tensor]
            if slot.tensor not in mine:
                sources[source] = (slot.role, slot.shape, slot.fan_in, False)
                mine[slot.tensor] = entry(slot, source)
            if tensors.setdefault(match.tensor, slot.tensor) != slot.tensor:
                shared.add(match.tensor)
                continue
            axis = _channel_axis(slot, node.op, node.attrs)
            blocks = None
            if axis is not None and node.inputs:
                blocks = rearrangement(before[node.inputs[0]], behind[other.inputs[0]], slot.shape[axis])
            theirs.setdefault(match.tensor, entry(match, source, blocks, axis or 0))
    partners = Counter(tensors.values())
    return Pairing(
        level=level,
        sources=sources,
        reference=list(mine.values()),
        candidate=[theirs[tensor] for tensor in sorted(theirs)],
        tensors=tensors,
        shared=tuple(sorted(shared)),
        parted=tuple(sorted(tensor for tensor, count in partners.items() if count > 1)),
    )


def entry(slot: Slot, source: int, blocks: list[list[int]] | None = None, axis: int = 0) -> dict[str, Any]:
    """Which tensor holds which source, as `run_with` takes it."""
    order = sorted(range(len(slot.order)), key=lambda k: slot.order[k])
    return {"tensor": slot.tensor, "source": source, "order": order, "blocks": blocks, "axis": axis}


def _channel_axis(slot: Slot, op: str, attrs: tuple[object, ...]) -> int | None:
    """The axis of a tensor that lies along the channels of the layer's input."""
    if op == "linear" or (op == "conv" and attrs[5] == 1):
        return 1 if slot.role == "kernel" else None
    if op in ("batch_norm", "group_norm", "conv"):
        return 0
    return None


def by_shape(reference: Network, candidate: Network) -> tuple[Pairing, bool]:
    """All tensors of one role and shape hold the same: what holds for every pairing holds for this one.

    Returns:
        The pairing, and whether a difference under it shows that the networks differ: when the candidate uses just the
        tensors that the reference uses, or some of them only and leaves others unused.
    """
    nodes = (*reference.nodes, *candidate.nodes)
    alike = any(node.op not in _IN_ORDER or _merges(node.attrs, node.op) for node in nodes)
    mine, theirs = _roles(reference), _roles(candidate)
    kinds = sorted({key for key, _ in mine.values()} | {key for key, _ in theirs.values()})
    numbers = {key: number for number, key in enumerate(kinds)}
    sources: list[Source] = [(role, shape, fan_in, alike) for role, shape, fan_in, _ in kinds]
    pairing = Pairing(
        level="weights",
        sources=sources,
        reference=[entry(slot, numbers[key]) for key, slot in mine.values()],
        candidate=[entry(slot, numbers[key]) for key, slot in theirs.values()],
    )
    expected, found = (Counter(key for key, _ in roles.values()) for roles in (mine, theirs))
    telling = expected == found or (found < expected and bool(leftovers(candidate)))
    return pairing, telling and all(role != "other" for role, *_ in kinds)


def _roles(network: Network) -> dict[int, tuple[tuple[str, Shape, int, str], Slot]]:
    found: dict[int, tuple[tuple[str, Shape, int, str], Slot]] = {}
    for node in network.nodes:
        for slot in node.slots:
            kind = network.trace.tensors[slot.tensor].kind
            found.setdefault(slot.tensor, ((slot.role, _without_ones(slot.shape), slot.fan_in, kind), slot))
    return found


def _without_ones(shape: Shape) -> Shape:
    """The same for a 1×1 convolution and a linear layer."""
    while len(shape) > 2 and shape[-1] == 1:
        shape = shape[:-1]
    return shape


def _merges(attrs: tuple[object, ...], op: str) -> bool:
    return op == "linear" and attrs != ((1,),)
