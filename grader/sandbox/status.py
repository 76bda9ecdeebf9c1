"""The line between judge and supervisor: a worker never holds an end of it.

A message is a JSON object with bytes behind it (the submission's files on the way in, printed text on the way out):
    u32 length of the JSON, u64 length of the bytes, JSON, bytes        (big-endian)
"""

import json
import socket
import struct
import time
from typing import Any

_HEADER = struct.Struct(">IQ")
_LARGEST = 1 << 30


class Status:
    """One end of the line.

    Raises:
        EOFError: when the other end is gone.
        TimeoutError: when it does not answer in time.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()

    def send(self, message: dict[str, Any], payload: bytes = b"", timeout: float = 30.0) -> None:
        text = json.dumps(message).encode()
        self._socket.settimeout(timeout)
        try:
            self._socket.sendall(_HEADER.pack(len(text), len(payload)) + text)
            self._socket.sendall(payload)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise EOFError("the other end is gone") from error

    def receive(self, timeout: float) -> tuple[dict[str, Any], bytes]:
        deadline = time.monotonic() + timeout
        text_length, payload_length = _HEADER.unpack(self._exactly(_HEADER.size, deadline))
        if text_length + payload_length > _LARGEST:
            raise EOFError("a message too long to be one")
        return json.loads(self._exactly(text_length, deadline)), self._exactly(payload_length, deadline)

    def _exactly(self, count: int, deadline: float) -> bytes:
        data = bytearray()
        while len(data) < count:
            self._socket.settimeout(max(0.001, deadline - time.monotonic()))
            try:
                piece = self._socket.recv(min(count - len(data), 1 << 20))
            except ConnectionResetError as error:
                raise EOFError("the other end is gone") from error
            if not piece:
                raise EOFError("the other end is gone")
            data += piece
        return bytes(data)
