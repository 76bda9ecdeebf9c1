"""A network in canonical form: values computed from one another, however it was written."""

from dataclasses import dataclass

from grader.verdicts.equivalence.evidence import Trace
from grader.verdicts.equivalence.views import Shape


@dataclass(frozen=True)
class Slot:
    """A place where a parameter or buffer takes part.

    Args:
        role: `kernel`, `bias`, `gamma`, `beta`, `mean`, `variance`, or `other`.
        tensor: its number in the trace.
        order: the tensor's axes (those larger than one) in the order of `shape`.
        shape: the shape it has in this role; kernels have output channels first.
        fan_in: how many numbers a kernel weighs for one output.
    """

    role: str
    tensor: int
    order: tuple[int, ...]
    shape: Shape
    fan_in: int = 1


@dataclass(frozen=True)
class Node:
    """A value.

    Args:
        op: what is computed: `input`, `leaf`, `conv`, `linear`, `batch_norm`, `relu`, `add`, ... or an aten name.
        inputs: the values it is computed from.
        attrs: everything else that matters, such as strides.
        slots: the parameters and buffers that take part.
        sizes: its dimensions larger than one.
        channel: which of these are the output channels of a convolution or linear layer.
    """

    op: str
    inputs: tuple[int, ...]
    attrs: tuple[object, ...]
    slots: tuple[Slot, ...]
    sizes: Shape
    channel: int | None = None


@dataclass(frozen=True)
class Network:
    """Only what contributes to the output.

    Args:
        nodes: in an order in which they can be computed.
        operations: for each node the operation of the trace that made it (-1: none).
        outputs: the values returned.
        output_shapes: their shapes.
        reads_values: which way the computation goes, or with which numbers, depends on values of the input.
    """

    trace: Trace
    nodes: tuple[Node, ...]
    operations: tuple[int, ...]
    outputs: tuple[int, ...]
    output_shapes: tuple[Shape, ...]
    reads_values: bool

    def used(self) -> list[int]:
        """The parameters and buffers that take part, by number in the trace."""
        return sorted({slot.tensor for node in self.nodes for slot in node.slots})

    def weighted(self) -> list[int]:
        """The values with parameters or buffers of their own."""
        return [number for number, node in enumerate(self.nodes) if node.slots]
