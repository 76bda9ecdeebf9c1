"""Rules for operations that move values about: views, slices, padding, concatenation, writes to parts of a tensor."""

from typing import Any

from grader.verdicts.equivalence.builder import Builder, rule
from grader.verdicts.equivalence.evidence import Operation, Reference
from grader.verdicts.equivalence.views import Shape, View, expanded, permuted, reshaped, whole

MOST_PARTS = 256  # of a concatenation that becomes part of another one
Box = tuple[tuple[int, int], ...]
"""Per dimension how much lies before and after."""


@rule("alias", "detach", "clone", "contiguous", "lift_fresh", "lift_fresh_copy", "lift", "positive", "_unsafe_alias")
def same(b: Builder, op: Operation) -> View:
    return b.view(source(op))


@rule("_to_copy", "_to_dtype")
def cast(b: Builder, op: Operation) -> View | None:
    return b.view(source(op)) if op.args.get("dtype") is None else None


@rule("view", "_unsafe_view", "reshape", "_reshape_alias", "squeeze", "unsqueeze", "flatten", "unflatten", "view_copy")
def reshape(b: Builder, op: Operation) -> View:
    return to_shape(b, b.view(source(op)), out_shape(op))


def to_shape(b: Builder, view: View, shape: Shape) -> View:
    """The view with another shape."""
    found = reshaped(view, b.node(view).sizes, shape)
    if found is None:
        return b.made("reshape", (b.plain(view),), (shape,), shape)
    return found


@rule("permute")
def permute(b: Builder, op: Operation) -> View:
    return permuted(b.view(source(op)), op.args["dims"])


@rule("transpose")
def transpose(b: Builder, op: Operation) -> View:
    view = b.view(source(op))
    order = list(range(len(view.dims)))
    first, second = (op.args[name] % max(len(order), 1) for name in ("dim0", "dim1"))
    order[first], order[second] = second, first
    return permuted(view, order)


@rule("t")
def t(b: Builder, op: Operation) -> View:
    view = b.view(source(op))
    return permuted(view, list(reversed(range(len(view.dims)))))


@rule("expand")
def expand(b: Builder, op: Operation) -> View | None:
    view = b.view(source(op))
    return expanded(view, b.node(view).sizes, out_shape(op))


@rule("slice")
def slice_(b: Builder, op: Operation) -> View:
    view = b.view(source(op))
    shape = b.shape(view)
    dim = op.args["dim"] % len(shape)
    size, step = shape[dim], op.args["step"]
    start = _within(op.args["start"], size, 0)
    return cut(b, view, dim, start, max(start, _within(op.args["end"], size, size)), step)


@rule("select")
def select(b: Builder, op: Operation) -> View:
    view = b.view(source(op))
    shape = b.shape(view)
    dim = op.args["dim"] % len(shape)
    index = op.args["index"] % shape[dim]
    part = cut(b, view, dim, index, index + 1, 1)
    return View(part.node, part.dims[:dim] + part.dims[dim + 1 :])


@rule("split", "split_with_sizes", "unbind")
def split(b: Builder, op: Operation) -> list[View]:
    view = b.view(source(op))
    dim = op.args["dim"] % len(b.shape(view))
    unbound = op.name == "unbind"
    parts, start = [], 0
    for shape in op.shapes:
        length = 1 if unbound else (shape or ())[dim]
        part = cut(b, view, dim, start, start + length, 1)
        parts.append(View(part.node, part.dims[:dim] + part.dims[dim + 1 :]) if unbound else part)
        start += length
    return parts


