"""Real sandboxes: one zygote per level for all tests, one worker per test."""

import contextlib
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from grader.sandbox import trial
from grader.sandbox.fate import Fate
from grader.sandbox.isolation import LEVELS, Level, finding
from grader.sandbox.launcher import Worker, Zygote
from grader.sandbox.limits import Limits, Usage

SMALL = Limits(
    cpu_seconds=20, wall_seconds=30, memory_mb=300, processes=12, output_kb=8, scratch_mb=16, submission_cpu_seconds=30
)


class Attack:
    """Hostile code in a worker, one function of it called at a time."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker

    def call(self, name: str, *arguments: Any) -> Any:
        """The function's value; its exceptions are `RuntimeError`, the worker's end is `EOFError`."""
        return trial.call(self.worker.channel, name, *arguments)

    def fate_of(self, name: str, *arguments: Any) -> Fate | None:
        """How the worker ended in the call, which must end it."""
        with pytest.raises(EOFError):
            self.call(name, *arguments)
        return self.worker.fate()

    def usage_of(self, name: str, *arguments: Any) -> Usage:
        self.worker.begin()
        self.call(name, *arguments)
        return self.worker.end()


@pytest.fixture(scope="session")
def zygotes() -> Iterator[Callable[[Level], Zygote]]:
    with contextlib.ExitStack() as stack:
        started: dict[Level, Zygote] = {}

        def zygote(level: Level) -> Zygote:
            if level not in started:
                found = finding(level)
                if not found.available:
                    pytest.skip(f"isolation level {level} cannot be had here: {found.reason}")
                started[level] = stack.enter_context(Zygote(level, preload=(), entry=trial.ENTRY))
            return started[level]

        yield zygote


@pytest.fixture(params=LEVELS)
def level(request: pytest.FixtureRequest) -> Level:
    """Each level in turn; `@pytest.mark.parametrize("level", ...)` restricts it."""
    return request.param


@pytest.fixture
def zygote(zygotes: Callable[[Level], Zygote], level: Level) -> Zygote:
    return zygotes(level)


@pytest.fixture
def attack(zygote: Zygote) -> Iterator[Callable[..., Attack]]:
    """Starts a worker with the source given and begins a check; `attack(source, memory_mb=100)`."""
    with contextlib.ExitStack() as stack:

        def start(source: str, **limits: float) -> Attack:
            worker = zygote.spawn({"main.py": source.encode()}, Limits(**{**vars(SMALL), **limits}))
            stack.enter_context(worker)
            worker.begin()
            return Attack(worker)

        yield start


@pytest.fixture
def abstract_listener() -> Iterator[str]:
    """The name of a socket on which this process listens, in Linux's abstract name space."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind("\0grader-test-listener")
        listener.listen()
        yield "grader-test-listener"
