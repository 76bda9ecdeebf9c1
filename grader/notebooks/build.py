"""The instructor's notebook from its text and the reference modules.

The text is `solutions/<assignment>/notebook.md`, Markdown with cells as jupytext reads it. In it

    a code cell `%%exercise NAME`, empty below    takes the reference module NAME.py, markers included
    a code cell `check("NAME")`                   gives the exercise's points in nbgrader
    a text cell `quiz`                            takes the questions and the answers of the knowledge check
    a text cell with `nbgrader={"grade_id": ...,  is a written answer, graded by hand
        "points": ...}` in its region

Everything else is taken as it stands. The same sources always give the same bytes, and no outputs are kept.
"""

import re
from pathlib import Path
from typing import Any

from grader.course import Assignment
from grader.errors import AuthorError, BadInput

from .exercises import body, named_exercise

TEXT = "notebook.md"
SCHEMA = 3  # of nbgrader's metadata
_CHECK = re.compile(r"""\s*check\((?P<quote>["'])(?P<name>\w+)(?P=quote)\)\s*""")
_WORD = re.compile(r"[^a-z0-9]+")


def build(folder: Path, assignment: Assignment) -> str:
    """The notebook, as its file's text.

    Args:
        folder: the assignment's folder in `solutions/`.

    Raises:
        AuthorError: the text names an exercise that course.yml does not know, leaves one out, or has one twice.
        BadInput: jupytext is not installed.
    """
    try:
        import jupytext
        import nbformat
    except ImportError as error:
        raise BadInput("notebooks are made with jupytext: pip install 'biomed-grader[notebooks]'") from error
    text = _read(folder / TEXT)
    notebook = jupytext.reads(text, fmt="md")
    cells: list[Any] = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and cell.source.strip() == "quiz":
            cells += _quiz(folder)
        else:
            cells.append(_cell(cell, folder, assignment))
    _refuse_gaps(cells, folder, assignment)
    _name(cells)
    made = nbformat.v4.new_notebook(cells=cells, metadata=_metadata(assignment))
    made["nbformat_minor"] = 5
    nbformat.validate(made)
    return nbformat.writes(made).rstrip() + "\n"


def graded(grade_id: str, **changes: Any) -> dict[str, Any]:
    """A cell's metadata in the form that nbgrader reads."""
    entry = {"grade": False, "grade_id": grade_id, "locked": False, "schema_version": SCHEMA, "solution": False}
    return {"nbgrader": {**entry, "task": False, **changes}}


def exercise_cell(name: str, module: str) -> Any:
    """The cell in which an exercise is solved."""
    from nbformat.v4 import new_code_cell

    return new_code_cell(f"%%exercise {name}\n{module.rstrip()}", metadata=graded(name, solution=True))


def check_cell(name: str, points: float) -> Any:
    """The cell that runs an exercise's visible checks, and to which nbgrader gives its points."""
    from nbformat.v4 import new_code_cell

    changes = {"grade": True, "locked": True, "points": points}
    return new_code_cell(f'check("{name}")', metadata=graded(f"check-{name}", **changes))


def written_cell(grade_id: str, points: float, source: str) -> Any:
    """A text cell for an answer that a person grades."""
    from nbformat.v4 import new_markdown_cell

    return new_markdown_cell(source, metadata=graded(grade_id, grade=True, solution=True, points=points))


def _cell(cell: Any, folder: Path, assignment: Assignment) -> Any:
    from nbformat.v4 import new_code_cell, new_markdown_cell

    if cell.cell_type == "markdown":
        given = cell.metadata.get("nbgrader")
        if given is None:
            return new_markdown_cell(cell.source)
        if not isinstance(given, dict) or not given.get("grade_id") or not given.get("points", 0) > 0:
            raise AuthorError(f'{folder.name}/{TEXT}: write nbgrader={{"grade_id": "written-...", "points": 5}}')
        return written_cell(given["grade_id"], given["points"], cell.source)
    if name := named_exercise(cell.source):
        exercise = _exercise(name, folder, assignment)
        if body(cell.source).strip():
            raise AuthorError(f"{folder.name}/{TEXT}: leave the cell %%exercise {name} empty; {name}.py goes there")
        return exercise_cell(name, _read(folder / exercise.file))
    if found := _CHECK.fullmatch(cell.source):
        return check_cell(found["name"], _exercise(found["name"], folder, assignment).points)
    return new_code_cell(cell.source)


def _exercise(name: str, folder: Path, assignment: Assignment) -> Any:
    for exercise in assignment.exercises:
        if exercise.id == name:
            return exercise
    known = ", ".join(exercise.id for exercise in assignment.exercises)
    raise AuthorError(f"{folder.name}/{TEXT}: there is no exercise {name!r} in course.yml; it has {known}")


def _quiz(folder: Path) -> list[Any]:
    if not (folder / "quiz.yml").is_file():
        return []
    from .quiz import cells

    return cells(folder)


def _refuse_gaps(cells: list[Any], folder: Path, assignment: Assignment) -> None:
    """Every exercise has one cell to be solved in, and one that gives its points."""
    names = [cell.metadata.get("nbgrader", {}).get("grade_id", "") for cell in cells]
    for exercise in assignment.exercises:
        for grade_id, text in (
            (exercise.id, f"%%exercise {exercise.id}"),
            (f"check-{exercise.id}", f"check({exercise.id!r})"),
        ):
            if names.count(grade_id) != 1:
                raise AuthorError(f"{folder.name}/{TEXT}: has {names.count(grade_id)} cells `{text}`; one is needed")
    for grade_id in filter(None, names):
        if names.count(grade_id) > 1:
            raise AuthorError(
                f"{folder.name}/{TEXT}: two cells are called {grade_id!r}; nbgrader needs different names"
            )


def _name(cells: list[Any]) -> None:
    """Identities that stay the same as long as a cell's first words do; a graded cell has nbgrader's name for it."""
    taken = {cell.metadata["nbgrader"]["grade_id"] for cell in cells if "nbgrader" in cell.metadata}
    for cell in cells:
        if "nbgrader" in cell.metadata:
            cell["id"] = cell.metadata["nbgrader"]["grade_id"]
            continue
        stem = _WORD.sub("-", cell.source[:60].lower()).strip("-")[:40].strip("-") or "cell"
        number, name = 1, stem
        while name in taken:
            number += 1
            name = f"{stem}-{number}"
        taken.add(name)
        cell["id"] = name


def _metadata(assignment: Assignment) -> dict[str, Any]:
    return {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        "grader": {"assignment": assignment.id, "edition": assignment.edition},
    }


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise AuthorError(f"{path.parent.name}/{path.name}: is missing; the notebook is made from it") from error
