"""One-liners and nested containers; siblings imported absolutely."""

from copy import deepcopy
import numpy as np
import torch
from torch.nn.functional import cross_entropy
from transfer import make_optimizer, set_train_mode


def train_one_epoch(model, loader, criterion, optimizer, device):
    model.to(device)
    set_train_mode(model)
    s = n = 0
    for x, y in loader:
        y = y.reshape(-1).long().to(device)
        loss = criterion(model(x.to(device)), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        s, n = s + loss.item() * len(y), n + len(y)
    return s / n


@torch.no_grad()
def _logits(model, loader, device):
    model.to(device)
    modes = {m: m.training for m in model.modules()}
    model.eval()
    z, y = zip(*[(model(x.to(device)).cpu(), y) for x, y in loader])
    for m in modes: m.training = modes[m]
    return torch.cat(z), torch.cat([v.reshape(-1).long() for v in y])


def predict(model, loader, device):
    return _logits(model, loader, device)[0].float().softmax(1)


def accuracy(scores, labels):
    s, y = np.asarray(scores), np.asarray(labels).ravel()
    return float((s.argmax(1) == y).mean())


def fit(model, train_loader, val_loader, epochs, device, lr=0.001, momentum=0.9):
    model.to(device)
    opt, history, top, best = make_optimizer(model, lr, momentum), [], -1, None
    for _ in range(epochs):
        t = train_one_epoch(model, train_loader, cross_entropy, opt, device)
        z, y = _logits(model, val_loader, device)
        a = accuracy(z, y)
        history.append(dict(train_loss=t, val_loss=cross_entropy(z, y).item(), val_accuracy=a))
        if a > top: top, best = a, deepcopy(model.state_dict())
    if best: model.load_state_dict(best)
    return history
