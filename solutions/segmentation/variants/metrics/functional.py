"""Written from the handout, in small functions."""

import numpy as np
from sklearn import metrics as sk


def _flat(x):
    return np.array(x.tolist() if hasattr(x, "tolist") else x, dtype=np.int64).ravel()


def confusion_matrix(prediction, target, num_classes):
    return np.asarray(sk.confusion_matrix(_flat(target), _flat(prediction), labels=list(range(num_classes))), dtype=np.int64)


def pixel_accuracy(prediction, target):
    return float(np.mean(np.equal(_flat(prediction), _flat(target))))


def _ratio(prediction, target, num_classes, f):
    p, t = _flat(prediction), _flat(target)
    out = []
    for c in range(num_classes):
        a, b = p == c, t == c
        out.append(f(a, b) if a.any() or b.any() else np.nan)
    return np.array(out, dtype=np.float64)


def iou(prediction, target, num_classes):
    return _ratio(prediction, target, num_classes, lambda a, b: (a & b).sum() / (a | b).sum())


def dice(prediction, target, num_classes):
    return _ratio(prediction, target, num_classes, lambda a, b: 2 * (a & b).sum() / (a.sum() + b.sum()))
