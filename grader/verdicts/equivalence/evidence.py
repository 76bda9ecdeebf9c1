"""What a trace claims, checked for shape and size: it comes from beside student code and may say anything.

A trace that is not what `grader.probes.structure.trace` makes raises `Unreadable`. One that lies can lead to a wrong
pairing of tensors and so to a verdict against its own network, never to a wrong "same", which rests on numbers alone.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

MAX_OPERATIONS = 10_000
MAX_TENSORS = 10_000
MAX_VALUES = 500_000  # arguments of all operations together
MAX_TEXT = 400
MAX_SIZE = 2**40

Shape = tuple[int, ...]
Kind = Literal["parameter", "buffer", "constant"]
_KINDS: dict[str, Kind] = {"parameter": "parameter", "buffer": "buffer", "constant": "constant"}


class Unreadable(Exception):
    """The evidence is not a trace."""


@dataclass(frozen=True)
class Reference:
    """Where a tensor came from: output `out` of operation `index`, tensor `index`, or the input."""

    kind: Literal["op", "tensor", "input"]
    index: int
    out: int = 0


@dataclass(frozen=True)
class Operation:
    """One aten operation; tensors among its arguments are references."""

    name: str
    args: dict[str, Any]
    shapes: tuple[Shape | None, ...]
    dtypes: tuple[str, ...]
    path: str
    line: str
    sums: tuple[float, float, float] | None = None


@dataclass(frozen=True)
class Tensor:
    """A parameter or buffer with the network's own name for it, or a constant."""

    name: str
    kind: Kind
    shape: Shape
    values: tuple[float, ...] | None = None


@dataclass(frozen=True)
class Trace:
    """One forward pass."""

    operations: tuple[Operation, ...]
    tensors: tuple[Tensor, ...]
    input_shape: Shape
    outputs: tuple[Reference, ...]


def read(claim: object) -> Trace:
    """The trace that a probe returned."""
    reader = _Reader()
    try:
        return reader.trace(claim)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
        raise Unreadable(f"{type(error).__name__}: {error}") from error


@dataclass
class _Reader:
    values: int = 0
    tensors: int = 0
    outputs: list[int] = field(default_factory=list)

    def trace(self, claim: Any) -> Trace:
        claim = table(claim)
        tensors = tuple(self.tensor(entry) for entry in _listed(claim["tensors"], MAX_TENSORS))
        self.tensors = len(tensors)
        operations = tuple(self.operation(entry) for entry in _listed(claim["operations"], MAX_OPERATIONS))
        outputs = tuple(self.reference(entry) for entry in _listed(claim["outputs"], 1000))
        return Trace(operations, tensors, _shape(claim["input"]), outputs)

    def tensor(self, entry: Any) -> Tensor:
        kind = _KINDS[_text(table(entry)["kind"])]
        values = entry.get("values")
        if values is not None:
            values = tuple(_number(value) for value in _listed(values, 64))
        return Tensor(_text(entry["name"]), kind, _shape(entry["shape"]), values)

    def operation(self, entry: Any) -> Operation:
        args = table(table(entry)["args"])
        if len(args) > 64:
            raise Unreadable("too many arguments of an operation")
        plain = {_text(name): self.argument(value, 0) for name, value in args.items()}
        outputs = [None if o is None else _output(o) for o in _listed(entry["outputs"], 10_000)]
        self.outputs.append(len(outputs))
        sums = entry.get("sums")
        if sums is not None:
            first, second, third = (_number(value) for value in _listed(sums, 3))
            sums = (first, second, third)
        return Operation(
            name=_text(entry["op"]),
            args=plain,
            shapes=tuple(None if o is None else o[0] for o in outputs),
            dtypes=tuple("" if o is None else o[1] for o in outputs),
            path=_text(entry["path"]),
            line=_text(entry["line"]),
            sums=sums,
        )

    def argument(self, value: Any, depth: int) -> Any:
        self.values += 1
        if self.values > MAX_VALUES or depth > 4:
            raise Unreadable("too many arguments")
        if value is None or isinstance(value, bool | float):
            return value
        if isinstance(value, int):
            return value if abs(value) < 2**63 else float(value)
        if isinstance(value, str):
            return _text(value)
        if isinstance(value, dict):
            return self.reference(value)
        return tuple(self.argument(item, depth + 1) for item in _listed(value, 10_000))

    def reference(self, entry: Any) -> Reference:
        """A reference to something earlier; so the operations form no circle."""
        if "op" in entry:
            index, out = _index(entry["op"], len(self.outputs)), entry["out"]
            return Reference("op", index, _index(out, self.outputs[index]))
        if "tensor" in entry:
            return Reference("tensor", _index(entry["tensor"], self.tensors))
        return Reference("input", _index(entry["input"], 1))


def table(value: Any) -> dict[Any, Any]:
    """The dict that was expected."""
    if not isinstance(value, dict):
        raise Unreadable("a dict was expected")
    return value


def _output(value: Any) -> tuple[Shape, str]:
    shape, dtype = _listed(value, 2)
    return _shape(shape), _text(dtype)


def _listed(value: Any, most: int) -> Any:
    if not isinstance(value, list | tuple) or len(value) > most:
        raise Unreadable(f"a list of at most {most} entries was expected")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise Unreadable("a short text was expected")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unreadable("a number was expected")
    return float(value)


def _index(value: Any, end: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < end:
        raise Unreadable("a reference to nothing")
    return value


def _shape(value: Any) -> Shape:
    sizes = tuple(_listed(value, 16))
    if not all(isinstance(size, int) and not isinstance(size, bool) and 0 <= size < MAX_SIZE for size in sizes):
        raise Unreadable("a shape was expected")
    return sizes
