"""The best epoch is saved to a temporary file; progress bars."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

import os
import tempfile

from tqdm import tqdm

from transfer import make_optimizer, set_train_mode



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
    model.to(device)
    set_train_mode(model)
    total, samples = 0.0, 0
    for images, labels in loader:
        images, labels = images.to(device), labels.to(device).long().reshape(-1)
        optimizer.zero_grad()
        loss = criterion(model(images), labels)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(labels)
        samples += len(labels)
    return total / samples


def predict(model: nn.Module, loader: DataLoader, device: torch.device | str) -> Tensor:
    """Class probabilities, in evaluation mode and without gradients.

    Every submodule has its own mode back when the function returns.

    Args:
        loader: batches of images and labels; the labels are not used.

    Returns:
        float32 `(N, num_classes)` on the CPU, one row per image in the loader's order; each row sums to one.
    """
    logits, _ = _logits_and_labels(model, loader, device)
    return logits.softmax(dim=1)


def accuracy(scores: np.ndarray | Tensor, labels: np.ndarray | Tensor) -> float:
    """The share, from 0 to 1, of rows whose largest score is at the label.

    Args:
        scores: `(N, num_classes)`, probabilities or logits.
        labels: integers of any type, `(N,)` or `(N, 1)`.
    """
    predicted = torch.as_tensor(scores).argmax(dim=1)
    correct = predicted == torch.as_tensor(labels).to(torch.int64).reshape(-1)
    return correct.double().mean().item()


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
    model.to(device)
    optimizer = make_optimizer(model, lr, momentum)
    criterion = nn.CrossEntropyLoss()
    folder = tempfile.TemporaryDirectory()
    path = os.path.join(folder.name, "best.pt")
    history: list[dict[str, float]] = []
    best_accuracy = -1.0
    for _ in tqdm(range(epochs)):
        train_loss = train_one_epoch(model, train_loader, criterion, optimizer, device)
        logits, labels = _logits_and_labels(model, val_loader, device)
        val_accuracy = accuracy(logits, labels)
        history.append(
            {"train_loss": train_loss, "val_loss": criterion(logits, labels).item(), "val_accuracy": val_accuracy}
        )
        if val_accuracy > best_accuracy:
            best_accuracy = val_accuracy
            torch.save(model.state_dict(), path)
    if history:
        model.load_state_dict(torch.load(path, map_location=device, weights_only=True))
    folder.cleanup()
    return history


@torch.no_grad()
def _logits_and_labels(model: nn.Module, loader: DataLoader, device: torch.device | str) -> tuple[Tensor, Tensor]:
    """Logits `(N, num_classes)` and labels `(N,)` of a whole loader, on the CPU."""
    model.to(device)
    modes = {module: module.training for module in model.modules()}
    model.eval()
    logits, labels = [], []
    for images, targets in loader:
        logits.append(model(images.to(device)).cpu())
        labels.append(targets.cpu().long().reshape(-1))
    for module, mode in modes.items():
        module.training = mode
    return torch.cat(logits), torch.cat(labels)


