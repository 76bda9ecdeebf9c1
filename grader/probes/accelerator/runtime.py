"""`torch.cuda` and `torch.accelerator`: torch's own Python code on top of a CUDA library that is not there.

The functions that a CUDA build of PyTorch has in `torch._C` are supplied here, so that every wrapper above them
(`torch.cuda.is_available`, `get_device_name`, `memory_allocated`, ...) runs unchanged, also where a program imported
it by name before the simulation began.
"""

import os
import sys
import threading
import time
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import torch
from torch.cuda import random as cuda_random

from grader.probes.accelerator import errors
from grader.probes.accelerator.generators import stand_in
from grader.probes.accelerator.patches import Patches
from grader.probes.accelerator.placement import index_of
from grader.probes.accelerator.state import State

NAME = "Simulated CUDA device"
_MEMORY = 16 * 2**30


def install(patches: Patches, state: State) -> None:
    """Supplies the library's functions and resets what `torch.cuda` remembers."""
    for name, value in _library(state).items():
        patches.set(torch._C, name, value)
    for name, value in _memories(state).items():
        patches.set(torch.cuda, name, value)
    patches.set(torch.cuda, "Stream", Stream)
    patches.set(torch.cuda, "Event", Event)
    patches.set(torch.cuda, "mem_get_info", lambda device=None: (_MEMORY, _MEMORY))
    patches.set(torch.cuda, "is_current_stream_capturing", lambda: False)
    patches.set(torch.backends.cuda, "is_built", lambda: True)
    patches.set(torch.backends.cudnn, "is_acceptable", lambda tensor: False)
    patches.set(torch.nn.parallel._functions, "_streams", [None] * state.count)
    _install_generators(patches, state)
    for dtype in (torch.float16, torch.float32, torch.float64, torch.int32, torch.int64, torch.uint8, torch.bool):
        name = errors.type_name(dtype, 0).rpartition(".")[2]
        patches.set(torch.cuda, name, _legacy_type(name, dtype))


def _library(state: State) -> dict[str, Any]:
    def initialise() -> None:
        if not state.count:
            raise errors.no_device()

    def exchange(index: int) -> int:
        previous = state.current
        if index >= 0:
            state.set_current(index)
        return previous

    def current_stream(index: int) -> tuple[int, int, int]:
        return 0, index, 1

    def nothing(*args: Any, **kwargs: Any) -> None:
        return None

    cuda = {
        "init": initialise,
        "getDeviceCount": lambda: state.count,
        "getDevice": lambda: state.current,
        "setDevice": state.set_current,
        "exchangeDevice": exchange,
        "maybeExchangeDevice": exchange,
        "getCurrentStream": current_stream,
        "getDefaultStream": current_stream,
        "setStream": nothing,
        "synchronize": nothing,
        "emptyCache": nothing,
        "ipc_collect": nothing,
        "sleep": nothing,
        "memoryStats": lambda device: _empty_memory(),
        "resetAccumulatedMemoryStats": nothing,
        "resetPeakMemoryStats": nothing,
        "setMemoryFraction": nothing,
        "getMemoryFraction": lambda device: 1.0,
        "memorySnapshot": lambda *arguments: {"segments": [], "device_traces": []},
        "getArchFlags": lambda: "sm_80",
        "canDeviceAccessPeer": lambda device, peer: True,
        "isInBadFork": lambda: state.process != os.getpid(),
    }
    accelerator = {
        "getAccelerator": lambda: torch.device("cuda"),
        "getDeviceIndex": lambda: state.current,
        "setDeviceIndex": state.set_current,
        "exchangeDevice": exchange,
        "maybeExchangeDevice": exchange,
        "getStream": lambda index=None: Stream(state.current if index is None else index),
        "setStream": nothing,
        "synchronizeDevice": nothing,
        "emptyCache": nothing,
        "isAllocatorInitialized": lambda: True,
        "getDeviceStats": lambda index: {},
        "resetAccumulatedStats": nothing,
        "resetPeakStats": nothing,
        "getMemoryInfo": lambda index: (_MEMORY, _MEMORY),
    }
    return {
        **{f"_cuda_{name}": value for name, value in cuda.items()},
        **{f"_accelerator_{name}": value for name, value in accelerator.items()},
        "_scatter": _scatter,
        "_gather": lambda tensors, dim, destination: torch.cat([tensor.cuda(destination) for tensor in tensors], dim),
        "_broadcast": lambda tensor, devices: [tensor.cuda(device) for device in devices],
        "_broadcast_coalesced": lambda tensors, devices, size: [
            [x.cuda(device) for x in tensors] for device in devices
        ],
        "_group_tensors_by_device_and_dtype": _group_by_device(torch._C._group_tensors_by_device_and_dtype),
    }


def _empty_memory() -> dict[str, Any]:
    """The allocator's statistics, in its own nesting: nothing is allocated."""
    sized = "allocation segment active inactive_split allocated_bytes reserved_bytes active_bytes "
    sized += "inactive_split_bytes requested_bytes"
    zero = {"current": 0, "peak": 0, "allocated": 0, "freed": 0}
    return {
        **{name: {pool: dict(zero) for pool in ("all", "small_pool", "large_pool")} for name in sized.split()},
        **{name: dict(zero) for name in ("oversize_allocations", "oversize_segments")},
        **dict.fromkeys(("num_alloc_retries", "num_ooms", "num_sync_all_streams", "max_split_size"), 0),
        **dict.fromkeys(("num_device_alloc", "num_device_free"), 0),
    }