def cut(b: Builder, view: View, dim: int, start: int, end: int, step: int) -> View:
    """Part of a tensor along one dimension."""
    shape = b.shape(view)
    if (start, end, step) == (0, shape[dim], 1):
        return view
    size = max(0, -(-(end - start) // step))
    new = (*shape[:dim], size, *shape[dim + 1 :])
    node = b.node(view)
    if node.op == "fill":
        return b.fill(node.attrs[0], new)
    return b.made("slice", (b.plain(view),), (dim, start, end, step, shape), new)


@rule("constant_pad_nd")
def constant_pad(b: Builder, op: Operation) -> View:
    view = b.view(source(op))
    amounts = op.args["pad"]
    box = [(0, 0)] * len(b.shape(view))
    for i in range(len(amounts) // 2):
        box[-1 - i] = (amounts[2 * i], amounts[2 * i + 1])
    for dim, (before, after) in enumerate(box):  # negative padding crops
        size = b.shape(view)[dim]
        view = cut(b, view, dim, max(0, -before), size - max(0, -after), 1)
    return padded(b, view, tuple((max(0, before), max(0, after)) for before, after in box), op.args["value"])


def padded(b: Builder, view: View, box: Box, value: object) -> View:
    """A tensor with `value` around it; padding of padding becomes one."""
    value = float(value) if isinstance(value, int | float) else value
    if not any(before or after for before, after in box):
        return view
    shape = b.shape(view)
    new = tuple(before + size + after for size, (before, after) in zip(shape, box, strict=True))
    number = b.plain(view)
    inner = b.nodes[number]
    if inner.op == "pad" and inner.attrs[1] == value:
        number = inner.inputs[0]
        box = tuple((b0 + i0, b1 + i1) for (b0, b1), (i0, i1) in zip(box, inner.attrs[0], strict=True))  # type: ignore[call-overload]
    return b.made("pad", (number,), (box, value, new), new)


@rule("cat", "concatenate")
def cat(b: Builder, op: Operation) -> View:
    views = [b.view(reference) for reference in op.args["tensors"]]
    shape = out_shape(op)
    views = [view for view in views if len(b.shape(view)) == len(shape)]  # an empty (0,) may be among them
    return joined(b, views, op.args["dim"] % len(shape), shape)


def joined(b: Builder, views: list[View], dim: int, shape: Shape) -> View:
    """A concatenation; zeros at the ends are padding, and a concatenation in it becomes part of it."""
    before = after = 0
    while len(views) > 1 and _is_zero(b, views[-1]):
        after += b.shape(views.pop())[dim]
    while len(views) > 1 and _is_zero(b, views[0]):
        before += b.shape(views.pop(0))[dim]
    parts: list[int] = []
    for number in (b.plain(view) for view in views):
        inner = b.nodes[number]
        nested = inner.op == "cat" and inner.attrs == (dim, len(shape)) and len(inner.inputs) <= MOST_PARTS
        parts += inner.inputs if nested else (number,)
    inside = tuple(size - (before + after if d == dim else 0) for d, size in enumerate(shape))
    view = views[0] if len(parts) == 1 else b.made("cat", tuple(parts), (dim, len(shape)), inside)
    return padded(b, view, tuple((before, after) if d == dim else (0, 0) for d in range(len(shape))), 0.0)


@rule("stack")
def stack(b: Builder, op: Operation) -> View:
    shape = out_shape(op)
    dim = op.args["dim"] % len(shape)
    views = [b.view(reference) for reference in op.args["tensors"]]
    return joined(b, [View(view.node, (*view.dims[:dim], (), *view.dims[dim:])) for view in views], dim, shape)


@rule("write")
def write(b: Builder, op: Operation) -> View | None:
    """A tensor made by assignment to its parts: padding, when it was all zeros; a concatenation, once it is full."""
    base, part, starts = b.view(op.args["base"]), b.view(op.args["source"]), op.args["starts"]
    shape = b.shape(base)
    if starts is None or len(starts) != len(shape) or len(b.shape(part)) != len(shape):
        return None
    extents = b.shape(part)
    box = tuple((s, size - s - extent) for s, size, extent in zip(starts, shape, extents, strict=True))
    if any(before < 0 or after < 0 for before, after in box):
        return cropped(b, part, box)
    node = b.node(base)
    if not any(before or after for before, after in box):
        return part
    if node.op == "fill":
        return padded(b, part, box, node.attrs[0])
    if node.op == "pad":
        old: Box = node.attrs[0]  # type: ignore[assignment]
        dims = [d for d in range(len(shape)) if old[d] != (0, 0) or box[d] != (0, 0)]
        if len(dims) == 1:
            (dim,) = dims
            first = whole(node.inputs[0], tuple(size - sum(o) for size, o in zip(shape, old, strict=True)))
            rest = (old[dim][0] + old[dim][1], box[dim][0] + box[dim][1])
            if sum(rest) == shape[dim] and old[dim][0] == 0 and box[dim][1] == 0:
                return joined(b, [first, part], dim, shape)
            if sum(rest) == shape[dim] and box[dim][0] == 0 and old[dim][1] == 0:
                return joined(b, [part, first], dim, shape)
    return None


def cropped(b: Builder, view: View, box: Box) -> View | None:
    """What a part sees of a tensor that was written to as a whole."""
    if any(before > 0 or after > 0 for before, after in box):
        return None
    for dim, (before, after) in enumerate(box):
        view = cut(b, view, dim, -before, b.shape(view)[dim] + after, 1)
    return view


@rule("zeros", "zeros_like", "new_zeros", "zero")
def zeros(b: Builder, op: Operation) -> View:
    return b.fill(0.0, out_shape(op))


@rule("ones", "ones_like", "new_ones")
def ones(b: Builder, op: Operation) -> View:
    return b.fill(1.0, out_shape(op))


@rule("empty", "empty_like", "new_empty", "empty_strided", "new_empty_strided", "empty_permuted")
def empty(b: Builder, op: Operation) -> View:
    return b.fill("anything", out_shape(op))


@rule("full", "full_like", "new_full", "fill", "scalar_tensor")
def full(b: Builder, op: Operation) -> View | None:
    value = b.number_in(op.args["s" if op.name == "scalar_tensor" else "value" if op.name == "fill_" else "fill_value"])
    return None if value is None else b.fill(value, out_shape(op))


@rule("copy")
def copy(b: Builder, op: Operation) -> View | None:
    """`target[...] = source`: the target's old values are gone."""
    view = b.view(op.args["src"])
    if b.node(view).op == "fill":
        return b.fill(b.node(view).attrs[0], out_shape(op))
    return expanded(view, b.node(view).sizes, out_shape(op))


def source(op: Operation) -> Reference:
    """The tensor that an operation is about."""
    for name in ("self", "input", "x"):
        if isinstance(op.args.get(name), Reference):
            found: Reference = op.args[name]
            return found
    raise KeyError(f"{op.name} has no tensor")


def out_shape(op: Operation) -> Shape:
    """The shape of the first output."""
    shape = op.shapes[0]
    if shape is None:
        raise KeyError(f"{op.name} has no output")
    return shape


def _is_zero(b: Builder, view: View) -> bool:
    node = b.node(view)
    return node.op == "fill" and node.attrs[0] == 0


def _within(value: Any, size: int, default: int) -> int:
    if value is None:
        return default
    return min(max(value + size if value < 0 else value, 0), size)
