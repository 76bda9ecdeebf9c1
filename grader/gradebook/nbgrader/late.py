"""Lateness in nbgrader: one deduction, made by nbgrader, by the course's rule.

Check cells hold points before any deduction. nbgrader subtracts what its late plugin says; this plugin says what
course.yml's `late` does. nbgrader's due date counts, with the extensions granted there; where the gradebook has none,
course.yml's is written into it. A configuration that names a plugin or a penalty method of its own keeps it.
"""

from datetime import UTC, timedelta
from typing import Any

from nbgrader.plugins import LateSubmissionPlugin

from grader.course import Assignment
from grader.errors import CourseError

from .settings import GraderKit


class CourseLatePenalty(LateSubmissionPlugin):
    """`late` of course.yml for the kit's assignments, nbgrader's own rule for others."""

    def late_submission_penalty(self, student_id: str, score: float, total_seconds_late: float) -> float | None:
        """Points to be taken off."""
        try:
            assignment = GraderKit(parent=self).load().assignment(self.parent.assignment_id)
        except CourseError:
            found: float | None = super().late_submission_penalty(student_id, score, total_seconds_late)
            return found
        return round(score * assignment.lateness_after(timedelta(seconds=total_seconds_late)).penalty, 2)


def set_due_date(gradebook: Any, assignment: Assignment) -> None:
    """Writes course.yml's due date into a gradebook that has none."""
    entry = gradebook.find_assignment(assignment.id)
    if entry.duedate is None and assignment.due is not None:
        entry.duedate = assignment.due.astimezone(UTC).replace(tzinfo=None)  # nbgrader keeps UTC without saying so
        gradebook.db.commit()
