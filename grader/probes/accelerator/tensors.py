"""The tensor methods and attributes that have to do with devices."""

from typing import Any

import torch

from grader.probes.accelerator import errors
from grader.probes.accelerator.patches import Patches
from grader.probes.accelerator.placement import index_of, place, place_storage
from grader.probes.accelerator.state import State
from grader.probes.accelerator.transfer import move

_PINNED = "_simulated_pinned"
_NEW = ("new", "new_empty", "new_empty_strided", "new_full", "new_ones", "new_tensor", "new_zeros")


def install(patches: Patches, state: State) -> None:
    """Replaces them on `torch.Tensor`."""
    for name, value in _attributes().items():
        patches.set(torch.Tensor, name, value)
    for name, value in _moves(state).items():
        patches.set(torch.Tensor, name, value)
    for name in _NEW:
        patches.set(torch.Tensor, name, _new(state, name, _plain(getattr(torch.Tensor, name))))
    patches.set(torch, "get_device", torch.Tensor.get_device)
    patches.set(torch._C._nn, "_parse_to", _module_arguments(torch._C._nn._parse_to))
    original_set = torch.Tensor.grad.__set__  # type: ignore[union-attr]  # a descriptor, seen from the class
    state.replaced[original_set] = lambda tensor, gradient: _set_gradient(original_set, tensor, gradient)


def _plain(original: Any) -> Any:
    """The original without a detour: torch looks methods up by name for its modes, and would find ours."""

    def call(*args: Any, **kwargs: Any) -> Any:
        with torch._C.DisableTorchFunction():
            return original(*args, **kwargs)

    return call


def _attributes() -> dict[str, Any]:
    original = _plain(torch.Tensor.device.__get__)
    to_numpy, type_of, is_pinned = (_plain(getattr(torch.Tensor, name)) for name in ("numpy", "type", "is_pinned"))

    def device(self: torch.Tensor) -> torch.device:
        index = index_of(self)
        actual = original(self)
        return torch.device("cuda", index) if index is not None and actual.type == "cpu" else actual

    def get_device(self: torch.Tensor) -> int:
        index = self.device.index
        return -1 if index is None else index

    def numpy(self: torch.Tensor, *, force: bool = False) -> Any:
        index = index_of(self)
        if index is None:
            return to_numpy(self, force=force)
        if force:
            return to_numpy(self.detach().cpu(), force=True)
        raise errors.not_numpy(index)

    def pinned(self: torch.Tensor, *args: Any, **kwargs: Any) -> bool:
        return hasattr(self.untyped_storage(), _PINNED) or is_pinned(self, *args, **kwargs)

    def type_(self: torch.Tensor, dtype: Any = None, non_blocking: bool = False, **kwargs: Any) -> Any:
        index = index_of(self)
        if dtype is None:
            return type_of(self) if index is None else errors.type_name(self.dtype, index)
        if isinstance(dtype, torch.dtype):
            return type_of(self, dtype, non_blocking, **kwargs)
        name = dtype if isinstance(dtype, str) else f"{dtype.__module__}.{dtype.__name__}"
        moved = self.cuda() if name.startswith("torch.cuda.") else self.cpu()
        return type_of(moved, name.replace("torch.cuda.", "torch."), non_blocking, **kwargs)

    return {
        "device": property(device),
        "is_cuda": property(lambda self: self.device.type == "cuda"),
        "is_cpu": property(lambda self: self.device.type == "cpu"),
        "get_device": get_device,
        "numpy": numpy,
        "is_pinned": pinned,
        "type": type_,
        "record_stream": lambda self, stream: None,
    }


