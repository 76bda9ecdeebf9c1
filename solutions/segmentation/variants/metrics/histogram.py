"""NumPy's two-dimensional histogram, and scikit-learn."""

import numpy as np
from sklearn.metrics import jaccard_score


def _flat(x):
    return np.asarray(x).ravel().astype(np.int32)


def confusion_matrix(prediction, target, num_classes):
    edges = np.arange(num_classes + 1) - 0.5
    return np.histogram2d(_flat(target), _flat(prediction), bins=(edges, edges))[0].astype(np.int64)


def pixel_accuracy(prediction, target):
    m = np.count_nonzero(_flat(prediction) == _flat(target))
    return m / _flat(target).shape[0]


def iou(prediction, target, num_classes):
    p, t = _flat(prediction), _flat(target)
    out = np.full(num_classes, np.nan)
    here = np.union1d(p, t)
    out[here] = jaccard_score(t, p, labels=here, average=None, zero_division=0.0)
    return out


def dice(prediction, target, num_classes):
    j = iou(prediction, target, num_classes)
    return 2 * j / (1 + j)
