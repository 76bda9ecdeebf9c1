"""Written from the handout, step by step."""

import numpy as np
import torch


def _np(x):
    return (x.detach().cpu().numpy() if isinstance(x, torch.Tensor) else np.asarray(x)).reshape(-1).astype(np.int64)


def confusion_matrix(prediction, target, num_classes):
    p, t = _np(prediction), _np(target)
    return np.bincount(t * num_classes + p, minlength=num_classes**2).reshape(num_classes, num_classes).astype(np.int64)


def pixel_accuracy(prediction, target):
    return float((_np(prediction) == _np(target)).mean())


def iou(prediction, target, num_classes):
    m = confusion_matrix(prediction, target, num_classes).astype(np.float64)
    inter = np.diag(m)
    union = m.sum(0) + m.sum(1) - inter
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(union > 0, inter / union, np.nan)


def dice(prediction, target, num_classes):
    m = confusion_matrix(prediction, target, num_classes).astype(np.float64)
    both = m.sum(0) + m.sum(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(both > 0, 2 * np.diag(m) / both, np.nan)
