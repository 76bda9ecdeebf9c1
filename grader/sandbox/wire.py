"""Frames between judge and worker: a JSON header and a safetensors payload.

    magic (4 bytes) | header length (u32) | payload length (u64) | header: JSON | payload: safetensors

Both lengths are capped before anything is allocated. Nothing here is ever unpickled.
"""

import json
import socket
import struct
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

MAGIC = b"BMG1"
_PREFIX = struct.Struct("<4sIQ")

MAX_HEADER = 8 * 2**20
MAX_PAYLOAD = 512 * 2**20
MAX_ARRAYS = 10_000
MAX_PAYLOAD_HEADER = 2 * 2**20


class WireError(Exception):
    """The other side sent something that is not a frame, or the frame is too large."""


class WireClosed(WireError):
    """The other side has gone."""


class WireTimeout(WireError):
    """Nothing came before the deadline."""


@dataclass
class Frame:
    """One message: a JSON object and the arrays that it refers to by name."""

    header: dict[str, Any]
    arrays: dict[str, np.ndarray]


def send(channel: socket.socket, frame: Frame) -> None:
    """Sends one frame, whole."""
    header = json.dumps(frame.header, allow_nan=False, separators=(",", ":")).encode()
    payload = safetensors.numpy.save(frame.arrays) if frame.arrays else b""
    if len(header) > MAX_HEADER or len(payload) > MAX_PAYLOAD or len(frame.arrays) > MAX_ARRAYS:
        raise WireError(f"too large to send: {len(header)} + {len(payload)} bytes, {len(frame.arrays)} arrays")
    try:
        channel.sendall(_PREFIX.pack(MAGIC, len(header), len(payload)) + header)
        if payload:
            channel.sendall(payload)
    except TimeoutError as error:
        raise WireTimeout("the other side does not read") from error
    except OSError as error:
        raise WireClosed(str(error)) from error


def receive(channel: socket.socket, deadline: float | None = None) -> Frame:
    """Receives one frame.

    Args:
        deadline: `time.monotonic()` after which a `WireTimeout` is raised; None waits for ever.
    """
    magic, header_size, payload_size = _PREFIX.unpack(_read(channel, _PREFIX.size, deadline))
    if magic != MAGIC:
        raise WireError("not a frame")
    if header_size > MAX_HEADER or payload_size > MAX_PAYLOAD:
        raise WireError(f"a frame of {header_size} + {payload_size} bytes is too large")
    header = _parse(_read(channel, header_size, deadline))
    return Frame(header, _arrays(_read(channel, payload_size, deadline)) if payload_size else {})


def _read(channel: socket.socket, size: int, deadline: float | None) -> bytearray:
    data = bytearray(size)
    view = memoryview(data)
    done = 0
    while done < size:
        if deadline is not None:
            channel.settimeout(max(0.001, deadline - time.monotonic()))
        try:
            count = channel.recv_into(view[done:])
        except TimeoutError as error:
            raise WireTimeout("nothing came in time") from error
        except OSError as error:
            raise WireClosed(str(error)) from error
        finally:
            if deadline is not None:
                channel.settimeout(None)
        if count == 0:
            raise WireClosed("the connection was closed")
        done += count
    return data


def _parse(data: bytearray) -> dict[str, Any]:
    try:
        header = json.loads(bytes(data), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise WireError(f"the header is not JSON: {error}") from error
    if not isinstance(header, dict):
        raise WireError("the header is not a JSON object")
    return header


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _arrays(payload: bytearray) -> dict[str, np.ndarray]:
    header_size = int.from_bytes(payload[:8], "little")
    if header_size > MAX_PAYLOAD_HEADER:
        raise WireError("the payload describes too many arrays")
    try:
        arrays = safetensors.numpy.load(bytes(payload))
    except (
        safetensors.SafetensorError,
        ValueError,
        KeyError,
        TypeError,
        OverflowError,
        MemoryError,
    ) as error:
        raise WireError(f"the payload is damaged: {error}") from error
    if len(arrays) > MAX_ARRAYS:
        raise WireError(f"{len(arrays)} arrays are too many")
    return arrays
