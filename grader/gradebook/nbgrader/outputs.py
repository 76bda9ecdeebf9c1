"""What a check cell shows: feedback as far as the course allows, and the points as its result.

nbgrader gives full marks to a cell without outputs and takes the number of an `execute_result` for partial credit, so
each check cell gets exactly one of those.
"""

from datetime import datetime
from typing import Any

from nbformat.v4 import new_output

from grader.report.feedback import exercise_feedback
from grader.results import Result

from .source import SourceNotebook


def points(result: Result, source: SourceNotebook) -> dict[str, float]:
    """The points of every exercise in nbgrader: its score as a share of the cell's points.

    Raises:
        KeyError: the result has no score for an exercise.
    """
    earned = {exercise.id: exercise for exercise in result.exercises}
    scores = {}
    for name, cell in source.checks.items():
        most = cell.points or 0.0
        scores[name] = min(most, round(earned[name].score / earned[name].max_score * most, 4))
    return scores


def outputs(result: Result, source: SourceNotebook, exercise: str, now: datetime) -> list[Any]:
    """The outputs of an exercise's check cell."""
    said = exercise_feedback(result, source.assignment, exercise, now)
    if exercise == source.assignment.exercises[0].id and result.problems:
        said = "\n".join(["About the submission as a whole:", *(f"* {one}" for one in result.problems), "", said])
    return [
        new_output("stream", name="stdout", text=said),
        new_output(
            "execute_result", data={"text/plain": repr(float(points(result, source)[exercise]))}, execution_count=1
        ),
    ]
