"""Values between judge and worker: plain data by value, everything else as an opaque handle.

`Encoder` turns a Python value into a JSON tree plus arrays, `Decoder` turns them back. Scalars, strings and lists
are themselves; anything else is a JSON object with a tag under `"$"`:

    {"$": "tuple", "v": [...]}          {"$": "dict", "v": [[key, value], ...]}
    {"$": "tensor", "a": "3", ...}      {"$": "array", "a": "4", ...}
    {"$": "frame", ...}, {"$": "series", ...}, {"$": "handle", "id": 7, "type": "Linear"}, ...

Both sides check what they read: tags, counts, depth, names of dtypes, and that shapes agree with the arrays that
came. A tensor keeps its dtype, its `requires_grad`, and the name of the device it was on (see `device_of`).
"""

import collections
import math
import pathlib
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

MAX_DEPTH = 48
MAX_NODES = 500_000
MAX_INT_BITS = 4096

Handles = Callable[[object], dict[str, Any]]
Lookup = Callable[[dict[str, Any]], object]

_TORCH_DTYPES = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in vars(torch).values()
    if isinstance(dtype, torch.dtype) and not str(dtype).startswith(("torch.q", "torch.bits"))
}
_STORED_AS = {  # dtypes that the payload cannot name are stored as a view of another one
    torch.bfloat16: torch.int16,
    torch.complex32: torch.int32,
    torch.complex64: torch.int64,
    torch.float8_e4m3fn: torch.uint8,
    torch.float8_e5m2: torch.uint8,
}
_PLAIN_KINDS = "biuf"  # NumPy dtype kinds that the payload stores as they are


class CodecError(Exception):
    """A value that cannot be sent, or data that are no value."""


def device_of(tensor: torch.Tensor) -> torch.device:
    """The device a tensor was on where it was made, also after it has travelled by value."""
    return torch.device(getattr(tensor, "came_from", None) or tensor.device)


