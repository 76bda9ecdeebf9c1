"""Transforms of images and data sets that use them: many draws in one call, and what a call leaves behind."""

import random
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from grader.errors import Unusable

Transform = Callable[[Tensor], Tensor]


def draws(transform: Transform, image: Tensor, n: int) -> Tensor:
    """What `n` calls of the transform return, `(n, C, H, W)`, each on a copy of the same image."""
    return _stacked([_tensor(transform(image.clone())) for _ in range(n)])


def middles(transform: Transform, image: Tensor, n: int) -> tuple[Tensor, Tensor]:
    """Of `n` results their middle rows `(n, C, W)` and middle columns `(n, C, H)`."""
    rows, columns = [], []
    for _ in range(n):
        result = _tensor(transform(image.clone()))
        rows.append(result[:, result.shape[1] // 2].clone())
        columns.append(result[:, :, result.shape[2] // 2].clone())
    return _stacked(rows), _stacked(columns)


def once(
    transform: Transform, image: Tensor, layout: tuple[int, int, int] = (0, 1, 2), start: int | None = None
) -> dict[str, Any]:
    """One call, and what became of its argument.

    Args:
        layout: the order of the image's axes in memory; another one than the usual makes it not contiguous.
        start: seed of all global random generators; None leaves them as they are.

    Returns:
        `result`, `image` (the argument after the call), `shares` (whether the two have memory in common).
    """
    if layout != (0, 1, 2):
        back = (layout.index(0), layout.index(1), layout.index(2))
        image = image.permute(layout).contiguous().permute(back)
    if start is not None:
        torch.manual_seed(start)
        np.random.seed(start)
        random.seed(start)
    result = _tensor(transform(image))
    shares = result.untyped_storage().data_ptr() == image.untyped_storage().data_ptr()
    return {"result": result.clone(), "image": image, "shares": shares}


def moved(function: Callable[..., Any], *args: Any) -> list[str]:
    """Names of the global random generators that a call draws from (or sets)."""
    before = _states()
    function(*args)
    after = _states()
    return [name for name in before if before[name] != after[name]]


def _states() -> dict[str, Any]:
    return {
        "torch": torch.get_rng_state().numpy().tobytes(),
        "numpy": (np.random.get_state()[1].tobytes(), np.random.get_state()[2]),  # type: ignore[index, union-attr]
        "random": random.getstate(),
    }


def torchvision_used(transform: Transform, image: Tensor, n: int) -> list[str]:
    """Names of the random transforms of torchvision that `n` calls make use of."""
    transform(image)  # whatever it imports is loaded now
    used: set[str] = set()
    original: list[tuple[type, str, Any]] = []

    def watched(name: str, function: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            used.add(name)
            return function(*args, **kwargs)

        return staticmethod(call) if isinstance(function, staticmethod) else call

    for kind in _random_classes():
        for name in ("__init__", "forward", "transform", "get_params", "make_params"):
            if name in vars(kind):
                original.append((kind, name, vars(kind)[name]))
                setattr(kind, name, watched(kind.__name__, vars(kind)[name]))
    try:
        for _ in range(n):
            transform(image)
    finally:
        for kind, name, function in original:
            setattr(kind, name, function)
    return sorted(used)


def _random_classes() -> list[type]:
    """The random transforms of those parts of torchvision that are loaded, by what they are called."""
    modules = [module for name, module in sys.modules.items() if name.startswith("torchvision.transforms")]
    found = {kind for module in modules for kind in vars(module).values() if isinstance(kind, type)}
    return [
        kind
        for kind in found
        if kind.__module__.startswith("torchvision.transforms")
        and (kind.__name__.startswith("Random") or kind.__name__ == "ColorJitter")
    ]


class Repeated(Dataset[Tensor]):
    """The same image again and again, each time through the transform."""

    def __init__(self, transform: Transform, image: Tensor, n: int) -> None:
        self.transform, self.image, self.n = transform, image, n

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, index: int) -> Tensor:
        return _tensor(self.transform(self.image.clone()))


def draws_in_workers(transform: Transform, image: Tensor, n: int, workers: int = 2) -> Tensor:
    """`n` results, drawn by the worker processes of a loader in turn, `(n, C, H, W)`."""
    loader = DataLoader(Repeated(transform, image, n), batch_size=None, num_workers=workers)
    return _stacked(list(loader))


class Chain:
    """Applies transforms one after the other."""

    def __init__(self, *parts: Transform) -> None:
        self.parts = parts

    def __call__(self, image: Tensor) -> Tensor:
        for part in self.parts:
            image = _tensor(part(image))
        return image


class Counting:
    """A transform that adds a thousand times the number of its call, the first call being number one."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, image: Tensor) -> Tensor:
        self.calls += 1
        return image + 1000 * self.calls


def plus_one(image: Tensor) -> Tensor:
    """A transform that adds one."""
    return image + 1


def times_ten(image: Tensor) -> Tensor:
    """A transform that multiplies by ten."""
    return image * 10


def squared(image: Tensor) -> Tensor:
    """A transform that squares."""
    return image * image


def framed(image: Tensor) -> Tensor:
    """A transform that adds a frame of zeros, one pixel wide."""
    return torch.nn.functional.pad(image, [1, 1, 1, 1])


def shape_seen(image: Tensor) -> Tensor:
    """A transform that gives the shape of what it was given, as a vector."""
    return torch.tensor(image.shape)


class EverySecond:
    """A transform that leaves the image as it is at its first, third, fifth ... call, and adds a thousand otherwise."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, image: Tensor) -> Tensor:
        self.calls += 1
        return image + 1000 if self.calls % 2 == 0 else image.clone()


def noisy(image: Tensor) -> Tensor:
    """A transform that adds noise from torch's global generator."""
    return image + torch.rand_like(image)


class Pairs(Dataset[tuple[Tensor, Any]]):
    """Images with labels of any kind, one by one; says no to a position that does not exist."""

    def __init__(self, images: Tensor, labels: list[Any]) -> None:
        self.images, self.labels = images, labels

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Tensor, Any]:
        if not 0 <= index < len(self):
            raise IndexError(index)
        return self.images[index], self.labels[index]


def items(dataset: Any, positions: list[int]) -> list[tuple[Any, Any]]:
    """The items at these positions, asked for one after the other."""
    return [_pair(dataset[position]) for position in positions]


def loaded(dataset: Any, workers: int) -> list[tuple[Any, Any]]:
    """The items that one pass of an unshuffled loader gives."""
    return [_pair(item) for item in DataLoader(dataset, batch_size=None, num_workers=workers)]


def _pair(item: Any) -> tuple[Any, Any]:
    if not isinstance(item, tuple | list):
        raise Unusable(f"an item should be a pair (image, label), got {type(item).__name__}")
    if len(item) != 2:
        raise Unusable(f"an item should be a pair (image, label), got a {type(item).__name__} of {len(item)} values")
    return _tensor(item[0], "an item should be a pair (image, label), its first value a tensor").clone(), item[
        1
    ]  # it may be changed later on


def _tensor(result: Any, wish: str = "a transform should return a tensor") -> Tensor:
    if not isinstance(result, Tensor):
        raise Unusable(f"{wish}, got {type(result).__name__}")
    return result


def _stacked(results: list[Tensor]) -> Tensor:
    shapes = {tuple(result.shape) for result in results}
    if len(shapes) > 1:
        listed = ", ".join(str(shape) for shape in sorted(shapes)[:3])
        raise Unusable(f"results for the same image have several shapes, such as {listed}")
    return torch.stack(results)
