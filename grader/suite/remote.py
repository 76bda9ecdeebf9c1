"""The judge's end of the wire: requests to a worker, and handles on what stays there."""

import contextlib
import secrets
import time
import weakref
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, NoReturn

from grader.errors import KitError, LimitExceeded, StudentFault, WorkerDied, student_error
from grader.sandbox import wire
from grader.sandbox.codec import CodecError, Decoder, Encoder
from grader.sandbox.fate import raise_for_fate
from grader.sandbox.launcher import Worker, Zygote
from grader.sandbox.limits import Limits, Usage

SLACK_SECONDS = 30.0  # how long past its wall limit the judge waits for a supervisor before giving it up


class Session:
    """One submission's worker, replaced by a fresh one whenever it is lost.

    Args:
        zygote: where workers come from.
        files: the submission, as file name to content.
        limits: what the submission may use.
        aliases: package names under which its modules may import one another.
    """

    def __init__(self, zygote: Zygote, files: dict[str, bytes], limits: Limits, aliases: list[str]) -> None:
        self._zygote = zygote
        self._files = files
        self._limits = limits
        self._aliases = aliases
        self._worker: Worker | None = None
        self._check: Limits = limits
        self._seed = 0
        self._begun = False
        self._usage: Usage | None = None
        self._handles: weakref.WeakValueDictionary[int, Handle] = weakref.WeakValueDictionary()
        self._released: list[int] = []
        self._modules: dict[str, Handle] = {}
        self._unloadable: dict[str, StudentFault] = {}
        self.cpu_seconds = 0.0

    def begin(self, limits: Limits, seed: int) -> None:
        """A check begins; a worker is started when the first request needs one."""
        self._check, self._seed, self._begun = limits, seed, False
        self._modules.clear()
        self._handles.clear()
        self._released.clear()

    def end(self) -> Usage | None:
        """The check is over; what it used, or None when no request was made."""
        if self._worker is not None and self._begun:
            try:
                self._spent(self._worker.end())
            except KitError:
                self._lose_worker()
                raise
        self._begun = False
        usage, self._usage = self._usage, None
        return usage

    def close(self) -> None:
        """Ends the worker."""
        self._lose_worker()

    def module(self, name: str) -> "Handle":
        """A module of the submission; one whose import hit a limit or ended the process is not tried again."""
        if name in self._unloadable:
            raise self._unloadable[name]
        if name not in self._modules:
            try:
                self._modules[name] = self.request("module", name)
            except (LimitExceeded, WorkerDied) as fault:
                self._unloadable[name] = fault
                raise
        return self._modules[name]

    def request(
        self, operation: str, *args: object, kwargs: dict[str, object] | None = None, keep: bool = False
    ) -> Any:
        """Performs one operation in the worker; with `keep` even a plain result stays there, as a handle."""
        __tracebackhide__ = True
        if not self._begun:
            self._begin_in_worker()
        return self._exchange(operation, args, kwargs or {}, keep)

    def _begin_in_worker(self) -> None:
        if self._worker is None:
            left = self._limits.submission_cpu_seconds - self.cpu_seconds
            if left <= 0:
                raise LimitExceeded("cpu", self._limits.submission_cpu_seconds)
            self._worker = self._zygote.spawn(self._files, replace(self._limits, submission_cpu_seconds=left))
        limits = self._check
        self._worker.begin(limits.cpu_seconds, limits.wall_seconds, limits.output_kb)
        self._begun = True
        self._exchange("begin", (self._seed, self._aliases), {}, False)

    def _exchange(self, operation: str, args: tuple[object, ...], kwargs: dict[str, object], keep: bool) -> Any:
        __tracebackhide__ = True
        worker = self._worker
        if worker is None:
            raise WorkerDied("its process is gone")
        encoder = Encoder(self._reference)
        nonce = secrets.token_hex(8)
        header = {
            "nonce": nonce,
            "op": operation,
            "args": [encoder.encode(arg) for arg in args],
            "kwargs": {name: encoder.encode(value) for name, value in kwargs.items()},
            "keep": keep,
        }
        if self._released:
            header["release"], self._released = self._released, []
        deadline = time.monotonic() + self._check.wall_seconds + SLACK_SECONDS
        try:
            wire.send(worker.channel, wire.Frame(header, encoder.arrays))
            reply = wire.receive(worker.channel, deadline)
        except (wire.WireClosed, wire.WireTimeout) as broken:
            self._bury(broken)
        except wire.WireError as nonsense:
            self._distrust(str(nonsense))
        if reply.header.get("nonce") != nonce:
            self._distrust("an answer to something that was not asked")
        if "error" in reply.header:
            raise self._student_error(reply.header["error"])
        try:
            return Decoder(reply.arrays, self._handle).decode(reply.header.get("ok"))
        except CodecError as nonsense:
            self._distrust(str(nonsense))

    def _bury(self, broken: wire.WireError) -> NoReturn:
        """The worker is gone: says why, on the supervisor's word."""
        worker, self._worker = self._worker, None
        assert worker is not None
        with contextlib.closing(worker):
            fate = worker.fate()
            self._spent(worker.end())
        if fate is not None:
            raise_for_fate(fate)
        raise WorkerDied(f"it closed its connection: {broken}")

    def _spent(self, usage: Usage) -> None:
        before = self._usage
        if before is not None:  # an earlier worker of the same check
            usage = replace(
                usage, cpu_seconds=usage.cpu_seconds + before.cpu_seconds, output=before.output + usage.output
            )
        self.cpu_seconds += usage.cpu_seconds - (before.cpu_seconds if before else 0.0)
        self._usage = usage

    def _distrust(self, what: str) -> NoReturn:
        self._lose_worker()
        raise WorkerDied(f"its answer could not be read: {what[:200]}")

    def _lose_worker(self) -> None:
        if self._worker is not None:
            self._worker.kill()
            self._worker.close()
        self._worker, self._begun = None, False

    def _student_error(self, claim: object) -> StudentFault:
        if not isinstance(claim, dict):
            return WorkerDied("its answer could not be read")
        frames = claim.get("frames")
        plain = [
            (str(f[0])[:200], int(f[1]) if isinstance(f[1], int) else 0, str(f[2])[:200])
            for f in (frames if isinstance(frames, list) else [])[:50]
            if isinstance(f, list) and len(f) == 3
        ]
        bases = claim.get("bases")
        names = [str(name) for name in (bases if isinstance(bases, list) else [])[:16]]
        return student_error(str(claim.get("type"))[:200], names, str(claim.get("message"))[:4000], plain)

    def _reference(self, value: object) -> dict[str, Any]:
        """How an object that does not travel by value is named to the worker."""
        if isinstance(value, Handle):
            if object.__getattribute__(value, "_session") is not self:
                raise CodecError("a handle of another submission")
            return {"$": "handle", "id": object.__getattribute__(value, "_number")}
        module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
        if isinstance(module, str) and module.startswith("grader.probes.") and name and "<" not in name:
            return {"$": "probe", "v": f"{module}:{name}"}
        raise CodecError(f"{value!r} can be sent neither by value nor as a handle nor as a probe")

    def _handle(self, node: dict[str, Any]) -> "Handle":
        number = node["id"]
        if node["$"] != "handle" or not isinstance(number, int):
            raise CodecError("not a handle")
        handle = self._handles.get(number)
        if handle is None:
            handle = Handle(self, number, str(node["type"])[:200])
            self._handles[number] = handle
            weakref.finalize(handle, self._released.append, number).atexit = False
        return handle


