"""`grader check` and `grader pack`, as students use them."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from small_assignment import small_assignment

from grader.release import student_edition, write_release


@pytest.fixture
def given(tmp_path) -> Path:
    """The students' edition, beside the instructor's as in the repository."""
    course = small_assignment(tmp_path / "course")
    write_release(student_edition(course), course.root / "assignments")
    return course.root / "assignments"


def check(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from grader.cli import main; main()", "check", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_check_tells_what_failed_and_what_hidden_checks_hold(given):
    stub = check(given, "doubling")
    assert stub.returncode == 1
    for text in ("failed twice: Twice one is two.", "not written yet", "Hint: Multiply by two.", "0.0 of 5.0", "5.0"):
        assert text in stub.stdout
    assert "a secret message" not in stub.stdout

    (given / "doubling" / "twice.py").write_text("def twice(x):\n    return x + x\n")
    right = check(given.parent)  # from the instructor's root: still the students' edition
    assert right.returncode == 0
    assert "5.0 of 5.0" in right.stdout
    assert "failed" not in right.stdout


def test_check_says_when_its_own_files_are_broken_or_missing(given):
    (given / "doubling" / "tests" / "test_twice.py").write_text("import nonsense_that_is_not_there\n")
    broken = check(given, "doubling")
    assert broken.returncode == 2
    assert "the checks could not be run" in broken.stderr
    assert "nonsense_that_is_not_there" in broken.stderr
    (given / "doubling" / "tests" / "test_twice.py").unlink()
    (given / "doubling" / "tests").rmdir()
    assert "there is no such folder" in check(given, "doubling").stderr


def test_pack_writes_the_archive_and_says_what_is_not_done(command, given, monkeypatch, tmp_path):
    monkeypatch.chdir(given)
    ended = command("pack", "doubling")
    assert ended.code == 0
    assert "Note: twice.py: not written yet: twice" in ended.err
    assert "Packed 1 files into doubling.zip" in ended.out
    with zipfile.ZipFile(given / "doubling.zip") as archive:
        assert archive.namelist() == ["manifest.json", "twice.py"]
    assert command("pack", "doubling", "--student", "student-01", "--out", tmp_path).code == 0
    assert (tmp_path / "student-01_doubling.zip").read_bytes() == (given / "doubling.zip").read_bytes()


def test_pack_takes_other_folders_and_refuses_paths_as_names(command, given, monkeypatch, tmp_path):
    monkeypatch.chdir(given)
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "twice.py").write_text("x = 1\n")
    out = tmp_path / "deep" / "mine.zip"
    assert command("pack", "doubling", "--folder", tmp_path / "work", "--out", out).code == 0
    assert zipfile.ZipFile(out).read("twice.py") == b"x = 1\n"
    ended = command("pack", "doubling", "--student", "../../x")
    assert ended.code == 2
    assert "--student: must not hold a path" in ended.err
