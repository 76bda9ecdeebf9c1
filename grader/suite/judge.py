"""Runs an assignment's visible and hidden checks against a submission in the sandbox."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from grader.sandbox.limits import Limits
from grader.suite.checks import Check, Outcome
from grader.suite.collect import FOLDERS, Suite, run_pytest
from grader.suite.recorder import derived_seed
from grader.suite.remote import Session
from grader.suite.student import SandboxedStudent, Student


def run_suite(
    folder: Path,
    exercises: Sequence[str],
    session: Session,
    limits_for: Callable[[str], Limits],
    seed: int,
    *,
    folders: Sequence[str] = FOLDERS,
    only: str | None = None,
    first_failure: bool = False,
    progress: Callable[[Outcome], None] | None = None,
) -> list[Outcome]:
    """Every check's outcome, in the suite's order.

    Args:
        folder: the assignment in `solutions/`, with `tests/` and `hidden/`.
        session: the submission's worker.
        limits_for: limits of a check by its id.
        seed: where all inputs and random numbers come from.
        folders: which part of the suite to run, as paths in `folder`.
        only: a pytest `-k` expression, for authors.
        first_failure: stop at the first check that does not pass.
        progress: called after each check.

    Raises:
        AuthorError: the suite cannot be collected.
    """
    judge = _Judge(folder, exercises, session, limits_for, seed, progress)
    run_pytest(judge, folders, *(["-k", only] if only else []), *(["--maxfail=1"] if first_failure else []))
    return list(judge.outcomes.values())


class _Judge(Suite):
    """The recorder with the sandboxed transport."""

    def __init__(
        self,
        folder: Path,
        exercises: Sequence[str],
        session: Session,
        limits_for: Callable[[str], Limits],
        seed: int,
        progress: Callable[[Outcome], None] | None,
    ) -> None:
        super().__init__(folder, exercises, seed)
        self._session = session
        self._limits_for = limits_for
        self._progress = progress

    def open(self, item: pytest.Item) -> Student:
        return SandboxedStudent(self._session, self._exercises)

    def begin(self, item: pytest.Item, check: Check) -> None:
        limits = self._limits_for(check.id)
        for mark in item.iter_markers("limits"):
            limits = replace(limits, **mark.kwargs)
        self._session.begin(limits, derived_seed(self.seed, check.id, "worker"))

    def end(self, item: pytest.Item, check: Check) -> tuple[float, str]:
        usage = self._session.end()
        return (usage.cpu_seconds, usage.output) if usage is not None else (0.0, "")

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        if self._progress is not None and self.outcomes:
            self._progress(next(reversed(self.outcomes.values())))
