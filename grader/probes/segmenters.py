"""Small networks that segment images, a loss and a scheduler to train them with, and loaders of masks."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Sampler, TensorDataset

from grader.probes.loaders import CountedDataset, counted_loader
from grader.probes.models import seeded
from grader.probes.training import traced


class TinySegmenter(nn.Module):
    """Two 3×3 convolutions and a 1×1 convolution at full size, with or without batch norm, smooth everywhere.

    Shapes: `(B, 3, H, W)` to logits `(B, num_classes, H, W)`.
    """

    def __init__(self, num_classes: int = 4, width: int = 4, norm: bool = True) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, width, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(width) if norm else nn.Identity()
        self.second = nn.Conv2d(width, width, 3, padding=1)
        self.head = nn.Conv2d(width, num_classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.tanh(self.norm(self.first(x)))
        return self.head(torch.tanh(self.second(x)))


class ModeSegmenter(nn.Module):
    """Shows by its numbers in which mode each part works: dropout of everything, and batch norm.

    In training mode `everything` makes zeros; in evaluation mode it passes its input on.
    """

    def __init__(self, num_classes: int = 4, width: int = 4) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, width, 1, bias=False)
        self.inner = nn.Sequential(nn.BatchNorm2d(width), nn.Tanh())
        self.everything = nn.Dropout(p=1.0)
        self.head = nn.Conv2d(width, num_classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.inner(self.first(x))
        return self.head(x + self.everything(x.sin()))


class CountingSegmenter(nn.Module):
    """Counts its passes in training mode in the buffer `passes`, on which its numbers do not depend.

    Except that in evaluation mode it gives NaN after as many passes as one of `nan_after`.
    """

    passes: Tensor

    def __init__(self, num_classes: int = 4, nan_after: Sequence[int] = ()) -> None:
        super().__init__()
        self.head = nn.Conv2d(3, num_classes, 1)
        self.register_buffer("passes", torch.zeros((), dtype=torch.long))
        self.nan_after = list(nan_after)

    def forward(self, x: Tensor) -> Tensor:
        logits = self.head(x)
        if self.training:
            self.passes += 1
        elif int(self.passes) in self.nan_after:
            logits = torch.full_like(logits, float("nan"))
        return logits


class Brier(nn.Module):
    """Mean over all pixels of the squared distance between probabilities and one-hot classes."""

    def forward(self, logits: Tensor, masks: Tensor) -> Tensor:
        wanted = nn.functional.one_hot(masks, logits.shape[1]).movedim(-1, 1)
        return (logits.softmax(1) - wanted).square().sum(1).mean()


def leaning_cross_entropy(logits: Tensor, masks: Tensor) -> Tensor:
    """The cross-entropy, in which a pixel of the first column counts once, one of the second twice, and so on."""
    each = nn.functional.cross_entropy(logits, masks, reduction="none")  # (B, H, W)
    times = torch.arange(1, masks.shape[-1] + 1, dtype=each.dtype, device=each.device)
    return (each * times).mean()


class RecordedScheduler:
    """Multiplies every learning rate by `factor` at each step, and notes when it is asked to."""

    def __init__(self, optimizer: torch.optim.Optimizer, notes: list[dict[str, Any]], factor: float) -> None:
        self.optimizer, self.notes, self.factor = optimizer, notes, factor
        self.updates = 0
        optimizer.register_step_post_hook(self._count)

    def _count(self, *_: Any) -> None:
        self.updates += 1

    def step(self) -> None:
        """Notes after how many steps of the optimiser this is."""
        self.notes.append({"kind": "step", "updates": self.updates})
        for group in self.optimizer.param_groups:
            group["lr"] *= self.factor


class SchedulerMaker:
    """A callable from an optimiser to a `RecordedScheduler`; `notes` holds what happened."""

    def __init__(self, factor: float = 0.5) -> None:
        self.factor = factor
        self.notes: list[dict[str, Any]] = []

    def __call__(self, optimizer: torch.optim.Optimizer) -> RecordedScheduler:
        """Notes the optimiser's class."""
        self.notes.append({"kind": "made", "optimizer": type(optimizer).__name__})
        return RecordedScheduler(optimizer, self.notes, self.factor)


def notes(maker: SchedulerMaker) -> list[dict[str, Any]]:
    """What happened to the schedulers that it made."""
    return list(maker.notes)