def _memories(state: State) -> dict[str, Any]:
    def properties(index: int) -> SimpleNamespace:
        return SimpleNamespace(
            name=NAME, major=8, minor=0, total_memory=_MEMORY, multi_processor_count=1, is_integrated=0
        )

    return {
        "_initialized": False,
        "_initialization_lock": threading.RLock(),
        "_queued_calls": [],
        "_lazy_seed_tracker": torch.cuda._LazySeedTracker(),
        "_cached_device_count": None,
        "_device_count_nvml": lambda: -1,
        "_cudart": SimpleNamespace(cudaMemGetInfo=lambda index: (_MEMORY, _MEMORY)),
        "_is_in_bad_fork": lambda: state.process != os.getpid() and torch.cuda._initialized,
        "_exchange_device": lambda index: torch._C._cuda_exchangeDevice(index),
        "_maybe_exchange_device": lambda index: torch._C._cuda_maybeExchangeDevice(index),
        "_get_device_properties": properties,
        "default_generators": state.generators.defaults,
    }


def _install_generators(patches: Patches, state: State) -> None:
    original, replacement = torch.Generator, stand_in(state.resolve, state.generators)
    patches.set(torch, "Generator", replacement)
    for module, name in _imported_by_name(original):
        patches.set(module, name, replacement)
    patches.set(cuda_random, "_lazy_call", _call_now)


def _imported_by_name(original: type) -> list[tuple[ModuleType, str]]:
    """Where a program did `from torch import Generator`; installed libraries are not searched."""
    libraries = str(Path(torch.__file__).parent.parent)
    return [
        (module, name)
        for module in list(sys.modules.values())
        if isinstance(module, ModuleType) and not (getattr(module, "__file__", None) or "").startswith(libraries)
        for name, value in list(vars(module).items())
        if value is original
    ]


def _call_now(call: Any, **kwargs: Any) -> None:
    if torch.cuda.default_generators:
        call()


def _scatter(
    tensor: torch.Tensor, devices: list[int], sizes: list[int] | None, dim: int, streams: object
) -> list[torch.Tensor]:
    chunks = tensor.chunk(len(devices), dim) if sizes is None else tensor.split(sizes, dim)
    return [chunk.cuda(device) for chunk, device in zip(chunks, devices, strict=False)]


def _group_by_device(original: Any) -> Any:
    """Optimisers sort parameters by device; torch's sorting looks at where tensors really are."""

    def group(lists: list[list[Any]], with_indices: bool = False) -> dict[Any, Any]:
        groups: dict[Any, Any] = {}
        for (device, dtype), (columns, indices) in original(lists, True).items():
            for position in range(len(columns[0])):
                index = index_of(columns[0][position])
                key = (device if index is None else torch.device("cuda", index), dtype)
                new_columns, new_indices = groups.setdefault(key, ([[] for _ in columns], []))
                for column, new_column in zip(columns, new_columns, strict=True):
                    if column:
                        new_column.append(column[position])
                new_indices.append(indices[position])
        return groups if with_indices else {key: (columns, []) for key, (columns, _) in groups.items()}

    return group


class Stream:
    """A queue of work; nothing is asynchronous here, so waiting is over at once."""

    def __init__(self, device: Any = None, priority: int = 0, **kwargs: int) -> None:
        index = kwargs.get("device_index")
        self.device_index = index if index is not None else torch.cuda._utils._get_device_index(device, True)
        self.stream_id = kwargs.get("stream_id", 0)
        self.device_type = 1
        self.priority = priority

    def __enter__(self) -> "Stream":
        return self

    def __exit__(self, *exception: object) -> None: ...

    @property
    def device(self) -> torch.device:
        return torch.device("cuda", self.device_index)

    def query(self) -> bool:
        return True

    def is_capturing(self) -> bool:
        return False

    def record_event(self, event: "Event | None" = None) -> "Event":
        event = event or Event()
        event.record(self)
        return event

    def synchronize(self) -> None: ...

    def wait_event(self, event: "Event") -> None: ...

    def wait_stream(self, stream: "Stream") -> None: ...


class Event:
    """A mark in a stream, with the wall-clock time at which it was recorded."""

    def __init__(self, enable_timing: bool = False, blocking: bool = False, interprocess: bool = False) -> None:
        self.time: float | None = None

    def record(self, stream: Stream | None = None) -> None:
        self.time = time.perf_counter()

    def elapsed_time(self, end: "Event") -> float:
        if self.time is None or end.time is None:
            raise RuntimeError("Both events must be recorded before calculating elapsed time.")
        return (end.time - self.time) * 1000.0

    def query(self) -> bool:
        return True

    def synchronize(self) -> None: ...

    def wait(self, stream: Stream | None = None) -> None: ...


def _legacy_type(name: str, dtype: torch.dtype) -> type:
    """`torch.cuda.FloatTensor`: a constructor, and a type that device tensors are instances of."""

    class LegacyType(type):
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, torch.Tensor) and instance.is_cuda and instance.dtype == dtype

        def __call__(cls, *args: Any) -> torch.Tensor:
            if args and not isinstance(args[0], int):
                return torch.tensor(args[0], dtype=dtype, device="cuda")
            return torch.empty(*(args or (0,)), dtype=dtype, device="cuda")

    return LegacyType(name, (), {"__module__": "torch.cuda", "dtype": dtype})
