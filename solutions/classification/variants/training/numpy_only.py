"""NumPy wherever possible: look-up tables, softmax, log-sum-exp, accuracy; validates in two passes."""

import numpy as np
import torch

import transfer


def train_one_epoch(model, loader, criterion, optimizer, device):
    model.to(device)
    transfer.set_train_mode(model)
    record = []
    for x, y in loader:
        y = torch.as_tensor(np.asarray(y).astype(np.int64).ravel()).to(device)
        optimizer.zero_grad()
        loss = criterion(model(x.to(device)), y)
        loss.backward()
        optimizer.step()
        record.append((loss.item(), len(y)))
    losses, sizes = np.array(record).T
    return float(np.average(losses, weights=sizes))


def _forward(model, loader, device):
    """Logits and labels of one pass, as arrays."""
    model.to(device)
    mods = list(model.modules())
    modes = np.array([m.training for m in mods])
    model.eval()
    z, y = [], []
    with torch.no_grad():
        for images, labels in loader:
            z.append(model(images.to(device)).cpu().double().numpy())
            y.append(np.asarray(labels).astype(np.int64).ravel())
    for m, on in zip(mods, modes.tolist()):
        m.training = on
    return np.concatenate(z), np.concatenate(y)


def _cross_entropy(z, y):
    top = z.max(axis=1)
    return float(np.mean(top + np.log(np.exp(z - top[:, None]).sum(axis=1)) - z[np.arange(len(y)), y]))


def predict(model, loader, device):
    z, _ = _forward(model, loader, device)
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return torch.from_numpy((e / e.sum(axis=1, keepdims=True)).astype(np.float32))


def accuracy(scores, labels):
    return np.equal(np.argmax(np.asarray(scores), 1), np.ravel(np.asarray(labels))).mean().item()


def fit(model, train_loader, val_loader, epochs, device, lr=0.001, momentum=0.9):
    model.to(device)
    optimizer = transfer.make_optimizer(model, lr, momentum)
    history, best, saved = [], -np.inf, None
    for _ in range(epochs):
        train_loss = train_one_epoch(model, train_loader, torch.nn.CrossEntropyLoss(), optimizer, device)
        val_loss = _cross_entropy(*_forward(model, val_loader, device))
        val_accuracy = accuracy(*_forward(model, val_loader, device))
        history.append({"train_loss": train_loss, "val_loss": val_loss, "val_accuracy": val_accuracy})
        if history[-1]["val_accuracy"] > best:
            best = history[-1]["val_accuracy"]
            saved = {k: v.cpu().numpy().copy() for k, v in model.state_dict().items()}
    if saved is not None:
        model.load_state_dict({k: torch.as_tensor(v) for k, v in saved.items()})
    return history
