"""Sets of pixel numbers."""

import numpy as np
import torch


def _arrays(prediction, target):
    as_np = lambda m: m.cpu().numpy() if isinstance(m, torch.Tensor) else np.array(m)
    return as_np(prediction).reshape(-1), as_np(target).reshape(-1)


def confusion_matrix(prediction, target, num_classes):
    p, t = _arrays(prediction, target)
    m = torch.zeros((num_classes, num_classes), dtype=torch.int64)
    np.add.at(m.numpy(), (t.astype(int), p.astype(int)), 1)
    return m


def pixel_accuracy(prediction, target):
    p, t = _arrays(prediction, target)
    return float(np.float32((p == t).sum()) / np.float32(t.size))


def iou(prediction, target, num_classes):
    p, t = _arrays(prediction, target)
    out = torch.full((num_classes,), torch.nan, dtype=torch.float64)
    for c in range(num_classes):
        a, b = set(np.flatnonzero(p == c).tolist()), set(np.flatnonzero(t == c).tolist())
        if a | b:
            out[c] = len(a & b) / len(a | b)
    return out


def dice(prediction, target, num_classes):
    with np.errstate(all="ignore"):
        m = confusion_matrix(prediction, target, num_classes).numpy()
        tp = np.diag(m).astype(float)
        return np.divide(2 * tp, 2 * tp + (m.sum(0) - tp) + (m.sum(1) - tp))
