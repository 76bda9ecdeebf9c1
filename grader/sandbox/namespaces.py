"""The few kernel calls behind a worker's own world that Python does not offer (Linux only when called)."""

import contextlib
import ctypes
import os
import signal
import socket
import stat
from collections.abc import Iterable

NEWNS, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET = (
    0x00020000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000,
)  # fmt: skip
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 8, 4096, 16384, 1 << 18
_PR_SET_PDEATHSIG, _PR_CAPBSET_DROP, _PR_SET_CHILD_SUBREAPER = 1, 24, 36
_CAPABILITY_VERSION_3 = 0x20080522


def unshare(flags: int) -> None:
    """Moves this process (its future children, for process ids) into new namespaces; see unshare(2)."""
    _check(_libc().unshare(flags), "unshare")


def mount(source: str, target: str, kind: str | None, flags: int, options: str | None = None) -> None:
    """mount(2)."""
    arguments = [None if text is None else os.fsencode(text) for text in (source, target, kind, options)]
    _check(
        _libc().mount(arguments[0], arguments[1], arguments[2], ctypes.c_ulong(flags), arguments[3]),
        f"mount {kind or source} at {target}",
    )


def new_user_and_processes() -> None:
    """New user, process, IPC, host name and network namespaces; the next child is process 1 and owns nothing outside.

    Ids keep their numbers: user 61200 outside is user 61200 inside, and nobody else exists there.
    """
    uid, gid = os.getuid(), os.getgid()
    unshare(NEWUSER | NEWPID | NEWIPC | NEWUTS | NEWNET)
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{uid} {uid} 1")
    _write("/proc/self/gid_map", f"{gid} {gid} 1")


def private_mounts(scratch_mb: int, scratch_files: int, keep: Iterable[str]) -> None:
    """Own, empty /tmp and /dev/shm of `scratch_mb` each and an own /proc; nothing done here is seen outside.

    Args:
        keep: what must stay visible, should it lie in one of these.
    """
    keep = list(keep)
    unshare(NEWNS)
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    for folder in ("/tmp", "/dev/shm"):
        options = f"size={scratch_mb}m,nr_inodes={scratch_files},mode=1777"
        inside = [path for path in keep if path.startswith(folder + "/")]
        mount_empty(folder, options, MS_NOSUID | MS_NODEV | MS_NOEXEC, inside)
    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    with contextlib.suppress(OSError):
        socket.sethostname("sandbox")


def mount_empty(folder: str, options: str, flags: int, keep: Iterable[str]) -> None:
    """Covers a folder by an empty one in memory, in which only the paths in `keep` appear again."""
    handles = {path: os.open(path, os.O_PATH | os.O_CLOEXEC) for path in keep}
    mount("tmpfs", folder, "tmpfs", flags, options)
    for path, handle in handles.items():
        if not os.path.exists(path):  # else it came back with a folder it lies in
            os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
            if stat.S_ISDIR(os.fstat(handle).st_mode):
                os.mkdir(path, 0o755)
            else:
                os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o644))
            mount(f"/proc/self/fd/{handle}", path, None, MS_BIND | MS_REC)
        os.close(handle)


def drop_capabilities() -> None:
    """Gives up every capability, for good."""
    libc = _libc()
    for capability in range(64):
        if libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
            break  # past the last capability this kernel knows
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    _check(libc.capset(header, nothing), "capset")


def die_with_parent() -> None:
    """This process is killed when its parent ends."""
    _check(_libc().prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "prctl")


def adopt_orphans() -> None:
    """Descendants whose parent ends become children of this process instead of getting away."""
    _check(_libc().prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "prctl")


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)
