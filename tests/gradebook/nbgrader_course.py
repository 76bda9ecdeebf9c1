"""A small course of nbgrader's for tests: one assignment with an exercise and a written answer."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from small_assignment import small_assignment

from grader.course import Course

os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
"""As in an active environment: nbgrader looks there for alembic."""

RIGHT = "def twice(x):\n    return x + x\n"
HALF = "def twice(x):\n    return 2\n"
WRONG = "def twice(x):\n    return None\n"
NAME = "doubling"


def small_course(folder: Path, more_hidden: str = "") -> Course:
    """The kit's course, with a notebook."""
    import nbformat

    from grader.notebooks.build import check_cell, exercise_cell, written_cell

    course = small_assignment(folder, more_hidden)
    place = folder / "solutions" / NAME
    cells = [
        nbformat.v4.new_markdown_cell("# Doubling"),
        nbformat.v4.new_code_cell("%load_ext grader"),
        exercise_cell("twice", (place / "twice.py").read_text()),
        check_cell("twice", 10),
        written_cell("written-why", 4, "*Your answer here.*"),
    ]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    made = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel, "grader": {"edition": 1}})
    made["nbformat_minor"] = 5
    (place / f"{NAME}.ipynb").write_text(nbformat.writes(made))
    return course


def nbgrader(folder: Path, *arguments: str, code: int | None = 0) -> str:
    """Runs a command of nbgrader's there; what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    assert code is None or done.returncode == code, said
    return said


def released(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "release" / NAME / f"{NAME}.ipynb").read_text())


def solved(notebook: dict[str, Any], source: str, answer: str | None = None) -> dict[str, Any]:
    """A copy with the exercise's cell filled in."""
    notebook = json.loads(json.dumps(notebook))
    cell_of(notebook, "twice")["source"] = f"%%exercise twice\n{source}"
    if answer is not None:
        cell_of(notebook, "written-why")["source"] = answer
    return notebook


def cell_of(notebook: dict[str, Any], grade_id: str) -> dict[str, Any]:
    return next(one for one in notebook["cells"] if one["metadata"].get("nbgrader", {}).get("grade_id") == grade_id)


def hand_in(
    folder: Path,
    student: str,
    notebook: dict[str, Any] | bytes | None,
    *,
    name: str = f"{NAME}.ipynb",
    at: str = "2027-02-01 10:00:00 UTC",
    **files: str,
) -> Path:
    """Puts a submission into submitted/."""
    place = folder / "submitted" / student / NAME
    place.mkdir(parents=True, exist_ok=True)
    (place / "timestamp.txt").write_text(at)
    if notebook is not None:
        content = notebook if isinstance(notebook, bytes) else json.dumps(notebook).encode()
        (place / name).write_bytes(content)
    for stem, text in files.items():
        (place / f"{stem}.py").write_text(text)
    return place


def scores(folder: Path) -> dict[str, dict[str, Any]]:
    """By student: auto_score of every cell, and what else the gradebook says."""
    from nbgrader.api import Gradebook

    found = {}
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        for submission in gradebook.assignment_submissions(NAME):
            notebook = submission.notebooks[0]
            found[submission.student.id] = {
                **{grade.name: grade.auto_score for grade in notebook.grades},
                "score": submission.score,
                "manual": submission.needs_manual_grade,
                "late": notebook.late_submission_penalty,
                "comment": {comment.name: comment.comment for comment in notebook.comments},
            }
    return found
