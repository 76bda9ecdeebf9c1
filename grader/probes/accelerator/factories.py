"""Functions that make tensors: `torch.zeros(3, device="cuda")`, `torch.as_tensor`, `torch.rand_like`."""

import functools
from collections.abc import Callable
from typing import Any

import torch
from torch import overrides
from torch.utils import _device

from grader.probes.accelerator.modes import results_at
from grader.probes.accelerator.patches import Patches
from grader.probes.accelerator.placement import index_of, place
from grader.probes.accelerator.state import State
from grader.probes.accelerator.transfer import move

_LIKE = ("empty_like", "full_like", "ones_like", "rand_like", "randint_like", "randn_like", "zeros_like")
_FROM_DATA = ("as_tensor", "asarray", "tensor")


def install(patches: Patches, state: State) -> None:
    """Replaces every function of torch that takes a `device`."""
    for original in _device._device_constructors():  # also fills torch's cache with the true functions
        replace_by = _from_data if original.__name__ in _FROM_DATA else _factory
        _replace(patches, state, original, replace_by(state, original))
    _replace(patches, state, torch.normal, _factory(state, torch.normal, has_default=False))
    for name in _LIKE:
        original = getattr(torch, name)
        _replace(patches, state, original, _like(state, original))


def _replace(patches: Patches, state: State, original: Callable[..., Any], replacement: Callable[..., Any]) -> None:
    state.replaced[original] = replacement
    for module in (torch, torch.fft, torch.nested):
        if vars(module).get(original.__name__) is original:
            patches.set(module, original.__name__, replacement)


def _call(original: Callable[..., Any], index: int | None, args: tuple, kwargs: dict[str, Any]) -> Any:
    # Without torch functions: a default device has been seen to, and must not be added again.
    with torch._C.DisableTorchFunction(), results_at(index):
        return original(*args, **kwargs)


def _wanted(kwargs: dict[str, Any]) -> Any:
    """The device asked for, else the default device; None when nobody said."""
    if kwargs.get("device") is not None:
        return kwargs["device"]
    for mode in reversed(overrides._get_current_function_mode_stack()):
        if isinstance(mode, _device.DeviceContext):  # `with torch.device(...)`, `torch.set_default_device`
            return mode.device
    return None


def _factory(state: State, original: Callable[..., Any], has_default: bool = True) -> Callable[..., Any]:
    @functools.wraps(original)
    def factory(*args: Any, **kwargs: Any) -> Any:
        if not state.active:
            return original(*args, **kwargs)
        out = kwargs.get("out")
        device = None if out is not None else _wanted(kwargs) if has_default else kwargs.get("device")
        index = index_of(out) if out is not None else None if device is None else state.resolve(device)
        if index is not None:
            kwargs["device"] = "cpu"
        elif device is not None:
            kwargs["device"] = device
        if kwargs.pop("pin_memory", False):
            return _call(original, None, args, kwargs).pin_memory()
        result = _call(original, index, args, kwargs)
        if index is not None and isinstance(result, torch.Tensor):
            place(result, index)
        return result

    return factory


def _from_data(state: State, original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def from_data(data: Any, *args: Any, **kwargs: Any) -> torch.Tensor:
        if not state.active:
            return original(data, *args, **kwargs)
        if original.__name__ == "as_tensor":
            kwargs.update(zip(("dtype", "device"), args, strict=False))
            args = ()
        device = _wanted(kwargs)
        kwargs.pop("device", None)
        given = isinstance(data, torch.Tensor)
        if device is None:
            index = index_of(data) if given else None
        else:
            index = state.resolve(device)
            kwargs["device"] = device if index is None else "cpu"
        if kwargs.pop("pin_memory", False):
            return _call(original, None, (data, *args), kwargs).pin_memory()
        result = _call(original, index_of(data) if given else index, (data, *args), kwargs)
        if given:
            return _placed(result, index) if original.__name__ == "tensor" else move(result, index)
        if index is None:
            return result
        if original.__name__ != "tensor":  # it may share memory with an array, which a device cannot
            result = result.clone()
        return _placed(result, index)

    return from_data


def _placed(tensor: torch.Tensor, index: int | None) -> torch.Tensor:
    place(tensor, index)
    return tensor


def _like(state: State, original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def like(tensor: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
        device = kwargs.pop("device", None)
        if not state.active:
            return original(tensor, *args, device=device, **kwargs)
        index = index_of(tensor) if device is None else state.resolve(device)
        if device is not None:
            kwargs["device"] = device if index is None else "cpu"
        result = _call(original, index, (tensor, *args), kwargs)
        place(result, index)
        return result

    return like
