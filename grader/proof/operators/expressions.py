"""Rules for expressions: comparisons, signs, constants, arguments, sums for means."""

from collections.abc import Iterator

import libcst as cst

from grader.proof.operators.changes import Replacement, Rule

_COMPARISONS: dict[type[cst.BaseCompOp], type[cst.BaseCompOp]] = {
    cst.LessThan: cst.LessThanEqual,
    cst.LessThanEqual: cst.LessThan,
    cst.GreaterThan: cst.GreaterThanEqual,
    cst.GreaterThanEqual: cst.GreaterThan,
    cst.Equal: cst.NotEqual,
    cst.NotEqual: cst.Equal,
    cst.Is: cst.IsNot,
    cst.IsNot: cst.Is,
    cst.In: cst.NotIn,
    cst.NotIn: cst.In,
}
_MIRRORED: dict[type[cst.BaseCompOp], type[cst.BaseCompOp]] = {
    cst.LessThan: cst.GreaterThan,
    cst.LessThanEqual: cst.GreaterThanEqual,
    cst.GreaterThan: cst.LessThan,
    cst.GreaterThanEqual: cst.LessThanEqual,
}
_ARITHMETIC: dict[type[cst.BaseBinaryOp], type[cst.BaseBinaryOp]] = {
    cst.Add: cst.Subtract,
    cst.Subtract: cst.Add,
    cst.Multiply: cst.Divide,
    cst.Divide: cst.Multiply,
    cst.FloorDivide: cst.Divide,
    cst.Power: cst.Multiply,
    cst.Modulo: cst.FloorDivide,
    cst.MatrixMultiply: cst.Multiply,
}
_OTHER_NAMES = {
    "min": "max",
    "max": "min",
    "mean": "sum",
    "sum": "mean",
    "any": "all",
    "all": "any",
    "ceil": "floor",
    "floor": "ceil",
    "argmax": "argmin",
    "argmin": "argmax",
    "zeros": "ones",
    "ones": "zeros",
    "std": "var",
    "extend": "append",
    "append": "extend",
    "round": "int",
    "amax": "amin",
    "amin": "amax",
    "minimum": "maximum",
    "maximum": "minimum",
    "zeros_like": "ones_like",
    "ones_like": "zeros_like",
    "union": "intersection",
    "nanmean": "mean",
    "isnan": "isinf",
    "permute": "reshape",
    "flip": "roll",
}


def comparison(node: cst.CSTNode) -> Iterator[Replacement]:
    """`<` for `<=`, `<` for `>`, `==` for `!=`, `in` for `not in`."""
    if isinstance(node, cst.ComparisonTarget):
        for table in (_COMPARISONS, _MIRRORED):
            other = table.get(type(node.operator))
            if other is not None:
                yield node.with_changes(operator=other())


def arithmetic(node: cst.CSTNode) -> Iterator[Replacement]:
    """`+` for `-`, `*` for `/`, and the other way round."""
    if isinstance(node, cst.BinaryOperation):
        other = _ARITHMETIC.get(type(node.operator))
        if other is not None:
            yield node.with_changes(operator=other())


def dropped_operand(node: cst.CSTNode) -> Iterator[Replacement]:
    """One side of `a - b`, `a * b`, `a and b` is forgotten."""
    if isinstance(node, cst.BinaryOperation | cst.BooleanOperation):
        yield node.left
        yield node.right


def sign(node: cst.CSTNode) -> Iterator[Replacement]:
    """A minus or a `not` is forgotten."""
    if isinstance(node, cst.UnaryOperation):
        yield node.expression


def logic(node: cst.CSTNode) -> Iterator[Replacement]:
    """`and` for `or`."""
    if isinstance(node, cst.BooleanOperation):
        yield node.with_changes(operator=cst.Or() if isinstance(node.operator, cst.And) else cst.And())


def number(node: cst.CSTNode) -> Iterator[Replacement]:
    """An integer one off, a float ten times as large or as small."""
    if isinstance(node, cst.Integer):
        value = node.evaluated_value
        yield cst.Integer(str(value + 1))
        if value > 0:
            yield cst.Integer(str(value - 1))
    if isinstance(node, cst.Float):
        for other in (node.evaluated_value * 10 or 1.0, node.evaluated_value / 10):
            yield cst.Float(repr(float(other)))


