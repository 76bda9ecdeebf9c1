"""Grading again: what people wrote into the gradebook stays, and a score that could not be renewed says so."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from nbgrader_course import HALF, NAME, RIGHT, WRONG, hand_in, released, scores, small_course, solved
from typer.testing import CliRunner

pytest.importorskip("nbgrader")

from grader.cli import _app
from grader.gradebook.nbgrader.folder import open_nbgrader_course
from grader.gradebook.nbgrader.init import init
from grader.gradebook.nbgrader.stale import NONE, OLD

BREAKS = '''
def test_breaks(student):
    """Breaks."""
    from grader.errors import KitError
    raise KitError("the disk is full")
'''


@pytest.fixture(scope="module")
def blank(tmp_path_factory):
    """A course of nbgrader's beside the kit's, with an assignment that is generated; to be copied."""
    root = tmp_path_factory.mktemp("regrade")
    course = small_course(root / "kit")
    init(root / "course", course)
    from nbgrader.converters import GenerateAssignment

    with open_nbgrader_course(root / "course", None) as opened:
        opened.coursedir.assignment_id = NAME
        GenerateAssignment(coursedir=opened.coursedir, parent=opened.app).start()
    return root


@pytest.fixture
def root(blank, tmp_path):
    shutil.copytree(blank, tmp_path / "root")
    config = tmp_path / "root" / "course" / "nbgrader_config.py"
    config.write_text(config.read_text().replace(str(blank), str(tmp_path / "root")))
    return tmp_path / "root"


def grade(folder: Path, *options: str, code: int = 0) -> str:
    done = CliRunner().invoke(_app(), ["grade", str(folder), *options])
    assert done.exit_code == code, (done.output, done.exception)
    return done.output


def autograde(folder: Path) -> bool:
    """nbgrader's own, as formgrader calls it; whether it succeeded."""
    from nbgrader.apps import NbGraderAPI

    with open_nbgrader_course(folder, None) as opened:
        api = NbGraderAPI(opened.coursedir, parent=opened.app)
        done = [api.autograde(NAME, path.name) for path in sorted((folder / "submitted").iterdir())]
    return all(one["success"] for one in done)


def test_manual_grades_comments_extra_credit_and_extensions_survive(root):
    from nbgrader.api import Gradebook

    folder = root / "course"
    hand_in(folder, "student-01", solved(released(folder), HALF, "because"), at="2027-03-01 10:00:00 UTC")
    grade(folder)
    assert scores(folder)["student-01"]["late"] == pytest.approx(0.5)
    where = (NAME, NAME, "student-01")
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}", "demo") as gradebook:
        gradebook.find_grade("written-why", *where).manual_score = 3
        gradebook.find_grade("check-twice", *where).extra_credit = 1.5
        gradebook.find_comment("written-why", *where).manual_comment = "Well said."
        gradebook.find_comment("twice", *where).manual_comment = "Look at large numbers."
        gradebook.db.commit()
        gradebook.grant_extension(NAME, "student-01", days=7)
    for again in (lambda: grade(folder, "--force"), lambda: autograde(folder)):
        hand_in(folder, "student-01", solved(released(folder), RIGHT, "because"), at="2027-03-01 11:00:00 UTC")
        again()
        found = scores(folder)["student-01"]
        assert found["check-twice"] == 10
        assert found["score"] == 10 + 1.5 + 3
        assert found["comment"] == {"written-why": "Well said.", "twice": "Look at large numbers."}
        assert found["late"] is None
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}", "demo") as gradebook:
        assert gradebook.find_submission(NAME, "student-01").extension == timedelta(days=7)


def test_a_manual_score_on_an_exercise_outlives_the_judges(root):
    from nbgrader.api import Gradebook

    folder = root / "course"
    hand_in(folder, "student-01", solved(released(folder), WRONG))
    grade(folder)
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}", "demo") as gradebook:
        gradebook.find_grade("check-twice", NAME, NAME, "student-01").manual_score = 7
        gradebook.db.commit()
    grade(folder, "--force")
    found = scores(folder)["student-01"]
    assert found["score"] == 7
    assert found["manual"]  # nbgrader asks a person to look again


