"""Every step spelled out, torchvision's names, a Dataset of its own, relative imports."""

import numpy as np
import torch
import torch.nn as nn

from .transfer import make_optimizer, set_train_mode


def train_one_epoch(model, loader, criterion, optimizer, device):
    """One pass over the loader; returns the mean loss per sample."""
    model.to(device)
    set_train_mode(model)

    total_loss = 0.0
    number_of_samples = 0
    for images, labels in loader:
        images = images.to(device)
        labels = labels.to(device).view(-1).to(torch.int64)

        optimizer.zero_grad()
        logits = model(images)
        loss = criterion(logits, labels)
        loss.backward()
        optimizer.step()

        batch_size = labels.size(0)
        total_loss += loss.item() * batch_size
        number_of_samples += batch_size

    return total_loss / number_of_samples


def predict(model, loader, device):
    """Class probabilities of every sample, in the order of the loader."""
    model.to(device)
    modes = []
    for module in model.modules():
        modes.append(module.training)
    model.eval()

    probabilities = []
    with torch.no_grad():
        for images, _ in loader:
            logits = model(images.to(device))
            probabilities.append(torch.softmax(logits.float(), dim=1).cpu())

    for module, mode in zip(model.modules(), modes):
        module.training = mode
    return torch.cat(probabilities, dim=0)


def accuracy(scores, labels):
    """Share of the rows whose largest score is at the label."""
    scores = torch.as_tensor(np.asarray(scores))
    labels = torch.as_tensor(np.asarray(labels).astype(np.int64)).view(-1)
    predicted = scores.argmax(dim=1)
    correct = (predicted == labels).sum().item()
    return correct / len(labels)


def _validate(model, loader, device):
    """Mean cross-entropy per sample and accuracy."""
    criterion = nn.CrossEntropyLoss(reduction="sum")
    modes = [module.training for module in model.modules()]
    model.eval()
    loss_sum = 0.0
    correct = 0
    count = 0
    with torch.no_grad():
        for images, labels in loader:
            images = images.to(device)
            labels = labels.to(device).view(-1).to(torch.int64)
            logits = model(images)
            loss_sum += criterion(logits, labels).item()
            correct += (logits.argmax(dim=1) == labels).sum().item()
            count += labels.size(0)
    for module, mode in zip(model.modules(), modes):
        module.training = mode
    return loss_sum / count, correct / count


def fit(model, train_loader, val_loader, epochs, device, lr=0.001, momentum=0.9):
    """Train and leave the best epoch (by validation accuracy) in the model."""
    model.to(device)
    criterion = nn.CrossEntropyLoss()
    optimizer = make_optimizer(model, lr=lr, momentum=momentum)

    history = []
    best_accuracy = float("-inf")
    best_state = None
    for epoch in range(epochs):
        train_loss = train_one_epoch(model, train_loader, criterion, optimizer, device)
        val_loss, val_accuracy = _validate(model, val_loader, device)
        history.append(
            {
                "epoch": epoch + 1,
                "train_loss": train_loss,
                "val_loss": val_loss,
                "val_accuracy": val_accuracy,
            }
        )
        if val_accuracy > best_accuracy:
            best_accuracy = val_accuracy
            best_state = {}
            for key, value in model.state_dict().items():
                best_state[key] = value.detach().clone()

    if best_state is not None:
        model.load_state_dict(best_state)
    return history
