"""Which modules a notebook holds, and whether its cells or the files beside it count.

An exercise's cell begins with the line `%%exercise NAME`; what follows is the module. A student may write there or in
`NAME.py`, and `choose` says which of the two is the work.
"""

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .cells import Cell

_MAGIC = re.compile(r"[ \t]*%%exercise[ \t]+(?P<name>[A-Za-z_]\w*)[ \t]*(#.*)?(?P<end>\n|\Z)")
_UNWRITTEN = re.compile(r"^\s*raise\s+NotImplementedError\b", re.MULTILINE)


@dataclass(frozen=True)
class Chosen:
    """The module of an exercise.

    Attributes:
        source: its text; None when neither the notebook nor a file has it.
        place: `notebook` or `file`.
        note: a sentence for the student where it is not obvious; else empty.
    """

    source: str | None
    place: str
    note: str = ""


def named_exercise(source: str) -> str:
    """The exercise that a cell's first line names, or nothing."""
    found = _MAGIC.match(source.lstrip("\ufeff\n"))
    return found["name"] if found else ""


def body(source: str) -> str:
    """A cell's text without the line `%%exercise NAME`."""
    source = source.lstrip("\ufeff\n")
    found = _MAGIC.match(source)
    return source[found.end() :] if found else source


def modules(cells: Iterable[Cell], exercises: Iterable[str]) -> dict[str, str]:
    """The source of every exercise that the notebook has a cell for.

    Of several cells with the same line the last counts, as it would when the notebook is run, but an unwritten copy
    never replaces a written one. The parts of a cell that was split belong together: those without the line that
    bear the name nbgrader gave the cell follow the part before them.
    """
    wanted = set(exercises)
    found: dict[str, str] = {}
    open_part = ("", "")  # exercise and grade_id of the cell that the next part may belong to
    for cell in cells:
        if cell.kind != "code":
            continue
        name = named_exercise(cell.source)
        if name in wanted:
            text = body(cell.source)
            if name not in found or unwritten(text) <= unwritten(found[name]) or not unwritten(text):
                found[name] = text
                open_part = (name, cell.grade_id)
            else:
                open_part = ("", "")
        elif not name and cell.grade_id and cell.grade_id == open_part[1]:
            found[open_part[0]] = f"{found[open_part[0]].rstrip()}\n\n{cell.source}"
    return {name: _ended(text) for name, text in found.items()}


def unwritten(source: str) -> int:
    """How many parts are not written: functions that raise NotImplementedError, and answers that are all None."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return len(_UNWRITTEN.findall(source))
    return sum(_raises_not_implemented(node) for node in ast.walk(tree)) + _answers_nothing(tree)


def is_empty(source: str) -> bool:
    """Whether nothing but comments and a docstring is there."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return not source.strip()
    return all(isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in tree.body)


def choose(name: str, cell: str | None, file: str | None) -> Chosen:
    """The cell or the file: the one of which more is written, and the notebook's cell where both are alike.

    Args:
        name: the exercise.
        cell: the module in the notebook, if it has one.
        file: the module in the file, if there is one.
    """
    if cell is None or is_empty(cell):
        if file is None and cell is not None:
            return Chosen(cell, "notebook")
        return Chosen(file, "file")
    if file is None or is_empty(file):
        return Chosen(cell, "notebook")
    in_cell, in_file = unwritten(cell), unwritten(file)
    if in_file < in_cell:
        return Chosen(file, "file")
    if in_file == in_cell == 0 and _ended(cell) != _ended(file):
        return Chosen(
            cell, "notebook", f"{name}: both the notebook and {name}.py hold a solution; the notebook's counts"
        )
    return Chosen(cell, "notebook")


def choose_all(cells: Mapping[str, str], files: Mapping[str, str], exercises: Iterable[str]) -> dict[str, Chosen]:
    """`choose` for every exercise."""
    return {name: choose(name, cells.get(name), files.get(name)) for name in exercises}


def _raises_not_implemented(node: ast.AST) -> bool:
    if not isinstance(node, ast.Raise) or node.exc is None:
        return False
    error = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    return isinstance(error, ast.Name) and error.id == "NotImplementedError"


def _answers_nothing(tree: ast.Module) -> bool:
    """Whether a knowledge check's `ANSWERS = {"name": None, ...}` is as it was given out, and nothing else uses it."""
    if sum(isinstance(node, ast.Name) and node.id == "ANSWERS" for node in ast.walk(tree)) != 1:
        return False
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == "ANSWERS" for target in targets):
            given = getattr(node, "value", None)
            return isinstance(given, ast.Dict) and all(_is_none(value) for value in given.values)
    return False


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _ended(source: str) -> str:
    return source.strip("\n") + "\n"
