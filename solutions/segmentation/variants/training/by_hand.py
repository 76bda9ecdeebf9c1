"""Written from the handout, step by step."""

import copy
import math

import torch
import torch.nn.functional as F
from torch import nn

from metrics import confusion_matrix


def class_weights(masks, num_classes):
    counts = torch.zeros(num_classes, dtype=torch.float64)
    for mask in masks:
        counts += torch.bincount(torch.as_tensor(mask).reshape(-1).long(), minlength=num_classes)
    inverse = torch.where(counts > 0, counts.sum() / counts, torch.zeros_like(counts))
    return (inverse / inverse[counts > 0].mean()).float()


def train_one_epoch(model, loader, criterion, optimizer, device):
    model.to(device)
    model.train()
    total, pixels = 0.0, 0
    for images, masks in loader:
        images, masks = images.to(device), masks.to(device)
        optimizer.zero_grad()
        loss = criterion(model(images), masks)
        loss.backward()
        optimizer.step()
        total += loss.item() * masks.numel()
        pixels += masks.numel()
    return total / pixels


def evaluate(model, loader, device, num_classes, criterion=None):
    criterion = criterion or nn.CrossEntropyLoss()
    modes = [(m, m.training) for m in model.modules()]
    model.to(device)
    model.eval()
    total, pixels = 0.0, 0
    matrix = 0
    with torch.no_grad():
        for images, masks in loader:
            images, masks = images.to(device), masks.to(device)
            logits = model(images)
            total += criterion(logits, masks).item() * masks.numel()
            pixels += masks.numel()
            matrix = matrix + confusion_matrix(logits.argmax(1).cpu(), masks.cpu(), num_classes)
    for m, mode in modes:
        m.training = mode
    inter = matrix.diagonal()
    union = matrix.sum(0) + matrix.sum(1) - inter
    return {
        "loss": total / pixels,
        "accuracy": float(inter.sum() / matrix.sum()),
        "iou": [float(i / u) if u else float("nan") for i, u in zip(inter, union)],
    }


def fit(model, train_loader, val_loader, epochs, device, lr=0.001, weights=None, scheduler=None):
    model.to(device)
    criterion = nn.CrossEntropyLoss(weight=None if weights is None else torch.as_tensor(weights).to(device))
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    schedule = scheduler(optimizer) if scheduler is not None else None
    history, best, best_state = [], math.inf, None
    for _ in range(epochs):
        loss = train_one_epoch(model, train_loader, criterion, optimizer, device)
        if schedule is not None:
            schedule.step()
        result = evaluate(model, val_loader, device, 4 if weights is None else len(weights), criterion) if False else _validate(model, val_loader, device, criterion)
        history.append({"train_loss": loss, "val_loss": result[0], "val_accuracy": result[1]})
        if result[0] < best:
            best, best_state = result[0], copy.deepcopy(model.state_dict())
    if best_state is not None:
        model.load_state_dict(best_state)
    return history


def _validate(model, loader, device, criterion):
    modes = [(m, m.training) for m in model.modules()]
    model.eval()
    total, right, pixels = 0.0, 0, 0
    with torch.no_grad():
        for images, masks in loader:
            images, masks = images.to(device), masks.to(device)
            logits = model(images)
            total += criterion(logits, masks).item() * masks.numel()
            right += (logits.argmax(1) == masks).sum().item()
            pixels += masks.numel()
    for m, mode in modes:
        m.training = mode
    return total / pixels, right / pixels


def segment(model, image, device):
    modes = [(m, m.training) for m in model.modules()]
    model.to(device)
    model.eval()
    with torch.no_grad():
        out = model(image[None].to(device)).argmax(1)[0].cpu()
    for m, mode in modes:
        m.training = mode
    return out