def truth(node: cst.CSTNode) -> Iterator[Replacement]:
    """True for False."""
    if isinstance(node, cst.Name) and node.value in ("True", "False"):
        yield cst.Name("False" if node.value == "True" else "True")


def text(node: cst.CSTNode) -> Iterator[Replacement]:
    """A key or a name in quotes is misspelt."""
    if isinstance(node, cst.SimpleString) and isinstance(node.evaluated_value, str):
        yield cst.SimpleString(repr(node.evaluated_value + "_"))


def one_off(node: cst.CSTNode) -> Iterator[Replacement]:
    """A range or a slice ends one earlier or later."""
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == "range":
        yield from (_with_argument(node, 0, _shifted(node.args[0].value, step)) for step in (1, -1))
    if isinstance(node, cst.Slice):
        for side in ("lower", "upper"):
            bound = getattr(node, side)
            if bound is not None and not isinstance(bound, cst.Integer):
                yield from (node.with_changes(**{side: _shifted(bound, step)}) for step in (1, -1))


def dropped_argument(node: cst.CSTNode) -> Iterator[Replacement]:
    """A keyword argument is forgotten, or the last positional one of several."""
    if not isinstance(node, cst.Call):
        return
    positional = [index for index, argument in enumerate(node.args) if _is_positional(argument)]
    for index, argument in enumerate(node.args):
        last = len(positional) > 1 and index == positional[-1]
        if argument.keyword is not None or argument.star or last:
            rest = [other for place, other in enumerate(node.args) if place != index]
            if rest:
                rest[-1] = rest[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
            yield node.with_changes(args=rest)


def swapped_arguments(node: cst.CSTNode) -> Iterator[Replacement]:
    """Two neighbouring positional arguments change places; so do two values that are returned."""
    if isinstance(node, cst.Call):
        for index in range(len(node.args) - 1):
            one, other = node.args[index], node.args[index + 1]
            if _is_positional(one) and _is_positional(other):
                swapped = _with_argument(node, index, other.value)
                yield _with_argument(swapped, index + 1, one.value)
    if isinstance(node, cst.Tuple):
        for index in range(len(node.elements) - 1):
            elements = list(node.elements)
            left, right = elements[index], elements[index + 1]
            elements[index] = left.with_changes(value=right.value)
            elements[index + 1] = right.with_changes(value=left.value)
            yield node.with_changes(elements=elements)


def other_function(node: cst.CSTNode) -> Iterator[Replacement]:
    """`sum` for `mean`, `min` for `max`, `floor` for `ceil`."""
    if isinstance(node, cst.Call):
        match node.func:
            case cst.Name(value=name) if name in _OTHER_NAMES:
                yield node.with_changes(func=cst.Name(_OTHER_NAMES[name]))
            case cst.Attribute(attr=cst.Name(value=name)) if name in _OTHER_NAMES:
                yield node.with_changes(func=node.func.with_changes(attr=cst.Name(_OTHER_NAMES[name])))


def skipped_call(node: cst.CSTNode) -> Iterator[Replacement]:
    """A function is not called: `f(g(x))` becomes `f(x)`."""
    match node:
        case cst.Call(func=cst.Name(), args=[cst.Arg(keyword=None, star="", value=value)]):
            yield value


RULES: dict[str, Rule] = {
    rule.__name__: rule
    for rule in (
        comparison,
        arithmetic,
        dropped_operand,
        sign,
        logic,
        number,
        truth,
        text,
        one_off,
        dropped_argument,
        swapped_arguments,
        other_function,
        skipped_call,
    )
}


def _is_positional(argument: cst.Arg) -> bool:
    return argument.keyword is None and not argument.star


def _with_argument(call: cst.Call, index: int, value: cst.BaseExpression) -> cst.Call:
    arguments = list(call.args)
    arguments[index] = arguments[index].with_changes(value=value)
    return call.with_changes(args=arguments)


def _shifted(value: cst.BaseExpression, step: int) -> cst.BaseExpression:
    operator = cst.Add() if step > 0 else cst.Subtract()
    atom = isinstance(value, cst.Name | cst.Attribute | cst.Call | cst.Subscript | cst.Integer) or bool(value.lpar)
    inner = value if atom else value.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    return cst.BinaryOperation(inner, operator, cst.Integer(str(abs(step))))
