"""Applies rules to a module's syntax tree, one change at a time."""

import ast
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider


@dataclass(frozen=True)
class Moved:
    """A replacement that is told by the statements it moves rather than by the block around them.

    Attributes:
        node: what stands in the old node's place.
        statements: what is moved.
        where: words for where to.
    """

    node: "cst.CSTNode | cst.FlattenSentinel[cst.CSTNode]"
    statements: Sequence[cst.CSTNode]
    where: str


Replacement = cst.CSTNode | Moved
Rule = Callable[[cst.CSTNode], Iterable[Replacement]]
"""What may stand in a node's place; nothing when the rule does not apply to it."""

_LONGEST = 160


@dataclass(frozen=True)
class Change:
    """A module with one small change.

    Attributes:
        rule: the name of the rule that made it.
        function: where: `predict`, `MinMax.fit`, or empty outside of functions.
        old, new: the code that was replaced, and what replaced it, on one line.
        nth: counts equal changes of one function, from 1.
        line: in the reference.
        source: the whole module.
    """

    rule: str
    function: str
    old: str
    new: str
    line: int
    source: str
    nth: int = 1

    def __str__(self) -> str:
        return (
            f"{self.rule} in {self.function or 'the module'}, line {self.line}: {self.old} -> {self.new or 'nothing'}"
        )


def changes_of(source: str, rules: Mapping[str, Rule]) -> list[Change]:
    """Every different program that one application of one rule makes; none that means the same as the source."""
    finder = _Finder(rules)
    wrapper = MetadataWrapper(cst.parse_module(source))
    wrapper.visit(finder)
    seen = {_meaning(source)}
    times: Counter[tuple[str, ...]] = Counter()
    found = []
    for name, function, line, node, replacement in finder.found:
        text = _code(wrapper.module, node, replacement)
        meaning = _meaning(text)
        if meaning is None or meaning in seen:
            continue
        seen.add(meaning)
        old, new = _told(wrapper.module, node, replacement)
        change = Change(name, function, old, new, line, text)
        key = (change.rule, change.function, change.old, change.new)
        times[key] += 1
        found.append(replace(change, nth=times[key]))
    return found


class _Finder(cst.CSTVisitor):
    """Offers every node to every rule, but for annotations, docstrings, imports and the text of errors."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        self.rules = rules
        self.found: list[tuple[str, str, int, cst.CSTNode, Replacement]] = []
        self._place: list[str] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.Annotation | cst.Import | cst.ImportFrom) or _is_docstring(node):
            return False
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            self._place.append(node.name.value)
        for name, rule in self.rules.items():
            for replacement in rule(node):
                line = self.get_metadata(PositionProvider, node).start.line
                self.found.append((name, ".".join(self._place), line, node, replacement))
        return not isinstance(node, cst.Raise)

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if isinstance(original_node, cst.FunctionDef | cst.ClassDef):
            self._place.pop()


def _is_docstring(node: cst.CSTNode) -> bool:
    match node:
        case cst.SimpleStatementLine(body=[cst.Expr(value=cst.SimpleString() | cst.ConcatenatedString())]):
            return True
    return False


def _code(module: cst.Module, node: cst.CSTNode, replacement: Replacement) -> str:
    new = replacement.node if isinstance(replacement, Moved) else replacement
    changed = module.deep_replace(node, new)  # type: ignore[type-var]  # takes several statements, too
    assert isinstance(changed, cst.Module)
    return changed.code


def _meaning(source: str) -> str | None:
    """The same for programs that differ in spelling alone; None for what is not Python."""
    try:
        return ast.dump(ast.parse(source))
    except SyntaxError:
        return None


def _told(module: cst.Module, node: cst.CSTNode, replacement: Replacement) -> tuple[str, str]:
    """What was replaced, and by what."""
    if isinstance(replacement, Moved):
        text = "; ".join(_shown(module, statement) for statement in replacement.statements)
        return text, replacement.where
    return _shown(module, node), _shown(module, replacement)


def _shown(module: cst.Module, node: cst.CSTNode) -> str:
    text = " ".join(module.code_for_node(_bare(node)).split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def _bare(node: cst.CSTNode) -> cst.CSTNode:
    """Without the blank lines and comments above a statement."""
    if isinstance(node, cst.SimpleStatementLine | cst.BaseCompoundStatement):
        return node.with_changes(leading_lines=())
    return node
