"""torch throughout."""

import numpy as np
import torch


def confusion_matrix(prediction, target, num_classes):
    p = torch.as_tensor(prediction).reshape(-1).long()
    t = torch.as_tensor(target).reshape(-1).long()
    return torch.bincount(t * num_classes + p, minlength=num_classes ** 2).reshape(num_classes, num_classes)


def pixel_accuracy(prediction, target):
    p = torch.as_tensor(prediction)
    t = torch.as_tensor(target)
    return (p == t).double().mean().item()


def iou(prediction, target, num_classes):
    m = confusion_matrix(prediction, target, num_classes).double()
    inter = m.diag()
    union = m.sum(0) + m.sum(1) - inter
    return inter / union


def dice(prediction, target, num_classes):
    m = confusion_matrix(prediction, target, num_classes).double()
    return 2 * m.diag() / (m.sum(0) + m.sum(1))