def exponential_schedule(optimizer: torch.optim.Optimizer) -> Any:
    """A scheduler of torch's own: the rate falls to 0.4 of what it was, each epoch."""
    return torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.4)


def batched(batches: Sequence[tuple[Tensor, Tensor]]) -> DataLoader:
    """A loader that gives these batches of images `(B, 3, H, W)` and masks `(B, H, W)`, whose sizes may differ."""
    items = [item for images, masks in batches for item in zip(images, masks, strict=True)]
    positions = torch.arange(len(items)).split([len(images) for images, _ in batches])
    return DataLoader(items, batch_sampler=[part.tolist() for part in positions])  # type: ignore[arg-type]  # a list is one


def epoch_arguments(seed: int, images: Tensor, masks: Tensor, batch_size: int) -> tuple[Any, ...]:
    """A model, a loader, a loss and SGD, as `train_one_epoch` takes them before `device`."""
    model = seeded(TinySegmenter, seed)
    loader = counted_loader(images, masks, batch_size)
    return model, loader, nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), lr=0.1)


def evaluation_arguments(seed: int, images: Tensor, masks: Tensor, batch_size: int) -> tuple[Any, ...]:
    """A model and a loader."""
    return seeded(TinySegmenter, seed), counted_loader(images, masks, batch_size)


def fit_arguments(seed: int, images: Tensor, masks: Tensor, batch_size: int, epochs: int) -> tuple[Any, ...]:
    """A model, two loaders and the number of epochs."""
    loaders = (counted_loader(images, masks, batch_size) for _ in range(2))
    return seeded(TinySegmenter, seed), *loaders, epochs


def image_arguments(seed: int, image: Tensor) -> tuple[Any, ...]:
    """A model and an image."""
    return seeded(TinySegmenter, seed), image.clone()


def inputs_of(model: nn.Module, function: Callable[..., Any], *args: Any, **kwargs: Any) -> dict[str, Any]:
    """Calls the function; its `result`, and what the model was given at each pass (`inputs`)."""
    seen: list[Tensor] = []
    forward = model.forward

    def watched(x: Tensor) -> Any:
        seen.append(x.detach().clone().cpu())
        return forward(x)

    model.forward = watched  # not a hook: `model.forward(x)` calls none
    try:
        result = function(*args, **kwargs)
    finally:
        del model.forward
    return {"result": result, "inputs": seen}


def shuffled_loader(images: Tensor, masks: Tensor, batch_size: int) -> DataLoader:
    """A loader that draws its order from torch's global generator."""
    return DataLoader(TensorDataset(images, masks), batch_size=batch_size, shuffle=True)


class TurnedOrder(Sampler[int]):
    """The numbers from 0 on; in every second pass, those of one batch come in the opposite order."""

    def __init__(self, count: int, batch_size: int) -> None:
        self.batches = torch.arange(count).split(batch_size)
        self.passes = 0

    def __len__(self) -> int:
        return sum(map(len, self.batches))

    def __iter__(self) -> Iterator[int]:
        self.passes += 1
        parts = self.batches if self.passes % 2 else [part.flip(0) for part in self.batches]
        return iter(torch.cat(list(parts)).tolist())


def turned_loader(images: Tensor, masks: Tensor, batch_size: int) -> DataLoader:
    """A loader that shuffles, but only inside its batches, so that what is said of a batch holds in every pass."""
    order = TurnedOrder(len(images), batch_size)
    return DataLoader(CountedDataset(images, masks), batch_size=batch_size, sampler=order)


def shift_logits(model: Any, shift: Tensor) -> None:
    """Adds a number to the logits of each class."""
    with torch.no_grad():
        model.head.bias.add_(shift)


def scale_logits(model: Any, factor: float) -> None:
    """Multiplies the logits."""
    with torch.no_grad():
        for parameter in model.head.parameters():
            parameter.mul_(factor)


def traced_epochs(
    function: Callable[..., Any], count: int, arguments: Sequence[Any], model: nn.Module, splits: dict[str, Tensor]
) -> dict[str, Any]:
    """Calls `function(*arguments)` several times; what `traced` tells of all of them together."""

    def all_of_them() -> list[Any]:
        return [function(*arguments) for _ in range(count)]

    return traced(all_of_them, splits=splits, course_of=model)
