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
    raise NotImplementedError("confusion_matrix: not written yet")


def pixel_accuracy(prediction: Map, target: Map) -> float:
    """The share of pixels whose class is right."""
    raise NotImplementedError("pixel_accuracy: not written yet")


def iou(prediction: Map, target: Map, num_classes: int) -> Map:
    """Intersection over union of each class: |P ∩ T| / |P ∪ T|, of the pixels predicted as it and those that are it.

    Returns:
        float64 `(num_classes,)`; NaN for a class that is in neither map, 0 for one that is in only one of them.
    """
    raise NotImplementedError("iou: not written yet")


def dice(prediction: Map, target: Map, num_classes: int) -> Map:
    """Dice coefficient of each class: 2 |P ∩ T| / (|P| + |T|), of the pixels predicted as it and those that are it.

    Returns:
        float64 `(num_classes,)`; NaN for a class that is in neither map, 0 for one that is in only one of them.
    """
    raise NotImplementedError("dice: not written yet")
