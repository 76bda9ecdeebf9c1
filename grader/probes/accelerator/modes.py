"""Follows every operation: a mode for operations, a mode for calls, one pair of them in each thread."""

import functools
import os
import threading
from typing import Any

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from grader.probes.accelerator import errors, operators
from grader.probes.accelerator.mixed_precision import call_with_autocast
from grader.probes.accelerator.placement import index_of, place_all, tensors_in
from grader.probes.accelerator.state import State

_threads = threading.local()


class Calls(TorchFunctionMode):
    """Sees each call of a torch function before it happens.

    It answers the calls in `replaced` itself: names that a program imported before the simulation began
    (`from torch import zeros`) lead to the original functions, and are caught here. It also remembers the call in
    progress, so that memory which PyTorch allocates inside an operation lands where the operation works.
    """

    def __init__(self, state: State) -> None:
        super().__init__()
        self.state = state
        self.call: Any = ()  # the arguments of the call in progress, or the place where its results belong

    def __torch_function__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        kwargs = kwargs or {}
        if not self.state.active:
            return func(*args, **kwargs)
        replacement = self.state.replaced.get(func)
        if replacement is not None:
            return replacement(*args, **kwargs)
        outer, self.call = self.call, (args, kwargs)
        try:
            if torch.is_autocast_enabled("cuda"):
                return call_with_autocast(func, args, kwargs)
            return func(*args, **kwargs)
        finally:
            self.call = outer

    def place_of_call(self) -> int | None:
        """The device of the call in progress."""
        if self.call is None or isinstance(self.call, int):
            return self.call
        return next((index for tensor in tensors_in(self.call) if (index := index_of(tensor)) is not None), None)


class Operations(TorchDispatchMode):
    """Checks the operands of every operation, also of those in backward, and marks its results."""

    def __init__(self, state: State, calls: Calls) -> None:
        super().__init__()
        self.state = state
        self.calls = calls

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        kwargs = kwargs or {}
        if not self.state.active:
            return func(*args, **kwargs)
        device, mixed, any_tensor = None, False, False
        for value in (*args, *kwargs.values()):
            if isinstance(value, torch.Tensor):
                values: Any = (value,)
            elif isinstance(value, (list, tuple)):
                values = value
            else:
                continue
            for tensor in values:
                if isinstance(tensor, torch.Tensor):
                    index = index_of(tensor)
                    mixed = mixed or (any_tensor and index != device)
                    device = index if device is None else device
                    any_tensor = True
        if not any_tensor:
            device = self.calls.place_of_call()
        if device is None:
            self._check_generator(kwargs.get("generator"), "cpu")
            return func(*args, **kwargs)
        return self._on_device(func, args, kwargs, device, mixed)

    def _on_device(self, func: Any, args: tuple, kwargs: dict[str, Any], device: int, mixed: bool) -> Any:
        if self.state.process != os.getpid():
            raise errors.used_after_fork()
        is_random, always_checked = _traits(func)
        checked = mixed or always_checked
        if checked:
            operators.check(func, args, kwargs)
        if is_random:
            self._check_generator(kwargs.get("generator"), "cuda")
            with self.state.generators.in_use(device, kwargs.get("generator")):
                result = func(*args, **kwargs)
        else:
            result = func(*args, **kwargs)
        if checked:
            operators.place_results(func, args, kwargs, result, device)
        else:
            place_all(result, device)
        return result

    def _check_generator(self, generator: torch.Generator | None, expected: str) -> None:
        if generator is not None and (found := self.state.generators.device_type(generator)) != expected:
            raise errors.foreign_generator(expected, found)


@functools.cache
def _traits(func: Any) -> tuple[bool, bool]:
    """Whether an operation draws random numbers, and whether it is checked also when all operands are together."""
    return (
        torch.Tag.nondeterministic_seeded in func.tags,
        operators.operation_name(func) in operators.ALWAYS_CHECKED,
    )


class ThreadModes:
    """Both modes, switched on for the thread that enters."""

    def __init__(self, state: State) -> None:
        self.calls = Calls(state)
        self.operations = Operations(state, self.calls)

    def __enter__(self) -> None:
        _threads.calls = self.calls
        self.operations.__enter__()
        self.calls.__enter__()

    def __exit__(self, *exception: object) -> None:
        self.calls.__exit__(*exception)
        self.operations.__exit__(*exception)
        _threads.calls = None


class results_at:
    """Within it, what PyTorch allocates in this thread belongs to `index`."""

    def __init__(self, index: int | None) -> None:
        self.index = index

    def __enter__(self) -> None:
        self.calls = getattr(_threads, "calls", None)
        if self.calls is not None:
            self.outer, self.calls.call = self.calls.call, self.index

    def __exit__(self, *exception: object) -> None:
        if self.calls is not None:
            self.calls.call = self.outer


def continue_at(index: int | None) -> None:
    """From here to the end of the call in progress, allocations belong to `index`: a gradient crossed devices."""
    calls = getattr(_threads, "calls", None)
    if calls is not None:
        calls.call = index
