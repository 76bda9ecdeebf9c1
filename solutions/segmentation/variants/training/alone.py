"""Everything by hand, without siblings."""

import torch
import torch.nn.functional as F

def class_weights(masks, num_classes):
    count = [0] * num_classes
    for m in masks:
        m = torch.as_tensor(m)
        for c in range(num_classes):
            count[c] += int((m == c).sum())
    total = sum(count)
    inv = [total / c if c else 0.0 for c in count]
    there = sum(c > 0 for c in count)
    return torch.tensor([there * i / sum(inv) for i in inv], dtype=torch.float32)

def train_one_epoch(model, loader, criterion, optimizer, device):
    model = model.to(device).train()
    losses, sizes = [], []
    for batch in loader:
        x, y = (t.to(device, non_blocking=True) for t in batch)
        loss = criterion(model(x), y)
        for p in model.parameters(): p.grad = None
        loss.backward()
        optimizer.step()
        losses.append(loss.detach().double().cpu()); sizes.append(y.numel())
    return (torch.stack(losses) @ torch.tensor(sizes).double() / sum(sizes)).item()

def evaluate(model, loader, device, num_classes, criterion=None):
    if criterion is None:
        criterion = F.cross_entropy
    model.to(device)
    was = [(m, m.training) for m in model.modules()]
    model.train(False)
    loss = right = n = 0
    inter, union = torch.zeros(num_classes), torch.zeros(num_classes)
    with torch.inference_mode():
        for x, y in loader:
            out = model(x.to(device)); y = y.to(device)
            loss += float(criterion(out, y)) * y.numel(); n += y.numel()
            p = out.softmax(1).argmax(dim=1)
            right += int((p == y).sum())
            for c in range(num_classes):
                inter[c] += ((p == c) & (y == c)).sum().cpu(); union[c] += ((p == c) | (y == c)).sum().cpu()
    for m, t in was: m.training = t
    return dict(loss=loss / n, accuracy=right / n, iou=[float(i) / float(u) if u else float("nan") for i, u in zip(inter, union)])

def fit(model, train_loader, val_loader, epochs, device, lr=0.001, weights=None, scheduler=None):
    model.to(device)
    if weights is not None: weights = weights.clone().to(device)
    def loss(x, y): return F.cross_entropy(x, y, weight=weights)
    opt = torch.optim.Adam(model.parameters(), lr)
    sched = scheduler(opt) if scheduler else None
    history, best = [], None
    for e in range(epochs):
        row = {"epoch": e, "train_loss": train_one_epoch(model, train_loader, loss, opt, device)}
        val = evaluate(model, val_loader, device, 1, loss)
        row.update(val_loss=val["loss"], val_accuracy=val["accuracy"])
        if sched: sched.step()
        if row["val_loss"] == row["val_loss"] and (best is None or row["val_loss"] < best[0]):
            best = (row["val_loss"], [t.detach().clone() for t in [*model.parameters(), *model.buffers()]])
        history.append(row)
    if best:
        with torch.no_grad():
            for t, b in zip([*model.parameters(), *model.buffers()], best[1]): t.copy_(b)
    return history

@torch.inference_mode()
def segment(model, image, device):
    model.to(device)
    modes = {n: m.training for n, m in model.named_modules()}
    try:
        return model.eval()(image[None].to(device))[0].max(0).indices.to("cpu")
    finally:
        for n, m in model.named_modules(): m.training = modes[n]
