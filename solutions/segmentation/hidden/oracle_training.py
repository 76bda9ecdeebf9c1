"""What the functions of training.py give, in float64 and written out plainly, for the hidden checks to compare with."""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from grader.verdicts.loops import Batches, Criterion, MakeOptimizer, free


def class_weights(masks: Sequence[np.ndarray], num_classes: int) -> np.ndarray:
    """Inverse pixel frequency, scaled to mean 1 over the classes present."""
    everything = np.concatenate([np.asarray(mask, dtype=np.int64).reshape(-1) for mask in masks])
    shares = np.array([np.mean(everything == number) for number in range(num_classes)])
    weights = np.array([1 / share if share > 0 else 0.0 for share in shares])
    return weights / weights[shares > 0].mean()


def adam(lr: float = 0.001) -> MakeOptimizer:
    """Adam over what is trainable."""
    return lambda model: torch.optim.Adam(free(model), lr=lr)


def per_pixel(losses: Sequence[float], batches: Batches) -> float:
    """The mean per pixel of the batches' mean losses."""
    pixels = [masks.numel() for _, masks in batches]
    return float(np.average(losses, weights=pixels))


@torch.no_grad()
def logits(model: nn.Module, batches: Batches) -> list[Tensor]:
    """In evaluation mode; the model's modes are put back."""
    model = copy.deepcopy(model).double().eval()
    return [model(images.double()) for images, _ in batches]


@dataclass
class Evaluation:
    """What `evaluate` should give; `margin` is by how much the winning logit wins at least."""

    loss: float
    accuracy: float
    iou: list[float]
    margin: float


def evaluation(
    model: nn.Module, batches: Batches, num_classes: int, criterion: Criterion = F.cross_entropy
) -> Evaluation:
    """Over all pixels of all batches."""
    outputs = logits(model, batches)
    losses = [criterion(output, masks).item() for output, (_, masks) in zip(outputs, batches, strict=True)]
    predicted = torch.cat([output.argmax(1).flatten() for output in outputs])
    true = torch.cat([masks.flatten() for _, masks in batches])
    iou = []
    for number in range(num_classes):
        both = ((predicted == number) & (true == number)).sum().item()
        either = ((predicted == number) | (true == number)).sum().item()
        iou.append(both / either if either else float("nan"))
    accuracy = (predicted == true).double().mean().item()
    return Evaluation(per_pixel(losses, batches), accuracy, iou, margin(outputs))


def margin(outputs: Sequence[Tensor]) -> float:
    """How far the two largest logits of a pixel are apart at least: near ties depend on rounding."""
    two = [output.topk(2, dim=1).values for output in outputs]
    return min((each[:, 0] - each[:, 1]).min().item() for each in two)


@dataclass
class Epoch:
    """What an epoch gives: its training loss, and the logits on the validation images after it.

    And what was seen on the way: the losses of its batches, and the model after it.
    """

    train_loss: float
    logits: list[Tensor]
    losses: list[float]
    model: nn.Module


def epochs(model: nn.Module, loop: Iterator[float], train: Batches, val: Batches, count: int) -> list[Epoch]:
    """Runs a loop on a model, in place, and looks at it after each epoch."""
    found = []
    for _ in range(count):
        losses = [next(loop) for _ in train]
        found.append(Epoch(per_pixel(losses, train), logits(model, val), losses, copy.deepcopy(model)))
    return found


def log_likelihoods(history: Sequence[Epoch]) -> Tensor:
    """Of every epoch and class at every validation pixel: (epochs, num_classes, pixels)."""
    return torch.stack(
        [torch.cat([output.log_softmax(1).movedim(1, 0).flatten(1) for output in epoch.logits], 1) for epoch in history]
    )


def masks_for(history: Sequence[Epoch], best: int, rng: np.random.Generator) -> list[Tensor] | None:
    """Validation masks of which the loss is lowest in epoch `best` and the accuracy highest in another, if found.

    Training does not depend on them, so they may be chosen once it is known what each epoch predicts.
    """
    known = log_likelihoods(history)
    others = [number for number in range(len(history)) if number != best]
    for _ in range(60):
        mix = torch.tensor(rng.dirichlet(np.ones(len(others))))
        gain = known[best] - torch.tensordot(mix, known[others], 1)
        noise = torch.tensor(rng.normal(size=gain.shape)) * gain.std() * rng.choice([0.0, 0.5, 1.0, 2.0])
        chosen = (gain + noise).argmax(0)
        losses = -known.gather(1, chosen.expand(len(history), 1, -1)).mean((1, 2))
        accuracies = (known.argmax(1) == chosen).double().mean(1)
        gap = losses[others].min() - losses[best]
        if gap > 1e-3 and (len(history) < 3 or accuracies.max() > accuracies[best] + 1e-6):
            sizes = [output[:, 0].numel() for output in history[0].logits]
            parts = zip(chosen.split(sizes), history[0].logits, strict=True)
            return [part.reshape(output[:, 0].shape) for part, output in parts]
    return None
