"""Turns the operations of a trace, one by one, into the values of a canonical network."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from grader.verdicts.equivalence.evidence import Operation, Reference, Trace
from grader.verdicts.equivalence.network import Network, Node, Slot
from grader.verdicts.equivalence.views import Shape, View, axes, is_plain, shape_of, whole

Rule = Callable[["Builder", Operation], "View | list[View] | None"]
"""Makes the output, or outputs, of one operation; None when it does not apply after all."""

RULES: dict[str, Rule] = {}


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Registers what to do with the operations of these names."""

    def register(function: Rule) -> Rule:
        for name in names:
            RULES[name] = function
        return function

    return register


class Builder:
    """The values made so far; equal computations are one value."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.nodes: list[Node] = []
        self.reads_values = False
        self._operations: list[int] = []
        self._now = -1
        self._known: dict[tuple[Any, ...], int] = {}
        self._results: dict[tuple[int, int], View] = {}
        self._from_input: list[bool] = []

    def build(self) -> Network:
        """The canonical network of the trace."""
        for number, operation in enumerate(self.trace.operations):
            self._now = number
            made = self._by_rule(operation)
            views = self.opaque(operation) if made is None else made if isinstance(made, list) else [made]
            for out, view in enumerate(views):
                self._results[number, out] = view
        self._now = -1
        views = [self.view(reference) for reference in self.trace.outputs]
        shapes = tuple(self.shape(view) for view in views)
        return self._trimmed(tuple(self.plain(view) for view in views), shapes)

    def _by_rule(self, operation: Operation) -> View | list[View] | None:
        known = RULES.get(bare(operation.name))
        try:
            return known(self, operation) if known else None
        except _NOT_THESE:  # arguments that the rule does not know, of another version of torch perhaps
            return None

    def value(
        self,
        op: str,
        inputs: tuple[int, ...] = (),
        attrs: tuple[object, ...] = (),
        slots: tuple[Slot, ...] = (),
        sizes: Shape = (),
        channel: int | None = None,
    ) -> int:
        """The number of a value, a new one unless it is known already."""
        key = (op, inputs, attrs, slots)
        if key not in self._known:
            self._known[key] = len(self.nodes)
            self.nodes.append(Node(op, inputs, attrs, slots, sizes, channel))
            self._operations.append(self._now)
            self._from_input.append(op == "input" or any(self._from_input[i] for i in inputs))
        return self._known[key]

    def view(self, reference: Reference) -> View:
        """What a reference stands for."""
        if reference.kind == "op":
            return self._results[reference.index, reference.out]
        if reference.kind == "input":
            shape = self.trace.input_shape
            return whole(self.value("input", sizes=axes(shape)), shape)
        tensor = self.trace.tensors[reference.index]
        if tensor.kind == "constant":
            if tensor.values and len(set(tensor.values)) == 1:
                return self.fill(tensor.values[0], tensor.shape)
            known = reference.index if tensor.values is None else tensor.values
            return whole(self.value("constant", attrs=(tensor.shape, known), sizes=axes(tensor.shape)), tensor.shape)
        sizes = axes(tensor.shape)
        slot = Slot("other", reference.index, tuple(range(len(sizes))), tensor.shape)
        return whole(self.value("leaf", slots=(slot,), sizes=sizes), tensor.shape)

    def fill(self, value: object, shape: Shape) -> View:
        """A tensor of equal values."""
        return whole(self.value("fill", attrs=(value, shape), sizes=axes(shape)), shape)

    def node(self, view: View) -> Node:
        return self.nodes[view.node]

    def shape(self, view: View) -> Shape:
        return shape_of(view, self.node(view).sizes)

    def plain(self, view: View) -> int:
        """The value that a view shows; a new one where axes are merged, reordered or repeated."""
        if is_plain(view, self.node(view).sizes):
            return view.node
        return self.value("arrange", (view.node,), (view.dims,), sizes=axes(self.shape(view)))

    def made(
        self,
        op: str,
        inputs: tuple[int, ...],
        attrs: tuple[object, ...],
        shape: Shape,
        slots: tuple[Slot, ...] = (),
        channel: int | None = None,
    ) -> View:
        """A new value of that shape, as it is."""
        return whole(self.value(op, inputs, attrs, slots, axes(shape), channel), shape)

    def slot(self, role: str, reference: Any, shape: Shape | None = None, fan_in: int = 1) -> Slot | None:
        """The slot of a parameter or buffer that is used as it is, or with its axes reordered."""
        if not isinstance(reference, Reference):
            return None
        view = self.view(reference)
        return self.leaf_slot(role, view, view.atoms, self.shape(view) if shape is None else shape, fan_in)

    def leaf_slot(self, role: str, view: View, order: tuple[int, ...], shape: Shape, fan_in: int = 1) -> Slot | None:
        """As `slot`, of a view whose axes are given in the order of `shape`."""
        node = self.node(view)
        if node.op != "leaf" or sorted(order) != list(range(len(node.sizes))):
            return None
        return Slot(role, node.slots[0].tensor, order, shape, fan_in)

    def number_in(self, value: Any) -> float | None:
        """A number, also one in a tensor of equal values."""
        if isinstance(value, bool | int | float):
            return float(value)
        if isinstance(value, Reference):
            node = self.node(self.view(value))
            if node.op == "fill" and isinstance(node.attrs[0], bool | int | float):
                return float(node.attrs[0])
        return None

    def opaque(self, operation: Operation) -> list[View]:
        """The outputs of an operation about which nothing is known but its name and its arguments."""
        inputs: list[int] = []

        def told(argument: Any) -> object:
            if isinstance(argument, Reference):
                view = self.view(argument)
                inputs.append(self.plain(view))
                return ("tensor", self.shape(view))
            if isinstance(argument, tuple):
                return tuple(told(item) for item in argument)
            return argument

        attrs = tuple((name, told(argument)) for name, argument in sorted(operation.args.items()))
        name = bare(operation.name)
        if name in _READS and any(self._from_input[i] for i in inputs):
            self.reads_values = True
        outputs = []
        for out, shape in enumerate(operation.shapes):
            outputs.append(self.made(name, tuple(inputs), (out, attrs), () if shape is None else shape))
        return outputs

    def _trimmed(self, outputs: tuple[int, ...], shapes: tuple[Shape, ...]) -> Network:
        """Without what does not contribute; sums of sums become one sum."""
        users = [0] * len(self.nodes)
        needed = set(outputs)
        for number in reversed(range(len(self.nodes))):
            if number in needed:
                needed.update(self.nodes[number].inputs)
                for source in self.nodes[number].inputs:
                    users[source] += 1
        for number in outputs:
            users[number] += 1
        merged: set[int] = set()
        nodes = list(self.nodes)
        for number in sorted(needed):
            node = nodes[number]
            if node.op == "add":
                terms: list[int] = []
                for source in node.inputs:
                    inner = nodes[source]
                    if inner.op == "add" and inner.attrs == node.attrs and users[source] == 1:
                        terms += inner.inputs
                        merged.add(source)
                    else:
                        terms.append(source)
                nodes[number] = replace(node, inputs=tuple(terms))
        kept = [number for number in sorted(needed) if number not in merged]
        new = {number: position for position, number in enumerate(kept)}
        return Network(
            trace=self.trace,
            nodes=tuple(replace(nodes[n], inputs=tuple(new[i] for i in nodes[n].inputs)) for n in kept),
            operations=tuple(self._operations[n] for n in kept),
            outputs=tuple(new[n] for n in outputs),
            output_shapes=shapes,
            reads_values=self.reads_values,
        )


_NOT_THESE = (KeyError, TypeError, ValueError, IndexError, AttributeError, ZeroDivisionError, OverflowError)
_READS = {"_local_scalar_dense", "equal", "is_nonzero", "nonzero", "_unique2", "masked_select", "unique_dim"}


def bare(name: str) -> str:
    """The name of an operation, the same for its in-place form."""
    return name[:-1] if name.endswith("_") and not name.endswith("__") else name
