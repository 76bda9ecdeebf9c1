"""Three ways to the same classifier: from scratch, on frozen features, and by fine-tuning everything."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

Split = tuple[np.ndarray, np.ndarray]


def run_experiments(
    train: Split,
    val: Split,
    test: Split,
    num_classes: int,
    state_dict: Mapping[str, Tensor] | None,
    epochs: int,
    device: torch.device | str,
    batch_size: int = 128,
) -> dict[str, dict[str, Any]]:
    """Trains and tests three ResNet-18s that differ in where they start and in what may be trained.

    * `scratch`: random weights, everything is trained
    * `feature_extraction`: starts from `state_dict`, only the new head is trained
    * `fine_tuning`: starts from `state_dict`, everything is trained

    Training sees `train` alone, shuffled, in batches of `batch_size`. `val` picks the best epoch. `test` is used once
    per arm, when its training is over. With `state_dict=None` every arm starts at random.

    Args:
        train, val, test: pairs of uint8 colour images `(N, H, W, 3)` and integer labels `(N,)` or `(N, 1)`.
        state_dict: weights of a torchvision `resnet18` with 1000 classes, or None. Not modified.

    Returns:
        For each arm `{"history": what `fit` returned, "test_accuracy": float}`.
    """
    raise NotImplementedError("run_experiments: not written yet")
