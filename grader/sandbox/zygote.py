"""A process that has imported everything a submission needs, and forks a supervisor with its worker for each.

It runs no tensor operation and no second thread: a fork copies the calling thread only, and a lock or thread pool
that another one held would stay locked in the child for ever.
"""

import ctypes.util
import gc
import importlib
import json
import os
import signal
import socket
import sys
import traceback
import warnings
from collections.abc import Iterable

from grader.sandbox import policy
from grader.sandbox.status import Status
from grader.sandbox.supervisor import supervise


def main() -> None:
    """Usage: `zygote CONTROL_FD '{"preload": [...], "entry": "module:function"}'`; `zygote --try` just succeeds."""
    if sys.argv[1] == "--try":
        return
    control = socket.socket(fileno=int(sys.argv[1]))
    config = json.loads(sys.argv[2])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the judge, which then closes `control`
    try:
        missing = preload(config["preload"])
        importlib.import_module(config["entry"].partition(":")[0])
        _assert_single_thread("the worker")
    except BaseException:
        control.send(json.dumps({"error": traceback.format_exc()[-4000:]}).encode())
        return
    control.send(json.dumps({"ready": True, "missing": missing}).encode())
    serve(control)


def preload(modules: Iterable[str]) -> list[str]:
    """Imports what workers will need; returns the modules that are not installed."""
    missing = []
    for name in modules:
        if name.partition(".")[0] == "torchvision" and "torch" not in missing:
            importlib.import_module("grader.torchvision_shim").prepare()
        try:
            with warnings.catch_warnings(action="ignore"):
                importlib.import_module(name)
        except ImportError:
            missing.append(name)
        _assert_single_thread(name)
    policy.warm_up()
    ctypes.util.find_library("c")
    gc.collect()
    gc.freeze()  # a collection in a child would write to, and so copy, all of this memory
    return missing


def serve(control: socket.socket) -> None:
    """Forks a supervisor for every pair of sockets (worker's channel, supervisor's line) until the judge is gone."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps supervisors
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 64, 2)
        if not message:
            return
        if os.fork() == 0:
            control.close()
            gc.disable()
            channel, status = (socket.socket(fileno=descriptor) for descriptor in descriptors)
            try:
                supervise(channel, Status(status))
            finally:
                os._exit(0)
        for descriptor in descriptors:
            os.close(descriptor)


def _assert_single_thread(culprit: str) -> None:
    if sys.platform == "linux" and (count := len(os.listdir("/proc/self/task"))) != 1:
        raise RuntimeError(f"after importing {culprit} there are {count} threads; a zygote must have one")
