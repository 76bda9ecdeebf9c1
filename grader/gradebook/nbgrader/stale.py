"""Scores that could not be renewed: they stay as they were, and say so.

In formgrader the submission needs manual grading, and a comment stands at every exercise. Both go with the next
grading that succeeds. Comments by people are not touched.
"""

from typing import Any

from grader.results import Result

from .outputs import points
from .source import SourceNotebook

OLD = "Stale: the grader failed on the newest submission; this score belongs to an earlier one. This is not your fault."
NONE = "Not graded yet: the grader failed on this submission. This is not your fault."


def mark_stale(gradebook: Any, source: SourceNotebook, student: str, last: Result | None = None) -> None:
    """Marks the kit's scores of a submission as stale.

    Args:
        last: the last grade there was. It fills scores that nbgrader has overwritten meanwhile; without it, these
            become unknown.
    """
    assignment = source.assignment
    gradebook.update_or_create_student(student)
    gradebook.update_or_create_submission(assignment.id, student)
    known = points(last, source) if last is not None and last.graded else {}
    notebook = assignment.id
    for exercise, cell in source.checks.items():
        grade = gradebook.find_grade(cell.name, notebook, assignment.id, student)
        if known:
            grade.auto_score = known[exercise]
        grade.needs_manual_grade = True
        if exercise in source.cells and source.cells[exercise].solution:
            comment = gradebook.find_comment(exercise, notebook, assignment.id, student)
            comment.auto_comment = NONE if grade.auto_score is None else OLD
    gradebook.db.commit()


def forget_scores(gradebook: Any, source: SourceNotebook, student: str) -> None:
    """Scores become unknown instead of the 0 that nbgrader gives for a notebook which is not there under its name."""
    for cell in source.checks.values():
        gradebook.find_grade(cell.name, source.assignment.id, source.assignment.id, student).auto_score = None
    gradebook.db.commit()


def is_stale(comment: str | None) -> bool:
    """Whether a comment is one of ours."""
    return comment in (OLD, NONE)
