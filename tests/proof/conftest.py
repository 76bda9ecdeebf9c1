"""Proofs that grade in the test's own process, with its warm zygote."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from grader.course import Course
from grader.proof.evidence import Proof
from grader.proof.judging import Judge, Task, as_submission, grade_task
from grader.proof.options import Options
from grader.proof.prove import prove
from grader.results import Result


class Quiet:
    """Watches and says nothing."""

    def stage(self, name: str, total: int) -> None: ...
    def at(self, what: str) -> None: ...
    def advance(self) -> None: ...


@dataclass(frozen=True)
class JudgeHere(Judge):
    """Grades as the pool does, without starting processes."""

    zygote: Any = None

    def grade(self, tasks: Sequence[Task], on_check: Callable[[str, int], None]) -> Iterator[Result]:
        for task in tasks:
            yield grade_task(as_submission(task, self.assignment), self.course, self.zygote)


@pytest.fixture
def proven(warm_zygote) -> Callable[..., Proof]:
    """`proven(course, "regression", sample=3)`: a proof with these options."""

    def run(course: Course, assignment: str, **options: Any) -> Proof:
        chosen = Options(level=warm_zygote.level, **options)
        judge = JudgeHere(course, assignment, chosen.level, store=chosen.store, zygote=warm_zygote)
        return prove(course, assignment, chosen, Quiet(), judge)

    return run
