"""Rules for operations on each value by itself: activations in any spelling, sums, products."""

import math

from grader.verdicts.equivalence.builder import Builder, bare, rule
from grader.verdicts.equivalence.evidence import Operation, Reference
from grader.verdicts.equivalence.layers import with_bias
from grader.verdicts.equivalence.reductions import scaled_mean
from grader.verdicts.equivalence.shaping import out_shape, source
from grader.verdicts.equivalence.views import View, is_plain

ACTIVATIONS = ("leaky_relu", "sigmoid", "tanh", "gelu", "silu", "elu", "hardtanh", "hardswish", "hardsigmoid", "mish")
BOUNDS = ("clamp", "clamp_min", "clamp_max", "threshold", "nan_to_num", "floor", "round", "sign")
TESTS = ("gt", "ge", "lt", "le", "eq", "ne", "isnan", "isinf", "logical_not")
FUNCTIONS = ("softplus", "neg", "abs", "exp", "log", "sqrt", "rsqrt", "reciprocal", "pow", "square", "sin", "cos")


def unary(b: Builder, view: View, name: str, *attrs: object) -> View:
    """A function of each value; how the values are arranged plays no role."""
    node = b.node(view)
    return View(b.value(name, (view.node,), attrs, (), node.sizes), view.dims)


def relu(b: Builder, view: View) -> View:
    """max(x, 0), which done twice is done once."""
    return view if b.node(view).op == "relu" else unary(b, view, "relu")


@rule("relu")
def relu_itself(b: Builder, op: Operation) -> View:
    return relu(b, b.view(source(op)))


@rule(*ACTIVATIONS, *BOUNDS, *TESTS, *FUNCTIONS)
def by_value(b: Builder, op: Operation) -> View | None:
    references = [name for name, value in op.args.items() if isinstance(value, Reference)]
    view = b.view(source(op))
    others = {name: b.number_in(op.args[name]) for name in references if op.args[name] != source(op)}
    if None in others.values() or out_shape(op) != b.shape(view):
        return None
    if _is_relu(bare(op.name), op):
        return relu(b, view)
    attrs = {name: value for name, value in op.args.items() if name not in references}
    return unary(b, view, bare(op.name), *sorted({**attrs, **others}.items()))


def _is_relu(name: str, op: Operation) -> bool:
    args = op.args
    return (
        (name == "clamp_min" and args["min"] == 0)
        or (name == "clamp" and args["min"] == 0 and args["max"] in (None, math.inf))
        or (name == "threshold" and args["threshold"] == 0 and args["value"] == 0)
        or (name == "leaky_relu" and args["negative_slope"] == 0)
        or (name == "hardtanh" and args["min_val"] == 0 and args["max_val"] == math.inf)
    )


@rule("add", "sub", "rsub")
def add(b: Builder, op: Operation) -> View | None:
    scale = op.args.get("alpha", 1)
    number = b.number_in(op.args["other"])
    if number == 0 and bare(op.name) != "rsub" and out_shape(op) == b.shape(b.view(source(op))):
        return b.view(source(op))
    if number is None and b.number_in(op.args["self"]) == 0 and bare(op.name) == "add" and scale == 1:
        view = b.view(op.args["other"])
        if out_shape(op) == b.shape(view):
            return view
    if number is not None:
        return unary(b, b.view(source(op)), bare(op.name), number, scale)
    if bare(op.name) != "add" or scale != 1:
        return None
    one, other = b.view(op.args["self"]), b.view(op.args["other"])
    return with_bias(b, one, other) or with_bias(b, other, one) or binary(b, op, "add")


@rule("mul", "div")
def scaled(b: Builder, op: Operation) -> View | None:
    name, number = bare(op.name), b.number_in(op.args["other"])
    if number is None and name == "mul" and b.number_in(op.args["self"]) is not None:
        return _times(b, b.view(op.args["other"]), b.number_in(op.args["self"]), op)
    if number is not None:
        return _times(b, b.view(source(op)), number if name == "mul" else 1 / number if number else None, op)
    if name == "mul":
        for one, other in (("self", "other"), ("other", "self")):
            if _is_positive(b, op.args[other], op.args[one]):
                return relu(b, b.view(op.args[one]))
    return binary(b, op, name)


def _times(b: Builder, view: View, factor: float | None, op: Operation) -> View | None:
    if factor is None or out_shape(op) != b.shape(view) or op.args.get("rounding_mode") is not None:
        return None
    if factor == 1:
        return view
    return scaled_mean(b, view, factor) or unary(b, view, "times", factor)


@rule("maximum", "minimum")
def larger(b: Builder, op: Operation) -> View | None:
    for one, other in (("self", "other"), ("other", "self")):
        if bare(op.name) == "maximum" and b.number_in(op.args[other]) == 0:
            view = b.view(op.args[one])
            if b.shape(view) == out_shape(op):
                return relu(b, view)
    return binary(b, op, bare(op.name))


@rule("where")
def where(b: Builder, op: Operation) -> View | None:
    """`where(x > 0, x, 0)` and `where(x < 0, 0, x)`."""
    if not {"condition", "self", "other"} <= op.args.keys():
        return None
    for value, zero, names in (("self", "other", ("gt", "ge")), ("other", "self", ("lt", "le"))):
        if b.number_in(op.args[zero]) == 0 and _is_positive(b, op.args["condition"], op.args[value], names):
            return relu(b, b.view(op.args[value]))
    return None


def _is_positive(b: Builder, condition: Reference, value: Reference, names: tuple[str, ...] = ("gt", "ge")) -> bool:
    """Whether a condition says that a value is positive (or negative, as `names` says)."""
    test, view = b.view(condition), b.view(value)
    if b.node(test).op == "_to_copy":
        test = View(b.node(test).inputs[0], test.dims)
    node = b.node(test)
    return (
        node.op in names
        and node.inputs == (view.node,)
        and test.dims == view.dims
        and ("other", 0.0)
        in [
            (item[0], float(item[1]))
            for item in node.attrs
            if isinstance(item, tuple) and isinstance(item[1], int | float)
        ]
    )


def binary(b: Builder, op: Operation, name: str) -> View:
    """A function of two tensors, value by value."""
    one, other = b.view(op.args["self"]), b.view(op.args["other"])
    first, second = b.node(one), b.node(other)
    rounding = op.args.get("rounding_mode")
    if one.dims == other.dims and first.sizes == second.sizes and set(one.atoms) == set(range(len(first.sizes))):
        return View(b.value(name, (one.node, other.node), (rounding,), (), first.sizes), one.dims)
    shapes = (b.shape(one), b.shape(other))
    attrs: tuple[object, ...] = (rounding,) if shapes[0] == shapes[1] else (rounding, shapes)
    plain = is_plain(one, first.sizes) and is_plain(other, second.sizes)
    inputs = (one.node, other.node) if plain else (b.plain(one), b.plain(other))
    return b.made(name, inputs, attrs, out_shape(op))
