"""Grades submissions on this machine: several judges side by side, each a process with a warm zygote of its own.

A judge that dies costs only the submission it was at: that one is tried once more by a fresh judge, and has no grade
when that dies, too. The others go on.
"""

import gc
import multiprocessing
import os
import signal
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from grader.course import Course, IsolationLevel, load_course
from grader.errors import AuthorError, GraderError
from grader.results import Result
from grader.store import suite_fingerprint
from grader.submissions import Submission

ATTEMPTS = 2
_START_SECONDS = 300.0
_END_SECONDS = 15.0
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
"""Grading is parallel across submissions; two threads on a busy core are ten times slower, and change results."""

Read = Callable[[], Submission]


@dataclass(frozen=True)
class Settings:
    """What all judges of a run share.

    Attributes:
        hidden: folders that student code must not see, should they lie among installed packages.
        seed: where all inputs come from; None draws a new one for each submission.
        grade: a module's function to call in place of `grading.grade`.
    """

    course: Path
    level: IsolationLevel
    hidden: tuple[Path, ...] = ()
    seed: int | None = None
    grade: Callable[..., Result] | None = None


def grade_locally(
    work: Sequence[Read],
    course: Course,
    settings: Settings,
    jobs: int,
    on_check: Callable[[Submission, int], None] = lambda submission, count: None,
) -> Iterator[Result]:
    """Results in the order in which they are ready.

    Args:
        work: functions that read a submission, called when a judge is free for it.
        on_check: called after each check with the number of checks that the submission has behind it.
    """
    pool = _Pool(work, course, settings, jobs, on_check)
    try:
        yield from pool.run()
    finally:
        pool.close()


@dataclass
class _Task:
    read: Read
    failures: list[str] = field(default_factory=list)


class _Pool:
    def __init__(
        self,
        work: Sequence[Read],
        course: Course,
        settings: Settings,
        jobs: int,
        on_check: Callable[[Submission, int], None],
    ) -> None:
        self._waiting = deque(_Task(read) for read in work)
        self._course = course
        self._settings = settings
        self._jobs = max(1, min(jobs, len(work)))
        self._on_check = on_check
        self._judges: list[_Judge] = []

    def run(self) -> Iterator[Result]:
        while self._waiting or any(judge.task for judge in self._judges):
            self._hand_out()
            ready = wait([judge.connection for judge in self._judges if judge.task], timeout=1.0)
            for judge in [judge for judge in self._judges if judge.task]:
                if judge.connection in ready:
                    result = self._hear(judge)
                elif time.monotonic() > judge.deadline:
                    result = self._lose(judge, "the judge did not answer any more")
                else:
                    result = None
                if result is not None:
                    yield result

    def close(self) -> None:
        """Ends all judges, and with them their zygotes and workers."""
        for judge in self._judges:
            judge.ask_to_end()
        for judge in self._judges:
            judge.end()
        self._judges.clear()

    def _hand_out(self) -> None:
        while self._waiting and len(self._judges) < self._jobs:
            self._judges.append(_Judge(self._settings))
        for judge in self._judges:
            if judge.task is None and self._waiting:
                task = self._waiting.popleft()
                judge.give(task, self._patience(task.read()))

    def _patience(self, submission: Submission) -> tuple[Submission, float]:
        """A submission, and the seconds of silence after which its judge is taken for lost."""
        limits = self._course.limits_for(submission.assignment)
        return submission, 120 + 3 * limits.wall_seconds

    def _hear(self, judge: "_Judge") -> Result | None:
        try:
            kind, content = judge.connection.recv()
        except (EOFError, OSError):
            return self._lose(judge, judge.how_it_ended())
        if kind == "check":
            judge.be_patient()
            self._on_check(judge.submission, content)
            return None
        if kind == "result":
            judge.task = None
            return Result.from_json(content, "a judge's answer")
        if kind == "unable":  # the suite's fault: no second attempt would end otherwise
            judge.task = None
            return no_grade(judge.submission, self._course, self._settings, content)
        return self._lose(judge, content)  # it fell over, and may have left something behind: start afresh

    def _lose(self, judge: "_Judge", reason: str) -> Result | None:
        task, submission = judge.task, judge.submission
        assert task is not None
        judge.end()
        self._judges.remove(judge)
        task.failures.append(reason)
        if len(task.failures) < ATTEMPTS:
            self._waiting.appendleft(task)
            return None
        return no_grade(submission, self._course, self._settings, "\n\n".join(task.failures))


