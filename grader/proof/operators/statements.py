"""Rules for statements: removed, reordered, moved out of a loop, conditions turned round."""

from collections.abc import Iterator, Sequence

import libcst as cst
from libcst import matchers as m

from grader.proof.operators.changes import Moved, Replacement, Rule

_NOTHING = cst.SimpleStatementLine([cst.Pass()])


def removed_statement(node: cst.CSTNode) -> Iterator[Replacement]:
    """A call, a raise, an assignment to an attribute or an item, or an update in place is gone."""
    match node:
        case cst.SimpleStatementLine(body=[cst.Expr(value=cst.Call()) | cst.Raise() | cst.AugAssign()]):
            yield _NOTHING
        case cst.SimpleStatementLine(body=[cst.Assign(targets=targets)]):
            if any(isinstance(target.target, cst.Attribute | cst.Subscript) for target in targets):
                yield _NOTHING
        case cst.SimpleStatementLine(body=[cst.Continue() | cst.Break()]):
            yield _NOTHING


def removed_reassignment(node: cst.CSTNode) -> Iterator[Replacement]:
    """`x = f(x)` is gone, so that x stays as it was."""
    match node:
        case cst.SimpleStatementLine(body=[cst.Assign(targets=[target], value=value)]):
            if _names(target) and _names(target) <= _names(value):
                yield _NOTHING


def swapped_statements(node: cst.CSTNode) -> Iterator[Replacement]:
    """Two neighbouring statements change places, where that does not just leave a name undefined."""
    if not isinstance(node, cst.IndentedBlock):
        return
    for first, second in zip(range(len(node.body)), range(1, len(node.body)), strict=False):
        one, other = node.body[first], node.body[second]
        if _moves(one) and _moves(other) and not _assigned(one) & _names(other) and not _independent(one, other):
            body = list(node.body)
            body[first], body[second] = other, one
            yield Moved(node.with_changes(body=body), [one, other], "the other way round")


def before_the_loop(node: cst.CSTNode) -> Iterator[Replacement]:
    """A statement of a loop's body is done once, before the loop."""
    if isinstance(node, cst.For) and isinstance(node.body, cst.IndentedBlock) and len(node.body.body) > 1:
        known = _names(node.target)
        for index, statement in enumerate(node.body.body):
            if _moves(statement) and not known & _names(statement):
                flat = cst.FlattenSentinel([statement, _with_body(node, _without(node.body.body, index))])
                yield Moved(flat, [statement], "before the loop")
            known = known | _assigned(statement)


def after_the_loop(node: cst.CSTNode) -> Iterator[Replacement]:
    """The last statements of a loop's body, one by one, are done once, after the loop."""
    if isinstance(node, cst.For) and isinstance(node.body, cst.IndentedBlock) and len(node.body.body) > 1:
        for index, statement in enumerate(node.body.body):
            later = node.body.body[index + 1 :]
            if _moves(statement) and not any(_assigned(statement) & _names(other) for other in later):
                flat = cst.FlattenSentinel([_with_body(node, _without(node.body.body, index)), statement])
                yield Moved(flat, [statement], "after the loop")


def first_turn_only(node: cst.CSTNode) -> Iterator[Replacement]:
    """A loop ends after its first turn."""
    if isinstance(node, cst.For) and isinstance(node.body, cst.IndentedBlock):
        once = _with_body(node, [*node.body.body, cst.SimpleStatementLine([cst.Break()])])
        yield Moved(
            once, [node.with_changes(body=cst.SimpleStatementSuite([cst.Expr(cst.Ellipsis())]))], "first turn only"
        )


def condition(node: cst.CSTNode) -> Iterator[Replacement]:
    """A condition is turned round, or always or never holds."""
    if isinstance(node, cst.If | cst.IfExp):
        yield node.with_changes(test=_negated(node.test))
        for constant in ("True", "False"):
            yield node.with_changes(test=cst.Name(constant))


def without_context(node: cst.CSTNode) -> Iterator[Replacement]:
    """The body of a `with` is run without it, for `torch.no_grad()` and the like."""
    if isinstance(node, cst.With) and all(item.asname is None for item in node.items):
        yield cst.If(cst.Name("True"), node.body)


def removed_decorator(node: cst.CSTNode) -> Iterator[Replacement]:
    """A function loses a decorator."""
    if isinstance(node, cst.FunctionDef):
        for index in range(len(node.decorators)):
            yield node.with_changes(decorators=_without(node.decorators, index))


RULES: dict[str, Rule] = {
    rule.__name__: rule
    for rule in (
        removed_statement,
        removed_reassignment,
        swapped_statements,
        before_the_loop,
        after_the_loop,
        first_turn_only,
        condition,
        without_context,
        removed_decorator,
    )
}


def _moves(node: cst.CSTNode) -> bool:
    """Whether a statement can stand elsewhere: no docstring, no definition, nothing that leaves the block."""
    match node:
        case cst.SimpleStatementLine(body=[cst.Expr(value=cst.SimpleString() | cst.ConcatenatedString())]):
            return False
        case cst.SimpleStatementLine(body=[cst.Assign() | cst.AnnAssign() | cst.AugAssign() | cst.Expr()]):
            return True
    return False


def _independent(one: cst.CSTNode, other: cst.CSTNode) -> bool:
    """Whether both only bind names, neither of which the other reads."""
    return bool(_assigned(one) and _assigned(other)) and not _assigned(other) & _names(one)


def _with_body(node: cst.For, body: Sequence[cst.CSTNode]) -> cst.For:
    return node.with_changes(body=node.body.with_changes(body=body))


def _without(items: Sequence[cst.CSTNode], index: int) -> list[cst.CSTNode]:
    return [item for place, item in enumerate(items) if place != index]


def _names(node: cst.CSTNode) -> set[str]:
    return {found.value for found in m.findall(node, m.Name())}  # type: ignore[attr-defined]


def _assigned(node: cst.CSTNode) -> set[str]:
    """Names that a statement binds."""
    return {name for target in m.findall(node, m.AssignTarget()) for name in _bound(target.target)}  # type: ignore[attr-defined]


def _bound(target: cst.BaseExpression) -> set[str]:
    if isinstance(target, cst.Name):
        return {target.value}
    if isinstance(target, cst.Tuple | cst.List):
        return set().union(*(_bound(element.value) for element in target.elements))
    return set()


def _negated(test: cst.BaseExpression) -> cst.BaseExpression:
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        return test.expression
    return cst.UnaryOperation(cst.Not(), test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()]))
