"""The `with` block: everything is switched on at its beginning and put back at its end."""

import contextlib
import threading
from collections.abc import Iterator

import torch
from torch import overrides
from torch.utils import _device, _python_dispatch

from grader.probes.accelerator import factories, operators, runtime, tensors
from grader.probes.accelerator.modes import ThreadModes, results_at
from grader.probes.accelerator.patches import Patches
from grader.probes.accelerator.placement import index_of, place
from grader.probes.accelerator.state import State

_running: State | None = None


@contextlib.contextmanager
def simulated(available: bool = True, count: int = 1) -> Iterator[None]:
    """Runs PyTorch code as if CUDA devices were there.

    Args:
        available: False simulates a CUDA build of PyTorch on a machine without a GPU: `torch.cuda.is_available()`
            is false, and whatever needs the device raises "No CUDA GPUs are available".
        count: number of devices, `cuda:0` up to `cuda:{count - 1}`.

    Raises:
        RuntimeError: inside another simulation; there is one machine at a time.

    On a machine with a real GPU the simulation hides it. Tensors keep their place after the block, which a later
    simulation sees again; outside one they are the CPU tensors they always were.
    """
    global _running
    if _running is not None:
        raise RuntimeError("an accelerator is being simulated already; leave that `with simulated()` block first")
    if available and count < 1:
        raise ValueError(f"count must be at least 1, got {count}; for no device use available=False")
    import torch._dynamo  # noqa: F401  optimisers import it late; it must not see the names replaced below

    state = _running = State(available, count)
    patches = Patches()
    try:
        with _torch_settings():
            _install(patches, state)
            with ThreadModes(state):
                yield
    finally:
        state.active = False
        patches.restore()
        _running = None


def _install(patches: Patches, state: State) -> None:
    factories.install(patches, state)
    tensors.install(patches, state)
    tensors.install_storages(patches, state)
    runtime.install(patches, state)
    for name in ("lstm", "gru", "rnn_tanh", "rnn_relu"):
        original = getattr(torch, name)
        state.replaced[original] = _checked_recurrent(original)
    state.replaced[torch._pad_packed_sequence] = _with_lengths_on_cpu(torch._pad_packed_sequence)
    for original in (torch.ctc_loss, torch.nn.functional.ctc_loss):
        state.replaced[original] = _with_lengths_as_numbers(original)
    original_start = threading.Thread._bootstrap_inner  # type: ignore[attr-defined]

    def start_with_modes(thread: threading.Thread) -> None:
        if not state.active:
            return original_start(thread)
        with ThreadModes(state):
            return original_start(thread)

    patches.set(threading.Thread, "_bootstrap_inner", start_with_modes)


def _checked_recurrent(original):  # type: ignore[no-untyped-def]
    def recurrent(*args, **kwargs):  # type: ignore[no-untyped-def]
        operators.check_recurrent(args)
        return original(*args, **kwargs)

    return recurrent


def _with_lengths_on_cpu(original):  # type: ignore[no-untyped-def]
    def pad(*args, **kwargs):  # type: ignore[no-untyped-def]
        with results_at(index_of(args[0])):
            padded, lengths = original(*args, **kwargs)
        place(lengths, None)
        return padded, lengths

    return pad


def _with_lengths_as_numbers(original):  # type: ignore[no-untyped-def]
    def ctc_loss(log_probs, targets, input_lengths, target_lengths, *args, **kwargs):  # type: ignore[no-untyped-def]
        lengths = (value.tolist() if hasattr(value, "tolist") else value for value in (input_lengths, target_lengths))
        with results_at(index_of(log_probs)):
            return original(log_probs, targets, *lengths, *args, **kwargs)

    return ctc_loss


@contextlib.contextmanager
def _torch_settings() -> Iterator[None]:
    """Gives torch its modes and its default device back, also those that the program forgot to leave."""
    functions = overrides._get_current_function_mode_stack()
    operations = _python_dispatch._get_current_dispatch_mode_stack()
    default, current = getattr(torch._GLOBAL_DEVICE_CONTEXT, "device_context", None), _device.CURRENT_DEVICE
    try:
        yield
    finally:
        while overrides._len_torch_function_stack():
            overrides._pop_mode()
        for mode in functions:
            overrides._push_mode(mode)
        while _python_dispatch._get_current_dispatch_mode_stack():
            _python_dispatch._pop_mode()
        for mode in operations:
            _python_dispatch._push_mode(mode)
        torch._GLOBAL_DEVICE_CONTEXT.device_context = default
        _device.CURRENT_DEVICE = current
