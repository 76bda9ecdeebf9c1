"""Small ResNets with a first convolution of any kind, and what becomes of them when it is replaced."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from grader.probes import models
from grader.probes.accelerator import simulated

SETTINGS = ("kernel_size", "stride", "padding", "dilation", "padding_mode", "groups")


class StemNet(models.TinyResNet):
    """A `TinyResNet` whose `conv1` has settings of its own.

    Args:
        in_channels: of `conv1`.
        settings: what `nn.Conv2d` is called with besides the channels.
        last: whether `conv1` is listed behind another convolution and all else, though it is used first.
    """

    def __init__(self, in_channels: int, settings: Mapping[str, Any], width: int = 4, last: bool = False) -> None:
        super().__init__(width=width)
        if last:
            del self.conv1
            self.add_module("layer1", nn.Conv2d(width, 2 * width, 3, stride=2))
        self.conv1 = nn.Conv2d(in_channels, width, **settings)


def build(
    seed: int, in_channels: int, settings: Mapping[str, Any], dtype: torch.dtype = torch.float64, last: bool = False
) -> nn.Module:
    """A `StemNet` in evaluation mode whose numbers are drawn from `seed`."""
    return models.seeded(StemNet, seed, in_channels, settings, last=last).to(dtype).eval()


def look(model: nn.Module) -> dict[str, Any]:
    """The `state` of a model (copies of parameters and buffers), the `modes` of its parts, `settings` of `conv1`."""
    settings = {name: getattr(getattr(model, "conv1", None), name, None) for name in SETTINGS}
    plain = {name: value if isinstance(value, int | str | tuple) else None for name, value in settings.items()}
    return {"state": models.snapshot(model), "modes": models.modes(model), "settings": plain}


def replaced(function: Callable[[nn.Module], Any], model: nn.Module) -> dict[str, Any]:
    """Calls `function(model)` and looks at what is new.

    Returns:
        `new`: names of parameters and buffers that are other objects than before, or were not there; `gone`: names
        of those that are no longer there; `frozen`: names of those whose `requires_grad` changed.
    """
    before = _tensors(model)
    free = {name: tensor.requires_grad for name, tensor in before.items()}
    function(model)
    after = _tensors(model)
    return {
        "new": [name for name, tensor in after.items() if before.get(name) is not tensor],
        "gone": [name for name in before if name not in after],
        "frozen": [name for name, tensor in after.items() if free.get(name) not in (None, tensor.requires_grad)],
    }


def clear_bias(model: nn.Module) -> None:
    """Sets the bias of `conv1` to zero, as many initialisations leave it."""
    with torch.no_grad():
        model.get_parameter("conv1.bias").zero_()


def moved(function: Callable[[nn.Module], nn.Module], model: nn.Module, images: Tensor, device: str) -> dict[str, Any]:
    """Moves a model to a device of a simulated machine that has two, calls `function(model)`, and runs the result.

    Returns:
        `elsewhere`: names of parameters and buffers that are on other devices after the call; `output`: the device
        of the model's output, if there are none.
    """
    with simulated(count=2):
        model.to(device)
        function(model)
        other = {name: str(tensor.device) for name, tensor in _tensors(model).items() if str(tensor.device) != device}
        return {"elsewhere": other, "output": "" if other else str(model(images.to(device)).device)}


def _tensors(model: nn.Module) -> dict[str, Tensor]:
    return dict([*model.named_parameters(), *model.named_buffers()])
