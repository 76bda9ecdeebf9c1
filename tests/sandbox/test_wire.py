"""Frames are whole, capped, and never trusted."""

import json
import socket
import struct
import threading
import time

import numpy as np
import pytest
import safetensors.numpy

from grader.sandbox import wire


def received(raw: bytes) -> wire.Frame:
    here, there = socket.socketpair()
    with there:
        threading.Thread(target=lambda: (here.sendall(raw), here.close()), daemon=True).start()
        return wire.receive(there, time.monotonic() + 5)


def frame(header: bytes = b"{}", payload: bytes = b"", magic: bytes = wire.MAGIC) -> bytes:
    return struct.pack("<4sIQ", magic, len(header), len(payload)) + header + payload


def test_a_frame_arrives_as_it_was_sent() -> None:
    here, there = socket.socketpair()
    array = np.arange(200_000, dtype=np.float32)
    with here, there:
        sender = threading.Thread(target=wire.send, args=(here, wire.Frame({"a": [1]}, {"0": array})))
        sender.start()
        got = wire.receive(there, time.monotonic() + 5)
        sender.join()
    assert got.header == {"a": [1]}
    assert (got.arrays["0"] == array).all()


@pytest.mark.parametrize(
    "raw",
    [
        frame(magic=b"HTTP"),
        struct.pack("<4sIQ", wire.MAGIC, 2**32 - 1, 0),
        struct.pack("<4sIQ", wire.MAGIC, 2, 2**60) + b"{}",
        frame(b"[1]"),
        frame(b'{"a": NaN}'),
        frame(b'{"a": '),
        frame(b"\xff\xfe"),
        frame(b'{"a":' + b"[" * 60_000 + b"]" * 60_000 + b"}"),
        frame(payload=b"short"),
        frame(payload=struct.pack("<Q", 2**63) + b"{}"),
        frame(payload=safetensors.numpy.save({"0": np.zeros(3)})[:-1]),
        frame(payload=safetensors.numpy.save({str(i): np.zeros(1) for i in range(wire.MAX_ARRAYS + 1)})),
    ],
)
def test_damaged_and_oversized_frames_are_refused(raw: bytes) -> None:
    with pytest.raises(wire.WireError):
        received(raw)


def test_a_closed_connection_and_silence_are_told_apart() -> None:
    with pytest.raises(wire.WireClosed):
        received(frame()[:5])
    here, there = socket.socketpair()
    with here, there, pytest.raises(wire.WireTimeout):
        wire.receive(there, time.monotonic() + 0.05)


def test_what_is_too_large_is_not_sent() -> None:
    here, there = socket.socketpair()
    with here, there, pytest.raises(wire.WireError, match="too large"):
        wire.send(here, wire.Frame({"a": "x" * (wire.MAX_HEADER + 1)}, {}))


def test_header_is_plain_json() -> None:
    here, there = socket.socketpair()
    with here, there:
        wire.send(here, wire.Frame({"k": "v"}, {}))
        raw = there.recv(1000)
    assert json.loads(raw[16:]) == {"k": "v"}
