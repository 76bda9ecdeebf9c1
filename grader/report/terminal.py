"""The class at a glance: a table per assignment for the terminal."""

from collections.abc import Collection, Sequence

from rich.markup import escape
from rich.table import Table

from grader.course import Assignment
from grader.results import Result, Status

_COLOURS: dict[Status, str] = {
    "passed": "green",
    "failed": "yellow",
    "limit": "red",
    "error": "bold red",
    "blocked": "",
}


def class_table(results: Sequence[Result], assignment: Assignment, stale: Collection[str] = ()) -> Table:
    """Students against exercises, with total, lateness and status.

    Args:
        stale: students whose score in a gradebook could not be renewed.
    """
    title = f"{assignment.title} ({assignment.id})"
    table = Table(title=title, title_justify="left", box=None, padding=(0, 1, 0, 0))  # narrow enough for 80 columns
    table.add_column("student", overflow="fold")
    for exercise in assignment.exercises:
        table.add_column(f"{exercise.id}\n/{exercise.points:g}", justify="right", overflow="fold")
    table.add_column(f"total\n/{assignment.max_score:g}", justify="right", style="bold", no_wrap=True)
    table.add_column("late", justify="right", no_wrap=True)
    table.add_column("status", no_wrap=True)
    for result in sorted(results, key=lambda result: result.student):
        scores = {item.id: _points(item.score) for item in result.exercises}
        late = f"-{result.late.penalty:.0%}" if result.late.days else ""
        status = "stale" if result.student in stale else result.status
        colour = _COLOURS["error" if result.student in stale else result.status]
        table.add_row(
            escape(result.student),
            *(scores.get(exercise.id, "") for exercise in assignment.exercises),
            _points(result.score) if result.score is not None else "–",
            late,
            f"[{colour}]{status}[/]" if colour else status,
        )
    return table


def _points(points: float) -> str:
    return f"{points:.1f}".removesuffix(".0")