def _moves(state: State) -> dict[str, Any]:
    convert, pin, type_as_ = (_plain(getattr(torch.Tensor, name)) for name in ("to", "pin_memory", "type_as"))

    def to(self: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
        device, rest = _parse_to(self, args, dict(kwargs))
        if device is None:
            return convert(self, **rest) if rest else convert(self, *args, **kwargs)
        index = state.resolve(device)
        if index is None and torch.device(device).type != "cpu":
            return convert(self, *args, **kwargs)
        moved = move(self, index)
        if moved is not self:
            rest.pop("copy", None)
        return convert(moved, **rest) if rest else moved

    def cuda(self: torch.Tensor, device: Any = None, non_blocking: bool = False, **kwargs: Any) -> torch.Tensor:
        index = state.resolve("cuda" if device is None else device)
        if index is None:
            raise RuntimeError("Invalid device, must be cuda device")
        return to(self, device=index, **kwargs)

    def cpu(self: torch.Tensor, **kwargs: Any) -> torch.Tensor:
        return to(self, device="cpu", **kwargs)

    def type_as(self: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
        return move(type_as_(self, other), index_of(other))

    def pin_memory(self: torch.Tensor, *args: Any) -> torch.Tensor:
        if not state.count:
            return pin(self)
        if self.is_cuda:
            raise errors.cannot_pin(self.type())
        if self.is_pinned():
            return self
        copy = self.clone()
        setattr(copy.untyped_storage(), _PINNED, True)
        return copy

    return {"to": to, "cuda": cuda, "cpu": cpu, "type_as": type_as, "pin_memory": pin_memory}


def _parse_to(tensor: torch.Tensor, args: tuple, kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Splits the arguments of `Tensor.to`: the device, and the others by name."""
    other = kwargs.pop("other", None)
    device = kwargs.pop("device", None)
    if args and isinstance(args[0], torch.Tensor):
        other, args = args[0], args[1:]
        kwargs.update(zip(("non_blocking", "copy"), args, strict=False))
    elif args and isinstance(args[0], torch.dtype):
        kwargs.update(zip(("dtype", "non_blocking", "copy"), args, strict=False))
    elif args:
        device = args[0]
        kwargs.update(zip(("dtype", "non_blocking", "copy"), args[1:], strict=False))
    if other is not None:
        device = other.device
        if other.dtype != tensor.dtype:
            kwargs["dtype"] = other.dtype
    kwargs.pop("non_blocking", None)
    return device, {name: value for name, value in kwargs.items() if value is not None and value is not False}


def _module_arguments(original: Any) -> Any:
    """`Module.to` reads its arguments in C++, which does not see where a simulated tensor is."""

    def parse(*args: Any, tensor: torch.Tensor | None = None, **kwargs: Any) -> Any:
        if args and isinstance(args[0], torch.Tensor):
            tensor, args = args[0], args[1:]
        return original(*args, **kwargs) if tensor is None else original(tensor.device, tensor.dtype, *args, **kwargs)

    return parse


def _new(state: State, name: str, original: Any) -> Any:
    def new(self: torch.Tensor, *args: Any, device: Any = None, **kwargs: Any) -> torch.Tensor:
        index = index_of(self) if device is None else state.resolve(device)
        if device is not None:
            kwargs["device"] = device if index is None else "cpu"
        result = original(self, *args, **kwargs)
        place(result, index)
        return result

    new.__name__ = name
    return new


def _set_gradient(original: Any, tensor: torch.Tensor, gradient: torch.Tensor | None) -> None:
    if isinstance(gradient, torch.Tensor) and index_of(gradient) != index_of(tensor):
        raise errors.foreign_gradient()
    original(tensor, gradient)


def install_storages(patches: Patches, state: State) -> None:
    """The same for bare storages: what `deepcopy`, `torch.save` and `torch.load` work with."""
    storage_class = torch.UntypedStorage
    original_device, original_to, original_clone = storage_class.device, storage_class.to, storage_class.clone

    def device(self: torch.UntypedStorage) -> torch.device:
        index = self.__dict__.get("_simulated_device_index")
        return original_device.__get__(self) if index is None else torch.device("cuda", index)

    def copied(self: torch.UntypedStorage, index: int | None) -> torch.UntypedStorage:
        copy = storage_class(self.nbytes())
        copy.copy_(self)
        place_storage(copy, index)
        return copy

    def clone(self: torch.UntypedStorage) -> torch.UntypedStorage:
        here = self.device
        return copied(self, here.index) if here.type == "cuda" else original_clone(self)

    def to(self: torch.UntypedStorage, *, device: Any, non_blocking: bool = False) -> torch.UntypedStorage:
        index = state.resolve(device)
        if index is None:
            return original_to(self, device=device) if self.device.type == "cpu" else copied(self, None)
        return self if self.device.index == index else copied(self, index)

    for name, value in {
        "device": property(device),
        "is_cuda": property(lambda self: self.device.type == "cuda"),
        "clone": clone,
        "to": to,
        "cuda": lambda self, device=None, non_blocking=False: to(self, device="cuda" if device is None else device),
    }.items():
        patches.set(storage_class, name, value)
