"""gradebook.csv: a row per submission, for spreadsheets and for learning platforms that import a table."""

import csv
import io
from collections.abc import Iterable

from grader.course import Course
from grader.results import Result

_FIXED = (
    "student",
    "assignment",
    "score",
    "max_score",
    "late_days",
    "late_penalty",
    "status",
    "official",
    "submitted_at",
)


def gradebook(results: Iterable[Result], course: Course) -> str:
    """The table as text, by assignment and student.

    Points per exercise stand in columns named `<assignment>.<exercise>`, before any deduction for lateness. A score
    that the kit could not make is empty, not 0.
    """
    columns = [f"{item.id}.{exercise.id}" for item in course.assignments for exercise in item.exercises]
    order = {assignment.id: place for place, assignment in enumerate(course.assignments)}
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, [*_FIXED, *columns], restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for result in sorted(results, key=lambda result: (order.get(result.assignment, len(order)), result.student)):
        writer.writerow(_row(result))
    return buffer.getvalue()


def _row(result: Result) -> dict[str, str]:
    graded = result.score is not None
    return {
        "student": _text(result.student),
        "assignment": result.assignment,
        "score": f"{result.score:g}" if result.score is not None else "",
        "max_score": f"{result.max_score:g}",
        "late_days": str(result.late.days),
        "late_penalty": f"{result.late.penalty:g}",
        "status": result.status,
        "official": "yes" if result.official else "no",
        "submitted_at": result.submitted_at.isoformat() if result.submitted_at else "",
        **{f"{result.assignment}.{item.id}": f"{item.score:g}" if graded else "" for item in result.exercises},
    }


def _text(name: str) -> str:
    """A name that no spreadsheet takes for a formula."""
    return f"'{name}" if name.startswith(("=", "+", "-", "@", "\t", "\r")) else name
