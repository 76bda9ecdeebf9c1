"""A reference module without its solution: what students start from.

Everything between `### BEGIN SOLUTION` and `### END SOLUTION` goes. Inside a function the first such block becomes
`raise NotImplementedError("ResNet18.forward: not written yet")`; other blocks leave nothing behind.
"""

import ast
import re
from dataclasses import dataclass

from grader.errors import AuthorError

_MARKER = re.compile(r"(?P<indent>\s*)### (?P<edge>BEGIN|END) SOLUTION\s*")
_LOOKS_LIKE_A_MARKER = re.compile(r"#.*\b(BEGIN|END)[\s_-]*SOLUTION", re.IGNORECASE)


@dataclass(frozen=True)
class _Block:
    """Lines `first` to `last` of a file (from 1), markers included."""

    first: int
    last: int
    indent: str


def stub(source: str, file: str) -> str:
    """The student's version of a reference module.

    Args:
        file: its name, for messages.

    Raises:
        AuthorError: markers that do not match, a module without any, or a stub that is no valid Python; the message
            names file and line.
    """
    tree = _parse(source, file, "the reference")
    lines = source.splitlines()
    blocks = _blocks(lines, file)
    if not blocks:
        raise AuthorError(f"{file}: holds no `### BEGIN SOLUTION`, so students would be given the whole solution")
    replaced: set[int] = set()
    kept: list[str] = []
    position = 0
    for block in blocks:
        kept += lines[position : block.first - 1]
        _check(tree, block, file)
        name, function = _function_around(tree, block)
        if function is not None and function.lineno not in replaced:
            kept.append(f'{block.indent}raise NotImplementedError("{name}: not written yet")')
            replaced.add(function.lineno)
        position = block.last
        if kept and not kept[-1].strip() and position < len(lines) and not lines[position].strip():
            position += 1  # the blank lines around a block that leaves nothing behind become one gap
    text = _tidy([*kept, *lines[position:]])
    _parse(text, file, "the stub")
    return text


def _blocks(lines: list[str], file: str) -> list[_Block]:
    blocks = []
    begun: tuple[int, str] | None = None
    for number, line in enumerate(lines, start=1):
        marker = _MARKER.fullmatch(line)
        if marker is None:
            if _LOOKS_LIKE_A_MARKER.search(line):
                raise AuthorError(f"{file}: line {number}: write `### BEGIN SOLUTION` or `### END SOLUTION`, alone")
        elif marker["edge"] == "BEGIN":
            if begun is not None:
                raise AuthorError(
                    f"{file}: line {number}: a solution begins inside the one that began in line {begun[0]}"
                )
            begun = number, marker["indent"]
        elif begun is None:
            raise AuthorError(f"{file}: line {number}: a solution ends that never began")
        else:
            blocks.append(_Block(begun[0], number, begun[1]))
            begun = None
    if begun is not None:
        raise AuthorError(f"{file}: line {begun[0]}: a solution begins that never ends")
    return blocks


def _check(tree: ast.Module, block: _Block, file: str) -> None:
    """Raises an AuthorError for a block without statements, and for one that cuts a statement in two."""
    begun = [node for node in ast.walk(tree) if isinstance(node, ast.stmt) and block.first < node.lineno < block.last]
    if not begun:
        raise AuthorError(f"{file}: line {block.first}: the solution is empty")
    for node in begun:
        if _last(node) > block.last:
            raise AuthorError(
                f"{file}: line {block.last}: the solution ends inside the statement of line {node.lineno}"
            )


def _function_around(tree: ast.Module, block: _Block) -> tuple[str, ast.stmt | None]:
    """The outermost function that a block belongs to, with its qualified name; None at module and class level."""
    names: list[str] = []
    body: list[ast.stmt] = tree.body
    while True:
        around = next((node for node in body if node.lineno < block.first and _last(node) > block.first), None)
        if isinstance(around, ast.ClassDef):
            names.append(around.name)
            body = around.body
        elif isinstance(around, ast.FunctionDef | ast.AsyncFunctionDef):
            return ".".join([*names, around.name]), around
        else:
            return "", None


def _last(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno


def _tidy(lines: list[str]) -> str:
    """Text that ends in one line break and never has more than two blank lines in a row."""
    text = "\n".join(lines).strip("\n") + "\n"
    return re.sub(r"\n{4,}", "\n\n\n", text)


def _parse(source: str, file: str, what: str) -> ast.Module:
    try:
        tree = ast.parse(source, file)
        compile(source, file, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        raise AuthorError(
            f"{file}: {what} is not valid Python: {error.args[0]}" + (f" (line {line})" if line else "")
        ) from error
    return tree
