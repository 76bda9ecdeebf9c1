"""What a right program computes, in float64, for the hidden checks of this assignment."""

import copy
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from grader.probes import models
from grader.verdicts.loops import batched, free, frozen_norm_in_evaluation, training_loop
from grader.verdicts.trajectories import Loop


class BasicBlock(nn.Module):
    """torchvision's basic block, with the shortcut that `ResNet` would give it."""

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        from torchvision.models import resnet

        super().__init__()
        shortcut = None
        if stride != 1 or in_channels != out_channels:
            shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False), nn.BatchNorm2d(out_channels)
            )
        self.block = resnet.BasicBlock(in_channels, out_channels, stride, shortcut)

    def forward(self, x: Tensor) -> Tensor:
        return self.block(x)


def resnet18(num_classes: int, in_channels: int = 3) -> nn.Module:
    """torchvision's own, its parameters not yet set."""
    import torchvision

    with torch.device("meta"):
        model = torchvision.models.resnet18(num_classes=num_classes)
        if in_channels != 3:
            model.conv1 = nn.Conv2d(in_channels, 64, 7, stride=2, padding=3, bias=False)
    return model.to_empty(device="cpu")


def filled(build: Callable[..., nn.Module], seed: int, *args: int) -> tuple[nn.Module, list[str]]:
    """A model in float64, filled as `grader.probes.models.fill_by_shape` fills it, and the shapes met."""
    model = build(*args).double()
    return model, models.fill_by_shape(model, seed)


@dataclass
class Epoch:
    """What an epoch should give."""

    train_loss: float
    val_loss: float
    val_accuracy: float
    val_logits: Tensor

    def reported(self) -> dict[str, float]:
        """What the history says of it."""
        return {"train_loss": self.train_loss, "val_loss": self.val_loss, "val_accuracy": self.val_accuracy}


def copied(model: nn.Module) -> dict[str, Tensor]:
    """The present parameters and buffers."""
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def batches(images: Tensor, labels: Tensor, size: int) -> list[tuple[Tensor, Tensor]]:
    """In order, with labels as the cross-entropy takes them."""
    return batched(images, labels.long().flatten(), size)


def mean_loss(losses: Sequence[float], count: int, batch_size: int) -> float:
    """The mean per sample of an epoch's losses, which are the batches' means."""
    sizes = [len(rows) for rows in torch.arange(count).split(batch_size)]
    return float(np.average(losses, weights=sizes))


@torch.no_grad()
def logits(model: nn.Module, images: Tensor) -> Tensor:
    """In evaluation mode."""
    model.eval()
    return model(images.double())


@torch.no_grad()
def logits_in_training_mode(model: nn.Module, images: Tensor, batch_size: int) -> Tensor:
    """Of a copy of the model, batch by batch."""
    model = copy.deepcopy(model).double().train()
    return torch.cat([model(part.double()) for part in images.split(batch_size)])


def training(train: tuple[Tensor, Tensor], batch_size: int, count: int, lr: float, momentum: float) -> Loop:
    """What `fit` does in so many epochs."""

    def make(model: nn.Module) -> torch.optim.Optimizer:
        return torch.optim.SGD(free(model), lr=lr, momentum=momentum)

    return training_loop(batches(*train, batch_size), make, count, mode=frozen_norm_in_evaluation)


def epochs(
    model: nn.Module,
    train: tuple[Tensor, Tensor],
    val: Tensor,
    batch_size: int,
    count: int,
    lr: float,
    momentum: float,
) -> list[Epoch]:
    """Epochs of `fit`; what depends on the validation labels is filled in by `score`."""
    course = training(train, batch_size, count, lr, momentum)(model)
    per_epoch = -(-len(train[0]) // batch_size)
    result = []
    for _ in range(count):
        losses = list(itertools.islice(course, per_epoch))
        loss = mean_loss(losses, len(train[0]), batch_size)
        result.append(Epoch(loss, np.nan, np.nan, logits(model, val)))
    return result


def score(history: list[Epoch], labels: Tensor) -> tuple[list[float], list[float]]:
    """Fills in accuracy and loss on the validation labels, and returns those of all epochs."""
    logits = torch.stack([epoch.val_logits for epoch in history])  # (epochs, N, C)
    right = (logits.argmax(2) == labels).double()  # (epochs, N)
    each = -logits.log_softmax(2)[:, torch.arange(len(labels)), labels]
    accuracies, losses = right.mean(1).tolist(), each.mean(1).tolist()
    for epoch, accuracy, loss in zip(history, accuracies, losses, strict=True):
        epoch.val_accuracy, epoch.val_loss = accuracy, loss
    return accuracies, losses


def best(values: list[float]) -> int:
    """The position of the largest value, the first of equals."""
    return values.index(max(values))


Chooser = Callable[[list[Epoch], np.random.Generator], Tensor | None]  # validation labels, if they can be found


def labels_such_that(wanted: Callable[[list[float], list[float]], bool]) -> Chooser:
    """Chooses validation labels for which `wanted(accuracies, losses)` of the epochs holds.

    Training does not depend on them, so they may be chosen once it is known what each epoch predicts: for some
    images what one of the epochs predicts, for the others what none does.
    """

    def choose(history: list[Epoch], rng: np.random.Generator) -> Tensor | None:
        predicted = _predicted(history)
        images, never = np.arange(predicted.shape[1]), _never(history, rng)
        for _ in range(200):
            by_an_epoch = predicted[rng.integers(len(history), size=len(images)), images]
            some = rng.random(len(images)) < rng.choice([0.0, 0.5, 0.8])
            labels = torch.from_numpy(np.where(some, by_an_epoch, never))
            if wanted(*score(history, labels)):
                return labels
        return None

    return choose


def _predicted(history: list[Epoch]) -> np.ndarray:
    """The classes `(epochs, N)` that each epoch predicts for the validation images."""
    return torch.stack([epoch.val_logits.argmax(1) for epoch in history]).numpy()


def _never(history: list[Epoch], rng: np.random.Generator) -> np.ndarray:
    """For each validation image a class that no epoch predicts; 0 where they predict all of them."""
    classes = set(range(history[0].val_logits.shape[1]))
    return np.array([rng.choice(sorted(classes - set(column)) or [0]) for column in _predicted(history).T])


def labels_with_a_lead(history: list[Epoch], rng: np.random.Generator) -> Tensor | None:
    """Validation labels about one of which a later epoch is right, and no other epoch; all agree about the others.

    The accuracies are the same in whole percents.
    """
    predicted = _predicted(history)
    alone = [
        (number, image)
        for number in range(1, len(history))
        for image in range(predicted.shape[1])
        if (predicted[:, image] == predicted[number, image]).sum() == 1
    ]
    if not alone:
        return None
    agreed = (predicted == predicted[0]).all(0) & (rng.random(predicted.shape[1]) < 0.7)
    labels = np.where(agreed, predicted[0], _never(history, rng))
    number, image = alone[rng.integers(len(alone))]
    labels[image] = predicted[number, image]
    accuracies, _ = score(history, torch.from_numpy(labels))
    if len({round(100 * accuracy + shift) for accuracy in accuracies for shift in (-0.05, 0.05)}) > 1:
        return None  # whole percents might tell them apart
    return torch.from_numpy(labels)


def margin(history: list[Epoch]) -> float:
    """How far the two largest logits of an image are apart at least: near ties depend on rounding."""
    two = torch.stack([epoch.val_logits for epoch in history]).topk(2, dim=2).values
    return (two[..., 0] - two[..., 1]).min().item()