def test_what_is_as_it_was_is_not_written_again(root):
    folder = root / "course"
    hand_in(folder, "student-01", solved(released(folder), RIGHT, "because"))
    assert "1 submissions written, 0 as they were" in grade(folder)
    assert "0 submissions written, 1 as they were" in grade(folder)
    hand_in(folder, "student-01", solved(released(folder), RIGHT, "for another reason"))
    assert "1 submissions written" in grade(folder), "a written answer changed, though no module did"


@pytest.mark.parametrize("name", [f"{NAME}.ipynb", "renamed.ipynb"])
def test_a_score_that_cannot_be_renewed_stays_and_is_marked(root, name):
    folder = root / "course"
    hand_in(folder, "student-01", solved(released(folder), HALF, "because"), name=name)
    grade(folder)
    suite = root / "kit" / "solutions" / NAME / "hidden" / "test_twice.py"
    healthy = suite.read_text()
    suite.write_text(healthy + BREAKS)
    hand_in(folder, "student-01", solved(released(folder), RIGHT, "because"), name=name, at="2027-02-02 10:00:00 UTC")
    hand_in(folder, "student-02", solved(released(folder), RIGHT, "because"), name=name)
    for again in (lambda: grade(folder, code=1), lambda: autograde(folder)):
        said = again()
        assert said is False or ("stale" in said and "the disk is full" in said)
        found = scores(folder)
        assert found["student-01"]["check-twice"] == 5
        assert found["student-01"]["comment"]["twice"] == OLD
        assert found["student-02"]["check-twice"] is None
        assert found["student-02"]["comment"]["twice"] == NONE
        assert all(one["manual"] for one in found.values())
    suite.write_text(healthy)
    grade(folder)
    found = scores(folder)
    assert {one["check-twice"] for one in found.values()} == {10}
    assert {one["comment"]["twice"] for one in found.values()} == {None}


def test_students_and_assignments_that_the_gradebook_lacks_are_added(root):
    folder = root / "course"
    hand_in(folder, "student-01", solved(released(folder), RIGHT))
    (folder / "gradebook.db").unlink()
    before = (folder / "release" / NAME / f"{NAME}.ipynb").stat().st_mtime_ns
    grade(folder)
    assert scores(folder)["student-01"]["check-twice"] == 10
    assert (folder / "release" / NAME / f"{NAME}.ipynb").stat().st_mtime_ns == before


def test_a_due_date_in_the_gradebook_counts_more_than_the_courses(root):
    from nbgrader.api import Gradebook

    folder = root / "course"
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}", "demo") as gradebook:
        gradebook.update_or_create_assignment(NAME, duedate="2027-06-01 00:00:00 UTC")
    hand_in(folder, "student-01", solved(released(folder), RIGHT), at="2027-05-01 10:00:00 UTC")
    grade(folder)
    assert scores(folder)["student-01"]["late"] is None


def test_a_late_rule_of_the_instructors_own_replaces_the_courses(root):
    folder = root / "course"
    config = folder / "nbgrader_config.py"
    config.write_text(config.read_text().replace("# >>>", "c.LateSubmissionPlugin.penalty_method = 'zero'\n# >>>", 1))
    hand_in(folder, "student-01", solved(released(folder), RIGHT), at="2027-05-01 10:00:00 UTC")
    grade(folder)
    found = scores(folder)["student-01"]
    assert (found["score"], found["late"]) == (10, 10)


def test_no_execute_does_not_give_full_marks(root):
    """`nbgrader autograde --no-execute` switches Execute off, and a cell without outputs would get all points."""
    folder = root / "course"
    config = folder / "nbgrader_config.py"
    config.write_text(config.read_text() + "\nc.Execute.enabled = False\nc.ClearOutput.enabled = False\n")
    hand_in(folder, "student-01", solved(released(folder), WRONG))
    assert autograde(folder)
    assert scores(folder)["student-01"]["check-twice"] == 0


def test_other_assignments_are_left_to_nbgrader(root):
    folder = root / "course"
    hand_in(folder, "student-01", solved(released(folder), RIGHT))
    (folder / "submitted" / "student-01" / "knitting").mkdir()
    assert "knitting: not an assignment of the kit" in " ".join(grade(folder).split())
