"""Finds the calibrated tasks of an assignment."""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from grader.calibrate.task import Task
from grader.errors import AuthorError

FILE = Path("hidden", "calibrated.py")
_NAMES = ("calibrated", "oracle")


def tasks_of(folder: Path) -> list[Task]:
    """The tasks that an assignment's hidden/calibrated.py defines, in its order; none when there is no such file.

    Raises:
        AuthorError: the file cannot be imported, or defines no task.
    """
    path = folder / FILE
    if not path.is_file():
        return []
    with _importable(folder / "hidden"):
        try:
            module = importlib.import_module("calibrated")
        except Exception as error:
            raise AuthorError(f"{path}: cannot be imported: {type(error).__name__}: {error}") from error
    tasks = [value for value in vars(module).values() if isinstance(value, Task)]
    if not tasks:
        raise AuthorError(f"{path}: defines no task; mark a function with @calibrated(...)")
    return tasks


@contextmanager
def _importable(folder: Path) -> Iterator[None]:
    """The modules of a hidden folder under their plain names; other assignments have modules of the same names."""
    before = {name: sys.modules.pop(name) for name in _NAMES if name in sys.modules}
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for name in _NAMES:
            sys.modules.pop(name, None)
        sys.modules.update(before)
