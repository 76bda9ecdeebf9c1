"""Collects an assignment's suite with the judge's own pytest: no settings or plugins of whatever lies around."""

import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from grader.errors import AuthorError
from grader.suite.checks import Check
from grader.suite.markers import MARKERS
from grader.suite.recorder import CHECK, Recorder

FOLDERS = ("tests", "hidden")


class Suite(Recorder):
    """The recorder for the suite of one assignment in `solutions/`.

    Attributes:
        checks: every check that was collected, in the suite's order.
        broken: why the suite cannot be collected, a line or more for every mistake.
    """

    def __init__(self, folder: Path, exercises: Sequence[str], seed: int = 0) -> None:
        super().__init__(seed)
        self.folder = folder
        self.checks: list[Check] = []
        self.broken: list[str] = []
        self._exercises = exercises

    def owns(self, path: Path) -> bool:
        return path.is_relative_to(self.folder)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        super().pytest_collection_modifyitems(items)
        self.checks = [item.stash[CHECK] for item in items]
        for item in items:
            if item.stash[CHECK].exercise not in self._exercises:
                self.broken.append(f"{item.nodeid}: {item.path.name} belongs to no exercise of course.yml")

    def pytest_configure(self, config: pytest.Config) -> None:
        for marker in MARKERS:
            config.addinivalue_line("markers", marker)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.broken.append(f"{report.nodeid}: {report.longreprtext}")


def files_of(exercises: Iterable[str]) -> list[str]:
    """Where the visible and hidden checks of some exercises are, as paths in the assignment's folder."""
    names = list(exercises)
    return [f"{folder}/test_{exercise}.py" for folder in FOLDERS for exercise in names]


def collect(folder: Path, exercises: Sequence[str]) -> list[Check]:
    """Every check of an assignment's suite, none of them run.

    Raises:
        AuthorError: the suite cannot be collected.
    """
    suite = Suite(folder, exercises)
    run_pytest(suite, FOLDERS, "--collect-only")
    return suite.checks


def run_pytest(suite: Suite, folders: Sequence[str], *options: str) -> None:
    """Has pytest collect and, without `--collect-only`, run the suite, or the part of it at these paths.

    Raises:
        AuthorError: the suite cannot be collected.
    """
    folder = suite.folder
    paths = [str(folder / name) for name in folders if (folder / name).exists()]
    if not paths:
        raise AuthorError(f"{folder}: there are no checks, neither in {' nor in '.join(folders)}")
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
        code = pytest.main([*arguments, *options, *paths], plugins=[suite])
    if suite.broken:
        raise AuthorError("the suite cannot be collected:\n" + "\n".join(suite.broken))
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED):
        raise AuthorError(f"pytest stopped with exit code {int(code)} in {folder}")


class _OwnPytest:
    """pytest as the judge wants it: no plugins of other projects, modules beside the hidden checks importable.

    Suites of several assignments have files of the same name, and pytest and these checks would take one for the other
    if they still found it in `sys.modules`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = str(folder / "hidden")

    def __enter__(self) -> None:
        names = ("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "PYTEST_ADDOPTS")
        self._before = {name: os.environ.get(name) for name in names}
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        os.environ.pop("PYTEST_ADDOPTS", None)
        own = {*FOLDERS, *(path.stem for path in Path(self._path).glob("*.py"))}
        for name, module in list(sys.modules.items()):
            file = getattr(module, "__file__", None)
            if name.partition(".")[0] in own and file and not Path(file).is_relative_to(self._folder):
                del sys.modules[name]
        sys.path.insert(0, self._path)

    def __exit__(self, *exception: object) -> None:
        sys.path.remove(self._path)
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
