"""The archive that a student hands in: exactly the expected files, and a manifest with their fingerprints."""

import ast
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from grader import __version__
from grader.course import Assignment
from grader.errors import BadInput, SubmissionError
from grader.handed_in import open_tree
from grader.notebooks.handed_in import from_notebook
from grader.submissions import MANIFEST, counts

_ZIP_DATE = (1980, 1, 1, 0, 0, 0)  # the same files give the same archive, whenever they are packed


@dataclass(frozen=True)
class Packed:
    """What was packed.

    Attributes:
        content: the zip file.
        files: SHA-256 by name.
        warnings: sentences about what a student may have forgotten.
    """

    content: bytes
    files: dict[str, str]
    warnings: list[str]


def pack(folder: Path, assignment: Assignment) -> Packed:
    """Packs the work in a folder.

    Raises:
        BadInput: there is no such folder, or nothing to hand in.
    """
    if not folder.is_dir():
        raise BadInput(f"{folder}: there is no such folder; name it with --folder")
    files, cells, warnings = _read(folder, assignment)
    graded = {**files, **cells}
    warnings += [f"{name}: is missing" for name in assignment.files if name not in graded]
    for name in assignment.files:
        if name in graded:
            warnings += _unfinished(graded[name], name)
    if not files:
        raise BadInput(f"{folder}: holds none of the files to hand in ({', '.join(assignment.files)})")
    fingerprints = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())}
    manifest = {
        "assignment": assignment.id,
        "files": fingerprints,
        "changed_at": _newest(folder, files).isoformat(),
        "kit": __version__,
    }
    content = _zip({**files, MANIFEST: (json.dumps(manifest, indent=2) + "\n").encode()})
    return Packed(content, fingerprints, warnings)


def _read(folder: Path, assignment: Assignment) -> tuple[dict[str, bytes], dict[str, bytes], list[str]]:
    """The files to pack, the modules that the notebook among them holds, and warnings."""
    assert assignment.limits is not None
    tree = open_tree(folder.resolve(), assignment.limits)
    files: dict[str, bytes] = {}
    warnings = list(tree.faults)
    room = int(assignment.limits.submission_mb * 1e6)
    for name in sorted(tree.readers):
        if name != assignment.notebook and not counts(name, assignment):
            continue
        try:
            files[name] = tree.readers[name](room)
        except SubmissionError as error:
            warnings.append(str(error))
            continue
        room -= len(files[name])
    if len(files) > assignment.limits.files:
        raise BadInput(
            f"{folder}: holds {len(files)} files to hand in, but at most {assignment.limits.files} are allowed"
        )
    notebook = {name: tree.readers[name] for name in files if name == assignment.notebook}
    cells = from_notebook(notebook, files, assignment, room=int(assignment.limits.submission_mb * 1e6))
    return files, cells.files, warnings + cells.notes


def _unfinished(content: bytes, name: str) -> list[str]:
    """Warnings about a module that is no Python, or whose functions still raise NotImplementedError."""
    try:
        tree = ast.parse(content, name)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        return [f"{name}: " + (f"line {line}: " if line else "") + f"is not valid Python ({error.args[0]})"]
    open_ones = [function for function, body in _functions(tree.body) if any(map(_is_placeholder, body))]
    return [f"{name}: not written yet: {', '.join(open_ones)}"] if open_ones else []


def _functions(body: list[ast.stmt], prefix: str = "") -> Iterator[tuple[str, list[ast.stmt]]]:
    """Functions and methods with their qualified names, in the order of the file."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield prefix + node.name, node.body
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node.body, f"{prefix}{node.name}.")


def _is_placeholder(node: ast.stmt) -> bool:
    if not isinstance(node, ast.Raise) or node.exc is None:
        return False
    raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"


def _newest(folder: Path, files: dict[str, bytes]) -> datetime:
    newest = max((folder / name).stat().st_mtime for name in files)
    return datetime.fromtimestamp(int(newest), UTC)


def _zip(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            info = zipfile.ZipInfo(name, _ZIP_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3
            info.external_attr = 0o644 << 16
            archive.writestr(info, content)
    return buffer.getvalue()
