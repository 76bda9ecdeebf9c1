"""A class of every kind, graded by nbgrader's commands and by `grader grade`: the same scores, and the right ones."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from nbgrader_course import (
    HALF,
    NAME,
    RIGHT,
    WRONG,
    cell_of,
    hand_in,
    nbgrader,
    released,
    scores,
    small_course,
    solved,
)
from typer.testing import CliRunner

pytest.importorskip("nbgrader")

from grader.cli import _app
from grader.gradebook.nbgrader.init import init

EXPECTED = {
    "right": 10,
    "in-a-file": 10,
    "half": 5,
    "late": 10,
    "wrong": 0,
    "broken": 0,
    "no-cells": 0,
    "duplicate-ids": 10,
    "renamed": 10,
    "forged": 0,
    "hostile": 0,
}
WRITES_GRADES = """\
import os, sqlite3
def twice(x):
    for place in ("gradebook.db", "../gradebook.db", "../../gradebook.db", "../../../gradebook.db"):
        if os.path.exists(place):
            sqlite3.connect(place).execute("update grade set auto_score = 10")
    os._exit(0)
"""


def _duplicates(notebook: dict[str, Any]) -> dict[str, Any]:
    """The exercise's cell copied, unwritten, below the written one; the check cell three times."""
    stub = cell_of(notebook, "twice")
    check = cell_of(notebook, "check-twice")
    notebook = solved(notebook, RIGHT)
    notebook["cells"] += [stub, check, check]
    return notebook


