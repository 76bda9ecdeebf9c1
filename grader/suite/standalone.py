"""A sandbox without a course: run somebody's modules and use them as if they were here.

    from grader.sandbox import Limits, Sandbox

    with Sandbox({"shapes.py": b"def area(w, h): return w * h"}, Limits(cpu_seconds=2)) as student:
        student.shapes.area(3, 4)       # 12, computed in the sandbox

Values are copied, everything else is a handle, as in a suite.
"""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from types import TracebackType

from grader.sandbox.isolation import Level
from grader.sandbox.launcher import Zygote
from grader.sandbox.limits import Limits
from grader.suite.recorder import derived_seed
from grader.suite.remote import Session
from grader.suite.student import SandboxedStudent


class Sandbox:
    """A worker for some files, and the `student` handle on their modules.

    Args:
        files: a folder whose `.py` files are taken, or file names and their contents.
        limits: what the code may use; the time limits count from the start of the `with` block.
        level: `"full"`, `"landlock"` or `"none"`; by default the best this machine offers.

    Raises:
        SandboxError: the level cannot be had here.
        StudentError, LimitExceeded, WorkerDied: from any use of the handle.
    """

    def __init__(
        self, files: Path | Mapping[str, bytes], limits: Limits | None = None, level: Level | None = None
    ) -> None:
        if isinstance(files, Path):
            files = {path.name: path.read_bytes() for path in sorted(files.glob("*.py"))}
        self._files = dict(files)
        self._limits = limits or Limits()
        self._zygote = Zygote(level)

    def __enter__(self) -> SandboxedStudent:
        self._zygote.start()
        self._session = Session(self._zygote, self._files, self._limits, [])
        self._session.begin(self._limits, derived_seed(0, "standalone"))
        modules = [PurePosixPath(name).stem for name in self._files if name.endswith(".py")]
        return SandboxedStudent(self._session, modules)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()
        self._zygote.close()
