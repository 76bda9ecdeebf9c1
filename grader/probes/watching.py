"""Keeps an eye on a network's parameters and buffers: which of them changed since the last look, bit by bit."""

import zlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

from grader.probes.plain import outside_transforms, plain

NORMS = (nn.modules.batchnorm._BatchNorm, nn.modules.instancenorm._InstanceNorm)
_MODE_DEPENDENT = (*NORMS, nn.modules.dropout._DropoutNd, nn.RNNBase, nn.MultiheadAttention, nn.RReLU)


@dataclass
class Watched:
    """A parameter or buffer, as it was when it was first seen.

    Attributes:
        name: qualified name in its model, e.g. `"layer1.0.weight"`; for a tensor that is only known from an
            optimiser, `"?"`.
        model: number of the model, or -1.
        kind: `"parameter"` or `"buffer"`.
        shape: as a list.
        trainable: whether it required a gradient.
        frozen_statistics: whether it is a running statistic of a normalisation layer whose parameters are all frozen.
    """

    name: str
    model: int
    kind: str
    shape: list[int]
    trainable: bool
    frozen_statistics: bool


class Watchlist:
    """Tensors by number, in the order in which they were met."""

    def __init__(self) -> None:
        self.entries: list[Watched] = []
        self.tensors: list[Tensor] = []  # kept alive, so that no two of them ever have the same id
        self.models: list[nn.Module] = []
        self._numbers: dict[int, int] = {}
        self._copies: list[Tensor] = []
        self._digests: list[int | None] = []

    def model(self, module: nn.Module) -> int:
        """The number of a model; what is new in it is watched from now on.

        What `torch.func.functional_call` puts in the place of its parameters for the length of a call is not.
        """
        number = next((i for i, known in enumerate(self.models) if known is module), len(self.models))
        if number == len(self.models):
            self.models.append(module)
        for prefix, part in module.named_modules():
            frozen = isinstance(part, NORMS) and is_frozen(part)
            dotted = f"{prefix}." if prefix else ""
            for name, parameter in part.named_parameters(recurse=False):
                if isinstance(parameter, nn.Parameter):
                    self._add(parameter, dotted + name, number, "parameter", False)
            for name, buffer in part.named_buffers(recurse=False):
                self._add(buffer, dotted + name, number, "buffer", frozen)
        return number

    def parameter(self, parameter: Tensor) -> int:
        """The number of a parameter, of a model met before or not."""
        return self._add(parameter, "?", -1, "parameter", False)

    @outside_transforms()
    def changed(self) -> list[int]:
        """The numbers of what changed since the last call."""
        numbers = []
        for number, (tensor, copy) in enumerate(zip(self.tensors, self._copies, strict=True)):
            if not _same_bits(tensor, copy):
                numbers.append(number)
                self._remember(number)
        return numbers

    def parameters(self, numbers: list[int]) -> list[int]:
        """Those of them that are parameters."""
        return [number for number in numbers if self.entries[number].kind == "parameter"]

    def dirty(self) -> list[int]:
        """The parameters that hold a gradient other than zero."""
        return [
            number
            for number, tensor in enumerate(self.tensors)
            if tensor.is_leaf and tensor.grad is not None and bool((tensor.grad != 0).any())
        ]

    @outside_transforms()
    def digest(self, tensors: Iterable[Tensor]) -> str:
        """A digest of tensors as they were at the last call of `changed`; of others as they are."""
        digests = [
            _digest(tensor) if number is None else self._digest(number)
            for tensor, number in ((tensor, self._numbers.get(id(tensor))) for tensor in tensors)
        ]
        return f"{zlib.crc32(repr(digests).encode()):08x}"

    def table(self) -> list[dict[str, Any]]:
        return [asdict(entry) for entry in self.entries]

    @outside_transforms()
    def _add(self, tensor: Tensor, name: str, model: int, kind: str, frozen_statistics: bool) -> int:
        known = self._numbers.get(id(tensor))
        if known is not None:
            if self.entries[known].name == "?" and name != "?":
                self.entries[known].name, self.entries[known].model = name, model
            return known
        number = self._numbers[id(tensor)] = len(self.tensors)
        shape, trainable = list(tensor.shape), tensor.requires_grad
        self.entries.append(Watched(name, model, kind, shape, trainable, frozen_statistics))
        self.tensors.append(tensor)
        self._copies.append(tensor)
        self._digests.append(None)
        self._remember(number)
        return number

    def _remember(self, number: int) -> None:
        self._copies[number] = plain(self.tensors[number]).detach().clone()
        self._digests[number] = None

    def _digest(self, number: int) -> int:
        if self._digests[number] is None:
            self._digests[number] = _digest(self._copies[number])
        return self._digests[number]  # type: ignore[return-value]  # set in the line above


def is_frozen(module: nn.Module) -> bool:
    """Whether a module has parameters, none of which takes a gradient."""
    parameters = list(module.parameters())
    return bool(parameters) and not any(parameter.requires_grad for parameter in parameters)


def records_gradients(module: nn.Module) -> bool:
    """Whether a pass through a module is written down for a backward pass now."""
    return torch.is_grad_enabled() and any(parameter.requires_grad for parameter in module.parameters())


def is_fixed_norm(module: nn.Module) -> bool:
    """Whether a module is a normalisation layer without a trainable parameter: it may stay in evaluation mode."""
    return isinstance(module, NORMS) and not any(parameter.requires_grad for parameter in module.parameters())


def mode_dependent(module: nn.Module) -> bool:
    """Whether what a module itself computes depends on its mode: dropout, batch norm, `self.training` in its code."""
    if isinstance(module, nn.RNNBase | nn.MultiheadAttention):
        return module.dropout > 0
    if isinstance(module, _MODE_DEPENDENT):
        return True
    return any(
        "training" in _names_in(function.__code__)
        for kind in type(module).__mro__
        if not kind.__module__.startswith("torch.nn.") and kind is not object
        for function in vars(kind).values()
        if hasattr(function, "__code__")
    )


def _names_in(code: Any) -> set[str]:
    names = set(code.co_names)
    for constant in code.co_consts:
        if hasattr(constant, "co_names"):
            names |= _names_in(constant)
    return names


def _digest(tensor: Tensor) -> int:
    return zlib.crc32(_bits(plain(tensor)).cpu().numpy().tobytes())


def _bits(tensor: Tensor) -> Tensor:
    tensor = tensor.detach().contiguous()
    return tensor.reshape(-1).view(torch.uint8) if tensor.numel() else tensor.reshape(-1)


def _same_bits(tensor: Tensor, copy: Tensor) -> bool:
    tensor = plain(tensor)
    if tensor.shape != copy.shape or tensor.dtype != copy.dtype:
        return False
    if tensor.device != copy.device:
        copy = copy.to(tensor.device)
    return torch.equal(tensor.detach(), copy) or torch.equal(_bits(tensor), _bits(copy))
