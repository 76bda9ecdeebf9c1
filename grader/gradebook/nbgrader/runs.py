"""The results that a run of nbgrader's Autograde needs: graded together, at its first submission of the kit.

It is the grading of `grader grade`, with the same pool and store, so that both give the same scores, and what one of
them has graded the other takes as it is.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from grader.batch import Options, allowed_level, grade_class
from grader.course import Course
from grader.inbox import Found
from grader.results import Result
from grader.submissions import Submission

from .grades import LastGrades
from .settings import GraderKit

_Key = tuple[str, str]
_RUNS: "WeakKeyDictionary[Any, dict[_Key, Result]]" = WeakKeyDictionary()


def give(converter: Any, results: Iterable[Result]) -> None:
    """Hands a converter results that are there already."""
    _RUNS.setdefault(converter, {}).update({(result.student, result.assignment): result for result in results})


def result_for(converter: Any, kit: GraderKit, student: str, assignment: str) -> Result:
    """The result of a submission that a converter is at."""
    known = _RUNS.setdefault(converter, {})
    if (student, assignment) not in known:
        course = kit.load()
        found = {(item.student, item.assignment): item for item in _waiting(converter, course)}
        found[student, assignment] = submission_of(converter.coursedir, student, assignment)
        todo = [item for key, item in sorted(found.items()) if key not in known]
        options = settings(course, kit, converter.coursedir.root)
        grades = LastGrades(kit.grades_folder(converter.coursedir.root))
        give(converter, grade_class(todo, course, grades, options, _Log(converter.log)))
    return known[student, assignment]


def settings(course: Course, kit: GraderKit, root: str) -> Options:
    """How the configuration wants submissions to be graded."""
    hidden = (course.root / "solutions", Path(root), kit.grades_folder(root))
    return Options(
        level=allowed_level(course, kit.level or None), jobs=kit.jobs, hidden=tuple(path.resolve() for path in hidden)
    )


def submission_of(coursedir: Any, student: str, assignment: str) -> Found:
    return Found(student, assignment, Path(coursedir.format_path(coursedir.submitted_directory, student, assignment)))


def _waiting(converter: Any, course: Course) -> Iterable[Found]:
    """Submissions of the kit's assignments that the converter has before it; those it will skip are left out."""
    ids = {one.id for one in course.assignments}
    coursedir = converter.coursedir
    pattern = coursedir.format_path(
        coursedir.submitted_directory, "(?P<student_id>.*)", "(?P<assignment_id>.*)", escape=True
    )
    for folder in converter.assignments:
        match = re.match(pattern, folder)
        if match is None or match["assignment_id"] not in ids:
            continue
        done = Path(coursedir.format_path(coursedir.autograded_directory, match["student_id"], match["assignment_id"]))
        if converter.force or not done.exists():
            yield submission_of(coursedir, match["student_id"], match["assignment_id"])


class _Log:
    """A `Watcher` that writes to nbgrader's log."""

    def __init__(self, log: Any) -> None:
        self._log = log

    def planned(self, finished: int, waiting: int) -> None:
        self._log.info("Judging %s submissions; %s are judged already", waiting, finished)

    def checked(self, submission: Submission, checks: int) -> None:
        pass

    def graded(self, result: Result) -> None:
        self._log.info("Judged %s %s: %s of %s", result.student, result.assignment, result.raw_score, result.max_score)
