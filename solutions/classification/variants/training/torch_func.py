"""Gradients come from torch.func."""

import copy
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader
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
        loss = _backward(model, lambda run, x=images, y=labels: criterion(run(x), y))
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
    history: list[dict[str, float]] = []
    best_accuracy, best_state = -1.0, model.state_dict()
    for _ in range(epochs):
        train_loss = train_one_epoch(model, train_loader, criterion, optimizer, device)
        logits, labels = _logits_and_labels(model, val_loader, device)
        val_accuracy = accuracy(logits, labels)
        history.append(
            {"train_loss": train_loss, "val_loss": criterion(logits, labels).item(), "val_accuracy": val_accuracy}
        )
        if val_accuracy > best_accuracy:
            best_accuracy, best_state = val_accuracy, copy.deepcopy(model.state_dict())  # it would change otherwise
    model.load_state_dict(best_state)
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


def _backward(model, objective):
    """Gradients by torch.func, put where the optimiser looks for them."""
    free = {name: p for name, p in model.named_parameters() if p.requires_grad}

    def loss(values):
        buffers = {name: b.clone() for name, b in model.named_buffers()}
        value = objective(lambda *args: torch.func.functional_call(model, {**values, **buffers}, args))
        return value, buffers

    gradients, (value, buffers) = torch.func.grad_and_value(loss, has_aux=True)(
        {n: p.detach() for n, p in free.items()}
    )
    for name, gradient in gradients.items():
        free[name].grad = gradient
    for name, buffer in model.named_buffers():
        buffer.copy_(buffers[name])
    return value
