"""Where a tensor lives: a mark on its storage, which views share and which dies with it.

A place is the index of a simulated device, or None for the CPU. The mark is an attribute of the storage object;
PyTorch keeps that Python object for as long as the memory exists, so nothing has to be looked up or cleaned away.
"""

from collections.abc import Iterator
from typing import Any

import torch

from grader.probes.plain import plain

MARK = "_simulated_device_index"

_COMPONENTS = {  # layouts without a storage of their own
    torch.sparse_coo: ("_indices", "_values"),
    torch.sparse_csr: ("crow_indices", "col_indices", "values"),
    torch.sparse_bsr: ("crow_indices", "col_indices", "values"),
    torch.sparse_csc: ("ccol_indices", "row_indices", "values"),
    torch.sparse_bsc: ("ccol_indices", "row_indices", "values"),
}


def index_of(tensor: torch.Tensor) -> int | None:
    """The device index of a tensor; None on the CPU."""
    try:
        return plain(tensor).untyped_storage().__dict__.get(MARK)
    except (NotImplementedError, RuntimeError, ValueError):
        return next((index_of(part) for part in _parts(tensor)), None)


def place(tensor: torch.Tensor, index: int | None) -> None:
    """Declares that the tensor's memory is on device `index`."""
    try:
        place_storage(plain(tensor).untyped_storage(), index)
    except (NotImplementedError, RuntimeError, ValueError):
        for part in _parts(tensor):
            place(part, index)


def place_storage(storage: torch.UntypedStorage, index: int | None) -> None:
    """The same for a bare storage."""
    if index is None:
        storage.__dict__.pop(MARK, None)
    else:
        setattr(storage, MARK, index)


def place_all(values: Any, index: int) -> None:
    """Places every tensor in a tensor, or in nested lists and tuples."""
    if isinstance(values, torch.Tensor):
        place(values, index)
    elif isinstance(values, (list, tuple)):
        for value in values:
            place_all(value, index)


def tensors_in(values: Any) -> Iterator[torch.Tensor]:
    """Every tensor in nested lists, tuples and dictionaries."""
    if isinstance(values, torch.Tensor):
        yield values
    elif isinstance(values, (list, tuple)):
        for value in values:
            yield from tensors_in(value)
    elif isinstance(values, dict):
        yield from tensors_in(list(values.values()))


def device_name(index: int | None) -> str:
    """`"cuda:0"`, `"cpu"`: as CUDA's messages spell it."""
    return "cpu" if index is None else f"cuda:{index}"


def _parts(tensor: torch.Tensor) -> Iterator[torch.Tensor]:
    if torch.nn.parameter.is_lazy(tensor):
        with torch._C.DisableTorchFunctionSubclass():  # a lazy buffer would give one of its own kind
            values = tensor.data
        yield values
    elif tensor.layout in _COMPONENTS:
        for name in _COMPONENTS[tensor.layout]:
            yield getattr(tensor, name)()
    elif torch._C._functorch.is_functorch_wrapped_tensor(tensor):
        yield torch._C._functorch.get_unwrapped(tensor)
