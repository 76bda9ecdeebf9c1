"""Runs an assignment's visible and hidden checks against a submission in the sandbox."""

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from grader.errors import AuthorError
from grader.sandbox.limits import Limits
from grader.suite.checks import Check, Outcome
from grader.suite.markers import MARKERS
from grader.suite.recorder import CHECK, Recorder, derived_seed
from grader.suite.remote import Session
from grader.suite.student import SandboxedStudent, Student

FOLDERS = ("tests", "hidden")


def run_suite(
    folder: Path,
    exercises: Sequence[str],
    session: Session,
    limits_for: Callable[[str], Limits],
    seed: int,
    *,
    folders: Sequence[str] = FOLDERS,
    only: str | None = None,
    progress: Callable[[Outcome], None] | None = None,
) -> list[Outcome]:
    """Every check's outcome, in the suite's order.

    Args:
        folder: the assignment in `solutions/`, with `tests/` and `hidden/`.
        session: the submission's worker.
        limits_for: limits of a check by its id.
        seed: where all inputs and random numbers come from.
        only: a pytest `-k` expression, for authors.
        progress: called after each check.

    Raises:
        AuthorError: the suite cannot be collected.
    """
    judge = _Judge(folder, exercises, session, limits_for, seed, progress)
    paths = [str(folder / name) for name in folders if (folder / name).is_dir()]
    arguments = [
        "--capture=no",
        "--import-mode=importlib",
        f"--rootdir={folder}",
        f"--confcutdir={folder}",
        "-c",
        str(Path(__file__).with_name("judge.ini")),
        "-p",
        "no:cacheprovider",
        "-p",
        "no:terminal",
        "-p",
        "no:biomed-grader",
    ]
    with _OwnPytest(folder):
        code = pytest.main([*arguments, *(["-k", only] if only else []), *paths], plugins=[judge])
    if judge.broken:
        raise AuthorError("the suite cannot be collected:\n" + "\n".join(judge.broken))
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED):
        raise AuthorError(f"pytest stopped with exit code {int(code)} in {folder}")
    return list(judge.outcomes.values())


class _Judge(Recorder):
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
        super().__init__(seed)
        self.broken: list[str] = []
        self._folder = folder
        self._exercises = exercises
        self._session = session
        self._limits_for = limits_for
        self._progress = progress

    def owns(self, path: Path) -> bool:
        return path.is_relative_to(self._folder)

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

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        super().pytest_collection_modifyitems(items)
        for item in items:
            if item.stash[CHECK].exercise not in self._exercises:
                self.broken.append(f"{item.nodeid}: {item.path.name} belongs to no exercise of course.yml")

    def pytest_configure(self, config: pytest.Config) -> None:
        for marker in MARKERS:
            config.addinivalue_line("markers", marker)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.broken.append(f"{report.nodeid}: {report.longreprtext}")

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        if self._progress is not None and self.outcomes:
            self._progress(next(reversed(self.outcomes.values())))


class _OwnPytest:
    """pytest as the judge wants it: no plugins of other projects, the assignment's `oracle` importable.

    Suites of several assignments have files of the same name, and pytest would take one for the other if it still
    found it in `sys.modules`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = str(folder / "hidden")

    def __enter__(self) -> None:
        names = ("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "PYTEST_ADDOPTS")
        self._before = {name: os.environ.get(name) for name in names}
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        os.environ.pop("PYTEST_ADDOPTS", None)
        for name, module in list(sys.modules.items()):
            file = getattr(module, "__file__", None)
            if name.partition(".")[0] in (*FOLDERS, "oracle") and file and not Path(file).is_relative_to(self._folder):
                del sys.modules[name]
        sys.path.insert(0, self._path)

    def __exit__(self, *exception: object) -> None:
        sys.path.remove(self._path)
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
