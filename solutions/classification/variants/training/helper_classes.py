"""Helper classes: meters, keepers of the best epoch, guards of modes, an Experiment."""

from __future__ import annotations

from typing import Iterable, Union

import numpy as np
import torch
from torch import Tensor, nn

from .transfer import make_optimizer, set_train_mode

Device = Union[str, torch.device]


class Mean:
    """Mean over samples of values that are means over batches."""

    def __init__(self) -> None:
        self.total, self.count = 0.0, 0

    def add(self, value: float, n: int) -> None:
        self.total += value * n
        self.count += n

    @property
    def value(self) -> float:
        return self.total / self.count


class EvalMode:
    def __init__(self, model: nn.Module) -> None:
        self.model = model

    def __enter__(self) -> nn.Module:
        self.modes = [(m, m.training) for m in self.model.modules()]
        self.grad = torch.no_grad()
        self.grad.__enter__()
        return self.model.eval()

    def __exit__(self, *details) -> None:
        self.grad.__exit__(*details)
        for module, mode in self.modes:
            module.training = mode


class BestKeeper:
    def __init__(self, model: nn.Module) -> None:
        self.model, self.score, self.state = model, float("-inf"), None

    def offer(self, score: float) -> None:
        if score > self.score:
            self.score = score
            self.state = {k: v.clone() for k, v in self.model.state_dict().items()}

    def restore(self) -> None:
        if self.state is not None:
            self.model.load_state_dict(self.state)


def _classes(labels: Tensor, device: Device) -> Tensor:
    return labels.to(device).reshape(-1).to(torch.int64)


def train_one_epoch(model: nn.Module, loader: Iterable, criterion: nn.Module, optimizer: torch.optim.Optimizer, device: Device) -> float:
    model.to(device)
    set_train_mode(model)
    mean = Mean()
    for images, labels in loader:
        labels = _classes(labels, device)

        def closure() -> Tensor:
            optimizer.zero_grad()
            loss = criterion(model(images.to(device)), labels)
            loss.backward()
            return loss

        mean.add(float(optimizer.step(closure)), len(labels))
    return mean.value


def predict(model: nn.Module, loader: Iterable, device: Device) -> Tensor:
    model.to(device)
    with EvalMode(model):
        return torch.cat([model(batch[0].to(device)).softmax(dim=1).to(torch.float32).cpu() for batch in loader])


def accuracy(scores, labels) -> float:
    winners = np.asarray(scores).argmax(axis=1)
    truth = np.asarray(labels).reshape(-1)
    return int((winners == truth).sum()) / len(truth)


class Trainer:
    def __init__(self, model: nn.Module, device: Device, lr: float, momentum: float) -> None:
        self.model, self.device = model.to(device), device
        self.criterion = nn.CrossEntropyLoss()
        self.optimizer = make_optimizer(model, lr, momentum)

    def train(self, loader: Iterable) -> float:
        return train_one_epoch(self.model, loader, self.criterion, self.optimizer, self.device)

    def validate(self, loader: Iterable) -> tuple[float, float]:
        loss, hits = Mean(), Mean()
        with EvalMode(self.model):
            for images, labels in loader:
                labels = _classes(labels, self.device)
                logits = self.model(images.to(self.device))
                loss.add(self.criterion(logits, labels).item(), len(labels))
                hits.add((logits.argmax(1) == labels).double().mean().item(), len(labels))
        return loss.value, hits.value


def fit(model: nn.Module, train_loader: Iterable, val_loader: Iterable, epochs: int, device: Device, lr: float = 0.001, momentum: float = 0.9) -> list[dict]:
    trainer, keeper, history = Trainer(model, device, lr, momentum), BestKeeper(model), []
    for _ in range(epochs):
        train_loss = trainer.train(train_loader)
        val_loss, val_accuracy = trainer.validate(val_loader)
        history.append({"train_loss": train_loss, "val_loss": val_loss, "val_accuracy": val_accuracy})
        keeper.offer(val_accuracy)
    keeper.restore()
    return history
