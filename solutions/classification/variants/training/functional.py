"""Functions of torch.nn.functional and bare parameters; siblings' work repeated instead of imported."""

import contextlib
import functools
import itertools
import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


@contextlib.contextmanager
def _evaluating(model):
    flags = [(m, m.training) for m in model.modules()]
    model.eval()
    try:
        with torch.inference_mode():
            yield model
    finally:
        for m, flag in flags:
            m.training = flag


def _train_mode(model):
    model.train()
    for m in model.modules():
        grads = [p.requires_grad for p in m.parameters()]
        if isinstance(m, nn.modules.batchnorm._BatchNorm) and grads and not any(grads):
            m.eval()


def train_one_epoch(model, loader, criterion, optimizer, device):
    model.to(device)
    _train_mode(model)

    def step(sums, batch):
        x, y = batch[0].to(device), batch[1].to(device).flatten().long()
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        return sums[0] + loss.item() * x.shape[0], sums[1] + x.shape[0]

    total, count = functools.reduce(step, loader, (0.0, 0))
    return total / count


def predict(model, loader, device):
    model.to(device)
    with _evaluating(model):
        parts = [F.softmax(model(x.to(device)), dim=-1).cpu().float() for x, _ in loader]
    return torch.cat([p.clone() for p in parts])


def accuracy(scores, labels):
    winners = np.argmax(np.asarray(scores), axis=1)
    return float(np.mean(winners == np.asarray(labels).reshape(len(winners))))


def fit(model, train_loader, val_loader, epochs, device, lr=0.001, momentum=0.9):
    model.to(device)
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=lr, momentum=momentum)
    tensors = lambda: itertools.chain(model.parameters(), model.buffers())
    best, kept, history = -math.inf, None, []
    for _ in range(epochs):
        train_loss = train_one_epoch(model, train_loader, F.cross_entropy, optimizer, device)
        loss, right, n = 0.0, 0, 0
        with _evaluating(model):
            for x, y in val_loader:
                z, y = model(x.to(device)).double(), y.to(device).flatten().long()
                loss += (z.logsumexp(1) - z.gather(1, y[:, None])[:, 0]).sum().item()
                right += (z.argmax(1) == y).sum().item()
                n += len(y)
        history.append({"train_loss": train_loss, "val_loss": loss / n, "val_accuracy": right / n})
        if right / n > best:
            best, kept = right / n, [t.detach().clone() for t in tensors()]
    if kept is not None:
        with torch.no_grad():
            for t, k in zip(tensors(), kept):
                t.copy_(k)
    return history
