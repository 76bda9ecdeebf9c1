"""What a running simulation knows."""

import os
from collections.abc import Callable
from typing import Any

import torch

from grader.probes.accelerator import errors
from grader.probes.accelerator.generators import Generators


class State:
    """One simulated machine.

    Args:
        available: whether a device can be used; without one, everything that needs it raises.
        count: number of devices.
    """

    def __init__(self, available: bool, count: int) -> None:
        self.active = True
        self.count = count if available else 0
        self.current = 0  # what "cuda" without a number means
        self.process = os.getpid()
        self.generators = Generators(self.count)
        self.replaced: dict[Any, Callable[..., Any]] = {}  # original torch function -> ours

    def resolve(self, device: Any) -> int | None:
        """The place that a `device` argument names: a device index, or None for anything that is not CUDA.

        Raises:
            RuntimeError: with CUDA's own words, when there is no such device.
        """
        if isinstance(device, int) and not isinstance(device, bool):
            return self.require(device)
        parsed = torch.device(device)
        if parsed.type != "cuda":
            return None
        return self.require(self.current if parsed.index is None else parsed.index)

    def require(self, index: int) -> int:
        """`index`, if there is such a device."""
        torch.cuda.init()
        if not 0 <= index < self.count:
            raise errors.invalid_ordinal()
        return index

    def set_current(self, index: int) -> None:
        self.current = self.require(index)