def _operation(name: str) -> Callable[..., Any]:
    def method(self: "Handle", *args: object, **kwargs: object) -> Any:
        __tracebackhide__ = True
        return object.__getattribute__(self, "_session").request(name, self, *args, kwargs=kwargs)

    return method


class Handle:
    """An object that lives in the worker. Attributes, calls, items, iteration, `len`, `in` and `with` reach it."""

    __slots__ = ("__weakref__", "_number", "_session", "_type")

    def __init__(self, session: Session, number: int, type_name: str) -> None:
        object.__setattr__(self, "_session", session)
        object.__setattr__(self, "_number", number)
        object.__setattr__(self, "_type", type_name)

    def __getattr__(self, name: str) -> Any:
        __tracebackhide__ = True
        if name.startswith("__") and name.endswith("__") and name not in ("__name__", "__doc__"):
            raise AttributeError(name)  # what NumPy, copy and pytest ask of any object is not asked of the worker
        return object.__getattribute__(self, "_session").request("getattr", self, name)

    def __setattr__(self, name: str, value: object) -> None:
        object.__getattribute__(self, "_session").request("setattr", self, name, value)

    def __iter__(self) -> Iterator[Any]:
        __tracebackhide__ = True
        session = object.__getattribute__(self, "_session")
        iterator = session.request("iter", self, keep=True)
        while True:
            try:
                item = session.request("next", iterator)
            except StopIteration:
                return
            yield item

    def __next__(self) -> Any:
        return object.__getattribute__(self, "_session").request("next", self)

    def __enter__(self) -> Any:
        return object.__getattribute__(self, "_session").request("enter", self)

    def __exit__(self, *exception: object) -> None:
        object.__getattribute__(self, "_session").request("exit", self)

    def __repr__(self) -> str:
        return f"<{object.__getattribute__(self, '_type')} of the submission>"

    __call__ = _operation("call")
    __getitem__ = _operation("getitem")
    __setitem__ = _operation("setitem")
    __len__ = _operation("len")
    __bool__ = _operation("bool")
    __contains__ = _operation("contains")
