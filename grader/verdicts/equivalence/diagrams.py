"""What of two networks is compared when their tensors are paired: everything, all but the order of concatenations, or
only which layers with weights feed one another."""

from collections.abc import Callable, Hashable
from typing import Literal

from grader.verdicts.equivalence.colours import Diagram
from grader.verdicts.equivalence.network import Network, Node
from grader.verdicts.equivalence.views import axes

Level = Literal["everything", "any order", "weights"]
LEVELS: tuple[Level, ...] = ("everything", "any order", "weights")
_COMMUTATIVE = {"add", "mul", "maximum", "minimum"}


def diagram(network: Network, level: Level) -> tuple[Diagram, list[int]]:
    """The points compared at a level, and the value of the network that each stands for (-1: none)."""
    if level == "weights":
        return _of_weights(network)
    unordered = _COMMUTATIVE if level == "everything" else _COMMUTATIVE | {"cat"}
    labels = [_label(network, node) for node in network.nodes]
    for place, (number, shape) in enumerate(zip(network.outputs, network.output_shapes, strict=True)):
        labels[number] = (labels[number], "output", place, shape)
    feeds = tuple(
        tuple((0 if node.op in unordered else place, source) for place, source in enumerate(node.inputs))
        for node in network.nodes
    )
    return Diagram(tuple(labels), feeds), list(range(len(network.nodes)))


def _label(network: Network, node: Node) -> Hashable:
    attrs = node.attrs
    if node.op == "constant" and isinstance(attrs[1], int):
        attrs = attrs[:1]
    return node.op, attrs, node.sizes, _slots(network, node, lambda shape: shape)


def _slots(network: Network, node: Node, shown: Callable[[tuple[int, ...]], tuple[int, ...]]) -> Hashable:
    kinds = network.trace.tensors
    return tuple(sorted((slot.role, shown(slot.shape), kinds[slot.tensor].kind) for slot in node.slots))


def _of_weights(network: Network) -> tuple[Diagram, list[int]]:
    """Layers with weights, the input and the outputs; each fed by those from which it is computed directly."""
    nearest: list[frozenset[int]] = []
    points: list[int] = []
    labels: list[Hashable] = []
    feeds: list[tuple[tuple[Hashable, int], ...]] = []
    for number, node in enumerate(network.nodes):
        sources = frozenset(point for i in node.inputs for point in nearest[i])
        if node.slots or node.op == "input":
            labels.append(("input",) if node.op == "input" else _slots(network, node, axes))
            feeds.append(tuple((0, point) for point in sorted(sources)))
            nearest.append(frozenset([len(points)]))
            points.append(number)
        else:
            nearest.append(sources)
    for place, number in enumerate(network.outputs):
        labels.append(("output", place))
        feeds.append(tuple((0, point) for point in sorted(nearest[number])))
        points.append(-1)
    return Diagram(tuple(labels), tuple(feeds)), points
