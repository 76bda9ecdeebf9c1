"""What a notebook of the course uses: `%%exercise NAME` above a cell, and `check("NAME")` below it.

`%load_ext grader` (or importing this module in a kernel) sets them up. A cell under `%%exercise NAME` becomes the
module NAME: later cells import from it or use its names, and other exercises import it as they import a file. While
nothing is written in the cell, `NAME.py` beside the notebook is used instead, so that one may work in an editor.
"""

import importlib
import linecache
import os
import sys
import tempfile
import types
from pathlib import Path

from grader.course import Assignment, load_course
from grader.errors import BadInput

from .exercises import Chosen, choose
from .quiz import quiz

_cells: dict[str, str] = {}  # what was run under %%exercise, by name


class Points(float):
    """Points earned. As the last value of a cell nbgrader takes it for partial credit."""

    def __repr__(self) -> str:
        return f"{float(self):.4g}"


def load_ipython_extension(shell) -> None:
    """For `%load_ext grader`: adds the magic and makes `check` and `quiz` names of the notebook."""
    shell.register_magic_function(lambda line, cell: exercise(shell, line, cell), "cell", "exercise")
    shell.push({"check": check, "quiz": quiz})
    folder = str(Path.cwd())
    if folder not in sys.path:
        sys.path.insert(0, folder)


def exercise(shell, line: str, cell: str) -> None:
    """`%%exercise NAME`: the cell becomes the module NAME, and its names are at hand in the notebook."""
    name = line.partition("#")[0].strip()
    if not name.isidentifier():
        raise BadInput(f"%%exercise {line}: name one exercise, as in `%%exercise network`")
    _cells[name] = cell
    chosen = _chosen(name)
    if chosen.place == "file":
        print(f"{name}: the cell is not written yet, so {name}.py is used")
    elif chosen.note:
        print(chosen.note)
    shell.push(_public(_as_module(name, chosen)))


def check(name: str, *, folder: Path | None = None) -> Points:
    """Runs the visible checks of an exercise on what is in the notebook (or in the file) and says what is wrong.

    Args:
        name: an exercise of the assignment.
        folder: the assignment's folder with its `tests/`; the notebook's own by default.

    Returns:
        The points earned in visible checks. Hidden checks hold more; they run when the work is handed in.

    Raises:
        BadInput: no course.yml near the notebook knows this exercise.
        AssertionError: no visible check passed.
    """
    folder = (folder or Path.cwd()).resolve()
    assignment = _assignment(folder)
    known = [one.id for one in assignment.exercises]
    if name not in known:
        raise BadInput(f"check({name!r}): {assignment.id} has no such exercise; it has {', '.join(known)}")
    from .selfcheck import report, run_checks

    with tempfile.TemporaryDirectory(prefix="grader-") as scratch:
        work = Path(scratch) / assignment.id
        work.mkdir()
        for other in known:
            source = _chosen(other, folder).source
            if source is not None:
                (work / f"{other}.py").write_text(source, encoding="utf-8")
        outcomes, points = run_checks(assignment, folder, work, name)
    print(report(outcomes, points))
    if not points.earned:
        raise AssertionError(f"{name}: no visible check has passed; the reasons stand above")
    if os.environ.get("NBGRADER_EXECUTION") == "validate" and points.earned == points.visible:
        return Points(points.earned + points.hidden)  # `nbgrader validate` calls anything less a failure
    return Points(points.earned)


def _chosen(name: str, folder: Path | None = None) -> Chosen:
    file = (folder or Path.cwd()) / f"{name}.py"
    text = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else None
    return choose(name, _cells.get(name), text)


def _as_module(name: str, chosen: Chosen) -> types.ModuleType:
    """Runs the source as the module `name`, with lines that tracebacks and debuggers can show."""
    source = chosen.source or ""
    shown = f"<{name}, {chosen.place}>" if chosen.place == "notebook" else str(Path.cwd() / f"{name}.py")
    module = types.ModuleType(name)
    module.__file__ = shown
    linecache.cache[shown] = (len(source), None, source.splitlines(keepends=True), shown)
    code = compile(source, shown, "exec", dont_inherit=True)
    before = sys.modules.get(name)
    sys.modules[name] = module
    try:
        exec(code, module.__dict__)
    except BaseException:
        if before is None:
            del sys.modules[name]
        else:
            sys.modules[name] = before
        raise
    importlib.invalidate_caches()
    return module


def _public(module: types.ModuleType) -> dict[str, object]:
    names = getattr(module, "__all__", None) or [name for name in vars(module) if not name.startswith("_")]
    return {name: getattr(module, name) for name in names}


def _assignment(folder: Path) -> Assignment:
    for place in (folder, *folder.parents):
        if (place / "course.yml").is_file():
            course = load_course(place)
            for assignment in course.assignments:
                if assignment.id == folder.name:
                    return assignment
    raise BadInput(f"{folder}: no course.yml above it has an assignment of this name; keep the notebook in its folder")
