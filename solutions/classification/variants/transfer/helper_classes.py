"""Helper classes: meters, keepers of the best epoch, guards of modes, an Experiment."""

from __future__ import annotations

from typing import Iterator, Mapping, Optional

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torchvision import models


def trainable(module: nn.Module) -> Iterator[nn.Parameter]:
    return (p for p in module.parameters() if p.requires_grad)


def freeze(model: nn.Module) -> None:
    for parameter in model.parameters():
        parameter.requires_grad = False


def replace_head(model: nn.Module, num_classes: int) -> nn.Module:
    head = nn.Linear(model.fc.in_features, num_classes)
    nn.init.xavier_uniform_(head.weight)
    nn.init.zeros_(head.bias)
    model.fc = head
    return model


def build_finetune_model(num_classes: int, state_dict: Optional[Mapping[str, Tensor]], feature_extract: bool) -> nn.Module:
    model = models.get_model("resnet18", weights=None)
    if state_dict is not None:
        model.load_state_dict(state_dict)
    replace_head(model, num_classes)
    if feature_extract:
        freeze(model)
        for parameter in model.fc.parameters():
            parameter.requires_grad = True
    return model


def make_optimizer(model: nn.Module, lr: float = 0.001, momentum: float = 0.9) -> torch.optim.SGD:
    return torch.optim.SGD(list(trainable(model)), lr=lr, momentum=momentum)


class TrainMode:
    """Visitor that sets the mode of one module after the other."""

    def __call__(self, module: nn.Module) -> None:
        if isinstance(module, _BatchNorm) and self._frozen(module):
            module.eval()

    @staticmethod
    def _frozen(module: nn.Module) -> bool:
        parameters = list(module.parameters())
        return bool(parameters) and next(trainable(module), None) is None


def set_train_mode(model: nn.Module) -> None:
    model.train()
    model.apply(TrainMode())
