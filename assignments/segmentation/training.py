"""Training a segmentation network, and finding out how good it is."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

Loss = Callable[[Tensor, Tensor], Tensor]


def class_weights(masks: Sequence[Tensor | np.ndarray], num_classes: int) -> Tensor:
    """Weights for the cross-entropy, by which a rare class counts as much as a frequent one.

    A class weighs in inverse proportion to its number of pixels in all masks together. The mean over the classes that
    are present is 1; a class that is absent weighs 0.

    Args:
        masks: class maps of any integer type, whose sizes may differ.

    Returns:
        float32 `(num_classes,)`.
    """
    raise NotImplementedError("class_weights: not written yet")


def train_one_epoch(
    model: nn.Module,
    loader: DataLoader,
    criterion: Loss,
    optimizer: torch.optim.Optimizer,
    device: torch.device | str,
) -> float:
    """One pass over the loader in training mode, with one step of `optimizer` per batch.

    Args:
        loader: batches of float32 images `(B, 3, H, W)` and int64 masks `(B, H, W)`.
        criterion: from logits `(B, num_classes, H, W)` and masks `(B, H, W)` to the batch's mean loss per pixel.
        device: where model and batches are sent.

    Returns:
        The mean loss per pixel over the epoch: a batch with half as many pixels counts half as much.
    """
    raise NotImplementedError("train_one_epoch: not written yet")


def evaluate(
    model: nn.Module,
    loader: DataLoader,
    device: torch.device | str,
    num_classes: int,
    criterion: Loss | None = None,
) -> dict[str, Any]:
    """How good a model is on all pixels of a loader together.

    Works in evaluation mode and without gradients; afterwards every submodule is in the mode it was in before.

    Args:
        loader, criterion, device: as in `train_one_epoch`; without a criterion, the cross-entropy.

    Returns:
        `loss`, the mean per pixel, and `accuracy`, the share of pixels that are right, as floats; `iou`, one float per
        class in a list, NaN for a class that is neither predicted nor there.
    """
    raise NotImplementedError("evaluate: not written yet")


def fit(
    model: nn.Module,
    train_loader: DataLoader,
    val_loader: DataLoader,
    epochs: int,
    device: torch.device | str,
    lr: float = 0.001,
    weights: Tensor | None = None,
    scheduler: Callable[[torch.optim.Optimizer], Any] | None = None,
) -> list[dict[str, float]]:
    """Trains the trainable part of a model with Adam and leaves it as it was in its best epoch.

    The best epoch is the one with the lowest validation loss, the earliest of them on ties; NaN is never best. On
    return the model holds that epoch's parameters and buffers. What was frozen stays frozen.

    Args:
        weights: `(num_classes,)`, the class weights of the cross-entropy in training and in validation.
        scheduler: from the optimiser to a learning-rate scheduler, whose `step()` is called once per epoch, after its
            training.

    Returns:
        One dict per epoch with `train_loss`, and `val_loss` and `val_accuracy` after that epoch. No epochs give an
        empty list.
    """
    raise NotImplementedError("fit: not written yet")


def segment(model: nn.Module, image: Tensor, device: torch.device | str) -> Tensor:
    """The class map of one image.

    The model gets the image as it is, in a batch of one; it works in evaluation mode and without gradients, and every
    submodule is in its own mode afterwards.

    Args:
        image: float `(3, H, W)`.

    Returns:
        int64 `(H, W)` on the CPU: at every pixel the class with the largest logit.
    """
    raise NotImplementedError("segment: not written yet")