class Encoder:
    """Encodes one message.

    Args:
        handles: names an object that does not travel by value; its result is put into the message.
    """

    def __init__(self, handles: Handles) -> None:
        self.arrays: dict[str, np.ndarray] = {}
        self._handles = handles
        self._nodes = 0

    def encode(self, value: object, depth: int = 0) -> Any:
        """The JSON tree for `value`; arrays gather in `self.arrays`."""
        self._nodes += 1
        if depth > MAX_DEPTH:
            raise CodecError("the value is nested too deeply (or contains itself)")
        if self._nodes > MAX_NODES:
            raise CodecError(f"the value has more than {MAX_NODES} parts")
        if value is None or isinstance(value, bool | str) and type(value) in (bool, str):
            return value
        if type(value) is int:
            return value if abs(value) < 2**53 else self._big(value)
        if type(value) is float:
            return value if math.isfinite(value) else {"$": "float", "v": repr(value)}
        if type(value) is list:
            return [self.encode(item, depth + 1) for item in value]
        encoded = self._tagged(value, depth)
        return self._handles(value) if encoded is None else encoded

    def _tagged(self, value: object, depth: int) -> dict[str, Any] | None:
        def many(items: Any) -> list[Any]:
            return [self.encode(item, depth + 1) for item in items]

        kind = type(value)
        if isinstance(value, torch.Tensor):
            return self._tensor(value)
        if isinstance(value, np.ndarray):
            return self._array(value, depth)
        if isinstance(value, np.generic):
            return {"$": "scalar", "v": self._array(np.asarray(value), depth)}
        if isinstance(value, torch.Size):
            return {"$": "size", "v": list(value)}
        if isinstance(value, tuple):
            names = getattr(value, "_fields", None)
            if names is not None:
                return {"$": "namedtuple", "name": kind.__name__, "fields": list(names), "v": many(value)}
            return {"$": "tuple", "v": many(value)}
        if kind in (dict, collections.OrderedDict, collections.defaultdict, collections.Counter):
            pairs = [[self.encode(k, depth + 1), self.encode(v, depth + 1)] for k, v in value.items()]  # type: ignore[attr-defined]
            return {"$": "dict", "v": pairs}
        if kind in (set, frozenset):
            return {"$": kind.__name__, "v": many(value)}  # type: ignore[arg-type]
        if kind in (bytes, bytearray):
            return {"$": "bytes", "a": self._store(np.frombuffer(bytes(value), dtype=np.uint8))}  # type: ignore[call-overload]
        if kind is complex:
            return {"$": "complex", "v": many((value.real, value.imag))}  # type: ignore[attr-defined]
        if isinstance(value, pathlib.PurePath):
            return {"$": "path", "v": str(value)}
        if kind is torch.dtype:
            name = str(value).removeprefix("torch.")
            return {"$": "dtype", "v": name} if name in _TORCH_DTYPES else None
        if kind is torch.device:
            return {"$": "device", "v": str(value)}
        if kind is slice:
            return {"$": "slice", "v": many((value.start, value.stop, value.step))}  # type: ignore[attr-defined]
        if kind is range:
            return {"$": "range", "v": [value.start, value.stop, value.step]}  # type: ignore[attr-defined]
        if value is Ellipsis:
            return {"$": "ellipsis"}
        if isinstance(value, bool | int | float | str):  # subclasses, such as members of an IntEnum
            base = next(b for b in (bool, int, float, str) if isinstance(value, b))
            return {"$": "subclass", "v": self.encode(base(value), depth + 1)}
        if kind.__module__.partition(".")[0] == "pandas":
            return self._pandas(value, depth)
        return None

    def _big(self, value: int) -> dict[str, Any]:
        if value.bit_length() > MAX_INT_BITS:
            raise CodecError(f"an integer of {value.bit_length()} bits is too large")
        return {"$": "int", "v": hex(value)}

    def _store(self, array: np.ndarray) -> str:
        name = str(len(self.arrays))
        self.arrays[name] = np.ascontiguousarray(array).reshape(array.shape)
        return name

    def _tensor(self, value: torch.Tensor) -> dict[str, Any] | None:
        if value.layout is not torch.strided or value.is_quantized or value.device.type == "meta":
            return None
        device = str(value.device)
        plain = _bare(value)
        if plain.dtype not in _TORCH_DTYPES.values():
            return None
        dtype = str(plain.dtype).removeprefix("torch.")
        shape = list(plain.shape)
        if plain.dtype is torch.complex128:
            plain = torch.view_as_real(plain)
        elif plain.dtype in _STORED_AS:
            plain = plain.contiguous().view(_STORED_AS[plain.dtype])
        return {
            "$": "tensor",
            "a": self._store(plain.numpy()),
            "dtype": dtype,
            "shape": shape,
            "device": device,
            "grad": bool(value.requires_grad),
        }

    def _array(self, value: np.ndarray, depth: int) -> dict[str, Any]:
        value = np.asarray(value)
        described = {"$": "array", "dtype": value.dtype.str, "shape": list(value.shape)}
        if value.dtype.kind in _PLAIN_KINDS and value.dtype.itemsize <= 8:
            return described | {"a": self._store(value.astype(value.dtype.newbyteorder("="), copy=False))}
        if value.dtype.kind == "c" and value.dtype.itemsize <= 16:
            parts = np.stack([value.real, value.imag], axis=-1)
            return described | {"a": self._store(parts)}
        if value.dtype.kind in "mM":
            return described | {"a": self._store(value.astype("i8"))}
        if value.dtype.kind in "USO":
            return described | {"v": [self.encode(item, depth + 1) for item in value.ravel().tolist()]}
        raise CodecError(f"an array of dtype {value.dtype} cannot be sent")

    def _pandas(self, value: Any, depth: int) -> dict[str, Any] | None:
        import pandas as pd

        if isinstance(value, pd.DataFrame):
            columns = [self._column(value.iloc[:, i], depth + 1) for i in range(value.shape[1])]
            return {
                "$": "frame",
                "columns": self._index(value.columns, depth + 1),
                "index": self._index(value.index, depth + 1),
                "v": columns,
                "attrs": self.encode(dict(value.attrs), depth + 1),
            }
        if isinstance(value, pd.Series):
            return {
                "$": "series",
                "name": self.encode(value.name, depth + 1),
                "index": self._index(value.index, depth + 1),
                "v": self._column(value, depth + 1),
            }
        if isinstance(value, pd.Index):
            return {"$": "index", "v": self._index(value, depth + 1)}
        if value is pd.NA:
            return {"$": "float", "v": "nan"}
        if isinstance(value, pd.Timestamp):
            return {"$": "scalar", "v": self._array(np.asarray(value.to_datetime64()), depth)}
        return None

    def _column(self, series: Any, depth: int) -> dict[str, Any]:
        values = series.to_numpy()
        return self._array(values, depth) | {"as": str(series.dtype)}

    def _index(self, index: Any, depth: int) -> dict[str, Any]:
        import pandas as pd

        if isinstance(index, pd.RangeIndex):
            return {"range": [index.start, index.stop, index.step], "name": self.encode(index.name, depth)}
        if isinstance(index, pd.MultiIndex):
            return {
                "tuples": [self.encode(row, depth) for row in index.tolist()],
                "names": [self.encode(name, depth) for name in index.names],
            }
        return {"values": self._array(index.to_numpy(), depth), "name": self.encode(index.name, depth)}


