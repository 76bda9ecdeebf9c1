"""What a calibration depends on, as one fingerprint: when any of it changes, thresholds have to be found anew.

* hidden/calibrated.py and whatever it imports of the hidden folder, of `grader.data`, of `grader.probes` and of
  `grader.calibrate.metrics`, and what that imports in turn;
* the reference modules that the task names, and the modules of the assignment that they import in turn.

Comments, docstrings and blank lines do not count. Versions of torch and numpy do not either, but for torch's major one.
"""

import ast
import io
import tokenize
from collections.abc import Iterator
from pathlib import Path

from grader import fingerprint
from grader.calibrate.task import Task
from grader.errors import AuthorError

_KIT = Path(__file__).parent.parent
_FOLLOWED = ("grader.data", "grader.probes", "grader.calibrate.metrics")


def fingerprint_of(task: Task, torch_version: str) -> str:
    """SHA-256 of everything that a task's values depend on.

    Raises:
        AuthorError: a module that the task names is missing, or a file is no Python.
    """
    starts = [task.file, *(task.folder / f"{name}.py" for name in task.modules)]
    files = {_name(path, task): bare(path).encode() for path in closure(starts)}
    settings = [task.name, task.metric, task.steps, *task.modules, torch_version.partition(".")[0]]
    return fingerprint.of_files(files | {"settings": fingerprint.of_settings(settings).encode()})


def closure(starts: list[Path]) -> list[Path]:
    """The files and all that they import, as far as it is followed; sorted."""
    found: set[Path] = set()
    waiting = list(starts)
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += _imported_by(path)
    return sorted(found)


def bare(path: Path) -> str:
    """A module's text without comments, docstrings and blank lines: the same for every version of Python."""
    text = _read(path)
    lines = text.split("\n")
    for first, last in _docstrings(_parsed(text, path)):
        lines[first:last] = [""] * (last - first)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            line, column = token.start
            lines[line - 1] = lines[line - 1][:column]
    return "\n".join(line.rstrip() for line in lines if line.strip()) + "\n"


def _docstrings(tree: ast.AST) -> Iterator[tuple[int, int]]:
    """Line ranges, from 0, the second one exclusive."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            if ast.get_docstring(node, clean=False) is None:
                continue
            text = node.body[0]
            if isinstance(node, ast.Module) or text.lineno > node.lineno:  # not on the line of the `def`
                yield text.lineno - 1, text.end_lineno or text.lineno


def _imported_by(path: Path) -> Iterator[Path]:
    for node in ast.walk(_parsed(_read(path), path)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            package = _package(path, node.level) if node.level else ""
            module = ".".join(part for part in (package, node.module or "") if part)
            names = [f"{module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            yield from _file_of(name, path)


def _package(path: Path, level: int) -> str:
    """The package that a relative import starts from."""
    parts = path.relative_to(_KIT.parent).parts[:-level] if path.is_relative_to(_KIT) else ()
    return ".".join(parts)


def _file_of(name: str, importer: Path) -> Iterator[Path]:
    """The file behind a dotted name, whose last part may also be something that a module defines."""
    if name.startswith("grader."):
        if not name.startswith(_FOLLOWED):
            return
        folder = _KIT.parent
    elif importer.is_relative_to(_KIT):
        return
    else:
        folder = importer.parent
    parts = name.split(".")
    for last in (len(parts), len(parts) - 1):
        place = folder.joinpath(*parts[:last])
        for path in (place.with_suffix(".py"), place / "__init__.py") if last else ():
            if path.is_file():
                yield path
                return


def _name(path: Path, task: Task) -> str:
    """A file's name in the fingerprint, wherever kit and course lie."""
    root = task.folder if path.is_relative_to(task.folder) else _KIT.parent
    return path.relative_to(root).as_posix()


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise AuthorError(f"{path}: is missing; a calibrated task names it in `modules`") from None


def _parsed(text: str, path: Path) -> ast.AST:
    try:
        return ast.parse(text, str(path))
    except SyntaxError as error:
        raise AuthorError(f"{path}: line {error.lineno}: {error.msg}") from error
