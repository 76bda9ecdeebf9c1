"""No sibling is imported; inference mode, closures, cloned state, sums as tensors."""

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.modules.batchnorm import _BatchNorm


def _enter_training(model):
    for m in model.modules():
        own = list(m.parameters()) if isinstance(m, _BatchNorm) else []
        m.training = not own or any(p.requires_grad for p in own)


def train_one_epoch(model, loader, criterion, optimizer, device):
    model = model.to(device)
    _enter_training(model)
    losses, sizes = [], []
    for batch in loader:
        x, y = (part.to(device) for part in batch)
        y = y.view(len(x)).type(torch.int64)

        def closure():
            optimizer.zero_grad(set_to_none=False)
            loss = criterion(model(x), y)
            loss.backward()
            return loss

        losses.append(optimizer.step(closure).detach())
        sizes.append(len(x))
    losses, sizes = torch.stack(losses).cpu(), torch.tensor(sizes)
    return float((losses * sizes).sum() / sizes.sum())


class evaluating:
    def __init__(self, model):
        self.before = [(m, m.training) for m in model.modules()]
        self.model = model

    def __enter__(self):
        self.model.eval()
        self.guard = torch.inference_mode()
        self.guard.__enter__()

    def __exit__(self, *error):
        self.guard.__exit__(*error)
        for m, training in self.before:
            m.training = training


def predict(model, loader, device):
    model.to(device)
    with evaluating(model):
        rows = [F.softmax(model(x.to(device)), -1).float().cpu() for x, *_ in loader]
        return torch.vstack(rows)


def accuracy(scores, labels):
    scores, labels = torch.as_tensor(scores), torch.as_tensor(labels).view(-1).long()
    right = 0
    for row, label in zip(scores, labels):
        right += int(torch.argmax(row)) == int(label)
    return right / len(labels)


def fit(model, train_loader, val_loader, epochs, device, lr=0.001, momentum=0.9):
    model.to(device)
    optimizer = torch.optim.SGD(filter(lambda p: p.requires_grad, model.parameters()), lr, momentum=momentum)
    history, kept = [], None
    for epoch in range(epochs):
        loss = train_one_epoch(model, train_loader, nn.CrossEntropyLoss(), optimizer, device)
        total = right = n = 0
        with evaluating(model):
            for x, y in val_loader:
                x, y = x.to(device), y.to(device).reshape(-1).long()
                logits = model(x)
                total += F.cross_entropy(logits, y, reduction="sum").item()
                right += (logits.argmax(-1) == y).sum().item()
                n += y.numel()
        history.append(dict(epoch=epoch, train_loss=loss, val_loss=total / n, val_accuracy=right / n))
        if kept is None or right / n > kept[0]:
            kept = right / n, {k: v.detach().cpu().clone() for k, v in model.state_dict().items()}
    if kept is not None:
        model.load_state_dict(kept[1])
    return history
