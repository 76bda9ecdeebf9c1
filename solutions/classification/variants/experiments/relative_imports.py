"""Relative imports of siblings; the arms are functions."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

# isort: split
from .loaders import make_loader
from .training import accuracy, fit, predict
from .transfer import build_finetune_model


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
    arms = {"scratch": (None, False), "feature_extraction": (state_dict, True), "fine_tuning": (state_dict, False)}
    results = {}
    for name, (weights, feature_extract) in arms.items():
        model = build_finetune_model(num_classes, weights, feature_extract)
        train_loader = make_loader(*train, batch_size, shuffle=True)
        val_loader = make_loader(*val, batch_size, shuffle=False)
        test_loader = make_loader(*test, batch_size, shuffle=False)
        history = fit(model, train_loader, val_loader, epochs, device)
        results[name] = {
            "history": history,
            "test_accuracy": accuracy(predict(model, test_loader, device), test[1]),
        }
    return results
