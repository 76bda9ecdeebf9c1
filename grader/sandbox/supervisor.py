"""Starts one worker, watches it and all its descendants, ends them, and tells the judge how it ended.

No student code runs in this process, and none can reach it: its word on how a worker ended can be believed.
"""

import contextlib
import importlib
import os
import select
import shutil
import signal
import socket
import sys
import tempfile
import time
import traceback
from typing import Any

from grader.sandbox import namespaces, tree
from grader.sandbox.confine import SCRATCH_FILES, Job, confine, restore_signals
from grader.sandbox.fate import Died, Fate, OverLimit
from grader.sandbox.limits import FLOOD
from grader.sandbox.status import Status

LOOK = 0.05
"""Seconds between two looks at a working worker; the time a limit can be overrun."""
_EXACT, _EXACT_NEAR_LIMIT = 0.5, 0.1
"""Seconds between two exact measurements of memory, which cost milliseconds a process."""


def main() -> None:
    """Entry without a zygote: `supervisor CHANNEL_FD STATUS_FD`."""
    channel, status = (socket.socket(fileno=int(word)) for word in sys.argv[1:3])
    supervise(channel, Status(status))


def supervise(channel: socket.socket, status: Status) -> None:
    """Reads the job from `status`, starts the worker on `channel`, and stays until it is gone."""
    restore_signals()
    try:
        message, contents = status.receive(timeout=30)
        job = Job.from_message(message)
        scratch = "/tmp" if job.level == "full" else tempfile.mkdtemp(dir=job.scratch)
        if sys.platform == "linux":
            namespaces.adopt_orphans()
        if job.level == "full":
            namespaces.new_user_and_processes()
        worker, output = start(job, contents, scratch, channel, status)
    except EOFError:
        return
    except Exception:
        status.send({"error": traceback.format_exc()})
        return
    channel.close()
    try:
        status.send({"ready": True, "pid": worker})
        Watch(job, worker, output, status, scratch).until_the_end()
    except (EOFError, TimeoutError):  # the judge is gone, and with it the need for an answer
        pass
    finally:
        tree.end_group(worker)
        tree.end_descendants()
        if job.level != "full":
            shutil.rmtree(scratch, ignore_errors=True)


def start(job: Job, contents: bytes, scratch: str, channel: socket.socket, status: Status) -> tuple[int, int]:
    """Forks the worker; returns its process id and the descriptor its output is read from."""
    output, output_end = os.pipe()
    failure, failure_end = os.pipe()
    worker = os.fork()
    if worker == 0:
        with contextlib.suppress(BaseException):
            _become_worker(job, contents, scratch, channel, status, output_end, failure_end)
        os._exit(70)
    os.close(output_end)
    os.close(failure_end)
    with open(failure, "rb") as file:
        trouble = file.read()
    if trouble:
        raise RuntimeError(trouble.decode(errors="replace"))
    os.set_blocking(output, False)
    return worker, output


def _become_worker(
    job: Job, contents: bytes, scratch: str, channel: socket.socket, status: Status, output: int, failure: int
) -> None:
    try:
        status.close()
        root = confine(job, contents, scratch, output, (channel.fileno(), failure))
        module, _, function = job.entry.partition(":")
        serve = getattr(importlib.import_module(module), function)
    except BaseException:
        os.write(failure, traceback.format_exc().encode()[-4000:])
        os._exit(70)
    os.close(failure)
    try:
        serve(channel, root)
    except BaseException:
        traceback.print_exc()
        os._exit(70)
    os._exit(0)


