"""Grades known programs as submissions are graded, and remembers how they came out.

A result is stored under everything it depends on: the program's files, the checks it met, the kit's code and the
limits. So a proof that is interrupted goes on where it stopped, and a change of one module's checks repeats that
module alone.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal

import grader
from grader import __version__, fingerprint
from grader.course import Assignment, Course, IsolationLevel
from grader.errors import BadInput
from grader.executors.local import Settings, grade_locally
from grader.grading import grade
from grader.proof.programs import Program
from grader.results import SCHEMA, Result
from grader.store import write_atomically
from grader.submissions import Submission
from grader.suite.collect import files_of

Verdict = Literal["passed", "failed", "error"]
_PARTS_OF_A_VERDICT = ("grading.py", "suite", "verdicts", "probes", "sandbox", "data")


@dataclass(frozen=True)
class Task:
    """One grading of one program.

    Attributes:
        first_failure: stop at the first check that does not pass.
        repeat: counts gradings of the same program, each with inputs of its own.
    """

    program: Program
    first_failure: bool = False
    repeat: int = 0

    @property
    def id(self) -> str:
        return f"{self.program.id}#{self.repeat}"


@dataclass(frozen=True)
class Judge:
    """How to grade.

    Attributes:
        store: the folder of results; None remembers nothing.
        force: grade again what is there.
    """

    course: Course
    assignment: str
    level: IsolationLevel
    jobs: int = 1
    store: Path | None = None
    force: bool = False

    def judge(self, tasks: Sequence[Task], on_check: Callable[[str, int], None]) -> Iterator[tuple[Task, Result]]:
        """Results in the order in which they are ready, remembered ones first.

        Args:
            on_check: called with a program's name and the number of checks it has behind it.
        """
        waiting: dict[str, Task] = {}
        for task in tasks:
            remembered = self._remembered(task)
            if remembered is not None:
                yield task, remembered
            else:
                waiting[task.id] = task
        for result in self.grade(list(waiting.values()), on_check):
            task = waiting[result.student]
            path = self._path(task)
            if path is not None and result.graded:
                write_atomically(path, result.to_json())
            yield task, result

    def grade(self, tasks: Sequence[Task], on_check: Callable[[str, int], None]) -> Iterator[Result]:
        """Results whose `student` is the task's id, from a pool of processes."""
        settings = Settings(self.course.path, self.level, (self.course.root / "solutions",), grade=grade_task)
        work: list[Callable[[], Submission]] = [partial(as_submission, task, self.assignment) for task in tasks]
        yield from grade_locally(work, self.course, settings, self.jobs, lambda s, n: on_check(s.student, n))

    def _remembered(self, task: Task) -> Result | None:
        path = self._path(task)
        if path is None or self.force:
            return None
        try:
            return Result.from_json(path.read_bytes(), str(path))
        except (OSError, BadInput):  # not there, or damaged: graded again
            return None

    def _path(self, task: Task) -> Path | None:
        return None if self.store is None else self.store / f"{self._address(task)}.json"

    def _address(self, task: Task) -> str:
        assignment = self.course.assignment(self.assignment)
        return fingerprint.of_settings(
            {
                "schema": SCHEMA,
                "program": task.program.fingerprint,
                "checks": checks_fingerprint(self.course.folder(self.assignment), task.program.exercises),
                "settings": _settings(assignment),
                "level": self.level,
                "first_failure": task.first_failure,
                "repeat": task.repeat,
                "kit": kit_fingerprint(),
            }
        )


def verdict(result: Result) -> Verdict:
    """`passed` when no point was lost, `failed` when one was, `error` when the kit could not tell."""
    if not result.graded:
        return "error"
    whole = all(test.status == "passed" and test.points >= test.max_points for test in result.tests)
    return "passed" if whole and result.tests else "failed"


def checks_fingerprint(folder: Path, exercises: Sequence[str]) -> str:
    """SHA-256 of the checks of some exercises and of what all hidden checks share."""
    shared = [path for path in sorted((folder / "hidden").rglob("*")) if not path.name.startswith("test_")]
    paths = [*(folder / name for name in files_of(exercises)), *shared]
    files = {path.relative_to(folder).as_posix(): path for path in paths if "__pycache__" not in path.parts}
    return fingerprint.of_files({name: path.read_bytes() for name, path in files.items() if path.is_file()})


@cache
def kit_fingerprint() -> str:
    """The kit's version, with a SHA-256 of the code that makes verdicts: it changes more often than the version."""
    root = Path(grader.__file__).parent
    files = {
        path.relative_to(root).as_posix(): path.read_bytes()
        for part in _PARTS_OF_A_VERDICT
        for path in ([root / part] if part.endswith(".py") else sorted((root / part).rglob("*.py")))
    }
    return f"{__version__}+{fingerprint.of_files(files)[:16]}"


def _settings(assignment: Assignment) -> dict[str, Any]:
    return assignment.model_dump(mode="json", include={"limits", "checks", "data"})


@dataclass(frozen=True)
class ProgramSubmission(Submission):
    """A submission that knows which checks it is to meet."""

    exercises: tuple[str, ...] = ()
    first_failure: bool = False


def as_submission(task: Task, assignment: str) -> ProgramSubmission:
    """A program as somebody's submission; the student's name is the task's id."""
    program = task.program
    return ProgramSubmission(
        task.id,
        assignment,
        program.files,
        None,
        program.fingerprint,
        exercises=program.exercises,
        first_failure=task.first_failure,
    )


def grade_task(submission: ProgramSubmission, course: Course, zygote: Any, **options: Any) -> Result:
    """`grading.grade` with the checks that a task names; runs in the judge's process."""
    return grade(
        submission, course, zygote, exercises=submission.exercises, first_failure=submission.first_failure, **options
    )