def no_grade(submission: Submission, course: Course, settings: Settings, reason: str) -> Result:
    """The result of a submission that the kit could not grade."""
    assignment = course.assignment(submission.assignment)
    return Result(
        student=submission.student,
        assignment=assignment.id,
        score=None,
        raw_score=None,
        max_score=assignment.max_score,
        status="error",
        problems=list(submission.problems),
        internal=reason,
        submitted_at=submission.submitted_at,
        isolation=settings.level,
        seed=settings.seed or 0,
        suite=suite_fingerprint(course, assignment),
        submission=submission.fingerprint,
    )


class _Judge:
    """The pool's view of a judge process.

    Attributes:
        task: what it is at, or None.
    """

    submission: Submission

    def __init__(self, settings: Settings) -> None:
        context = multiprocessing.get_context("spawn")
        for name, value in _ONE_THREAD.items():  # judges inherit it; torch reads it when it is imported
            os.environ.setdefault(name, value)
        self.connection, other_end = context.Pipe()
        self.task: _Task | None = None
        self.deadline = 0.0
        self._patience = 0.0
        self._process = context.Process(target=_judge, args=(other_end, settings), daemon=True)
        self._process.start()
        other_end.close()

    def give(self, task: _Task, submission_and_patience: tuple[Submission, float]) -> None:
        self.task = task
        self.submission, self._patience = submission_and_patience
        self.deadline = time.monotonic() + _START_SECONDS + self._patience
        with suppress(OSError):  # a judge that is gone is noticed when its answer is missing
            self.connection.send(self.submission)

    def be_patient(self) -> None:
        self.deadline = time.monotonic() + self._patience

    def how_it_ended(self) -> str:
        self._process.join(_END_SECONDS)
        code = self._process.exitcode
        return f"the judge's process ended with exit code {code}"

    def ask_to_end(self) -> None:
        if self._process.is_alive():
            self._process.terminate()

    def end(self) -> None:
        self.connection.close()
        self.ask_to_end()
        self._process.join(_END_SECONDS)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


# In the judge's process


class _Ended(KeyboardInterrupt):
    """The pool asked this judge to end; a KeyboardInterrupt, because pytest lets only that through."""


def _judge(connection: "Connection[Any, Any]", settings: Settings) -> None:
    """Grades what comes over the connection until it is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the pool's to answer
    signal.signal(signal.SIGTERM, _end)
    from grader.sandbox.launcher import Zygote

    with suppress(EOFError, BrokenPipeError, _Ended):  # the pool is gone, or has no more work
        try:
            course = load_course(settings.course)
            with Zygote(settings.level, hidden=settings.hidden) as zygote:
                import grader.grading  # noqa: F401  (what it imports is not to be collected again with every submission)

                gc.collect()
                gc.freeze()
                while True:
                    connection.send(_answer(connection.recv(), course, zygote, settings, connection))
        except GraderError as error:  # no sandbox, no grades
            connection.send(("failure", str(error)))


def _answer(
    submission: Submission, course: Course, zygote: Any, settings: Settings, connection: "Connection[Any, Any]"
) -> tuple[str, str]:
    from grader.grading import grade

    count = 0

    def progress(outcome: object) -> None:
        nonlocal count
        count += 1
        connection.send(("check", count))

    try:
        make = settings.grade or grade
        return "result", make(submission, course, zygote, seed=settings.seed, progress=progress).to_json()
    except AuthorError as error:
        return "unable", str(error)
    except Exception:  # whatever else falls over is the kit's: the submission is tried again, then reported
        return "failure", traceback.format_exc()


def _end(number: int, frame: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise _Ended
