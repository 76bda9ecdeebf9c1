"""A released notebook is worth nothing, the reference's everything, and the gate notices one that is neither."""

import json
from pathlib import Path

import pytest
from small_assignment import small_assignment

from grader.course import Course
from grader.errors import AuthorError
from grader.gate import objections
from grader.grading import grade
from grader.release import student_edition
from grader.submissions import read_submission

pytest.importorskip("jupytext", reason="jupytext is not installed")

from grader.notebooks.build import build

TEXT = '# Doubling\n\n```python\n%%exercise twice\n```\n\n```python\ncheck("twice")\n```\n'
NOTEBOOK = "doubling.ipynb"


@pytest.fixture
def course(tmp_path: Path) -> Course:
    made = small_assignment(tmp_path)
    folder = made.folder("doubling")
    (folder / "notebook.md").write_text(TEXT)
    (folder / NOTEBOOK).write_text(build(folder, made.assignment("doubling")))
    return made


def score(folder, content, course, zygote):
    """Of a submission that is this notebook and nothing else."""
    folder.mkdir()
    (folder / NOTEBOOK).write_bytes(content)
    submission = read_submission(folder, "student-01", course.assignment("doubling"))
    assert submission.problems == []
    return grade(submission, course, zygote).score


def test_alone_the_reference_notebook_has_full_marks_and_the_students_none(tmp_path, course, warm_zygote):
    edition = student_edition(course)
    reference = (course.folder("doubling") / NOTEBOOK).read_bytes()
    assert score(tmp_path / "reference", reference, course, warm_zygote) == 10
    assert score(tmp_path / "stub", edition[f"doubling/{NOTEBOOK}"], course, warm_zygote) == 0
    assert b"2 * x" not in edition[f"doubling/{NOTEBOOK}"]
    assert b"SOLUTION" not in edition[f"doubling/{NOTEBOOK}"]
    assert "doubling/notebook.md" not in edition
    assert objections(course, edition, warm_zygote) == []


@pytest.mark.parametrize(
    ("old", "new", "which"),
    [
        ("2 * x", "3 * x", ["the notebook"]),
        ("Twice x.", "Thrice x.", ["the notebook", "the students' notebook"]),
        ("%%exercise twice", "%%exercise other", ["the notebook", "the students' notebook"]),
    ],
)
def test_the_gate_names_a_notebook_that_does_not_hold_what_was_graded(course, warm_zygote, old, new, which):
    path = course.folder("doubling") / NOTEBOOK
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    found = objections(course, student_edition(course), warm_zygote)
    reason = "is not what twice.py holds; run `grader notebooks`"
    assert found == [f"doubling: %%exercise twice of {one} {reason}" for one in which]


@pytest.mark.parametrize(
    ("cell", "source", "message"),
    [
        ("twice", "%%exercise twice\ndef twice(x):\n    return 2 * x\n", "cell %%exercise twice: holds no `### BEGIN"),
        ("doubling", "### BEGIN SOLUTION\nx + x\n### END SOLUTION\n", "cell doubling: only a cell %%exercise NAME may"),
    ],
)
def test_a_solution_that_would_be_seen_stops_the_release(course, cell, source, message):
    path = course.folder("doubling") / NOTEBOOK
    notebook = json.loads(path.read_text())
    (chosen,) = (one for one in notebook["cells"] if one["id"] == cell)
    chosen["source"] = source
    path.write_text(json.dumps(notebook))
    with pytest.raises(AuthorError, match=message):
        student_edition(course)


def test_a_text_without_notebook_stops_the_release(course):
    (course.folder("doubling") / NOTEBOOK).unlink()
    with pytest.raises(AuthorError, match="doubling/doubling.ipynb: is missing; `grader notebooks doubling` makes it"):
        student_edition(course)
