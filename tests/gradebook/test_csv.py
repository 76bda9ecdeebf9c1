"""gradebook.csv: a row per submission; what is missing is empty and not zero."""

import csv
from datetime import UTC, datetime

import pytest
from courses import small_course

from grader.course import Late
from grader.gradebook.csv import gradebook
from grader.results import ExerciseResult, Result


def result(student: str, assignment: str = "regression", score: float | None = 12.5, **changes) -> Result:
    values = {
        "student": student,
        "assignment": assignment,
        "score": score,
        "raw_score": score,
        "max_score": 15,
        "status": "failed" if score is not None else "error",
        "isolation": "full",
        "seed": 1,
        "suite": "",
        "submission": "",
        "exercises": [
            ExerciseResult(id="table", score=9.5, max_score=10),
            ExerciseResult(id="scaling", score=3, max_score=5),
        ],
    }
    return Result(**{**values, **changes})


@pytest.fixture
def course(tmp_path):
    return small_course(tmp_path)


def rows(results, course) -> list[dict[str, str]]:
    return list(csv.DictReader(gradebook(results, course).splitlines()))


def test_a_row_says_what_was_earned_and_why(course):
    late = result("student-01", late=Late(days=2, penalty=0.2), submitted_at=datetime(2027, 3, 2, tzinfo=UTC))
    (row,) = rows([late], course)
    assert row == {
        "student": "student-01",
        "assignment": "regression",
        "score": "12.5",
        "max_score": "15",
        "late_days": "2",
        "late_penalty": "0.2",
        "status": "failed",
        "official": "yes",
        "submitted_at": "2027-03-02T00:00:00+00:00",
        "regression.table": "9.5",
        "regression.scaling": "3",
        "head_ct.metadata": "",
    }


def test_rows_are_in_the_order_of_assignments_and_students(course):
    metadata = [ExerciseResult(id="metadata", score=1, max_score=10)]
    found = rows([result("b"), result("a", "head_ct", exercises=metadata), result("a")], course)
    assert [(row["student"], row["assignment"]) for row in found] == [
        ("a", "regression"),
        ("b", "regression"),
        ("a", "head_ct"),
    ]
    assert found[2]["head_ct.metadata"] == "1"


def test_no_grade_is_empty_and_not_zero(course):
    (row,) = rows([result("a", score=None)], course)
    assert (row["score"], row["regression.table"], row["status"]) == ("", "", "error")


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", 'quote", here', "line\nbreak"])
def test_no_name_is_a_formula_or_breaks_a_row(course, name):
    text = gradebook([result(name)], course)
    (row,) = csv.DictReader(text.splitlines(keepends=True))
    assert row["student"].removeprefix("'") == name
    assert not row["student"].startswith(("=", "+", "-", "@"))
