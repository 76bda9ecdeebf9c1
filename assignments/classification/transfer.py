"""Transfer learning: a network that was trained on one data set is taken to another."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn


def freeze(model: nn.Module) -> None:
    """Afterwards no parameter of `model` requires a gradient."""
    raise NotImplementedError("freeze: not written yet")


def replace_head(model: nn.Module, num_classes: int) -> nn.Module:
    """Swaps the final linear layer `model.fc` for a new one with `num_classes` outputs.

    The new layer takes as many inputs as the old one, starts at random and is trainable, also when the old one was
    frozen or already had `num_classes` outputs. Nothing else in the model changes.

    Returns:
        The same model.
    """
    raise NotImplementedError("replace_head: not written yet")


def build_finetune_model(num_classes: int, state_dict: Mapping[str, Tensor] | None, feature_extract: bool) -> nn.Module:
    """torchvision's `resnet18` with the given weights and a new head. Nothing is downloaded.

    Args:
        num_classes: of the new task.
        state_dict: weights of a `resnet18` with 1000 classes, loaded strictly: a missing or an unexpected key is an
            error. None leaves the random initial weights. Not modified.
        feature_extract: whether only the new head is trainable; otherwise everything is.
    """
    raise NotImplementedError("build_finetune_model: not written yet")


def make_optimizer(model: nn.Module, lr: float = 0.001, momentum: float = 0.9) -> torch.optim.SGD:
    """SGD with momentum and without weight decay, over exactly the parameters of `model` that are trainable."""
    raise NotImplementedError("make_optimizer: not written yet")


def set_train_mode(model: nn.Module) -> None:
    """Training mode for everything but frozen batch norm.

    A batch-norm layer (of any dimension) that has parameters, all of them frozen, is put in evaluation mode: it uses
    its running mean and variance and leaves them alone. In training mode they would follow the new data, although
    the layer is meant to be frozen.
    """
    raise NotImplementedError("set_train_mode: not written yet")
