"""From outcomes to points: an exercise's points are shared out among its checks by weight."""

from collections.abc import Sequence
from dataclasses import dataclass

from grader.course import Assignment, Exercise
from grader.suite.checks import Check, Outcome


@dataclass(frozen=True)
class Tally:
    """Points of one exercise in a self-check.

    Attributes:
        earned: points of the visible checks that passed.
        visible: points that visible checks hold.
        hidden: points that hidden checks hold.
    """

    exercise: str
    earned: float
    visible: float
    hidden: float
    checks: int
    checks_passed: int


def points_per_weight(exercise: Exercise, checks: Sequence[Check]) -> float:
    """What one unit of weight is worth in points, given all of an exercise's checks that are present.

    Hidden checks that are not present (on a student's machine) count by the weight that course.yml states.
    """
    present = sum(check.weight for check in checks if check.exercise == exercise.id)
    absent = exercise.hidden.weight if exercise.hidden and not _has_hidden(exercise, checks) else 0.0
    return exercise.points / (present + absent) if present + absent else 0.0


def tally(assignment: Assignment, outcomes: Sequence[Outcome], checks: Sequence[Check]) -> list[Tally]:
    """Points per exercise, for those exercises that have checks in this run."""
    rows = []
    for exercise in assignment.exercises:
        own = [check for check in checks if check.exercise == exercise.id]
        if not own:
            continue
        unit = points_per_weight(exercise, checks)
        found = [outcome for outcome in outcomes if outcome.check in own]
        visible = unit * sum(check.weight for check in own)
        rows.append(
            Tally(
                exercise=exercise.id,
                earned=unit * sum(outcome.fraction * outcome.check.weight for outcome in found),
                visible=visible,
                hidden=0.0 if _has_hidden(exercise, checks) else exercise.points - visible,
                checks=len(own),
                checks_passed=sum(outcome.status == "passed" for outcome in found),
            )
        )
    return rows


def _has_hidden(exercise: Exercise, checks: Sequence[Check]) -> bool:
    return any(check.exercise == exercise.id and check.visibility == "hidden" for check in checks)
