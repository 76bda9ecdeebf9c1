"""Reads, sets and exercises the parameters of small networks, whatever their names and order."""

from typing import Any

import numpy as np
import torch


def parameter_shapes(model: torch.nn.Module) -> list[tuple[int, ...]]:
    """Shapes of all parameters, in registration order."""
    return [tuple(parameter.shape) for parameter in model.parameters()]


def parameters(model: torch.nn.Module) -> list[torch.Tensor]:
    """Values of all parameters, in registration order."""
    return [parameter.detach().clone() for parameter in model.parameters()]


def buffers_and_parameters_shared(one: torch.nn.Module, other: torch.nn.Module) -> bool:
    """Whether two models have memory in common."""
    mine = {tensor.data_ptr() for tensor in (*one.parameters(), *one.buffers()) if tensor.numel()}
    return any(tensor.data_ptr() in mine for tensor in (*other.parameters(), *other.buffers()) if tensor.numel())


def buffer_count(model: torch.nn.Module) -> int:
    """How many buffers a model has."""
    return len(list(model.buffers()))


def set_layers(model: torch.nn.Module, layers: list[tuple[torch.Tensor, torch.Tensor]]) -> bool:
    """Gives a model of linear layers the weights `(out, in)` and biases `(out,)`, found by their shapes.

    Weights may be stored transposed, and a weight of one row or column flat. Nothing is set, and False returned,
    when a shape is missing or could mean two parameters.
    """
    plan: list[tuple[torch.nn.Parameter, torch.Tensor]] = []
    left = list(model.parameters())
    for weight, bias in layers:
        for value, kinds in ((weight, {weight.shape, weight.T.shape}), (bias, {bias.shape, (1, *bias.shape)})):
            found = [p for p in left if p.shape in kinds]
            if not found and 1 in value.shape:
                found = [p for p in left if p.dim() == 1 and p.numel() == value.numel()]
            if len(found) != 1:
                return False
            plan.append((found[0], value))
            left = [p for p in left if p is not found[0]]
    if left:
        return False
    with torch.no_grad():
        for parameter, value in plan:
            fits = value if parameter.dim() != 2 or parameter.shape == value.shape else value.T
            parameter.copy_(fits.reshape(parameter.shape))
    return True


def gradients_that_stay_zero(model: torch.nn.Module, x: torch.Tensor) -> list[tuple[int, ...]]:
    """Shapes of the parameters whose gradient is missing or zero everywhere after one backward pass."""
    model.zero_grad()
    (model(x) ** 2).sum().backward()
    return [tuple(p.shape) for p in model.parameters() if p.grad is None or not bool(p.grad.any())]


class Recorded(torch.nn.Module):
    """A network around another one that notes mode, grad mode and number of rows of every forward pass."""

    def __init__(self, inner: torch.nn.Module) -> None:
        super().__init__()
        self.inner = inner
        self.passes: list[dict[str, Any]] = []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        modes = [module.training for module in self.modules()]
        self.passes.append({"modes": modes, "grad": torch.is_grad_enabled(), "rows": len(x)})
        return self.inner(x)


def dropout_regressor(features: int) -> Recorded:
    """A recorded network with dropout and batch norm, whose output depends on its mode."""
    nn = torch.nn
    return Recorded(nn.Sequential(nn.BatchNorm1d(features), nn.Dropout(0.5), nn.Linear(features, 1)))


def passes(model: Recorded) -> list[dict[str, Any]]:
    """The forward passes so far."""
    return model.passes


def set_modes(model: torch.nn.Module, modes: list[bool]) -> None:
    """Gives every submodule a mode of its own, in the order of `modules()`."""
    for module, mode in zip(model.modules(), modes, strict=True):
        module.training = mode


def modes(model: torch.nn.Module) -> list[bool]:
    """The mode of every submodule."""
    return [module.training for module in model.modules()]


def buffers(model: torch.nn.Module) -> list[torch.Tensor]:
    """Values of all buffers."""
    return [buffer.detach().clone() for buffer in model.buffers()]


def dirty_gradients(model: torch.nn.Module) -> None:
    """Leaves gradients behind, as an earlier training run would."""
    for parameter in model.parameters():
        parameter.grad = torch.full_like(parameter, 3.0)


def global_seeds() -> tuple[int, np.ndarray]:
    """torch's initial seed (which `manual_seed` changes), and NumPy's global state."""
    return torch.initial_seed(), np.asarray(np.random.get_state()[1]).copy()


def set_trainable(model: torch.nn.Module, name: str) -> None:
    """Lets one parameter, by its name, be trained."""
    model.get_parameter(name).requires_grad_(True)
