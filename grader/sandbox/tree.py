"""Measures and ends a process with all its descendants, through /proc; where there is none, nothing can be measured."""

import contextlib
import os
import signal
import time
from dataclasses import dataclass
from typing import NamedTuple

_PAGE_MB = (os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096) / 2**20
_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


@dataclass(frozen=True)
class Sample:
    """One look at the descendants.

    Args:
        pids: those alive.
        cpu_seconds: processor time used by all that ever were.
        resident_mb: memory mapped by each, added up: pages that several share count several times.
    """

    pids: list[int]
    cpu_seconds: float
    resident_mb: float


class _Process(NamedTuple):
    zombie: bool
    started: int
    own_ticks: int
    with_children_ticks: int
    pages: int


class Descendants:
    """The descendants of this process."""

    def __init__(self) -> None:
        self._seen: dict[tuple[int, int], int] = {}
        self._most_ticks = 0

    def sample(self) -> Sample:
        """Cheap: one small file a process.

        Processor time is added up in two ways, and the larger sum counts: what living processes and the children
        they waited for have used, and what each process had used when last seen. The first alone could be cheated
        by never waiting for a child, the second misses what a child did between the last look and its end.
        """
        pids, ticks, pages = [], 0, 0
        for pid in descendants_of(os.getpid()):
            process = _read(pid)
            if process is None:
                continue
            self._seen[pid, process.started] = process.own_ticks
            ticks += process.with_children_ticks
            if not process.zombie:
                pids.append(pid)
                pages += process.pages
        self._most_ticks = max(self._most_ticks, ticks, sum(self._seen.values()))
        return Sample(pids, self._most_ticks / _TICKS, pages * _PAGE_MB)


def shared_memory_mb(pids: list[int]) -> float:
    """Memory of these processes, each shared page divided among all that share it (PSS); milliseconds a process.

    For a process that has closed its books, all pages count in full.
    """
    total = 0.0
    for pid in pids:
        try:
            total += _proportional_mb(pid)
        except PermissionError:
            process = _read(pid)
            total += process.pages * _PAGE_MB if process else 0
        except OSError:
            continue  # it has ended
    return total


def _proportional_mb(pid: int) -> float:
    with open(f"/proc/{pid}/smaps_rollup") as file:
        return sum(int(line.split()[1]) for line in file if line.startswith("Pss:")) / 1024


def descendants_of(pid: int) -> list[int]:
    """Children, their children, and so on."""
    found, waiting = [], [pid]
    while waiting:
        parent = waiting.pop()
        with contextlib.suppress(OSError):
            for task in os.listdir(f"/proc/{parent}/task"):
                with contextlib.suppress(OSError), open(f"/proc/{parent}/task/{task}/children") as file:
                    children = [int(word) for word in file.read().split()]
                    found += children
                    waiting += children
    return found


def tasks_of_user(uid: int) -> int:
    """How many threads the user runs that are visible here."""
    count = 0
    with contextlib.suppress(OSError):
        for name in os.listdir("/proc"):
            with contextlib.suppress(OSError):
                if name.isdigit() and os.stat(f"/proc/{name}").st_uid == uid:
                    count += len(os.listdir(f"/proc/{name}/task"))
    return count


def end_group(pid: int) -> None:
    """Kills a process and its process group."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)


def end_descendants(passes: int = 2000) -> bool:
    """Kills every descendant of this process and waits for them; orphans must be its own (`adopt_orphans`).

    Returns False if something outlived all passes.
    """
    for _ in range(passes):
        for pid in descendants_of(os.getpid()):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return True
        time.sleep(0.002)
    return False


def _read(pid: int) -> _Process | None:
    """What /proc/<pid>/stat says; see proc_pid_stat(5). The name in brackets may hold anything."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    user, system, children_user, children_system = (int(field) for field in fields[11:15])
    own = user + system
    return _Process(
        fields[0] in (b"Z", b"X"),
        int(fields[19]),
        own,
        own + children_user + children_system,
        int(fields[21]),
    )
