"""Why a worker is no more."""

from dataclasses import dataclass
from typing import Literal, NoReturn

from grader.errors import LimitExceeded, WorkerDied

Resource = Literal["cpu", "wall", "memory", "output", "processes"]


@dataclass(frozen=True)
class OverLimit:
    """The supervisor ended the worker; `value` is the limit in seconds, MB, kB or processes."""

    resource: Resource
    value: float


@dataclass(frozen=True)
class Died:
    """The worker ended by itself: `"exit code 0"`, `"signal 11 (SIGSEGV)"`."""

    how: str


Fate = OverLimit | Died


def raise_for_fate(fate: Fate) -> NoReturn:
    """Raises the student's verdict that goes with a fate: `LimitExceeded` or `WorkerDied`."""
    if isinstance(fate, OverLimit):
        raise LimitExceeded(fate.resource, fate.value)
    raise WorkerDied(fate.how)
