"""Grades a class: everything that is new or changed; what is finished stays.

Every result is stored as it ends, so a run that is interrupted goes on where it stopped when it is started again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Protocol

from grader.course import Course, IsolationLevel
from grader.errors import SandboxError
from grader.executors.local import Settings, grade_locally
from grader.gradebook.csv import gradebook
from grader.inbox import Found
from grader.report.feedback import feedback
from grader.results import Result
from grader.sandbox import isolation
from grader.store import Grades, address, write_atomically
from grader.submissions import Submission


@dataclass(frozen=True)
class Options:
    """How to grade.

    Attributes:
        jobs: how many submissions at a time.
        seed: where all inputs come from; None draws one per submission.
        force: grade again what is finished.
    """

    level: IsolationLevel
    jobs: int = 1
    seed: int | None = None
    force: bool = False
    hidden: tuple[Path, ...] = ()


def allowed_level(course: Course, chosen: str | None) -> IsolationLevel:
    """The level to grade at; only an explicit choice may go below what course.yml asks for.

    Args:
        chosen: a level, or `best`.

    Raises:
        SandboxError: this machine does not give it.
    """
    for level in isolation.LEVELS:
        if level == chosen:
            if not isolation.finding(level).available:
                raise SandboxError(f"level {level} cannot be had here: {isolation.finding(level).reason}")
            return level
    best = isolation.best_level()
    if chosen is None and not isolation.at_least(best, course.isolation):
        raise SandboxError(
            f"course.yml asks for isolation level {course.isolation!r}, and this machine gives {best!r}. "
            f"`grader doctor` says what to do about it; `--level {best}` grades all the same, and marks the grades as "
            "not official."
        )
    return best


class Watcher(Protocol):
    """Is told how a run gets on."""

    def planned(self, finished: int, waiting: int) -> None: ...
    def checked(self, submission: Submission, checks: int) -> None: ...
    def graded(self, result: Result) -> None: ...


def grade_class(
    found: Sequence[Found], course: Course, grades: Grades, options: Options, watcher: Watcher
) -> list[Result]:
    """The result of every submission, by student and assignment; grades and feedback are stored along the way."""
    results: list[Result] = []
    waiting: list[Found] = []
    for item in found:
        finished = None if options.force else _finished(item, course, grades, options)
        if finished is None:
            waiting.append(item)
        else:
            results.append(finished)
    watcher.planned(len(results), len(waiting))
    settings = Settings(course.path, options.level, options.hidden, options.seed)
    work: list[Callable[[], Submission]] = [partial(item.read, course) for item in waiting]
    try:
        for result in grade_locally(work, course, settings, options.jobs, watcher.checked) if work else ():
            _write_feedback(result, course, grades)
            grades.write(result)
            results.append(result)
            watcher.graded(result)
    finally:
        write_atomically(grades.gradebook, gradebook(grades, course))
    return sorted(results, key=lambda result: (result.student, result.assignment))


def _finished(item: Found, course: Course, grades: Grades, options: Options) -> Result | None:
    """The stored grade of exactly this work, with date and lateness as they are now."""
    submission = item.read(course)
    assignment = course.assignment(submission.assignment)
    stored = grades.finished(item.student, item.assignment, address(submission, course, options.level, options.seed))
    if stored is None:
        return None
    update = {"submitted_at": submission.submitted_at, "problems": list(submission.problems)}
    current = stored.model_copy(update=update).with_lateness(assignment.lateness(submission.submitted_at))
    if current != stored:
        grades.write(current)
    _write_feedback(current, course, grades)  # the due date may have passed: more may be told now
    return current


def _write_feedback(result: Result, course: Course, grades: Grades) -> None:
    text = feedback(result, course.assignment(result.assignment), datetime.now(UTC))
    grades.write_feedback(result.student, result.assignment, text)
