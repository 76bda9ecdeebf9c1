"""Gradients come from torch.func."""

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from metrics import iou, pixel_accuracy
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
    counts = torch.zeros(num_classes, dtype=torch.float64)
    for mask in masks:
        labels = torch.from_numpy(np.array(mask, dtype=np.int64)).flatten()
        counts += torch.bincount(labels, minlength=num_classes)
    present = counts > 0
    weights = torch.where(present, 1 / counts.clamp(min=1), 0)
    return (weights / weights[present].mean()).float()


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
    model.to(device)
    model.train()
    total, pixels = 0.0, 0
    for images, masks in loader:
        images, masks = images.to(device), masks.to(device)
        optimizer.zero_grad()
        loss = _backward(model, lambda run, x=images, y=masks: criterion(run(x), y))
        optimizer.step()
        total += loss.item() * masks.numel()
        pixels += masks.numel()
    return total / pixels


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
    loss, predicted, masks = _loss_and_classes(model, loader, criterion or nn.CrossEntropyLoss(), device)
    per_class = iou(predicted, masks, num_classes)
    return {"loss": loss, "accuracy": pixel_accuracy(predicted, masks), "iou": per_class.tolist()}


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
    model.to(device)
    criterion = nn.CrossEntropyLoss(weight=None if weights is None else weights.to(device))
    optimizer = torch.optim.Adam((p for p in model.parameters() if p.requires_grad), lr=lr)
    schedule = scheduler(optimizer) if scheduler is not None else None
    history: list[dict[str, float]] = []
    best_loss, best_state = float("inf"), None
    for _ in range(epochs):
        train_loss = train_one_epoch(model, train_loader, criterion, optimizer, device)
        if schedule is not None:
            schedule.step()
        val_loss, predicted, masks = _loss_and_classes(model, val_loader, criterion, device)
        accuracy = pixel_accuracy(predicted, masks)
        history.append({"train_loss": train_loss, "val_loss": val_loss, "val_accuracy": accuracy})
        if val_loss < best_loss:
            best_loss, best_state = val_loss, copy.deepcopy(model.state_dict())  # it would change otherwise
    if best_state is not None:
        model.load_state_dict(best_state)
    return history


def segment(model: nn.Module, image: Tensor, device: torch.device | str) -> Tensor:
    """The class map of one image.

    The model gets the image as it is, in a batch of one; it works in evaluation mode and without gradients, and every
    submodule is in its own mode afterwards.

    Args:
        image: float `(3, H, W)`.

    Returns:
        int64 `(H, W)` on the CPU: at every pixel the class with the largest logit.
    """
    model.to(device)
    with _evaluation(model):
        logits = model(image.to(device).unsqueeze(0))  # (1, num_classes, H, W)
    return logits.argmax(1).squeeze(0).cpu()


def _loss_and_classes(
    model: nn.Module, loader: DataLoader, criterion: Loss, device: torch.device | str
) -> tuple[float, Tensor, Tensor]:
    """The mean loss per pixel; the class predicted and the true one at every pixel of a loader, flat, on the CPU."""
    model.to(device)
    total, predicted, true = 0.0, [], []
    with _evaluation(model):
        for images, masks in loader:
            images, masks = images.to(device), masks.to(device)
            logits = model(images)  # (B, num_classes, H, W)
            total += criterion(logits, masks).item() * masks.numel()
            predicted.append(logits.argmax(1).flatten().cpu())
            true.append(masks.flatten().cpu())
    true = torch.cat(true)
    return total / len(true), torch.cat(predicted), true


@contextmanager
def _evaluation(model: nn.Module) -> Iterator[None]:
    """Evaluation mode without gradients; every submodule gets its own mode back."""
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for module, mode in modes.items():
            module.training = mode


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
