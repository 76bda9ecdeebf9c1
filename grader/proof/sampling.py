"""A part of the known programs, the same for the same seed, spread over the modules."""

import random
from collections.abc import Callable, Iterable
from itertools import zip_longest
from typing import TypeVar

Item = TypeVar("Item")


def spread(items: Iterable[Item], module: Callable[[Item], str], size: int | None, seed: int) -> list[Item]:
    """At most `size` items, drawn in turn from each module; all of them when `size` is None."""
    everything = list(items)
    if size is None or size >= len(everything):
        return everything
    drawn = random.Random(seed)
    groups: dict[str, list[Item]] = {}
    for item in everything:
        groups.setdefault(module(item), []).append(item)
    shuffled = [drawn.sample(group, len(group)) for group in groups.values()]
    drawn.shuffle(shuffled)
    in_turn = [item for turn in zip_longest(*shuffled) for item in turn if item is not None]
    chosen = {id(item) for item in in_turn[:size]}
    return [item for item in everything if id(item) in chosen]
