"""Reads, sets and exercises the parameters of small networks, whatever their names and order."""

import itertools
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from grader.probes.logs import Log
from grader.probes.watching import records_gradients


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

    Weights may be stored transposed, and weights and biases of a single row or column flat or not. Nothing is set,
    and False returned, when the shapes do not fit or one of them could mean two different values.
    """
    parameters = list(model.parameters())
    for arrange_weight, arrange_bias in itertools.product(WEIGHTS, BIASES):
        wanted = [v for weight, bias in layers for v in (arrange_weight(weight), arrange_bias(bias))]
        values = {value.shape: value for value in wanted}
        clear = all(torch.equal(values[value.shape], value) for value in wanted)
        if clear and Counter(v.shape for v in wanted) == Counter(p.shape for p in parameters):
            with torch.no_grad():
                for parameter in parameters:
                    parameter.copy_(values[parameter.shape])
            return True
    return False


# Ways to store a weight `(out, in)` and a bias `(out,)`.
WEIGHTS: tuple[Callable[[torch.Tensor], torch.Tensor], ...] = (
    lambda weight: weight,
    lambda weight: weight.T,
    lambda weight: weight[0] if len(weight) == 1 else weight,
    lambda weight: weight[0] if len(weight) == 1 else weight.T,
)
BIASES: tuple[Callable[[torch.Tensor], torch.Tensor], ...] = (
    lambda bias: bias,
    lambda bias: bias.reshape(1, -1),
    lambda bias: bias.reshape(-1, 1),
    lambda bias: bias[0] if len(bias) == 1 else bias,
)


def randomise(model: torch.nn.Module) -> None:
    """Draws every parameter anew, from a standard normal distribution."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape))


def never_reached(model: torch.nn.Module, x: torch.Tensor, draws: int = 20) -> list[tuple[int, ...]]:
    """Shapes of the parameters whose gradient is missing or all zero for each of `draws` random weights."""
    left = dict(enumerate(model.parameters()))
    for _ in range(draws):
        randomise(model)
        model.zero_grad()
        (model(x) ** 2).sum().backward()
        left = {i: p for i, p in left.items() if p.grad is None or not bool(p.grad.any())}
        if not left:
            break
    return [tuple(p.shape) for p in left.values()]


class Recorded(torch.nn.Module):
    """A network around another one that notes mode, grad mode and number of rows of every forward pass."""

    def __init__(self, inner: torch.nn.Module) -> None:
        super().__init__()
        self.inner = inner
        self.falls_asleep = False  # goes into evaluation mode after every pass, as a callback might have it
        self.passes: list[dict[str, Any]] = Log()  # copies of the network are this network

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        modes = [module.training for module in self.modules()]
        self.passes.append({"modes": modes, "grad": records_gradients(self), "rows": len(x)})
        out = self.inner(x)
        if self.falls_asleep:
            self.eval()
        return out


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
    return torch.initial_seed(), np.asarray(np.random.get_state(legacy=False)["state"]["key"]).copy()


def set_trainable(model: torch.nn.Module, name: str) -> None:
    """Lets one parameter, by its name, be trained."""
    model.get_parameter(name).requires_grad_(True)
