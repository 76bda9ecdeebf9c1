"""Keeps a deep copy of the whole model; gradients are cleared after the step; NumPy metrics."""

import copy

import numpy as np
import torch
from sklearn.metrics import accuracy_score

from .transfer import make_optimizer, set_train_mode


def train_one_epoch(model, loader, criterion, optimizer, device):
    device = torch.device(device)
    set_train_mode(model.to(device))
    weighted = []
    optimizer.zero_grad()
    for images, labels in loader:
        outputs = model(images.to(device))
        loss = criterion(outputs, labels.to(device, torch.long).flatten())
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        weighted.append((loss.item(), images.size(0)))
    values, counts = np.array(weighted).T
    return float(np.average(values, weights=counts))


def _forward(model, loader, device):
    model.to(device)
    before = {name: m.training for name, m in model.named_modules()}
    try:
        with torch.set_grad_enabled(False):
            model.train(False)
            pairs = [(model(x.to(device)).cpu().numpy(), y.numpy().reshape(-1)) for x, y in loader]
    finally:
        for name, m in model.named_modules():
            m.training = before[name]
    return tuple(np.concatenate(part) for part in zip(*pairs))


def predict(model, loader, device):
    logits, _ = _forward(model, loader, device)
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return torch.from_numpy(e / e.sum(axis=1, keepdims=True))


def accuracy(scores, labels):
    return float(accuracy_score(np.ravel(labels), np.argmax(np.asarray(scores), axis=1)))


def fit(model, train_loader, val_loader, epochs, device, lr=0.001, momentum=0.9):
    model.to(device)
    optimizer = make_optimizer(model, lr=lr, momentum=momentum)
    criterion = torch.nn.CrossEntropyLoss()
    history, best, best_accuracy = [], None, -np.inf
    for _ in range(epochs):
        entry = {"train_loss": train_one_epoch(model, train_loader, criterion, optimizer, device)}
        logits, labels = _forward(model, val_loader, device)
        shifted = logits - logits.max(axis=1, keepdims=True)
        log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        entry["val_loss"] = float(-log_probabilities[np.arange(len(labels)), labels.astype(int)].mean())
        entry["val_accuracy"] = accuracy(logits, labels)
        history.append(entry)
        if entry["val_accuracy"] > best_accuracy:
            best_accuracy, best = entry["val_accuracy"], copy.deepcopy(model)
    if best is not None:
        model.load_state_dict(best.state_dict())
    return history
