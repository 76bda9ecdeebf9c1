"""Loops of its own instead of the siblings'; the best model is a deep copy."""

import copy

import numpy as np
import torch
import torchvision
from torch import nn


def _batches(images, labels, size, order):
    x = torch.from_numpy(np.array(images)).permute(0, 3, 1, 2) / 127.5 - 1
    y = torch.from_numpy(np.array(labels)).long().view(-1)
    for rows in order.split(size):
        yield x[rows], y[rows]


@torch.no_grad()
def _evaluate(model, data, device):
    model.eval()
    loss = right = 0
    for x, y in _batches(*data, 64, torch.arange(len(data[0]))):
        x, y = x.to(device), y.to(device)
        out = model(x)
        loss += nn.functional.cross_entropy(out, y, reduction="sum").item()
        right += (out.argmax(1) == y).sum().item()
    return loss / len(data[0]), right / len(data[0])


def run_experiments(train, val, test, num_classes, state_dict, epochs, device, batch_size=128):
    results = {}
    for arm in ("scratch", "feature_extraction", "fine_tuning"):
        model = torchvision.models.resnet18()
        if arm != "scratch" and state_dict is not None:
            model.load_state_dict(state_dict)
        model.requires_grad_(arm != "feature_extraction")
        model.fc = nn.Linear(512, num_classes)
        model.to(device)
        optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], 0.001, 0.9)
        best, history = model, []
        for _ in range(epochs):
            model.train(arm != "feature_extraction")
            total = 0.0
            for x, y in _batches(*train, batch_size, torch.randperm(len(train[0]))):
                x, y = x.to(device), y.to(device)
                loss = nn.functional.cross_entropy(model(x), y)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                total += loss.item() * len(y)
            val_loss, val_accuracy = _evaluate(model, val, device)
            if not history or val_accuracy > max(entry["val_accuracy"] for entry in history):
                best = copy.deepcopy(model)
            history.append({"train_loss": total / len(train[0]), "val_loss": val_loss, "val_accuracy": val_accuracy})
        results[arm] = {"history": history, "test_accuracy": _evaluate(best, test, device)[1]}
    return results
