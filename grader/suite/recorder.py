"""The part of the pytest plugin that both self-check and judge share: fixtures, markers, and a record per check."""

import hashlib
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader.errors import AuthorError
from grader.sandbox.worker import seed_everything
from grader.suite.checks import Check, Outcome, Visibility
from grader.suite.messages import verdict
from grader.suite.student import Student

CHECK = pytest.StashKey[Check]()
_FOLDERS: dict[str, Visibility] = {"tests": "visible", "hidden": "hidden"}


class Blocked(pytest.skip.Exception):  # type: ignore[name-defined]  # made at run time
    """The check builds on one that failed."""


class Recorder:
    """Collects an `Outcome` for every check of a run.

    Args:
        seed: where all random numbers of the run come from; None draws a new one.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.outcomes: dict[str, Outcome] = {}

    # What a transport provides ------------------------------------------------------------------

    def owns(self, path: Path) -> bool:
        """Whether a test file belongs to an assignment's suite."""
        raise NotImplementedError

    def open(self, item: pytest.Item) -> Student:
        """The student handle for one check."""
        raise NotImplementedError

    def begin(self, item: pytest.Item, check: Check) -> None:
        """A check begins."""

    def end(self, item: pytest.Item, check: Check) -> tuple[float, str]:
        """A check is over: processor seconds it used, and what it printed."""
        return 0.0, ""

    def frames(self, item: pytest.Item, error: BaseException) -> list[tuple[str, int, str]]:
        """Where in the student's files an exception was raised, as far as it can be seen from here."""
        return []

    # Fixtures -----------------------------------------------------------------------------------

    @pytest.fixture
    def student(self, request: pytest.FixtureRequest) -> Student:
        """The submission under test."""
        handle = self.open(request.node)
        handle.credit, handle.remarks = None, []  # in self-check it served the check before
        request.node.stash[_STUDENT] = handle
        return handle

    @pytest.fixture
    def rng(self, request: pytest.FixtureRequest) -> np.random.Generator:
        """A random generator whose seed nobody outside this run knows."""
        return np.random.default_rng(derived_seed(self.seed, request.node.nodeid, "rng"))

    # Hooks --------------------------------------------------------------------------------------

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            if self.owns(item.path):
                item.stash[CHECK] = read_check(item)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        check = item.stash.get(CHECK, None)
        if check is None:
            return
        self._require(check)
        seed_everything(derived_seed(self.seed, check.id, "judge"))
        self.begin(item, check)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        check = item.stash.get(CHECK, None)
        if check is not None:
            self._record(item, check, call)
        return report

    # How a check came out -------------------------------------------------------------------------

    def _require(self, check: Check) -> None:
        for need in check.needs:
            exercise, _, name = need.rpartition("::")
            for other in self.outcomes.values():
                same = (other.check.assignment, other.check.exercise) == (check.assignment, exercise or check.exercise)
                if same and other.check.name == name and other.status != "passed":
                    raise Blocked(f"waits for: {other.check.title}")

    def _record(self, item: pytest.Item, check: Check, call: pytest.CallInfo[None]) -> None:
        error = call.excinfo.value if call.excinfo else None
        if call.when == "setup" and error is None:
            return
        if call.when == "teardown":
            if error is not None:
                self._failed(item, check, error)
            return
        if isinstance(error, Blocked):
            self.outcomes[item.nodeid] = Outcome(check, "blocked", 0.0, str(error))
            return
        cpu_seconds, output, trouble = 0.0, "", None
        try:
            cpu_seconds, output = self.end(item, check)
        except Exception as lost:  # the kit's own: whatever the check found, it is not to be relied on
            trouble = lost
        if isinstance(error, pytest.skip.Exception) and trouble is None:
            return  # does not apply on this machine: neither points nor a place in the total
        if error is None and trouble is None:
            self.outcomes[item.nodeid] = _passed(check, item.stash.get(_STUDENT, None))
        else:
            self._failed(item, check, trouble or error)  # type: ignore[arg-type]
        self.outcomes[item.nodeid] = replace(self.outcomes[item.nodeid], cpu_seconds=cpu_seconds, output=output)

    def _failed(self, item: pytest.Item, check: Check, error: BaseException) -> None:
        status, message = verdict(error, self.frames(item, error))
        internal = "" if status in ("limit",) else f"{type(error).__name__}: {error}"[:4000]
        self.outcomes[item.nodeid] = Outcome(check, status, 0.0, message, internal=internal)


_STUDENT = pytest.StashKey[Student]()


def _passed(check: Check, student: Student | None) -> Outcome:
    if student is None:
        return Outcome(check, "passed", 1.0)
    fraction, reason = student.credit or (1.0, "")
    return Outcome(check, "passed", fraction, "\n".join(filter(None, [reason, *student.remarks])))


def read_check(item: pytest.Item) -> Check:
    """What a test function says about itself: file name, docstring and markers."""
    stem = item.path.stem
    exercise = stem.removeprefix("test_")
    function = getattr(item, "function", None)
    title = (getattr(function, "__doc__", None) or item.name).strip().splitlines()[0].strip()
    weight = _argument(item, "points", 1.0)
    if not isinstance(weight, int | float) or not weight > 0:
        raise AuthorError(f"{item.nodeid}: points must be a positive number, got {weight!r}")
    callspec = getattr(item, "callspec", None)
    suffix = f"[{callspec.id}]" if callspec is not None else ""
    name = getattr(item, "originalname", None) or item.name
    folder = item.path.parent.name
    visibility = _FOLDERS.get(folder, "visible")
    if suffix and visibility == "visible":  # of a hidden check, they might tell more than is meant to be told
        title = f"{title} {suffix}"
    return Check(
        id=f"{folder}/{item.path.name}::{name}{suffix}",
        assignment=item.path.parent.parent.name,
        exercise=exercise,
        title=title,
        visibility=visibility,
        weight=float(weight),
        hint=str(_argument(item, "hint", "")),
        needs=tuple(str(name) for mark in item.iter_markers("needs") for name in mark.args),
    )


def _argument(item: pytest.Item, marker: str, default: Any) -> Any:
    mark = item.get_closest_marker(marker)
    return mark.args[0] if mark is not None and mark.args else default


def derived_seed(seed: int, *names: str) -> int:
    """A 63-bit seed for one purpose; seeds of different purposes tell nothing of each other."""
    digest = hashlib.blake2b("\0".join([str(seed), *names]).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1
