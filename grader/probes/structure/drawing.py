"""Weights drawn from a seed: the same numbers in any process, so that they need not travel.

Kernels keep signals as large as they were (He et al. 2015, https://arxiv.org/abs/1502.01852), so that what a deep
layer does can be seen in the output; scales are of both signs and none is near zero; some variances are small, where
the eps of a batch norm shows.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

_RANGES = {"bias": (-0.5, 0.5), "beta": (-0.5, 0.5), "mean": (-0.5, 0.5)}
_LOG_VARIANCE = (-4.0, 0.7)
_PRIME = 1_000_003


@dataclass(frozen=True)
class Source:
    """One tensor to draw.

    Args:
        role: `kernel` (output channels first), `bias`, `gamma`, `beta`, `mean`, `variance`, or any other name.
        shape: its shape.
        fan_in: how many numbers a kernel weighs for one output.
        alike: a kernel treats all its input channels alike, a vector all channels, so that their order plays no role.
    """

    role: str
    shape: tuple[int, ...]
    fan_in: int = 1
    alike: bool = False

    @classmethod
    def of(cls, plain: Sequence[object]) -> "Source":
        role, shape, fan_in, alike = plain
        return cls(str(role), tuple(int(size) for size in shape), int(fan_in), bool(alike))  # type: ignore[attr-defined, call-overload]


def draw(source: Source, seed: int, number: int) -> Tensor:
    """The values of source `number` in float64."""
    generator = torch.Generator().manual_seed((seed * _PRIME + number) % 2**63)
    shape = source.shape
    if source.role == "kernel":
        bound = math.sqrt(6 / source.fan_in)
        if source.alike and len(shape) > 1:
            bound *= math.sqrt(2 / shape[1])  # their contributions add up instead of cancelling
            few = (1 if shape[1] == 1 else shape[0], 1, *shape[2:])
            return _between(-bound, bound, few, generator).expand(shape).contiguous()
        return _between(-bound, bound, shape, generator)
    few = tuple(1 for _ in shape) if source.alike else shape
    if source.role == "variance":
        values = _between(*_LOG_VARIANCE, few, generator).exp()
    elif source.role in _RANGES:
        values = _between(*_RANGES[source.role], few, generator)
    else:
        signs = torch.where(torch.rand(few, generator=generator) < 0.5, -1.0, 1.0).double()
        values = _between(0.3, 1.0, few, generator) * signs
    return values.expand(shape).contiguous()


def _between(low: float, high: float, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    return torch.rand(shape, generator=generator, dtype=torch.float64).mul_(high - low).add_(low)
