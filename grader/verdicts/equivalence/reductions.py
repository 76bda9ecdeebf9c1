"""Rules for means, pooling and up-sampling: what makes maps smaller or larger."""

import math
from collections.abc import Sequence

from grader.verdicts.equivalence.builder import Builder, bare, rule
from grader.verdicts.equivalence.evidence import Operation
from grader.verdicts.equivalence.shaping import out_shape, source
from grader.verdicts.equivalence.views import Shape, View


def reduced(b: Builder, view: View, op: str, dims: Sequence[int], keepdim: bool) -> View | None:
    """A mean, sum or maximum over whole dimensions; a mean of a mean is one mean."""
    node = b.node(view)
    gone = {atom for dim in dims for atom in view.dims[dim]}
    if any(atom < 0 for atom in view.atoms) or set(view.atoms) != set(range(len(node.sizes))):
        return None
    new = {axis: position for position, axis in enumerate(a for a in range(len(node.sizes)) if a not in gone)}
    left = [tuple(new[atom] for atom in dim if atom in new) for dim in view.dims]
    shown = tuple(dim for i, dim in enumerate(left) if keepdim or i not in dims)
    if not gone:
        return View(view.node, shown)
    number, over = view.node, tuple(sorted(gone))
    if node.op == op and op in ("mean", "sum", "amax"):
        inner: tuple[int, ...] = node.attrs[0]  # type: ignore[assignment]
        number = node.inputs[0]
        there = [axis for axis in range(len(b.nodes[number].sizes)) if axis not in inner]
        over = tuple(sorted({*inner, *(there[axis] for axis in over)}))
    sizes = tuple(node.sizes[axis] for axis in new)
    return View(b.value(op, (number,), (over,), (), sizes), shown)


def scaled_mean(b: Builder, view: View, factor: float) -> View | None:
    """A sum divided by how many there are, also after a linear layer without bias."""
    node = b.node(view)
    if node.op == "linear" and len(node.slots) == 1:
        before = b.nodes[node.inputs[0]]
        mean = scaled_mean(b, View(node.inputs[0], tuple((axis,) for axis in range(len(before.sizes)))), factor)
        if mean is None:
            return None
        return View(b.value("linear", (mean.node,), node.attrs, node.slots, node.sizes, node.channel), view.dims)
    if node.op != "sum":
        return None
    inner = b.nodes[node.inputs[0]]
    count = math.prod(inner.sizes[axis] for axis in node.attrs[0])  # type: ignore[attr-defined]
    if not math.isclose(count * factor, 1, rel_tol=1e-12):
        return None
    return View(b.value("mean", node.inputs, node.attrs, (), node.sizes), view.dims)


@rule("mean", "sum", "amax")
def reduction(b: Builder, op: Operation) -> View | None:
    view = b.view(source(op))
    ndim = len(view.dims)
    dims = op.args.get("dim")
    dims = tuple(range(ndim)) if dims in (None, ()) else dims if isinstance(dims, tuple) else (dims,)
    return reduced(b, view, bare(op.name), [dim % ndim for dim in dims], bool(op.args.get("keepdim")))


@rule("max_pool2d_with_indices", "max_pool1d", "max_pool2d", "max_pool3d_with_indices", "max_pool3d")
def max_pool(b: Builder, op: Operation) -> list[View] | None:
    return _pooled(b, op, "max_pool", "amax", (_each(op, "dilation", 1),))


@rule("avg_pool2d", "avg_pool1d", "avg_pool3d")
def avg_pool(b: Builder, op: Operation) -> list[View] | None:
    if op.args.get("divisor_override") is not None:
        return None
    counted = op.args["count_include_pad"] if any(_each(op, "padding", 0)) else True
    return _pooled(b, op, "avg_pool", "mean", (counted,))