class Watch:
    """A worker from its start to its end."""

    def __init__(self, job: Job, worker: int, output: int, status: Status, scratch: str) -> None:
        self.job, self.worker, self.output, self.status, self.scratch = job, worker, output, status, scratch
        self.limits = job.limits
        self.descendants = tree.Descendants()
        self.sample = self.descendants.sample()
        self.exact_mb = self.resident_then = 0.0
        self.next_exact = time.monotonic()
        self.checking = False
        self._fresh_check(0, 0, self.limits.output_kb)
        self.ended = [os.pidfd_open(worker)] if hasattr(os, "pidfd_open") else []

    def until_the_end(self) -> None:
        """Answers the judge until the worker has ended, says how, and leaves nothing of it behind."""
        waiting = select.poll()
        for source in (self.status.fileno(), self.output, *self.ended):
            waiting.register(source, select.POLLIN)
        next_look = time.monotonic()
        while True:
            timeout = max(0.0, next_look - time.monotonic())
            ready = [source for source, _ in waiting.poll(timeout * 1000)]
            if self.output in ready and not self._read_output():
                waiting.unregister(self.output)  # closed by everyone: student code may do that
            how = self._how_it_ended()
            if how is not None:
                return self._report(how)
            if self.status.fileno() in ready:
                fate = self._answer()
                if fate is not None:
                    return self._end(fate)
                if self.checking:
                    next_look = min(next_look, time.monotonic() + LOOK)
            if time.monotonic() >= next_look or self.printed > self._flood():
                began = time.monotonic()
                fate = self._over_limit()
                if fate is not None:
                    return self._end(fate)
                now = time.monotonic()
                next_look = now + max(LOOK if self.checking else 4 * LOOK, 2 * (now - began))
                if self.checking:
                    next_look = min(next_look, max(now, self.began + self.wall_seconds))

    def _fresh_check(self, cpu_seconds: float, wall_seconds: float, output_kb: int) -> None:
        self.cpu_seconds, self.wall_seconds, self.output_kb = cpu_seconds, wall_seconds, output_kb
        self.began = time.monotonic()
        self.cpu_before = self.sample.cpu_seconds
        self.kept = bytearray()
        self.printed = 0
        self.most_mb = 0.0
        self.most_processes = 0

    def _answer(self) -> Fate | None:
        """Does what the judge asks for; a fate when the worker is to end."""
        try:
            message, _ = self.status.receive(timeout=30)
        except EOFError:
            return Died("closed by the judge")
        match message["op"]:
            case "begin":
                self._drain()
                self.sample = self.descendants.sample()
                self._fresh_check(message["cpu_seconds"], message["wall_seconds"], message["output_kb"])
                self.checking = True
                self.status.send({"began": True})
            case "end":
                self._drain()
                self._look()
                self.checking = False
                self.status.send({"usage": self._usage()}, bytes(self.kept))
            case "fate":
                deadline = time.monotonic() + 1.0
                while time.monotonic() < deadline:
                    how = self._how_it_ended()
                    if how is not None:
                        return how
                    time.sleep(0.002)
                return Died("it closed its connection")
            case "kill":
                return Died("ended by the judge")
        return None

    def _usage(self) -> dict[str, Any]:
        return {
            "cpu_seconds": round(self.sample.cpu_seconds - self.cpu_before, 2),
            "wall_seconds": round(time.monotonic() - self.began, 4),
            "memory_mb": round(self.most_mb, 1),
            "processes": self.most_processes,
        }

    def _read_output(self) -> bool:
        """Takes what was printed; False once nobody can print any more."""
        try:
            text = os.read(self.output, 1 << 16)
        except BlockingIOError:
            return True
        self.printed += len(text)
        self.kept += text[: max(0, self.output_kb * 1024 - len(self.kept))]
        return bool(text)

    def _drain(self) -> None:
        before = -1
        while before != self.printed and self.printed <= self._flood():
            before = self.printed
            self._read_output()

    def _flood(self) -> int:
        return self.output_kb * 1024 * FLOOD

    def _look(self, exact: bool = False) -> None:
        """Measures; memory exactly when asked to, when near the limit, and now and then."""
        self.sample = self.descendants.sample()
        now, limit = time.monotonic(), self.limits.memory_mb
        near = self.sample.resident_mb > limit
        grown = near and self.sample.resident_mb > self.resident_then + (limit - self.exact_mb) / 2
        if exact or grown or now > self.next_exact:
            self.exact_mb = tree.shared_memory_mb(self.sample.pids)
            self.resident_then = self.sample.resident_mb
            cost = time.monotonic() - now
            self.next_exact = now + max(_EXACT_NEAR_LIMIT if near else _EXACT, 10 * cost)
        self.most_mb = max(self.most_mb, self.exact_mb)
        self.most_processes = max(self.most_processes, len(self.sample.pids))

    def _over_limit(self) -> Fate | None:
        self._look()
        limits = self.limits
        if self.exact_mb > limits.memory_mb:
            return OverLimit("memory", limits.memory_mb)
        if len(self.sample.pids) > limits.processes:
            return OverLimit("processes", limits.processes)
        if self.printed > self._flood():
            return OverLimit("output", self.output_kb * FLOOD)
        if self.sample.cpu_seconds > limits.submission_cpu_seconds:
            return OverLimit("cpu", limits.submission_cpu_seconds)
        if self.checking and self.sample.cpu_seconds - self.cpu_before > self.cpu_seconds:
            return OverLimit("cpu", self.cpu_seconds)
        if self.checking and time.monotonic() - self.began > self.wall_seconds:
            return OverLimit("wall", self.wall_seconds)
        if self.job.level != "full" and _too_much_in(self.scratch, limits.scratch_mb):
            return Died(f"its scratch folder held more than {limits.scratch_mb} MB or {SCRATCH_FILES} files")
        return None

    def _how_it_ended(self) -> Fate | None:
        """How the worker ended, if it has."""
        pid, status = os.waitpid(self.worker, os.WNOHANG)
        if pid == 0:
            return None
        if os.WIFEXITED(status):
            return Died(f"exit code {os.WEXITSTATUS(status)}")
        number = os.WTERMSIG(status)
        cpu_limit = self.limits.submission_cpu_seconds
        if number in (signal.SIGKILL, signal.SIGXCPU) and self.descendants.sample().cpu_seconds >= cpu_limit:
            return OverLimit("cpu", cpu_limit)
        try:
            return Died(f"signal {number} ({signal.Signals(number).name})")
        except ValueError:
            return Died(f"signal {number}")

    def _end(self, fate: Fate) -> None:
        tree.end_group(self.worker)
        self._report(fate)

    def _report(self, fate: Fate) -> None:
        """All of the worker is gone before the judge hears of it."""
        tree.end_group(self.worker)
        if not tree.end_descendants():
            raise RuntimeError("a process of the worker could not be ended")
        self._drain()
        usage = self._usage()
        kind = [fate.resource, fate.value] if isinstance(fate, OverLimit) else [fate.how]
        self.status.send({"fate": kind, "usage": usage}, bytes(self.kept))


def _too_much_in(folder: str, limit_mb: int) -> bool:
    size = count = 0
    for parent, folders, files in os.walk(folder):
        count += len(folders) + len(files)
        for name in files:
            with contextlib.suppress(OSError):
                size += os.lstat(os.path.join(parent, name)).st_blocks * 512
        if count > SCRATCH_FILES or size > limit_mb << 20:
            return True
    return False
