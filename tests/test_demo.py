"""The demo class: large enough, still made from the references as they are, and found as handed in."""

import subprocess
import sys
from pathlib import Path

import pytest

from grader.course import load_course
from grader.demo import demo_class, edit, write_class
from grader.errors import AuthorError, BadInput
from grader.inbox import open_inbox

REPOSITORY = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def course():
    return load_course(REPOSITORY)


def test_the_class_is_large_and_covers_both_assignments(course):
    students = demo_class(course)
    handed_in = [assignment for student in students for assignment in student.work]
    assert len(students) >= 12
    assert min(handed_in.count("regression"), handed_in.count("classification")) >= 5
    assert len({student.story for student in students}) == len(students)
    assert [student.name for student in students[:2]] == ["student-01", "student-02"]


def test_every_submission_is_found_again(course, tmp_path):
    students = write_class(tmp_path / "submissions", course)
    expected = {(student.name, assignment): student for student in students for assignment in student.work}
    with open_inbox(tmp_path / "submissions", course) as inbox:
        assert {(item.student, item.assignment) for item in inbox.found} == set(expected)
        assert inbox.unrecognised == []
        for item in inbox.found:
            submission, student = item.read(course), expected[item.student, item.assignment]
            late = course.assignment(item.assignment).lateness(submission.submitted_at)
            assert (late.days > 0) == ("late" in student.story)
            assert set(submission.files) <= set(course.assignment(item.assignment).files)
            assert "SOLUTION" not in b"".join(submission.files.values()).decode()


def test_the_class_compiles_but_for_the_syntax_error(course):
    broken = []
    for student in demo_class(course):
        for files in student.work.values():
            for name, text in files.items():
                try:
                    if name.endswith(".py"):
                        compile(text, name, "exec")
                except SyntaxError:
                    broken.append((student.story, name))
    assert broken == [("a syntax error in network.py", "network.py")]


def test_a_folder_with_anything_in_it_is_left_alone(course, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(BadInput, match="is not an empty folder"):
        write_class(tmp_path, course)


def test_an_edit_that_does_not_fit_is_an_error():
    assert edit("a = 1\n", "1", "2", "x.py") == "a = 2\n"
    for source in ("a = 3\n", "a = 1 + 1\n"):
        with pytest.raises(AuthorError, match=r"x\.py: the demo class expects '1' once, and it is there \d times"):
            edit(source, "1", "2", "x.py")


def test_nothing_is_made_from_the_students_edition(course):
    students = course.model_copy(update={"edition": "student"})
    with pytest.raises(BadInput, match="students do not have"):
        write_class(Path("nowhere"), students)


def test_the_hostile_files_do_what_they_are_meant_to_do_to_a_grader_that_runs_in_their_folder(course, tmp_path):
    """They must be able to hurt somebody, or grading them would prove nothing."""
    hostile = next(student for student in demo_class(course) if "attack" in student.story).work["classification"]
    for name in ("conftest.py", "loaders.py"):
        (tmp_path / name).write_text(hostile[name])
    (tmp_path / "test_naive.py").write_text(
        "import loaders\n\n\ndef test_it():\n    assert loaders.normalize(1) == 2\n    assert 1 == 2\n"
    )
    arguments = [sys.executable, "-m", "pytest", "-q", "-p", "no:biomed-grader", "--rootdir=.", "test_naive.py"]
    run = subprocess.run(arguments, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "1 passed" in run.stdout
