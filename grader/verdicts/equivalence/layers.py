"""Rules for layers with weights: convolutions, linear layers in any spelling, normalisation."""

import math

from grader.verdicts.equivalence.builder import Builder, rule
from grader.verdicts.equivalence.evidence import Operation, Reference
from grader.verdicts.equivalence.network import Slot
from grader.verdicts.equivalence.shaping import out_shape, source
from grader.verdicts.equivalence.views import Shape, View


@rule("convolution", "_convolution", "convolution_overrideable", "mkldnn_convolution")
def convolution(b: Builder, op: Operation) -> View | None:
    view, weight = b.view(op.args["input"]), b.view(op.args["weight"])
    shape = b.shape(weight)
    ndim = len(shape) - 2
    stride, padding, dilation, extra = (
        _each(op.args.get(name, 0), ndim) for name in ("stride", "padding", "dilation", "output_padding")
    )
    transposed, groups = bool(op.args.get("transposed")), op.args["groups"]
    trivial = set(stride) == {1} and set(padding) == {0} and set(shape[2:]) == {1} and groups == 1
    made = _pointwise(b, view, weight) if trivial and not transposed else None
    if made is None:
        fan_in = math.prod(shape[1:]) if not transposed else shape[0] // groups * math.prod(shape[2:])
        slot = b.leaf_slot("kernel", weight, weight.atoms, shape, fan_in)
        if slot is None:
            return None
        number = b.plain(view)
        if not transposed:
            number, padding = _with_padding_around(b, number, padding)
        attrs = (stride, padding, dilation, transposed, extra, groups, out_shape(op)[2:])
        out = out_shape(op)
        channel = sum(size != 1 for size in out[:1]) if out[1] != 1 else None
        made = b.made("conv", (number,), attrs, out, (slot,), channel)
    return _biased(b, made, op.args.get("bias"), dim=1)


