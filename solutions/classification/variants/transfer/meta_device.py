"""Built on the meta device; clones of the weights are assigned."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from torch.nn.modules.batchnorm import _BatchNorm
from torchvision.models import resnet18



def freeze(model: nn.Module) -> None:
    """Afterwards no parameter of `model` requires a gradient."""
    for parameter in model.parameters():
        parameter.requires_grad_(False)


def replace_head(model: nn.Module, num_classes: int) -> nn.Module:
    """Swaps the final linear layer `model.fc` for a new one with `num_classes` outputs.

    The new layer takes as many inputs as the old one, starts at random and is trainable, also when the old one was
    frozen or already had `num_classes` outputs. Nothing else in the model changes.

    Returns:
        The same model.
    """
    model.fc = nn.Linear(model.fc.in_features, num_classes)
    return model


def build_finetune_model(num_classes: int, state_dict: Mapping[str, Tensor] | None, feature_extract: bool) -> nn.Module:
    """torchvision's `resnet18` with the given weights and a new head. Nothing is downloaded.

    Args:
        num_classes: of the new task.
        state_dict: weights of a `resnet18` with 1000 classes, loaded strictly: a missing or an unexpected key is an
            error. None leaves the random initial weights. Not modified.
        feature_extract: whether only the new head is trainable; otherwise everything is.
    """
    if state_dict is None:
        model = resnet18(weights=None)
    else:
        with torch.device('meta'):
            model = resnet18(weights=None)
        model.load_state_dict({k: v.detach().clone() for k, v in state_dict.items()}, assign=True)
        model.requires_grad_(True)
    if feature_extract:
        freeze(model)
    return replace_head(model, num_classes)


def make_optimizer(model: nn.Module, lr: float = 0.001, momentum: float = 0.9) -> torch.optim.SGD:
    """SGD with momentum and without weight decay, over exactly the parameters of `model` that are trainable."""
    trainable = [parameter for parameter in model.parameters() if parameter.requires_grad]
    return torch.optim.SGD(trainable, lr=lr, momentum=momentum)


def set_train_mode(model: nn.Module) -> None:
    """Training mode for everything but frozen batch norm.

    A batch-norm layer (of any dimension) that has parameters, all of them frozen, is put in evaluation mode: it uses
    its running mean and variance and leaves them alone. In training mode they would follow the new data, although
    the layer is meant to be frozen.
    """
    model.train()
    for module in model.modules():
        if isinstance(module, _BatchNorm):
            parameters = list(module.parameters())
            if parameters and not any(parameter.requires_grad for parameter in parameters):
                module.eval()
