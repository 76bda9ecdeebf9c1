"""One-hot vectors and Einstein sums."""

import numpy as np
import torch
import torch.nn.functional as F


def _hot(m, k):
    return F.one_hot(torch.as_tensor(np.asarray(m).astype("int64")).flatten(), k)


def confusion_matrix(prediction, target, num_classes):
    return torch.einsum("ni,nj->ij", _hot(target, num_classes), _hot(prediction, num_classes))


def pixel_accuracy(prediction, target):
    return np.float64(np.equal(np.asarray(prediction), np.asarray(target)).mean())


def dice(prediction, target, num_classes):
    p, t = _hot(prediction, num_classes).double(), _hot(target, num_classes).double()
    return (p * t).sum(0) * 2 / (p + t).sum(0)


def iou(prediction, target, num_classes):
    d = dice(prediction, target, num_classes)
    return d / (2 - d)
