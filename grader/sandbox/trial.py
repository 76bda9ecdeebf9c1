"""The smallest worker: runs functions of one submitted file, `main.py`, with JSON in and out.

`isolation` uses it to try what student code must not be able to do, before any student code runs.
"""

import json
import runpy
import socket
from typing import Any

ENTRY = "grader.sandbox.trial:serve"


def serve(channel: socket.socket, root: str) -> None:
    """Answers lines `["function", [arguments]]` with `{"value": ...}` or `{"error": "..."}`."""
    functions = runpy.run_path(f"{root}/main.py")
    for line in channel.makefile("rb"):
        name, arguments = json.loads(line)
        try:
            reply: dict[str, Any] = {"value": functions[name](*arguments)}
        except BaseException as error:
            reply = {"error": f"{type(error).__name__}: {error}"}
        channel.sendall(json.dumps(reply).encode() + b"\n")


def call(channel: socket.socket, name: str, *arguments: Any) -> Any:
    """The judge's side of one call: the value, or `RuntimeError` with the worker's error text.

    Raises:
        EOFError: when the worker is gone.
    """
    try:
        channel.sendall(json.dumps([name, arguments]).encode() + b"\n")
        line = b""
        while not line.endswith(b"\n"):
            piece = channel.recv(1 << 16)
            if not piece or len(line) > 1 << 20:
                raise EOFError("the worker is gone")
            line += piece
    except (BrokenPipeError, ConnectionResetError) as error:
        raise EOFError("the worker is gone") from error
    reply = json.loads(line)
    if "error" in reply:
        raise RuntimeError(reply["error"])
    return reply["value"]
