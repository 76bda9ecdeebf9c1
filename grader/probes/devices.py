"""Where a function's work happens: run it once with device="cpu" and once with device="cuda:0", and note the places.

Both runs happen on a machine that has a CUDA device: a real one if there is one, else a simulated one.
`grader.verdicts.devices` turns the evidence into a sentence.
"""

import contextlib
import re
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.utils._python_dispatch import TorchDispatchMode

from grader.probes.accelerator import simulated

DEVICES = ("cpu", "cuda:0")
_DEVICE_ERROR = re.compile(
    r"same device|should be the same|indices should be either on cpu|device type tensor to numpy|different device"
    r"|device type for generator|CUDA|only dense CPU tensors|CPU int64 tensor|CPU scalars"
)
_LOSS = re.compile(r"loss|cross_entropy|kl_div", re.IGNORECASE)


def two_pass(
    function: Callable[..., Any], make_arguments: Callable[..., Sequence[Any]], *options: Any, **keywords: Any
) -> dict[str, dict[str, Any]]:
    """Calls `function(*make_arguments(*options), device=device, **keywords)` on both devices.

    Args:
        function: what is looked at; takes the keyword `device`.
        make_arguments: gives fresh positional arguments, on the CPU, for each call. Both calls begin with the same
            state of torch's random generator.

    Returns:
        For `"cpu"` and `"cuda:0"` the evidence of that call as `one_pass` describes it. The second call is left out
        when the first one ended in an error.

    Raises:
        What `function` raises, unless it has to do with devices.
    """
    evidence: dict[str, dict[str, Any]] = {}
    random_state = torch.get_rng_state()
    for device in DEVICES:
        torch.set_rng_state(random_state)
        evidence[device] = one_pass(function, make_arguments, *options, device=device, **keywords)
        if evidence[device]["error"] is not None:
            break
    return evidence


def one_pass(
    function: Callable[..., Any],
    make_arguments: Callable[..., Sequence[Any]],
    *options: Any,
    device: str,
    **keywords: Any,
) -> dict[str, Any]:
    """Calls `function` with one device and notes where its work happened.

    Returns:
        `calls`: every forward pass of an outermost module, in order, as `{"module": class name, "parameters",
        "inputs", "outputs": sorted device names}`; `operations`: on each device, the number of operations that gave a
        floating-point tensor with at least one dimension; `results`: device names of the tensors in the result;
        `error`: None, or `{"type", "message", "line", "in_loss"}` of an error that has to do with devices.
    """
    with _machine():
        arguments = make_arguments(*options)
        journal = _Journal()
        error, result = None, None
        try:
            with journal.recording():
                result = function(*arguments, device=device, **keywords)
        except (RuntimeError, TypeError, AssertionError, ValueError) as raised:
            if not _DEVICE_ERROR.search(str(raised)):
                raise
            error = _describe(raised)
        return {
            "calls": journal.calls,
            "operations": journal.operations,
            "results": _places(result),
            "error": error,
        }


@contextlib.contextmanager
def _machine() -> Iterator[None]:
    if torch.cuda.is_available():
        yield
    else:
        with simulated():
            yield


class _Journal:
    """Notes forward passes and operations."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.operations: dict[str, int] = {}
        self._depth = 0

    @contextlib.contextmanager
    def recording(self) -> Iterator[None]:
        hooks = [
            register_module_forward_pre_hook(self._enter),
            register_module_forward_hook(self._leave, always_call=True),
        ]
        try:
            with _Operations(self.operations):
                yield
        finally:
            for hook in hooks:
                hook.remove()

    def _enter(self, module: nn.Module, inputs: tuple[Any, ...]) -> None:
        if self._depth == 0:
            parameters = _places(list(module.parameters()) + list(module.buffers()))
            call = {"module": type(module).__name__, "parameters": parameters, "inputs": _places(inputs), "outputs": []}
            self.calls.append(call)
        self._depth += 1

    def _leave(self, module: nn.Module, inputs: tuple[Any, ...], outputs: Any) -> None:
        self._depth -= 1
        if self._depth == 0:
            self.calls[-1]["outputs"] = _places(outputs)


class _Operations(TorchDispatchMode):
    """Counts operations by the device of what they give."""

    def __init__(self, counts: dict[str, int]) -> None:
        super().__init__()
        self.counts = counts

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        result = func(*args, **(kwargs or {}))
        if isinstance(result, Tensor) and result.dim() > 0 and result.is_floating_point():
            place = str(result.device)
            self.counts[place] = self.counts.get(place, 0) + 1
        return result


def _places(values: Any) -> list[str]:
    """Device names of all tensors in nested lists, tuples and dictionaries."""
    if isinstance(values, Tensor):
        return [str(values.device)]
    if isinstance(values, dict):
        values = list(values.values())
    if isinstance(values, list | tuple):
        return sorted({place for value in values for place in _places(value)})
    return []


def _describe(error: Exception) -> dict[str, Any]:
    frames = traceback.extract_tb(error.__traceback__)
    foreign = (str(torch.__path__[0]), str(Path(__file__).parent))
    own = [frame for frame in frames if not frame.filename.startswith(foreign)]
    inside = frames[frames.index(own[-1]) + 1 :] if own else frames
    return {
        "type": type(error).__name__,
        "message": str(error).splitlines()[0],
        "line": (own[-1].line or "") if own else "",
        "in_loss": any(_LOSS.search(f"{frame.name} {frame.filename.rpartition('/')[2]}") for frame in inside),
    }
