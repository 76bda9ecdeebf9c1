"""Does a function set a global seed, or draw from a global generator?"""

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import torch


def reseeded(function: Callable[..., Any], *args: Any, **kwargs: Any) -> list[str]:
    """Names of the global random generators that a call leaves in the same state wherever they started from.

    The function is called twice, from two different states of torch, NumPy and `random`. One that draws numbers, or
    draws none, ends in two different states; one that sets a seed ends in one.
    """
    ends = []
    for start in (1234567, 7654321):
        _seed(start)
        function(*args, **kwargs)
        ends.append(_states())
    return [name for name in ends[0] if ends[0][name] == ends[1][name]]


def drawn_from(function: Callable[..., Any], *args: Any, **kwargs: Any) -> list[str]:
    """Names of the global random generators whose state a call changes."""
    before = _states()
    function(*args, **kwargs)
    after = _states()
    return [name for name in before if before[name] != after[name]]


def _seed(value: int) -> None:
    torch.default_generator.manual_seed(value)
    np.random.seed(value)
    random.seed(value)


def _states() -> dict[str, bytes]:
    return {
        "torch": torch.get_rng_state().numpy().tobytes(),
        "numpy": repr(np.random.get_state()).encode() + np.asarray(np.random.get_state()[1]).tobytes(),  # type: ignore[index]  # a tuple
        "random": repr(random.getstate()).encode(),
    }