class Decoder:
    """Decodes one message.

    Args:
        arrays: the arrays that came with it.
        lookup: turns a `{"$": "handle", ...}` or `{"$": "probe", ...}` object into what it stands for.
    """

    def __init__(self, arrays: dict[str, np.ndarray], lookup: Lookup) -> None:
        self._arrays = arrays
        self._lookup = lookup
        self._nodes = 0

    def decode(self, node: Any, depth: int = 0) -> Any:
        """The value of a JSON tree; raises `CodecError` for anything that no `Encoder` makes."""
        self._nodes += 1
        if depth > MAX_DEPTH or self._nodes > MAX_NODES:
            raise CodecError("the value is too deep or too large")
        if node is None or isinstance(node, bool | int | float | str):
            return node
        if isinstance(node, list):
            return [self.decode(item, depth + 1) for item in node]
        try:
            return self._tagged(node, depth)
        except (
            KeyError,
            IndexError,
            TypeError,
            ValueError,
            AttributeError,
            OverflowError,
            RuntimeError,
        ) as error:
            raise CodecError(f"not a value: {type(error).__name__}: {error}") from error

    def _tagged(self, node: dict[str, Any], depth: int) -> Any:
        tag = node["$"]
        if tag in ("handle", "probe"):
            return self._lookup(node)
        if tag == "tensor":
            return self._tensor(node)
        if tag == "array":
            return self._array(node, depth)
        if tag in ("frame", "series", "index"):
            return self._pandas(node, depth)
        if tag == "scalar":
            return self._array(node["v"], depth)[()]
        if tag == "bytes":
            return self._take(node["a"]).astype(np.uint8, copy=False).tobytes()
        value: Any = node.get("v")
        if tag == "float":
            return {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}[value]
        if tag == "int":
            if len(value) > MAX_INT_BITS // 4 + 4:
                raise CodecError("an integer is too large")
            return int(value, 16)
        if tag in ("dtype", "device", "path", "ellipsis", "size"):
            return _small(tag, value)
        if tag == "subclass":
            return self.decode(value, depth + 1)
        if tag == "dict":
            return {self.decode(k, depth + 1): self.decode(v, depth + 1) for k, v in value}
        items = [self.decode(item, depth + 1) for item in value]
        if tag == "namedtuple":
            fields = [str(name) for name in node["fields"]]
            if len(fields) > 64 or len(fields) != len(items):
                raise CodecError("not a named tuple")
            return collections.namedtuple("Row", fields)(*items)  # noqa: PYI024 (checks the names itself)
        makers: dict[str, Callable[[list[Any]], Any]] = {
            "tuple": tuple,
            "set": set,
            "frozenset": frozenset,
            "complex": lambda pair: complex(*pair),
            "slice": lambda parts: slice(*parts),
            "range": lambda parts: range(*parts),
        }
        return makers[tag](items)

    def _take(self, name: str) -> np.ndarray:
        return self._arrays[name]

    def _tensor(self, node: dict[str, Any]) -> torch.Tensor:
        dtype = _TORCH_DTYPES[node["dtype"]]
        stored = torch.from_numpy(np.array(self._take(node["a"])))
        if dtype is torch.complex128:
            stored = torch.complex(stored[..., 0], stored[..., 1])
        elif dtype in _STORED_AS:
            stored = stored.view(dtype)
        if stored.dtype is not dtype or list(stored.shape) != node["shape"]:
            raise CodecError("a tensor is not what its description says")
        device = torch.device(node["device"])
        if device.type != "cpu":
            stored.came_from = str(device)  # type: ignore[attr-defined]
        if node["grad"] is True:
            stored.requires_grad_(True)
        return stored

    def _array(self, node: dict[str, Any], depth: int) -> np.ndarray:
        dtype, shape = np.dtype(node["dtype"]), tuple(node["shape"])
        if dtype.hasobject and dtype != np.dtype(object):
            raise CodecError("not an array")
        if "v" in node:
            array = np.empty(len(node["v"]), dtype=dtype)
            for i, item in enumerate(node["v"]):
                array[i] = self.decode(item, depth + 1)
            return array.reshape(shape)
        stored = np.array(self._take(node["a"]))
        if dtype.kind == "c":
            stored = np.asarray(stored[..., 0] + 1j * stored[..., 1]).astype(dtype)
        elif dtype.kind in "mM":
            stored = stored.astype("i8").view(dtype.newbyteorder("=")) if stored.shape else stored.astype(dtype)
        if stored.dtype != dtype.newbyteorder("=") or stored.shape != shape:
            raise CodecError("an array is not what its description says")
        return stored

    def _pandas(self, node: dict[str, Any], depth: int) -> Any:
        import pandas as pd

        if node["$"] == "index":
            return self._index(node["v"], depth)
        index = self._index(node["index"], depth)
        if node["$"] == "series":
            return pd.Series(self._column(node["v"], depth), index=index, name=self.decode(node["name"], depth + 1))
        columns = self._index(node["columns"], depth)
        data = {i: pd.Series(self._column(column, depth), index=index) for i, column in enumerate(node["v"])}
        frame = pd.DataFrame(data, index=index, columns=range(len(columns)))
        frame.columns = columns
        frame.attrs = self.decode(node["attrs"], depth + 1)
        return frame

    def _column(self, node: dict[str, Any], depth: int) -> Any:
        import pandas as pd

        values = self._array(node, depth)
        wanted = str(node["as"])
        if wanted in ("category", "string", "str") or wanted[:1] in ("I", "U", "F", "b") and wanted != "bool":
            try:
                return pd.array(values, dtype=wanted)  # type: ignore[call-overload]  # any name of a dtype
            except (TypeError, ValueError):
                return values
        return values

    def _index(self, node: dict[str, Any], depth: int) -> Any:
        import pandas as pd

        if "range" in node:
            start, stop, step = node["range"]
            if abs(stop - start) > 10**8:
                raise CodecError("an index is too long")
            return pd.RangeIndex(start, stop, step, name=self.decode(node["name"], depth + 1))
        if "tuples" in node:
            rows = [tuple(self.decode(row, depth + 1)) for row in node["tuples"]]
            return pd.MultiIndex.from_tuples(rows, names=[self.decode(n, depth + 1) for n in node["names"]])
        return pd.Index(self._array(node["values"], depth), name=self.decode(node["name"], depth + 1))


def _small(tag: str, value: Any) -> Any:
    if tag == "ellipsis":
        return Ellipsis
    if tag == "dtype":
        return _TORCH_DTYPES[value]
    if tag == "device":
        return torch.device(value)
    if tag == "size":
        return torch.Size(value)
    return pathlib.Path(value)


def _bare(value: torch.Tensor) -> torch.Tensor:
    """The numbers of a tensor on the CPU, without graph, subclass, or a simulated device's objections."""
    with torch._C.DisableTorchFunction():
        plain = value.detach()
        if plain.device.type != "cpu":
            plain = plain.cpu()
        return plain.resolve_conj().resolve_neg().contiguous()
