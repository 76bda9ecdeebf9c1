"""Small networks that exercises are tried on, weights that come from a seed, and what a model looks like inside."""

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn


class TinyResNet(nn.Module):
    """A network with the attributes of a torchvision ResNet, and a few hundred parameters.

    Its activations are smooth: at the kink of a ReLU rounding would decide, and courses of training would part there.

    Shapes: `(B, in_channels, H, W)` to logits `(B, num_classes)`; `fc` takes `2 * width` inputs.
    """

    def __init__(self, width: int = 4, num_classes: int = 5, in_channels: int = 3) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.GELU()
        self.layer1 = nn.Sequential(
            nn.Conv2d(width, 2 * width, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(2 * width), nn.GELU()
        )
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(2 * width, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.layer1(self.relu(self.bn1(self.conv1(x))))
        return self.fc(self.avgpool(x).flatten(1))


class WithAuxiliary(TinyResNet):
    """A TinyResNet that keeps another linear layer for a task of its own, made after `fc`."""

    def __init__(self, width: int = 4, num_classes: int = 5, in_channels: int = 3) -> None:
        super().__init__(width, num_classes, in_channels)
        self.auxiliary = nn.Linear(2 * width, 3)


class TinyMLP(nn.Module):
    """One smooth hidden layer on flattened images, without batch norm: it may be trained on batches of one."""

    def __init__(self, in_features: int, num_classes: int, hidden: int = 8) -> None:
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.out = nn.Linear(hidden, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.hidden(x.flatten(1)).tanh())


class ModeSwitch(nn.Module):
    """Shows by its numbers in which mode each part works: dropout of everything, and batch norm.

    In training mode `everything` makes zeros; in evaluation mode it passes its input on.
    """

    def __init__(self, width: int = 6, num_classes: int = 4) -> None:
        super().__init__()
        self.first = nn.Linear(width, width)
        self.norm = nn.BatchNorm1d(width)
        self.everything = nn.Dropout(p=1.0)
        self.fc = nn.Linear(width, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(self.first(x.flatten(1)))
        return self.fc(x + self.everything(x.sin()))


class Tied(nn.Module):
    """Two layers that share their weight, as an autoencoder's may."""

    def __init__(self, width: int = 4) -> None:
        super().__init__()
        self.encoder, self.decoder = nn.Linear(width, width), nn.Linear(width, width)
        self.decoder.weight = self.encoder.weight


class BatchNorm2dOfItsOwn(nn.BatchNorm2d):
    """A batch norm by inheritance."""


class NormZoo(nn.Module):
    """A parameter of its own, and at several depths normalisation layers of all kinds, dropout and convolutions."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(4))
        self.stem = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout2d(0.5))
        self.blocks = nn.ModuleList(
            nn.ModuleDict({"norm": nn.BatchNorm2d(4), "inner": nn.Sequential(nn.Conv2d(4, 4, 1), own(4))})
            for own in (nn.BatchNorm2d, BatchNorm2dOfItsOwn)
        )
        self.volume = nn.Sequential(nn.Conv3d(2, 3, 1), nn.BatchNorm3d(3))
        self.table = nn.Sequential(nn.Linear(5, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Dropout(0.3))
        self.others = nn.Sequential(nn.GroupNorm(2, 4), nn.LayerNorm(5), nn.InstanceNorm2d(4, affine=True))
        self.fc = nn.Linear(5, 2)


def seeded(build: Any, seed: int, *args: Any, **kwargs: Any) -> nn.Module:
    """A model whose parameters and running statistics are all drawn from `seed`, the same ones in any process.

    Args:
        build: what makes the model, called with `args` and `kwargs`.
    """
    model: nn.Module = build(*args, **kwargs)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, value in model.state_dict().items():
            if name.endswith("running_var"):
                value.copy_(torch.rand(value.shape, generator=generator) + 0.5)
            elif value.is_floating_point():
                fan_in = value[0].numel() if value.ndim > 1 else 2
                value.copy_(torch.randn(value.shape, generator=generator) / math.sqrt(fan_in))
    return model


def resnet18_weights(seed: int) -> dict[str, Tensor]:
    """A state dict for torchvision's `resnet18` with 1000 classes, drawn from `seed`: a stand-in for a download."""
    from torchvision.models import resnet18  # type: ignore[import-untyped]  # it ships no types

    with torch.device("meta"):
        empty = resnet18(weights=None).state_dict()
    generator = torch.Generator().manual_seed(seed)
    pool = torch.randn(4_000_000, generator=generator)  # large tensors are parts of it: eleven million draws take long
    weights = {}
    for name, value in empty.items():
        if value.ndim == 0:
            weights[name] = torch.randint(1, 1000, (), generator=generator)
        elif value.ndim > 1:
            first = int(torch.randint(len(pool) - value.numel(), (), generator=generator))
            part = pool[first : first + value.numel()].view(value.shape)
            weights[name] = part * math.sqrt(2 / value[0].numel())
        elif name.endswith(("running_var", "weight")):
            weights[name] = torch.rand(value.shape, generator=generator) + 0.5
        else:
            weights[name] = torch.randn(value.shape, generator=generator) * 0.1
    return weights


def snapshot(model: nn.Module) -> dict[str, Tensor]:
    """A copy of all parameters and buffers by name."""
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def without(state: Mapping[str, Tensor], key: str) -> dict[str, Tensor]:
    """A state dict that lacks one entry."""
    return {name: value for name, value in state.items() if name != key}


def with_one_channel(state: Mapping[str, Tensor], key: str) -> dict[str, Tensor]:
    """A state dict one of whose weights takes one channel only."""
    return {name: value[:, :1] if name == key else value for name, value in state.items()}


def with_extra(state: Mapping[str, Tensor], key: str) -> dict[str, Tensor]:
    """A state dict with one entry more."""
    return {**state, key: torch.randn(4, 4)}


def samples(state: Mapping[str, Tensor], seed: int, count: int = 16) -> dict[str, Tensor]:
    """`count` values of every tensor in a state dict, at places drawn from `seed`."""
    generator = torch.Generator().manual_seed(seed)
    chosen = {}
    for name in sorted(state):
        flat = state[name].detach().flatten()
        chosen[name] = flat[torch.randint(max(len(flat), 1), (count,), generator=generator)] if len(flat) else flat
    return chosen


def in_float64(model: nn.Module, wanted: bool = True) -> None:
    """Makes a network compute in float64, or in float32; also one that has a method `double` of its own."""
    (nn.Module.double if wanted else nn.Module.float)(model)


def fill_by_shape(model: nn.Module, seed: int, images: Tensor | None = None) -> list[str]:
    """Gives all parameters and buffers of one shape the same values, drawn from `seed` and the shape alone.

    Two networks that compute the same thing still do so afterwards, however their parts are named and ordered.
    Trailing ones in a shape do not count, so that a 1×1 convolution may stand for a linear layer, nor does which way
    round a matrix is stored. Integer buffers are left as they are.

    Args:
        images: what the model is run on first, so that lazy layers have their shapes.

    Returns:
        The shapes met, one per tensor, sorted.
    """
    if images is not None:
        model(images)
    shapes = []
    values: dict[tuple[bool, tuple[int, ...]], Tensor] = {}
    learned = {id(parameter) for parameter in model.parameters()}
    with torch.no_grad():
        for tensor in (*model.parameters(), *model.buffers()):
            if not tensor.is_floating_point():
                continue
            shape = tuple(tensor.shape)
            while shape[-1:] == (1,):
                shape = shape[:-1]
            turned = len(shape) == 2 and shape[0] > shape[1] and tensor.dim() == 2
            shape = shape[::-1] if turned else shape
            key = (id(tensor) in learned, shape)
            if key not in values:
                values[key] = _values(shape, seed, learned=key[0])
            tensor.copy_(values[key].T if turned else values[key].reshape(tensor.shape))
            shapes.append(f"{'parameter' if key[0] else 'buffer'} ({' × '.join(map(str, shape))})")
    return sorted(shapes)


def _values(shape: tuple[int, ...], seed: int, *, learned: bool) -> Tensor:
    generator = torch.Generator().manual_seed(hash((seed, learned, shape)) % 2**63)
    drawn = torch.rand(shape, generator=generator, dtype=torch.float64)
    if len(shape) > 1:  # kernels: uniform, with the spread that keeps signals as large as they were
        return (2 * drawn - 1) * math.sqrt(6 / math.prod(shape[1:]))
    if learned:  # scales and shifts of batch norm: of both signs, none near zero
        return (drawn + 0.5) * torch.where(torch.rand(shape, generator=generator) < 0.5, -1.0, 1.0).double()
    return drawn + 0.5  # running means and variances


def made_and_used(build: Any, *args: Any, images: Tensor) -> Any:
    """What `build(*args)` makes of the images."""
    return build(*args)(images)


def parameter_count(model: nn.Module) -> int:
    """How many numbers a model learns; a parameter used twice counts once."""
    return sum(parameter.numel() for parameter in model.parameters())


def parameter_roles(model: nn.Module) -> list[tuple[str, str, tuple[int, ...]]]:
    """Each parameter's layer class, its name in the layer, and its shape; one used twice counts once."""
    met: dict[int, tuple[str, str, tuple[int, ...]]] = {}
    for part in model.modules():
        for name, parameter in part.named_parameters(recurse=False):
            met.setdefault(id(parameter), (type(part).__name__, name, tuple(parameter.shape)))
    return sorted(met.values())


def origins(model: nn.Module) -> list[str]:
    """The modules in which the classes of all parts of a model, and their bases, are defined."""
    return sorted({base.__module__ for part in model.modules() for base in type(part).__mro__})


def statistics(model: nn.Module) -> list[list[float]]:
    """First values of every floating-point buffer (the running means and variances of batch norm)."""
    return [buffer.flatten()[:8].tolist() for buffer in model.buffers() if buffer.is_floating_point()]


def moved_in_backward(model: nn.Module, images: Tensor) -> bool:
    """Whether a backward pass changes running statistics, or how many batches they count."""
    outputs = model(images)
    before = [buffer.clone() for buffer in model.buffers()]
    outputs.square().sum().backward()
    return any(not torch.equal(old, new) for old, new in zip(before, model.buffers(), strict=True))


def trainable_count(model: nn.Module) -> int:
    """How many numbers a model would learn in training."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)


def trainable(model: nn.Module) -> dict[str, bool]:
    """`requires_grad` of every parameter by name."""
    return {name: parameter.requires_grad for name, parameter in model.named_parameters()}


def modes(model: nn.Module) -> dict[str, bool]:
    """`training` of every submodule by name; the model itself is `""`."""
    return {name: module.training for name, module in model.named_modules()}


def set_modes(model: nn.Module, wanted: Mapping[str, bool]) -> None:
    """Sets `training` of every submodule on its own."""
    for name, module in model.named_modules():
        module.training = wanted[name]


def set_trainable(model: nn.Module, wanted: Mapping[str, bool]) -> None:
    """Sets `requires_grad` of parameters by name."""
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(wanted.get(name, parameter.requires_grad))


def new_head(model: nn.Module, num_classes: int) -> None:
    """Gives a model another `fc`."""
    model.fc = nn.Linear(model.fc.in_features, num_classes)  # type: ignore[arg-type, union-attr]


def zero(model: nn.Module) -> None:
    """Sets all parameters to zero, where small steps can be seen."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()


def gradients(model: nn.Module, images: Tensor) -> list[dict[str, Any]]:
    """After one backward pass from a random mix of the outputs: shape and largest gradient of every parameter.

    `largest` is None where no gradient arrived.
    """
    model.zero_grad()
    outputs = model(images)
    (outputs * torch.randn_like(outputs)).sum().backward()
    return [
        {"shape": tuple(p.shape), "largest": None if p.grad is None else p.grad.abs().max().item()}
        for p in model.parameters()
    ]


def planted_steps(
    model: nn.Module, optimizer: torch.optim.Optimizer, gradients: list[dict[str, Tensor]]
) -> dict[str, Tensor]:
    """The parameters after as many steps as there are gradients; every parameter is given one, frozen or not."""
    parameters = dict(model.named_parameters())
    for step in gradients:
        for name, gradient in step.items():
            parameters[name].grad = gradient.clone()
        optimizer.step()
    return {name: parameter.detach().clone() for name, parameter in parameters.items()}


def with_prefix(weights: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The same tensors under names that begin with `prefix`."""
    return {prefix + name: value for name, value in weights.items()}


def disturb(model: nn.Module) -> None:
    """Changes every parameter and buffer in place, as training would."""
    with torch.no_grad():
        for tensor in (*model.parameters(), *model.buffers()):
            tensor.add_(1)
