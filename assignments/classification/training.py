"""Training a classifier, and finding out how good it is."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader


def train_one_epoch(
    model: nn.Module,
    loader: DataLoader,
    criterion: Callable[[Tensor, Tensor], Tensor],
    optimizer: torch.optim.Optimizer,
    device: torch.device | str,
) -> float:
    """One pass over the loader, with one step of `optimizer` per batch.

    The model works in training mode, except for frozen batch norm (see `transfer.set_train_mode`).

    Args:
        loader: batches of images `(B, C, H, W)` and integer labels `(B,)` or `(B, 1)`.
        criterion: from logits `(B, num_classes)` and int64 labels `(B,)` to the batch's mean loss.
        device: where model and batches are sent.

    Returns:
        The mean loss per sample over the epoch: a batch of two counts half as much as a batch of four.
    """
    raise NotImplementedError("train_one_epoch: not written yet")


def predict(model: nn.Module, loader: DataLoader, device: torch.device | str) -> Tensor:
    """Class probabilities, in evaluation mode and without gradients.

    Every submodule has its own mode back when the function returns.

    Args:
        loader: batches of images and labels; the labels are not used.

    Returns:
        float32 `(N, num_classes)` on the CPU, one row per image in the loader's order; each row sums to one.
    """
    raise NotImplementedError("predict: not written yet")


def accuracy(scores: np.ndarray | Tensor, labels: np.ndarray | Tensor) -> float:
    """The share, from 0 to 1, of rows whose largest score is at the label.

    Args:
        scores: `(N, num_classes)`, probabilities or logits.
        labels: integers of any type, `(N,)` or `(N, 1)`.
    """
    raise NotImplementedError("accuracy: not written yet")


def fit(
    model: nn.Module,
    train_loader: DataLoader,
    val_loader: DataLoader,
    epochs: int,
    device: torch.device | str,
    lr: float = 0.001,
    momentum: float = 0.9,
) -> list[dict[str, float]]:
    """Trains the trainable part of a model and leaves it as it was in its best epoch.

    One optimiser, as `transfer.make_optimizer` builds it, serves all epochs; the loss is the cross-entropy of the
    logits. The best epoch is the one with the highest validation accuracy, the earliest of them on ties. On return
    the model holds that epoch's parameters and buffers. What was frozen stays frozen.

    Returns:
        One dict per epoch with `train_loss`, and `val_loss` and `val_accuracy` after that epoch; losses are means per
        sample. No epochs give an empty list.
    """
    raise NotImplementedError("fit: not written yet")
