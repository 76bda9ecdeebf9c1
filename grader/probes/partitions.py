"""Random partitions of `range(n)`, drawn many at a time."""

from collections.abc import Callable, Sequence
from typing import Any


def sizes(split: Callable[..., Any], calls: Sequence[tuple[Any, ...]]) -> list[Any]:
    """For each list of arguments the parts' lengths, or what the parts hold if it is not each of `range(n)` once."""
    found: list[Any] = []
    for args in calls:
        parts = [list(part) for part in split(*args)]
        whole = sorted(int(index) for part in parts for index in part) == list(range(args[0]))
        found.append([len(part) for part in parts] if whole else {"parts": [[int(i) for i in p] for p in parts]})
    return found


def drawn(split: Callable[..., Any], times: int, *args: Any, **kwargs: Any) -> list[list[list[int]]]:
    """The parts of `times` calls, each part sorted."""
    return [[sorted(int(index) for index in part) for part in split(*args, **kwargs)] for _ in range(times)]
