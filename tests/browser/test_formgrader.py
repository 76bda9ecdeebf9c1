"""nbgrader's formgrader on a class that the kit has graded, in a real browser."""

import sqlite3
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

sys.path.append(str(Path(__file__).parents[1] / "gradebook"))
from nbgrader_course import HALF, NAME, RIGHT, WRONG, hand_in, nbgrader, released, small_course, solved

pytest.importorskip("nbgrader", reason="nbgrader is not installed")

PATIENCE = 60  # seconds
SCORES = {"student-01": "10 / 14", "student-02": "5 / 14", "student-03": "0 / 14"}


@pytest.fixture
def graded(tmp_path):
    """A course of nbgrader's with three submissions, graded by `grader grade`."""
    from grader.cli import _app
    from grader.gradebook.nbgrader.init import init

    course = small_course(tmp_path / "kit")
    folder = tmp_path / "class"
    init(folder, course)
    nbgrader(folder, "generate_assignment", NAME)
    notebook = released(folder)
    for student, source in zip(SCORES, (RIGHT, HALF, WRONG), strict=True):
        hand_in(folder, student, solved(notebook, source, "Because doubling is adding."))
    done = CliRunner().invoke(_app(), ["grade", str(folder)])
    assert done.exit_code == 0, done.output
    return folder


def test_scores_a_manual_grade_and_a_comment(graded, jupyter, page):
    address = jupyter(graded)
    page.goto(address.format(path="login"))  # formgrader's own requests bear no token; a cookie does
    page.goto(address.format(path=f"formgrader/manage_submissions/{NAME}"))
    for student, score in SCORES.items():
        row = page.locator("tr", has_text=student)
        row.wait_for()
        assert score in row.inner_text()

    page.goto(address.format(path=f"formgrader/gradebook/{NAME}/{NAME}"))
    page.get_by_role("link", name="Submission #1").first.click()
    loaded = "window.formgrader?.grades?.loaded && window.formgrader.comments?.loaded"
    page.wait_for_function(loaded)  # what is typed earlier is lost
    assert "Because doubling is adding." in page.content()
    points = page.locator("input.score").last
    points.fill("3")
    points.press("Tab")
    comment = page.locator("textarea.comment").last
    comment.fill("Well put.")
    comment.press("Tab")
    saved = "select (select count(*) from grade where manual_score = 3), (select count(*) from comment where {})"
    with sqlite3.connect(graded / "gradebook.db") as database:
        for _ in range(PATIENCE):  # formgrader saves in the background
            found = database.execute(saved.format("manual_comment = 'Well put.'")).fetchone()
            if found == (1, 1):
                break
            page.wait_for_timeout(1000)
    assert found == (1, 1)
