"""How well class maps agree, pixel by pixel and class by class.

A prediction and a target are integer class maps of the same shape, whatever that is: tensors or arrays of any integer
type, one of each if need be. All pixels are pooled: a batch `(B, H, W)` counts as one large image. Nothing is modified,
and where an array is returned, it may be a tensor.
"""

import numpy as np
import torch
from torch import Tensor

Map = np.ndarray | Tensor


def confusion_matrix(prediction: Map, target: Map, num_classes: int) -> Map:
    """How many pixels of each class were given each class.

    Returns:
        int64 `(num_classes, num_classes)`: entry (i, j) counts the pixels of target i that were predicted as j.
    """
    ### BEGIN SOLUTION
    rows, columns = (torch.as_tensor(x).to(torch.int64).reshape(-1) for x in (target, prediction))
    return torch.bincount(rows * num_classes + columns, minlength=num_classes**2).reshape(num_classes, num_classes)
    ### END SOLUTION


def pixel_accuracy(prediction: Map, target: Map) -> float:
    """The share of pixels whose class is right."""
    ### BEGIN SOLUTION
    return float(np.mean(np.asarray(prediction) == np.asarray(target)))
    ### END SOLUTION


def iou(prediction: Map, target: Map, num_classes: int) -> Map:
    """Intersection over union of each class: |P ∩ T| / |P ∪ T|, of the pixels predicted as it and those that are it.

    Returns:
        float64 `(num_classes,)`; NaN for a class that is in neither map, 0 for one that is in only one of them.
    """
    ### BEGIN SOLUTION
    matrix = confusion_matrix(prediction, target, num_classes).to(torch.float64)
    both = matrix.diagonal()
    return both / (matrix.sum(0) + matrix.sum(1) - both)
    ### END SOLUTION


def dice(prediction: Map, target: Map, num_classes: int) -> Map:
    """Dice coefficient of each class: 2 |P ∩ T| / (|P| + |T|), of the pixels predicted as it and those that are it.

    Returns:
        float64 `(num_classes,)`; NaN for a class that is in neither map, 0 for one that is in only one of them.
    """
    ### BEGIN SOLUTION
    matrix = confusion_matrix(prediction, target, num_classes).to(torch.float64)
    return 2 * matrix.diagonal() / (matrix.sum(0) + matrix.sum(1))
    ### END SOLUTION
