"""Reads one entry of a dictionary of answers, however odd the other entries are, as a small plain value."""

from collections.abc import Mapping
from types import ModuleType
from typing import Any

MOST = 200
_LARGEST = 10**300


def entry(module: ModuleType, dictionary: str, name: str) -> tuple[str, Any]:
    """What a module's dictionary holds under a name.

    Returns:
        `("entry", value)` with None, a bool, a number, a text, or a list of these; `("no entry", None)`;
        `("no dictionary", type)`; or `("odd", type)` for a value that is none of these or has more than 200 parts.
    """
    answers = getattr(module, dictionary, None)
    if not isinstance(answers, Mapping):
        return "no dictionary", type(answers).__name__[:40]
    if name not in answers:
        return "no entry", None
    try:
        return "entry", _plain(answers[name])
    except _OddError as odd:
        return "odd", str(odd)


def names(module: ModuleType, dictionary: str) -> list[str]:
    """The first names in a module's dictionary that are texts, shortened."""
    answers = getattr(module, dictionary, None)
    listed = list(answers)[:MOST] if isinstance(answers, Mapping) else []
    return [str(name)[:60] for name in listed if isinstance(name, str)]


class _OddError(Exception):
    pass


def _plain(value: Any) -> Any:
    size = getattr(value, "size", None)
    if type(value).__module__.partition(".")[0] in ("numpy", "torch"):
        count = size() if callable(size) else size
        count = getattr(count, "numel", lambda: count)()
        if not isinstance(count, int) or count > MOST:
            raise _OddError(_type(value))
        value = value.tolist()
    if isinstance(value, list | tuple | set | frozenset):
        if len(value) > MOST:
            raise _OddError(f"{_type(value)} of {len(value)} elements")
        return [_scalar(part.item() if _is_scalar_array(part) else part) for part in value]
    return _scalar(value)


def _is_scalar_array(value: Any) -> bool:
    numeric = type(value).__module__.partition(".")[0] in ("numpy", "torch")
    return numeric and getattr(value, "ndim", None) == 0 and hasattr(value, "item")


def _scalar(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        if len(value) > MOST:
            raise _OddError("text of more than 200 characters")
        return str(value)
    if isinstance(value, int) and abs(value) < _LARGEST:
        return int(value)
    if isinstance(value, float):
        return float(value)
    raise _OddError(_type(value))


def _type(value: Any) -> str:
    return type(value).__name__[:40]
