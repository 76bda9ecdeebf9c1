"""Grades on disk: whole files or none, unchanged work recognised, strange names kept apart."""

import os
from datetime import UTC, datetime

import pytest
from courses import small_course

from grader.course import Late
from grader.errors import BadInput
from grader.results import ExerciseResult, Result, TestResult
from grader.store import Grades, address, path_part, write_atomically
from grader.submissions import Submission


def result(student: str = "student-01", **changes) -> Result:
    values = {
        "student": student,
        "assignment": "regression",
        "score": 9.0,
        "raw_score": 10.0,
        "max_score": 15.0,
        "status": "failed",
        "submitted_at": datetime(2027, 3, 1, tzinfo=UTC),
        "late": Late(days=1, penalty=0.1),
        "isolation": "full",
        "seed": 7,
        "suite": "a" * 64,
        "submission": "b" * 64,
        "address": "c" * 64,
        "exercises": [ExerciseResult(id="table", score=10, max_score=10)],
        "tests": [
            TestResult(
                id="hidden/test_table.py::test_x",
                exercise="table",
                title="Rows keep their order.",
                status="passed",
                points=10,
                max_points=10,
                visibility="hidden",
            )
        ],
    }
    return Result(**{**values, **changes})


def test_a_result_is_read_as_it_was_written(tmp_path):
    grades = Grades(tmp_path / "grades")
    path = grades.write(result())
    assert path == tmp_path / "grades" / "results" / "student-01" / "regression.json"
    assert grades.read("student-01", "regression") == result()
    assert list(grades) == [result()]
    assert grades.read("student-02", "regression") is None
    assert '"schema": 1' in path.read_text()


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"schema": 1}', '{"schema": 2}', "\udcff"])
def test_a_damaged_file_is_named_and_graded_again(tmp_path, text):
    grades = Grades(tmp_path)
    path = grades.write(result())
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(BadInput, match=r"regression\.json: is not a result of this kit .*remove it to grade again"):
        grades.read("student-01", "regression")
    assert grades.finished("student-01", "regression", "c" * 64) is None


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    grades = Grades(tmp_path)
    path = grades.write(result())
    before = path.read_text()

    def full_disk(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space left"):
        grades.write(result(score=0.0, raw_score=0.0))
    assert path.read_text() == before
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_an_unfinished_file_of_a_killed_run_is_not_taken_for_a_result(tmp_path):
    grades = Grades(tmp_path)
    path = grades.write(result())
    path.with_name(".head_ct.json.123.unfinished").write_text("{")
    assert list(grades) == [result()]


def test_only_the_same_work_graded_the_same_way_is_finished(tmp_path):
    grades = Grades(tmp_path)
    grades.write(result())
    assert grades.finished("student-01", "regression", "c" * 64) == result()
    assert grades.finished("student-01", "regression", "d" * 64) is None
    grades.write(result(score=None, raw_score=None, status="error"))
    assert grades.finished("student-01", "regression", "c" * 64) is None


def test_the_address_follows_everything_that_a_grade_depends_on(tmp_path):
    text = small_course(tmp_path).path.read_text()

    def of(change: tuple[str, str] = ("", ""), files: str = "a", level: str = "full", seed: int | None = None) -> str:
        (tmp_path / "course.yml").write_text(text.replace(*change, 1))
        from grader.course import load_course

        submission = Submission("student-01", "regression", {}, None, files)
        return address(submission, load_course(tmp_path), level, seed)

    suite = tmp_path / "solutions" / "regression" / "hidden" / "test_table.py"
    suite.parent.mkdir(parents=True)
    suite.write_text("one")
    first = of()
    assert first == of()
    assert first == of(("2027-02-28", "2027-03-28"))
    assert first == of(("per_day: 0.1", "per_day: 0.2"))
    others = {
        of(files="b"),
        of(level="none"),
        of(seed=1),
        of(("points: 10", "points: 11")),
        of(("files: 5", "files: 6")),
    }
    suite.write_text("two")
    others.add(of())
    assert len(others | {first}) == 7


def test_lateness_can_change_without_grading_again():
    on_time = result().with_lateness(Late())
    assert (on_time.score, on_time.raw_score, on_time.late.days) == (10.0, 10.0, 0)
    assert on_time.with_lateness(Late(days=3, penalty=0.3)).score == 7.0
    assert result(score=None, raw_score=None, status="error").with_lateness(Late(days=1, penalty=1)).score is None


def test_there_is_no_grade_only_when_the_kit_failed():
    with pytest.raises(ValueError, match="only when status is 'error'"):
        result(score=None, raw_score=None)
    with pytest.raises(ValueError, match="greater than or equal to 0"):
        result(score=-1)
    with pytest.raises(ValueError, match="finite"):
        result(score=float("nan"))


NAMES = [
    "student-01",
    "a/b",
    "a%2Fb",
    "..",
    ".",
    "",
    "con",
    "CON.txt",
    "a.",
    "a",
    " a",
    "M\u00fcller, Anna (7)",
    "x" * 300,
]
NAMES += ["x" * 301, "a\\b", "a\nb", "\udcff", "~", "a:b", "\u5f20\u4f1f", "@team+1"]


def test_names_are_safe_parts_of_paths_and_stay_apart(tmp_path):
    parts = [path_part(name) for name in NAMES]
    assert len(set(parts)) == len(NAMES)
    for part in parts:
        folder = tmp_path / "names" / part
        assert folder.resolve().parent == (tmp_path / "names").resolve()
        folder.mkdir(parents=True)
        assert not part.startswith((".", " "))
        assert not part.endswith((".", " "))
        assert part.lower().partition(".")[0] not in ("con", "")
    assert path_part("M\u00fcller, Anna (7)").startswith("M\u00fcller, Anna (7")
    assert path_part("student-01") == "student-01"


def test_grades_need_a_folder(tmp_path):
    write_atomically(tmp_path / "file", "x")
    with pytest.raises(BadInput, match="grades need a folder"):
        Grades(tmp_path / "file")
