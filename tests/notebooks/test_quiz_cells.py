"""The knowledge check as cells of the instructor's notebook, and as an exercise in the student's kernel."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from grader.cli import _app
from grader.course import load_course
from grader.errors import AuthorError, BadInput
from grader.notebooks import magic
from grader.notebooks.exercises import body, named_exercise
from grader.notebooks.quiz import cells
from grader.quiz.modules import quiz_files
from grader.quiz.questions import read_markdown
from grader.store import suite_fingerprint
from grader.stub import stub

pytest.importorskip("nbformat")

REPOSITORY = Path(__file__).parents[2]
COURSE = """\
schema: 1
course: {id: demo, title: A demo}
assignments:
  - {id: sums, title: Sums, exercises: [{id: quiz, points: 7}]}
  - {id: none, title: None, exercises: [{id: table, points: 1}]}
"""
QUIZ = """\
questions:
  - {id: one, kind: choice, text: "Which?", options: {a: w, b: x}, key: b, why: so}
  - {id: many, kind: number, text: "How many?", key: 3, tolerance: {absolute: 0}, why: so}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "course.yml").write_text(COURSE)
    folder = tmp_path / "solutions" / "sums"
    (folder / "tests").mkdir(parents=True)
    (folder / "quiz.yml").write_text(QUIZ)
    for name, text in quiz_files(folder).items():
        (folder / name).write_text(text)
    visible = REPOSITORY / "solutions" / "regression" / "tests" / "test_quiz.py"
    (folder / "tests" / "test_quiz.py").write_text(visible.read_text())
    return folder


def test_the_cells_in_their_order(folder):
    how, form, *questions, solution, check = cells(folder)
    assert (how.cell_type, form.cell_type) == ("markdown", "code")
    assert form.source.startswith("quiz()")
    assert [question.source.splitlines()[0] for question in questions] == ["### one", "### many"]
    assert [question.id for question in read_markdown("\n\n".join(one.source for one in questions))] == ["one", "many"]
    assert named_exercise(solution.source) == "quiz"
    assert body(solution.source).rstrip() == (folder / "quiz.py").read_text().rstrip()
    assert solution.metadata["nbgrader"] == {
        "grade_id": "quiz",
        "solution": True,
        "grade": False,
        "locked": False,
        "task": False,
        "schema_version": 3,
    }
    assert check.source == 'check("quiz")'
    given = check.metadata["nbgrader"]
    assert (given["grade_id"], given["grade"], given["locked"], given["points"]) == ("check-quiz", True, True, 7)
    assert not [one for one in (how, form, *questions) if "nbgrader" in one.metadata]


def test_a_quiz_that_was_changed_is_refused_until_its_files_are_written(folder):
    (folder / "quiz.yml").write_text(QUIZ.replace("key: 3", "key: 4"))
    with pytest.raises(AuthorError, match="sums/quiz.py: differs from quiz.yml"):
        cells(folder)


def test_a_quiz_without_an_exercise_is_refused(folder):
    other = folder.parent / "none"
    other.mkdir()
    with pytest.raises(BadInput, match="there is no exercise in assignment 'none' called 'quiz'"):
        cells(other)


def test_the_check_in_the_kernel_sees_form_not_truth(folder, capsys, monkeypatch):
    """In the students' edition: no quiz.yml, no hidden checks."""
    monkeypatch.setattr(magic, "_cells", {})
    (folder / "quiz.yml").unlink()
    students = folder.parent.parent / "sums"
    folder.rename(students)
    (students / "quiz.py").write_text(stub((students / "quiz.py").read_text(), "quiz.py"))
    with pytest.raises(AssertionError, match="quiz: no visible check has passed"):
        magic.check("quiz", folder=students)
    assert "quiz.py gives no answer to one, many" in capsys.readouterr().out
    monkeypatch.setattr(magic, "_cells", {"quiz": "ANSWERS = {'one': 'a', 'many': 99}\n"})
    assert magic.check("quiz", folder=students) == 7
    monkeypatch.setattr(magic, "_cells", {"quiz": "ANSWERS = {'one': 'c', 'many': 99}\n"})
    assert magic.check("quiz", folder=students) == 3.5
    assert "the answer to 'one' names 'c', which is not one of the letters a to b" in capsys.readouterr().out


def test_another_key_asks_for_another_grade(folder):
    course = load_course(folder.parent.parent)
    before = suite_fingerprint(course, course.assignment("sums"))
    assert suite_fingerprint(course, course.assignment("sums")) == before
    (folder / "quiz.yml").write_text(QUIZ.replace("key: 3", "key: 4"))
    assert suite_fingerprint(course, course.assignment("sums")) != before


def test_the_command_writes_what_is_stale_and_checks_without_writing(folder):
    def command(*arguments: str):
        return CliRunner().invoke(_app(), ["quiz", *arguments, "--course", str(folder.parent.parent)])

    assert command("--check").output == "sums: 2 questions, 25.0% by guessing; up to date\n"
    (folder / "quiz.yml").write_text(QUIZ.replace("key: 3", "key: 4"))
    stale = command("--check")
    assert (stale.exit_code, stale.output) == (1, "sums: 2 questions, 25.0% by guessing; quiz.py stale\n")
    assert command("sums").output.endswith("quiz.py written\n")
    assert '"many": 4' in (folder / "quiz.py").read_text()
    assert command("--check").exit_code == 0
