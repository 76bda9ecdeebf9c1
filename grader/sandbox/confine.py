"""From a fresh process to one that may run student code."""

import io
import os
import signal
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from grader.sandbox import namespaces, policy, tree
from grader.sandbox.limits import Limits

SCRATCH_FILES = 20_000
"""How many files and folders a worker may have in its scratch folder."""


@dataclass(frozen=True)
class Job:
    """What a supervisor is told about the worker to start.

    Args:
        level: `"full"`, `"landlock"` or `"none"`.
        entry: `module:function` of the kit that serves requests.
        scratch: folder in which a folder for the worker is made; /tmp, empty and private, at level full.
        readable, listable: what Landlock lets it open and list.
        sizes: the submission's files, as (path, number of bytes); their contents follow the message.
    """

    level: str
    entry: str
    scratch: str
    limits: Limits
    readable: tuple[str, ...] = ()
    listable: tuple[str, ...] = ()
    sizes: tuple[tuple[str, int], ...] = field(default=())

    def message(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_message(cls, message: dict[str, Any]) -> "Job":
        return cls(**{**message, "limits": Limits(**message["limits"])})


def confine(job: Job, contents: bytes, scratch: str, output: int, keep: tuple[int, int]) -> str:
    """Confines this process to what the job's level allows and writes the submission; returns its folder.

    Args:
        scratch: the worker's own folder.
        output: file descriptor that takes standard output and error.
        keep: the two other file descriptors that stay open.
    """
    os.setsid()
    if sys.platform == "linux":
        namespaces.die_with_parent()
        Path("/proc/self/oom_score_adj").write_text("1000")  # where memory runs out, the worker goes first
    if job.level == "full":
        namespaces.private_mounts(job.limits.scratch_mb, SCRATCH_FILES, job.readable)
    _redirect(output, keep)
    _environment(scratch)
    others = 0 if job.level == "full" else tree.tasks_of_user(os.getuid())
    policy.limit_resources(job.limits, others, _address_space_mb(job))
    if job.level == "full":
        namespaces.drop_capabilities()
    if job.level != "none":
        processes = ["/proc"] if job.level == "full" else [f"/proc/{os.getpid()}", "/proc/cpuinfo", "/proc/meminfo"]
        readable = [*job.readable, *processes]
        there = policy.confine_files(readable, job.listable, [scratch])
        if not policy.forbid_system_calls() or not (there or job.level == "full"):
            raise OSError("this kernel has no Landlock or no seccomp")
    return _write_submission(job, contents, scratch)


def _redirect(output: int, keep: tuple[int, int]) -> None:
    """Standard input is empty, output and error go to the supervisor, every other descriptor is closed."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    start = 3
    for kept in sorted(keep):
        os.closerange(start, kept)
        start = kept + 1
    os.closerange(start, os.sysconf("SC_OPEN_MAX"))
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    sys.stdout = _unbuffered(1)
    sys.stderr = _unbuffered(2)


def _unbuffered(descriptor: int) -> io.TextIOWrapper:
    """Text is with the supervisor as soon as it is printed, so that a crash loses none."""
    raw = io.FileIO(descriptor, "w", closefd=False)
    return io.TextIOWrapper(raw, encoding="utf-8", errors="replace", write_through=True)  # type: ignore[arg-type]


def _environment(scratch: str) -> None:
    """Everything that libraries write by default goes to the scratch folder."""
    os.environ.update(worker_environment(scratch))
    tempfile.tempdir = None
    for name in ("home", "cache"):
        os.makedirs(os.path.join(scratch, name), exist_ok=True)


def worker_environment(scratch: str) -> dict[str, str]:
    home, cache = os.path.join(scratch, "home"), os.path.join(scratch, "cache")
    caches = (
        "HF_HOME",
        "TORCH_HOME",
        "XDG_CACHE_HOME",
        "TORCHINDUCTOR_CACHE_DIR",
        "MPLCONFIGDIR",
        "JOBLIB_TEMP_FOLDER",
    )
    return {"HOME": home, "TMPDIR": scratch, **dict.fromkeys(caches, cache)}


def _address_space_mb(job: Job) -> int | None:
    """Twice the memory limit beside what the zygote has mapped: the supervisor counts, this stops absurd requests."""
    if job.level == "none":
        return None
    mapped_pages = int(Path("/proc/self/statm").read_text().split()[0])
    return mapped_pages * os.sysconf("SC_PAGE_SIZE") // 2**20 + 2 * job.limits.memory_mb


def _write_submission(job: Job, contents: bytes, scratch: str) -> str:
    root = os.path.join(scratch, "submission")
    os.mkdir(root)
    offset = 0
    for name, size in job.sizes:
        path = os.path.join(root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(contents[offset : offset + size])
        offset += size
    os.chdir(root)
    return root


def restore_signals() -> None:
    """The zygote ignores some signals; a worker starts with Python's own settings."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
