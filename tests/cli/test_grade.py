"""`grader grade` from end to end on a small course: what it stores, what it says, and what it does not do twice."""

import csv
import functools
import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile

import pytest
from small_assignment import small_assignment

RIGHT = "def twice(x):\n    return x + x\n"
WORK = {
    "student-01": RIGHT,
    "student-02": "def twice(x):\n    return 2\n",
    "student-03": "def twice(x:\n",
    "student-04": RIGHT,
}


@pytest.fixture
def course(tmp_path):
    return small_assignment(tmp_path / "course")


@pytest.fixture
def submissions(tmp_path):
    folder = tmp_path / "submissions"
    for student, text in WORK.items():
        (folder / student / "doubling").mkdir(parents=True)
        (folder / student / "doubling" / "twice.py").write_text(text)
    (folder / "student-04" / "doubling" / "timestamp.txt").write_text("2027-03-01 12:00:00 UTC\n")
    with zipfile.ZipFile(folder / "student-05_doubling.zip", "w") as archive:
        archive.writestr("../twice.py", RIGHT)
    (folder / "notes.txt").write_text("from the teacher")
    return folder


def results(grades) -> dict[str, dict]:
    return {path.parent.name: json.loads(path.read_text()) for path in (grades / "results").glob("*/doubling.json")}


def test_a_class_is_graded_stored_and_shown_and_nothing_is_done_twice(command, tmp_path, course, submissions):
    grades = tmp_path / "grades"
    arguments = ("grade", submissions, "--out", grades, "--course", course.root)
    ended = command(*arguments)

    assert ended.code == 0
    stored = results(grades)
    assert {student: result["score"] for student, result in stored.items()} == {
        "student-01": 10,
        "student-02": 5,
        "student-03": 0,
        "student-04": 9,
        "student-05": 0,
    }
    assert stored["student-01"]["status"] == "passed"
    assert stored["student-01"]["official"] is True
    assert stored["student-04"]["late"] == {"days": 1, "penalty": 0.1}
    assert stored["student-05"]["problems"][0].endswith("was refused: '../twice.py' leads out of the archive")
    assert [test["status"] for test in stored["student-03"]["tests"]] == ["failed", "failed"]

    rows = {row["student"]: row for row in csv.DictReader(io.StringIO((grades / "gradebook.csv").read_text()))}
    assert rows["student-04"]["score"] == "9"
    assert rows["student-04"]["doubling.twice"] == "10"

    feedback = (grades / "feedback" / "student-02" / "doubling.md").read_text()
    assert "Twice any number is that number added to itself. (hidden)" in feedback
    assert "a secret message" not in feedback

    assert "Not graded: notes.txt: not a student's folder, and not an archive" in ended.err
    assert "student-02 doubling: 5 of 10" in ended.err
    for text in ("student-01", "passed", "-10%", f"Results: {grades / 'results'}"):
        assert text in ended.out

    before = {path: path.stat().st_mtime_ns for path in grades.glob("results/*/*")}
    (submissions / "student-02" / "doubling" / "twice.py").write_text(RIGHT)
    text = course.path.read_text()
    course.path.write_text(text.replace("2027-02-28", "2027-03-28"))
    ended = command(*arguments)
    assert "4 graded already, 1 to do" in ended.err
    changed = {path.parent.name for path, date in before.items() if path.stat().st_mtime_ns != date}
    assert changed == {"student-02", "student-04"}  # new work, and a new due date
    assert results(grades)["student-02"]["score"] == results(grades)["student-04"]["score"] == 10

    first_seed = results(grades)["student-01"]["seed"]
    ended = command(*arguments, "--student", "student-01", "--force")
    assert ended.code == 0
    assert results(grades)["student-01"]["seed"] != first_seed
    assert len(list(csv.DictReader((grades / "gradebook.csv").read_text().splitlines()))) == 5


def test_a_broken_suite_gives_no_grades_and_exit_code_1(command, tmp_path, submissions):
    course = small_assignment(tmp_path / "course", "\nimport nonsense_that_is_not_there\n")
    ended = command(
        "grade", submissions, "--out", tmp_path / "grades", "--course", course.root, "--student", "student-01"
    )
    assert ended.code == 1
    assert "No grade: student-01 doubling: " in ended.out
    assert results(tmp_path / "grades")["student-01"]["score"] is None
    assert "costs you nothing" in (tmp_path / "grades" / "feedback" / "student-01" / "doubling.md").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--student", "nobody"), "no submission fits --assignment and --student; there are submissions of student-01"),
        (("--assignment", "tripling"), "there is no assignment called 'tripling' (allowed: doubling)"),
    ],
)
def test_what_is_not_there_cannot_be_graded(command, tmp_path, course, submissions, arguments, message):
    ended = command("grade", submissions, "--out", tmp_path / "grades", "--course", course.root, *arguments)
    assert ended.code == 2
    assert message in ended.err
    assert not (tmp_path / "grades" / "results").exists()


def test_a_level_below_the_courses_must_be_asked_for_and_is_not_official(command, tmp_path, submissions, monkeypatch):
    from grader.sandbox import isolation

    course = small_assignment(tmp_path / "course")
    course.path.write_text(course.path.read_text().replace("isolation: none", "isolation: full"))
    monkeypatch.setattr(isolation, "best_level", lambda: "none")
    arguments = ("grade", submissions, "--out", tmp_path / "grades", "--course", course.root, "--student", "student-01")
    ended = command(*arguments)
    assert ended.code == 1
    assert "course.yml asks for isolation level 'full', and this machine gives 'none'" in ended.err
    ended = command(*arguments, "--level", "none")
    assert ended.code == 0
    assert results(tmp_path / "grades")["student-01"]["official"] is False
    assert "1 of 1 grades are not official" in ended.out


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
def test_ctrl_c_keeps_what_is_finished_and_the_next_run_goes_on(tmp_path, submissions):
    course = small_assignment(
        tmp_path / "course",
        "\n\ndef test_waits(student):\n    import time\n    assert time.sleep(3) is None, 'never'\n",
    )
    grades = tmp_path / "grades"
    arguments = [
        sys.executable,
        "-c",
        "from grader.cli import main; main()",
        "grade",
        str(submissions),
        "--out",
        str(grades),
    ]
    arguments += ["--course", str(course.root)]
    heard = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # jobs in the background ignore it
    with subprocess.Popen(
        arguments, stderr=subprocess.PIPE, text=True, start_new_session=True, preexec_fn=heard
    ) as run:
        deadline = time.monotonic() + 120
        while not results(grades) and time.monotonic() < deadline:
            time.sleep(0.05)
        os.killpg(run.pid, signal.SIGINT)
        _, err = run.communicate(timeout=60)
    assert run.returncode == 130
    assert "the same command goes on from here" in err
    finished = len(results(grades))
    assert 1 <= finished < 5
    assert not list(grades.rglob("*.unfinished"))

    again = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert again.returncode == 0
    assert f"{finished} graded already, {5 - finished} to do" in again.stderr