def _forged(notebook: dict[str, Any]) -> dict[str, Any]:
    """A wrong solution under check cells that claim everything."""
    notebook = solved(notebook, WRONG)
    full = {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": {"text/plain": "10.0"}}
    check = cell_of(notebook, "check-twice")
    check.update(source="10.0", outputs=[full])
    check["metadata"]["nbgrader"].update(points=1000, locked=False, checksum="0" * 32)
    again = json.loads(json.dumps(check))
    again["metadata"]["nbgrader"].update(grade_id="check-more", points=500)
    twin = json.loads(json.dumps(check))
    twin["metadata"]["nbgrader"].update(solution=True)
    del notebook["metadata"]["grader"]
    notebook["cells"] += [again, twin]
    return notebook


@pytest.fixture(scope="module")
def two_roads(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    """The same class twice, autograded by nbgrader and by the kit; and what nbgrader said."""
    root = tmp_path_factory.mktemp("roads")
    course = small_course(root / "kit")
    folder = root / "by-nbgrader"
    init(folder, course)
    exchange = root / "exchange"
    exchange.mkdir(mode=0o777)
    exchange.chmod(0o777)
    with (folder / "nbgrader_config.py").open("a") as config:
        config.write(f"\nc.Exchange.root = {str(exchange)!r}\nc.CourseDirectory.course_id = 'demo'\n")
    nbgrader(folder, "generate_assignment", NAME)
    blank = released(folder)
    hand_in(folder, "right", solved(blank, RIGHT, "because"))
    hand_in(folder, "in-a-file", blank, twice=RIGHT)
    hand_in(folder, "half", solved(blank, HALF))
    hand_in(folder, "late", solved(blank, RIGHT), at="2027-03-02 10:00:00 UTC")
    hand_in(folder, "wrong", solved(blank, WRONG))
    hand_in(folder, "broken", b'{"cells": [')
    hand_in(folder, "no-cells", {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []})
    hand_in(folder, "duplicate-ids", _duplicates(blank))
    hand_in(folder, "renamed", solved(blank, RIGHT), name="Untitled (1).ipynb")
    hand_in(folder, "forged", _forged(blank))
    hand_in(folder, "hostile", solved(blank, WRITES_GRADES))
    hand_in(folder, "nothing", None)
    other = root / "by-the-kit"
    shutil.copytree(folder, other)
    said = nbgrader(folder, "autograde", NAME)
    _grade(other, "--jobs", "2")
    return folder, other, said


def _grade(folder: Path, *options: str) -> str:
    done = CliRunner().invoke(_app(), ["grade", str(folder), *options])
    assert done.exit_code == 0, done.output
    return done.output


def test_both_roads_give_the_scores_that_each_submission_earns(two_roads):
    by_nbgrader, by_the_kit, _ = two_roads
    one, other = scores(by_nbgrader), scores(by_the_kit)
    assert {name: found["check-twice"] for name, found in one.items()} == EXPECTED
    assert other.pop("nothing")["score"] == 0  # nbgrader passes over a submission without any notebook
    assert other == one


def test_a_late_submission_loses_what_the_course_says_and_only_once(two_roads):
    for folder in two_roads[:2]:
        late = scores(folder)["late"]
        assert late["late"] == pytest.approx(2.0)  # two days begun, a tenth of the score each
        assert late["score"] == 10  # nbgrader subtracts the penalty when it shows the score


def test_no_kernel_is_started_for_notebooks_of_the_kit(two_roads):
    said = two_roads[2].lower()
    assert "judged right doubling" in said
    assert "kernel" not in said


def test_the_kit_judges_all_submissions_of_a_run_together(two_roads):
    assert f"Judging {len(EXPECTED)} submissions" in two_roads[2]


def test_feedback_and_export_show_the_scores_and_no_test(two_roads):
    folder = two_roads[0]
    nbgrader(folder, "generate_feedback", NAME)
    pages = {path.parts[-3]: path.read_text() for path in folder.glob(f"feedback/*/{NAME}/*.html")}
    assert pages.keys() == EXPECTED.keys()
    for name, page in pages.items():
        for word in ("a secret message", "rng.integers", "assert student", "### BEGIN SOLUTION"):
            assert word not in page, f"the feedback of {name} holds {word!r}"
    assert "Twice any number is that number added to itself." in pages["half"]
    assert "5.0 / 10.0" in pages["half"]
    nbgrader(folder, "export")
    rows = (folder / "grades.csv").read_text().splitlines()
    head = rows[0].split(",")
    found = {row.split(",")[head.index("student_id")]: row.split(",") for row in rows[1:]}
    assert float(found["half"][head.index("raw_score")]) == 5
    assert float(found["late"][head.index("score")]) == 8


def test_validation_and_release_work_as_before(two_roads):
    folder = two_roads[0]
    said = nbgrader(folder, "validate", f"source/{NAME}/{NAME}.ipynb")
    assert "Success" in said
    said = nbgrader(folder, "validate", f"release/{NAME}/{NAME}.ipynb", code=None)
    assert "VALIDATION FAILED" in said
    nbgrader(folder, "release_assignment", NAME)
    assert (folder.parent / "exchange" / "demo" / "outbound" / NAME / f"{NAME}.ipynb").is_file()


def test_notebooks_and_modules_are_collected_from_archives_and_graded(two_roads, tmp_path):
    folder = tmp_path / "course"
    shutil.copytree(two_roads[1], folder)
    archive = folder / "downloaded" / NAME / "archive"
    archive.mkdir(parents=True)
    for name, blank in (("newbie", released(folder)), ("shy", solved(released(folder), HALF))):
        (archive / f"{name}_attempt_2027-02-01-10-00-00_{NAME}.ipynb").write_text(json.dumps(blank))
    (archive / "newbie_attempt_2027-02-01-10-00-00_twice.py").write_text(RIGHT)
    pattern = r".*/(?P<student_id>[a-z]+)_attempt_(?P<timestamp>[0-9\-]+)_(?P<file_id>\w+)"
    nbgrader(folder, "zip_collect", NAME, f"--FileNameCollectorPlugin.named_regexp={pattern}")
    assert "2 submissions written" in _grade(folder)
    found = scores(folder)
    assert (found["newbie"]["check-twice"], found["shy"]["check-twice"]) == (10, 5)


def test_autograded_notebooks_hold_the_students_text_and_the_instructors_checks(two_roads):
    for folder in two_roads[:2]:
        made = json.loads((folder / "autograded" / "forged" / NAME / f"{NAME}.ipynb").read_text())
        graded = [one for one in made["cells"] if one["metadata"].get("nbgrader", {}).get("grade")]
        assert [one["metadata"]["nbgrader"]["grade_id"] for one in graded] == ["check-twice", "written-why"]
        assert "".join(graded[0]["source"]) == 'check("twice")'
        assert "return None" in "".join(cell_of(made, "twice")["source"])


def test_modules_that_were_handed_in_stay_beside_the_graded_notebook(two_roads):
    for folder in two_roads[:2]:
        assert (folder / "autograded" / "in-a-file" / NAME / "twice.py").read_text() == RIGHT
        assert scores(folder)["in-a-file"]["comment"]["twice"] is None  # not "No response."
        assert scores(folder)["no-cells"]["comment"]["twice"] == "No response."
