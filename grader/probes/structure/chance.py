"""Takes the chance out of dropout, so that two networks can be compared in training mode."""

import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional
from torch import Tensor

from grader.probes.structure import places
from grader.probes.structure.mode import DispatchMode
from grader.probes.structure.places import Places

_FUNCTIONAL = torch.nn.functional.__file__
_PRIME = 1_000_003


class Chance(DispatchMode):
    """Answers every question "keep or drop" and notes where random numbers are drawn.

    Args:
        where: the module whose forward pass is running.
        rule: `kept`: nothing is dropped; `drawn`: what is dropped depends on `seed`, the shape of the tensor without
            dimensions of one, and how many draws of that shape went before; `free`: it is left to chance.

    Attributes:
        drawn: per draw `path`, `line`, `op`, and whether it is torch's own dropout (`dropout`), for which alone "keep"
            is known to mean what it says.
    """

    def __init__(self, where: Places, rule: str, seed: int) -> None:
        super().__init__()
        self.drawn: list[dict[str, Any]] = []
        self._where = where
        self._rule = rule
        self._seed = seed
        self._met: Counter[tuple[int, ...]] = Counter()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if torch.Tag.nondeterministic_seeded not in func.tags:
            return func(*args, **kwargs)
        name = func._schema.name.partition("::")[2]
        answer = _ANSWERS.get(name)
        place = {"op": name, "path": self._where.path[:200], "line": places.line()[:200]}
        self.drawn.append({**place, "dropout": answer is not None and _asked_by_torch()})
        if answer is None or self._rule == "free":
            return func(*args, **kwargs)
        return answer(self, *args, **kwargs)

    def keep(self, like: Tensor, probability: float) -> Tensor:
        """Ones where a value is kept, zeros where it is dropped."""
        if self._rule == "kept":
            return torch.ones_like(like)
        shape = tuple(size for size in like.shape if size != 1)
        self._met[shape] += 1
        number = self._seed
        for part in (*shape, self._met[shape]):
            number = (number * _PRIME + part) % 2**63
        chances = torch.rand(shape, generator=torch.Generator().manual_seed(number), dtype=torch.float64)
        return (chances < probability).reshape(like.shape).to(like.dtype)


def _bernoulli_(chance: Chance, x: Tensor, p: Any = 0.5, **_: Any) -> Tensor:
    return x.copy_(chance.keep(x, float(p) if not isinstance(p, Tensor) else float(p.mean())))


def _native_dropout(chance: Chance, x: Tensor, p: float, train: bool | None = True) -> tuple[Tensor, Tensor]:
    if train is False or p >= 1:
        return x.clone(), torch.ones_like(x, dtype=torch.bool)
    mask = chance.keep(x, 1 - p)
    return x * mask / (1 - p), mask.bool()


_ANSWERS: dict[str, Callable[..., Any]] = {"bernoulli_": _bernoulli_, "native_dropout": _native_dropout}


def _asked_by_torch() -> bool:
    """Whether the Python code that led here directly is torch's `nn.functional`."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(places.KIT):
        frame = frame.f_back
    return frame.f_code.co_filename == _FUNCTIONAL
