"""The `student` handle: the one way in which a check talks to a submission.

    student.resnet.ResNet18(num_classes=9)      a module of the submission
    student.worker("torch.nn")                  any module beside the student's objects
    student.run(probe, *args)                   a function of grader.probes, beside the student's objects
    student.hold(value), student.fetch(handle)  plain data kept there, and read back
    student.keep(function, *args)               a call whose result stays there
    student.score(fraction, reason)             partial credit
    student.remark(text)                        a sentence for the student that costs nothing

The same checks run with two transports: `LocalStudent`, in which every object is simply itself (self-check with
debugger, print and traceback), and `SandboxedStudent`, in which they live in a worker.
"""

import importlib
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from grader.errors import AuthorError, StudentError, student_error
from grader.sandbox.worker import describe
from grader.sandbox.workspace import Workspace
from grader.suite.remote import Session


class Student:
    """What both transports share."""

    def __init__(self, exercises: Sequence[str]) -> None:
        self._exercises = tuple(exercises)
        self.credit: tuple[float, str] | None = None
        self.remarks: list[str] = []

    def score(self, fraction: float, reason: str = "") -> None:
        """Gives partial credit: the check, if it passes, earns `fraction` of its points.

        Args:
            fraction: from 0 to 1.
            reason: what was missing, as feedback.
        """
        if not (math.isfinite(fraction) and 0 <= fraction <= 1):
            raise AuthorError(f"student.score: the fraction must lie between 0 and 1, got {fraction}")
        self.credit = (float(fraction), reason)

    def remark(self, text: str) -> None:
        """Tells the student something beside the verdict: it is the message of the check if that passes.

        Args:
            text: e.g. on what evidence the check had to decide.
        """
        self.remarks.append(text)

    def _know(self, name: str) -> None:
        if name.startswith("_") or name not in self._exercises:
            raise AttributeError(f"the assignment has no exercise {name!r}; it has {', '.join(self._exercises)}")


class LocalStudent(Student):
    """The submission in this very process, for self-check."""

    def __init__(self, folder: Path, exercises: Sequence[str], aliases: Sequence[str] = ()) -> None:
        super().__init__(exercises)
        self._workspace = Workspace(folder, aliases)

    def __getattr__(self, name: str) -> ModuleType:
        self._know(name)
        try:
            return self._workspace.load(name)
        except ModuleNotFoundError as error:
            if error.name == name:
                raise _missing(name) from None
            raise

    def worker(self, module: str) -> ModuleType:
        """The module of that name."""
        return importlib.import_module(module)

    def run(self, probe: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Calls the probe."""
        return probe(*args, **kwargs)

    def hold(self, value: Any) -> Any:
        """The value."""
        return value

    def fetch(self, handle: Any) -> Any:
        """The value."""
        return handle

    def keep(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Calls the function."""
        return function(*args, **kwargs)

    def frames(self, error: BaseException) -> list[tuple[str, int, str]]:
        """Where in the student's files an exception was raised."""
        frames = describe(error, self._workspace.root)["frames"]
        return [(file, line, function) for file, line, function in frames]

    def close(self) -> None:
        """Takes the submission's modules out of this process again."""
        self._workspace.deactivate()


class SandboxedStudent(Student):
    """The submission in a worker."""

    def __init__(self, session: Session, exercises: Sequence[str]) -> None:
        super().__init__(exercises)
        self._session = session

    def __getattr__(self, name: str) -> Any:
        __tracebackhide__ = True
        self._know(name)
        try:
            return self._session.module(name)
        except ModuleNotFoundError as error:
            if isinstance(error, StudentError) and error.message == f"{name}.py is missing":
                raise _missing(name) from None
            raise

    def worker(self, module: str) -> Any:
        """A handle on the worker's module of that name."""
        return self._session.request("worker", module)

    def run(self, probe: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Calls the probe in the worker."""
        __tracebackhide__ = True
        return self._session.request("call", probe, *args, kwargs=kwargs)

    def hold(self, value: Any) -> Any:
        """A handle on a copy of the value in the worker."""
        return self._session.request("value", value, keep=True)

    def fetch(self, handle: Any) -> Any:
        """The present value of what a handle stands for."""
        return self._session.request("value", handle)

    def keep(self, function: Any, *args: Any, **kwargs: Any) -> Any:
        """Calls the function in the worker and returns a handle on whatever it returns."""
        __tracebackhide__ = True
        return self._session.request("call", function, *args, kwargs=kwargs, keep=True)


def _missing(name: str) -> StudentError:
    return student_error("ModuleNotFoundError", ["ModuleNotFoundError"], f"the file {name}.py is missing")
