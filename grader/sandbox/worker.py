"""The untrusted end of the wire: loads student modules, holds their objects, answers one request at a time.

Everything said here is a claim. The judge draws inputs after this process has loaded the submission, and computes
the verdict from the values that come back; how student code ended is the supervisor's word, never this one's.
"""

import builtins
import importlib
import itertools
import os
import random
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import torch

from grader.sandbox import wire
from grader.sandbox.codec import CodecError, Decoder, Encoder
from grader.sandbox.workspace import Workspace

PROBES = "grader.probes"
_OPERATIONS: dict[str, Callable[..., Any]] = {
    "getattr": getattr,
    "setattr": setattr,
    "getitem": lambda target, key: target[key],
    "setitem": lambda target, key, value: target.__setitem__(key, value),
    "len": len,
    "bool": bool,
    "repr": repr,
    "iter": iter,
    "next": next,
    "contains": lambda target, item: item in target,
    "enter": lambda target: type(target).__enter__(target),
    "exit": lambda target: type(target).__exit__(target, None, None, None),
    "call": lambda target, *args, **kwargs: target(*args, **kwargs),
    "value": lambda target: target,
}


def serve(channel: socket.socket, root: str) -> None:
    """Answers requests on `channel` until it closes; the student's files lie in `root`."""
    worker = Worker(Path(root))
    while True:
        try:
            frame = wire.receive(channel)
        except wire.WireClosed:
            return
        reply = worker.answer(frame)
        try:
            wire.send(channel, reply)
        except wire.WireClosed:
            return
        except wire.WireError as error:
            wire.send(channel, worker.refusal(frame, error))


class Worker:
    """Objects by number, and the requests that act on them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.workspace = Workspace(root)
        self._objects: dict[int, object] = {}
        self._numbers: dict[int, int] = {}
        self._count = itertools.count(1)

    def answer(self, frame: wire.Frame) -> wire.Frame:
        """The reply to one request: `{"nonce", "ok"}`, or `{"nonce", "error"}` for any exception."""
        try:
            result, keep = self._perform(frame)
            encoder = Encoder(self._handle)
            tree = self._handle(result) if keep else encoder.encode(result)
            return wire.Frame({"nonce": frame.header.get("nonce"), "ok": tree}, encoder.arrays)
        except BaseException as error:  # student code may raise SystemExit or KeyboardInterrupt
            return self.refusal(frame, error)

    def refusal(self, frame: wire.Frame, error: BaseException) -> wire.Frame:
        """The reply that reports an exception."""
        return wire.Frame({"nonce": frame.header.get("nonce"), "error": describe(error, self.root)}, {})

    def _perform(self, frame: wire.Frame) -> tuple[object, bool]:
        request = frame.header
        decoder = Decoder(frame.arrays, self._lookup)
        operation = request["op"]
        args = [decoder.decode(node) for node in request.get("args", [])]
        kwargs = {name: decoder.decode(node) for name, node in request.get("kwargs", {}).items()}
        keep = bool(request.get("keep"))
        for number in request.get("release", []):
            self._forget(number)
        if operation == "begin":
            self._begin(*args)
            return None, False
        if operation == "module":
            return self.workspace.load(*args), False
        if operation == "worker":
            return importlib.import_module(*args), False
        return _OPERATIONS[operation](*args, **kwargs), keep

    def _begin(self, seed: int, aliases: list[str]) -> None:
        """A check begins: objects of the last one are dropped, random numbers start at a place of their own."""
        self._objects.clear()
        self._numbers.clear()
        if tuple(aliases) != self.workspace.packages[1:]:
            self.workspace = Workspace(self.root, aliases)
        self.workspace.activate()
        seed_everything(seed)

    def _handle(self, value: object) -> dict[str, Any]:
        number = self._numbers.get(id(value))
        if number is None:
            number = next(self._count)
            self._objects[number] = value
            self._numbers[id(value)] = number
        return {"$": "handle", "id": number, "type": type(value).__name__[:200]}

    def _forget(self, number: int) -> None:
        if number in self._objects:
            self._numbers.pop(id(self._objects.pop(number)), None)

    def _lookup(self, node: dict[str, Any]) -> object:
        if node["$"] == "handle":
            return self._objects[node["id"]]
        module, _, name = node["v"].partition(":")
        if module != PROBES and not module.startswith(PROBES + "."):
            raise CodecError(f"{module} holds no probes")
        found: object = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
        return found


def seed_everything(seed: int) -> None:
    """Seeds torch, NumPy and `random` in this process (`torch.manual_seed` takes a millisecond to find no GPU)."""
    torch.default_generator.manual_seed(seed)
    if torch.cuda.is_initialized():
        torch.cuda.manual_seed_all(seed)
    np.random.seed(seed % 2**32)
    random.seed(seed)


def describe(error: BaseException, root: Path) -> dict[str, Any]:
    """An exception as plain data: its class, its bases' names, its text, and the frames of the student's files."""
    try:
        message = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    except Exception:
        message = "(its text cannot be read)"
    frames = student_frames(error.__traceback__, root)
    if isinstance(error, SyntaxError) and error.filename:
        frames.append((Path(error.filename).name, error.lineno or 0, "the module"))
        message = f"{error.msg}"
    builtin = [base.__name__ for base in type(error).__mro__ if getattr(builtins, base.__name__, None) is base]
    return {
        "type": type(error).__name__[:200],
        "bases": builtin[:16],
        "message": message[:4000],
        "frames": frames,
    }


def student_frames(trace: TracebackType | None, root: Path) -> list[tuple[str, int, str]]:
    """The frames of a traceback that lie in the student's folder, outermost first: (file, line, function)."""
    frames: list[tuple[str, int, str]] = []
    while trace is not None:
        code = trace.tb_frame.f_code
        path = Path(code.co_filename)
        if path.is_relative_to(root) and len(frames) < 50:
            function = "the module" if code.co_name == "<module>" else code.co_name
            frames.append((str(path.relative_to(root)), trace.tb_lineno, function))
        trace = trace.tb_next
    return frames


def main(channel_fd: int, root: str) -> None:
    """Serves on an inherited socket; used where no zygote can be forked."""
    os.chdir(root)
    sys.dont_write_bytecode = True
    serve(socket.socket(fileno=channel_fd), root)