def _with_padding_around(b: Builder, number: int, padding: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
    """Zeros put around the input beforehand, the same number on both sides, are the convolution's own padding."""
    node = b.nodes[number]
    if node.op != "pad" or node.attrs[1] != 0:
        return number, padding
    box: tuple[tuple[int, int], ...] = node.attrs[0]  # type: ignore[assignment]
    outer, inner = box[: -len(padding)], box[-len(padding) :]
    if any(pair != (0, 0) for pair in outer) or any(before != after for before, after in inner):
        return number, padding
    return node.inputs[0], tuple(own + before for own, (before, _) in zip(padding, inner, strict=True))


def _pointwise(b: Builder, view: View, weight: View) -> View | None:
    """A 1×1 convolution is a linear layer on the channels."""
    return _weighted(b, view, 1, weight, weight.dims[1], weight.dims[0], (1,))


@rule("mv", "dot")
def product_with_vector(b: Builder, op: Operation) -> View | None:
    """A linear layer with one output."""
    view, vector = b.view(source(op)), b.view(op.args["vec" if "vec" in op.args else "tensor"])
    if b.node(view).op == "leaf":
        view, vector = vector, view
    if len(vector.dims) != 1:
        return None
    last = len(view.dims) - 1
    made = _weighted(b, view, last, vector, vector.dims[0], (), (last,))
    return None if made is None else View(made.node, made.dims[:last])


@rule("mm", "bmm", "linear")
def product(b: Builder, op: Operation) -> View | None:
    if op.name == "linear":
        view, weight = b.view(op.args["input"]), b.view(op.args["weight"])
        made = _weighted(b, view, len(view.dims) - 1, weight, weight.dims[1], weight.dims[0], (len(view.dims) - 1,))
        return None if made is None else _biased(b, made, op.args.get("bias"), dim=-1)
    return _product(b, b.view(source(op)), b.view(op.args["mat2"]))


@rule("addmm", "baddbmm")
def product_and_bias(b: Builder, op: Operation) -> View | None:
    if (op.args["alpha"], op.args["beta"]) != (1, 1):
        return None
    names = ("mat1", "mat2") if "mat1" in op.args else ("batch1", "batch2")
    made = _product(b, *(b.view(op.args[name]) for name in names))
    return None if made is None else _biased(b, made, op.args["self"], dim=-1)


def _product(b: Builder, left: View, right: View) -> View | None:
    """A matrix product of which one side is a parameter: a linear layer."""
    if b.node(right).op == "leaf" and len(right.dims) == len(left.dims) and _only_repeated(right.dims[:-2]):
        last = len(left.dims) - 1
        return _weighted(b, left, last, right, right.dims[-2], right.dims[-1], (last,))
    if b.node(left).op == "leaf" and len(left.dims) >= 2 and _only_repeated(left.dims[:-2]):
        dim = len(left.dims) - 2
        return _weighted(b, right, dim, left, left.dims[-1], left.dims[-2], (dim,))
    return None


def _only_repeated(dims: tuple[tuple[int, ...], ...]) -> bool:
    return all(atom < 0 for dim in dims for atom in dim)


def _weighted(
    b: Builder,
    view: View,
    dim: int,
    weight: View,
    weight_in: tuple[int, ...],
    weight_out: tuple[int, ...],
    place: tuple[int],
) -> View | None:
    """Dimension `dim` of a tensor, contracted with a parameter, makes way for the parameter's other dimension."""
    if dim >= len(view.dims):
        return None
    node, contracted = b.node(view), view.dims[dim]
    sizes = b.node(weight).sizes
    if not contracted or len(weight_out) > 1 or any(atom < 0 for atom in (*view.atoms, *weight_in, *weight_out)):
        return None
    inputs, outputs = (math.prod(sizes[a] for a in atoms) for atoms in (weight_in, weight_out))
    if inputs != math.prod(node.sizes[a] for a in contracted):
        return None
    slot = b.leaf_slot("kernel", weight, (*weight_out, *weight_in), (outputs, inputs), inputs)
    if slot is None:
        return None
    new: dict[int, int] = {}
    new_sizes: list[int] = []
    channel = None
    for axis, size in enumerate(node.sizes):
        if axis == min(contracted) and outputs > 1:
            channel = len(new_sizes)
            new_sizes.append(outputs)
        elif axis not in contracted:
            new[axis] = len(new_sizes)
            new_sizes.append(size)
    number = b.value("linear", (view.node,), (contracted,), (slot,), tuple(new_sizes), channel)
    dims = [tuple(new[atom] for atom in d) if i != dim else () for i, d in enumerate(view.dims)]
    dims[place[0]] = () if channel is None else (channel,)
    return View(number, tuple(dims))


def _biased(b: Builder, view: View, reference: object, dim: int) -> View | None:
    """Adds the vector that an operation takes as its bias."""
    if not isinstance(reference, Reference):
        return view
    vector = b.view(reference)
    if len(vector.dims) == 1:
        after = len(view.dims) - 1 - dim % len(view.dims)
        vector = View(vector.node, vector.dims + ((),) * after)
    return with_bias(b, view, vector)


def with_bias(b: Builder, view: View, vector: View) -> View | None:
    """A convolution or linear layer plus a parameter per output channel: the same layer with a bias."""
    node, leaf = b.node(view), b.node(vector)
    if node.op not in ("conv", "linear") or leaf.op != "leaf" or any(slot.role == "bias" for slot in node.slots):
        return None
    if len(vector.dims) > len(view.dims):
        return None
    dims = ((),) * (len(view.dims) - len(vector.dims)) + vector.dims
    wanted = () if node.channel is None else (node.sizes[node.channel],)
    if leaf.sizes != wanted or any(atom > 0 for dim in dims for atom in dim):
        return None
    for seen, added in zip(view.dims, dims, strict=True):
        if 0 in added and (len(added) > 1 or seen != (node.channel,)):
            return None
    slot = b.leaf_slot("bias", vector, tuple(range(len(leaf.sizes))), leaf.sizes or (1,))
    if slot is None:
        return None
    number = b.value(node.op, node.inputs, node.attrs, (*node.slots, slot), node.sizes, node.channel)
    return View(number, view.dims)


@rule(
    "native_batch_norm",
    "_native_batch_norm_legit_no_training",
    "_native_batch_norm_legit",
    "_batch_norm_no_update",
    "batch_norm",
    "_batch_norm_impl_index",
)
def batch_norm(b: Builder, op: Operation) -> list[View] | None:
    names = (
        ("gamma", "weight"),
        ("beta", "bias"),
        ("mean", "running_mean"),
        ("variance", "running_var"),
    )
    training = bool(op.args.get("training"))
    attrs = (op.args["eps"], op.args["momentum"], training)
    return _normalized(b, op, "batch_norm", names, attrs)


@rule("native_layer_norm")
def layer_norm(b: Builder, op: Operation) -> list[View] | None:
    attrs = (op.args["normalized_shape"], op.args["eps"])
    return _normalized(b, op, "layer_norm", (("gamma", "weight"), ("beta", "bias")), attrs)


@rule("native_group_norm")
def group_norm(b: Builder, op: Operation) -> list[View] | None:
    attrs = (op.args["group"], op.args["eps"])
    return _normalized(b, op, "group_norm", (("gamma", "weight"), ("beta", "bias")), attrs)


def _normalized(
    b: Builder, op: Operation, name: str, roles: tuple[tuple[str, str], ...], attrs: tuple[object, ...]
) -> list[View] | None:
    slots: list[Slot] = []
    for role, argument in roles:
        if op.args.get(argument) is not None:
            slot = b.slot(role, op.args[argument])
            if slot is None:
                return None
            slots.append(slot)
    view = b.view(source(op))
    number = b.plain(view)
    shape: Shape = out_shape(op)
    first = b.made(name, (number,), (*attrs, len(shape)), shape, tuple(slots))
    if number == view.node:
        first = View(first.node, view.dims)
    rest = [b.made(name + " statistics", (number,), (out, *attrs), s or ()) for out, s in enumerate(op.shapes[1:])]
    return [first, *rest]


def _each(value: object, ndim: int) -> tuple[int, ...]:
    """An argument as one number per dimension."""
    numbers = value if isinstance(value, tuple) else (value,)
    return numbers * ndim if len(numbers) == 1 else numbers