def _pooled(b: Builder, op: Operation, name: str, over_all: str, extra: tuple[object, ...]) -> list[View] | None:
    view = b.view(source(op))
    ndim = len(_each(op, "kernel_size", 1))
    kernel, padding = _each(op, "kernel_size", 1), _each(op, "padding", 0)
    stride = _each(op, "stride", 1) if op.args.get("stride") not in (None, (), []) else kernel
    inside, out = b.shape(view)[-ndim:], out_shape(op)
    exact = tuple(
        (size + 2 * pad - k) // step + 1 for size, pad, k, step in zip(inside, padding, kernel, stride, strict=True)
    )
    ceiled = bool(op.args.get("ceil_mode")) and exact != out[-ndim:]
    if kernel == inside and not any(padding) and extra in (((1,) * ndim,), (True,)):
        made = reduced(b, view, over_all, range(len(view.dims) - ndim, len(view.dims)), keepdim=True)
    else:
        made = b.made(name, (b.plain(view),), (kernel, stride, padding, ceiled, inside, *extra), out)
    return None if made is None else [made, *_unknown(b, op, view)]


@rule(
    "_adaptive_avg_pool2d", "adaptive_max_pool2d", "_adaptive_avg_pool3d", "adaptive_max_pool3d", "adaptive_max_pool1d"
)
def adaptive_pool(b: Builder, op: Operation) -> list[View] | None:
    view, out = b.view(source(op)), out_shape(op)
    ndim = len(op.args["output_size"])
    inside, outside = b.shape(view)[-ndim:], out[-ndim:]
    name, over_all = ("avg_pool", "mean") if "avg" in op.name else ("max_pool", "amax")
    if inside == outside:
        return [view, *_unknown(b, op, view)]
    if set(outside) == {1}:
        made = reduced(b, view, over_all, range(len(view.dims) - ndim, len(view.dims)), keepdim=True)
    elif all(i % o == 0 for i, o in zip(inside, outside, strict=True)):
        kernel = tuple(i // o for i, o in zip(inside, outside, strict=True))
        extra: tuple[object, ...] = (True,) if name == "avg_pool" else ((1,) * ndim,)
        made = b.made(name, (b.plain(view),), (kernel, kernel, (0,) * ndim, False, inside, *extra), out)
    else:
        made = b.made("adaptive_" + name, (b.plain(view),), (inside, outside), out)
    return None if made is None else [made, *_unknown(b, op, view)]


@rule(
    "upsample_bilinear2d",
    "upsample_nearest2d",
    "upsample_bicubic2d",
    "upsample_linear1d",
    "upsample_nearest1d",
    "upsample_trilinear3d",
    "upsample_nearest3d",
    "_upsample_nearest_exact2d",
    "_upsample_bilinear2d_aa",
)
def upsample(b: Builder, op: Operation) -> View:
    """Scale factors are told only where they are not what the two sizes say."""
    view, out = b.view(source(op)), out_shape(op)
    ndim = len(out) - 2
    inside, outside = b.shape(view)[2:], out[2:]
    if inside == outside:
        return view
    corners = bool(op.args.get("align_corners"))
    names = ("scales",) if ndim == 1 else ("scales_d", "scales_h", "scales_w")[-ndim:]
    scales = tuple(op.args.get(name) for name in names)
    if corners or all(s is None or s * i == o for s, i, o in zip(scales, inside, outside, strict=True)):
        scales = ()
    return b.made(op.name, (b.plain(view),), (inside, outside, corners, scales), out)


def _unknown(b: Builder, op: Operation, view: View) -> list[View]:
    """The positions that max pooling also returns."""
    number = b.plain(view)
    return [b.made(op.name + " positions", (number,), (op.shapes[0],), shape or ()) for shape in op.shapes[1:]]


def _each(op: Operation, name: str, default: int) -> Shape:
    """An argument as one number per dimension of the kernel."""
    ndim = len(op.args["kernel_size"]) if isinstance(op.args["kernel_size"], tuple) else 1
    value = op.args.get(name, default)
    value = value if isinstance(value, tuple) else (value,)
    return value * ndim if len(value) == 1 else value
