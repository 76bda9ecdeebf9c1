"""ModuleDict and ModuleList in scrambled order, a DataLoader subclass, imports inside functions."""

import copy

import torch


def train_one_epoch(model, loader, criterion, optimizer, device):
    from transfer import set_train_mode

    model.to(device)
    set_train_mode(model)
    losses, sizes = [], []
    for images, labels in loader:
        optimizer.zero_grad(set_to_none=True)
        labels = torch.flatten(labels.to(device)).to(torch.long)
        loss = criterion(model(images.to(device)), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        sizes.append(labels.numel())
    return sum(a * b for a, b in zip(losses, sizes)) / sum(sizes)


def _collect(model, loader, device):
    model.to(device)
    names_in_training = {name for name, m in model.named_modules() if m.training}
    model.eval()
    logits, labels = [], []
    with torch.no_grad():
        for x, y in loader:
            logits.append(model(x.to(device)).cpu())
            labels.append(torch.flatten(y).to(torch.long))
    for name, m in model.named_modules():
        m.training = name in names_in_training
    return torch.cat(logits), torch.cat(labels)


def predict(model, loader, device):
    logits, _ = _collect(model, loader, device)
    return torch.softmax(logits, 1).to(torch.float32)


def accuracy(scores, labels):
    scores, labels = torch.as_tensor(scores), torch.as_tensor(labels).to(torch.long)
    hits = scores.max(dim=1).indices.eq(labels.reshape(-1).to(scores.device))
    return hits.double().mean().item()


def fit(model, train_loader, val_loader, epochs, device, lr=0.001, momentum=0.9):
    from transfer import make_optimizer

    model.to(device)
    optimizer = make_optimizer(model, lr, momentum)
    criterion = torch.nn.CrossEntropyLoss()
    history, states = [], []
    for _ in range(epochs):
        row = {"train_loss": train_one_epoch(model, train_loader, criterion, optimizer, device)}
        logits, labels = _collect(model, val_loader, device)
        row["val_loss"] = criterion(logits, labels).item()
        row["val_accuracy"] = accuracy(logits, labels)
        if not history or row["val_accuracy"] > max(h["val_accuracy"] for h in history):
            states = [copy.deepcopy(model.state_dict())]
        history.append(row)
    for state in states:
        model.load_state_dict(state)
    return history
