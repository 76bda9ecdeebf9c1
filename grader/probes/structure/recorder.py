"""Records the aten operations of a forward pass as plain data: names, arguments, where each tensor came from."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from grader.probes.structure import places
from grader.probes.structure.mode import DispatchMode
from grader.probes.structure.places import Places
from grader.probes.structure.tensors import Registered

Reference = dict[str, int]
"""`{"op": i, "out": k}`, `{"tensor": j}` or `{"input": 0}`."""

SMALL = 16  # constants of up to this many values are told in full
MOST_OPERATIONS = 8000
MOST_ARGUMENTS = 150_000


class TooLong(Exception):
    """The trace is too long to be told."""


class Recorder(DispatchMode):
    """While it is active, every operation is appended to `operations`.

    In-place operations are recorded as what they compute: a tensor that was written to refers to the new value from
    then on, and so do all tensors that share its memory. A write to part of a tensor is an operation `write(base,
    source, starts)` of its own.

    Args:
        entries: the model's parameters and buffers.
        images: its input.
        places: where in the model the pass is.
        measured: also sums up every result, so that two passes can be compared step by step.
    """

    def __init__(
        self, entries: Sequence[Registered], images: Tensor, places: Places, *, measured: bool = False
    ) -> None:
        super().__init__()
        self.operations: list[dict[str, Any]] = []
        self.constants: list[dict[str, Any]] = []
        self._places = places
        self._measured = measured
        self._values: dict[int, Reference] = {}
        self._alive: list[Tensor] = []  # so that no id is used twice
        self._sharing: dict[int, list[Tensor]] = {}
        self._arguments_told = 0
        self._entries = list(entries)
        self._images = images
        for number, entry in enumerate(entries):
            for member in entry.members:
                self._remember(member, {"tensor": number})
        self._remember(images, {"input": 0})

    def evidence(self, outputs: Sequence[Tensor]) -> dict[str, Any]:
        """What was recorded, as described in `tracing.trace`; `outputs` is what the model returned."""
        tensors = [{"name": e.name, "kind": e.kind, "shape": list(e.tensor.shape)} for e in self._entries]
        return {
            "operations": self.operations,
            "outputs": [self.reference(tensor) for tensor in outputs],
            "tensors": tensors + self.constants,
            "input": list(self._images.shape),
        }

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if torch.is_inference_mode_enabled():  # elsewhere autograd has taken composite operations apart before
            with self:
                parts = func.decompose(*args, **kwargs)
            if parts is not NotImplemented:
                return parts
        arguments = self._arguments(func, args, kwargs)
        result = func(*args, **kwargs)
        self._append(func._schema.name.partition("::")[2], func._schema.overload_name, arguments, result)
        for tensor in _written(func, args, kwargs):
            self._update_sharing(tensor)
        return result

    def reference(self, tensor: Tensor) -> Reference:
        """Where a tensor came from; one never seen before is a constant."""
        if id(tensor) in self._values:
            return self._values[id(tensor)]
        for other in self._sharing.get(tensor.untyped_storage()._cdata, ()):  # `.data`: an object without an operation
            if _same_elements(tensor, other):
                self._remember(tensor, self._shaped(other, tensor))
                return self._values[id(tensor)]
        entry: dict[str, Any] = {"name": "", "kind": "constant", "shape": list(tensor.shape)}
        if tensor.numel() <= SMALL and not tensor.is_complex():
            entry["values"] = [float(value) for value in tensor.detach().flatten().tolist()]
        self.constants.append(entry)
        self._remember(tensor, {"tensor": len(self._entries) + len(self.constants) - 1})
        return self._values[id(tensor)]

    def _shaped(self, source: Tensor, wanted: Tensor) -> Reference:
        """The value of `source`, in the shape of `wanted`."""
        value = self._values[id(source)]
        if source.shape == wanted.shape:
            return value
        return self._append("view", "", {"self": value, "size": list(wanted.shape)}, [wanted])

    def _remember(self, tensor: Tensor, reference: Reference) -> None:
        if id(tensor) not in self._values:
            self._alive.append(tensor)
            self._sharing.setdefault(tensor.untyped_storage()._cdata, []).append(tensor)
        self._values[id(tensor)] = reference

    def _arguments(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """All arguments by name, those left out with their defaults."""
        named = {}
        for position, argument in enumerate(func._schema.arguments):
            value = args[position] if position < len(args) else kwargs.get(argument.name, argument.default_value)
            named[argument.name] = self._plain(value)
        return named

    def _plain(self, value: Any) -> Any:
        self._arguments_told += 1
        if isinstance(value, Tensor):
            return self.reference(value)
        if value is None or isinstance(value, bool | int | float | str):
            return value
        if isinstance(value, list | tuple):
            return [self._plain(item) for item in value]
        return str(value)[:100]

    def _append(self, name: str, overload: str, arguments: dict[str, Any], result: Any) -> Reference:
        if len(self.operations) >= MOST_OPERATIONS or self._arguments_told >= MOST_ARGUMENTS:
            raise TooLong(f"it takes more than {MOST_OPERATIONS} operations")
        outputs = list(result) if isinstance(result, list | tuple) else [result]
        entry: dict[str, Any] = {
            "op": name,
            "overload": overload,
            "args": arguments,
            "outputs": [
                [list(o.shape), str(o.dtype).removeprefix("torch.")] if isinstance(o, Tensor) else None for o in outputs
            ],
            "path": self._places.path[:200],
            "line": places.line()[:200],
        }
        if self._measured:
            entry["sums"] = sums(outputs[0]) if outputs and isinstance(outputs[0], Tensor) else None
        for number, output in enumerate(outputs):
            if isinstance(output, Tensor):
                self._remember(output, {"op": len(self.operations), "out": number})
        self.operations.append(entry)
        return {"op": len(self.operations) - 1, "out": 0}

    def _update_sharing(self, written: Tensor) -> None:
        """Tensors that share memory with the one just written to have new values as well."""
        for other in list(self._sharing[written.untyped_storage()._cdata]):
            if other is written:
                continue
            if _same_elements(other, written):
                self._values[id(other)] = self._shaped(written, other)
                continue
            starts = _starts(other, written)  # None: they may interleave in any way
            if starts is None or _overlap(starts, other, written):
                value, new = self._values[id(other)], self._values[id(written)]
                self._append("write", "", {"base": value, "source": new, "starts": starts}, [other])


def sums(tensor: Tensor) -> list[float] | None:
    """Sum, sum of magnitudes and sum of squares: the same for any order of the values, and with zeros around them."""
    if not tensor.is_floating_point():
        return None
    values = tensor.detach().double()
    return [values.sum().item(), values.abs().sum().item(), values.square().sum().item()]


def _written(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Tensor]:
    """The arguments that an operation says it writes to."""
    found: list[object] = []
    for position, argument in enumerate(func._schema.arguments):
        if argument.alias_info is not None and argument.alias_info.is_write:
            value = args[position] if position < len(args) else kwargs.get(argument.name)
            found += value if isinstance(value, list | tuple) else [value]
    return [value for value in found if isinstance(value, Tensor)]


def _same_elements(one: Tensor, other: Tensor) -> bool:
    """Whether two tensors of one storage are the same elements in the same order."""
    if one.storage_offset() != other.storage_offset() or one.numel() != other.numel():
        return False
    same = one.shape == other.shape and one.stride() == other.stride()
    return same or (one.is_contiguous() and other.is_contiguous())


def _starts(base: Tensor, part: Tensor) -> list[int] | None:
    """Where in the grid of `base` the box `part` begins, per dimension; None when they lie in different grids."""
    if base.ndim != part.ndim or base.stride() != part.stride():
        return None
    left = int(part.storage_offset()) - int(base.storage_offset())
    sign, left = (-1, -left) if left < 0 else (1, left)
    starts = [0] * base.ndim
    strides: list[int] = list(base.stride())
    for dim in sorted(range(base.ndim), key=lambda d: -strides[d]):
        if strides[dim] > 0:
            starts[dim], left = divmod(left, strides[dim])
    return [sign * start for start in starts] if left == 0 else None


def _overlap(starts: list[int], base: Tensor, part: Tensor) -> bool:
    """Whether a box that begins at `starts` has elements in common with `base`."""
    boxes = zip(starts, base.shape, part.shape, strict=True)
    return all(start < size and start + extent > 0 for start, size, extent in boxes)
