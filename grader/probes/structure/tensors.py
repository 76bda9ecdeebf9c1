"""The parameters and buffers of a model, each once, and a way to lend the model other ones."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy


@dataclass
class Registered:
    """One parameter or buffer; `members` are the objects that share its memory (one, unless weights are tied)."""

    name: str
    kind: str
    members: list[Tensor]

    @property
    def tensor(self) -> Tensor:
        return self.members[0]


def registered(model: nn.Module) -> list[Registered]:
    """All parameters, then all buffers of a model, in the order of their registration."""
    found: dict[object, Registered] = {}
    for kind, named in (("parameter", model.named_parameters()), ("buffer", model.named_buffers())):
        for name, tensor in named:
            place = (tensor.data_ptr(), tuple(tensor.shape), tensor.stride()) if tensor.numel() else id(tensor)
            if place in found:
                found[place].members.append(tensor)
            else:
                found[place] = Registered(name, kind, [tensor])
    return list(found.values())


def made(model: nn.Module, example: Tensor) -> None:
    """Has lazy layers make their parameters."""
    if any(is_lazy(tensor) for tensor in (*model.parameters(), *model.buffers())):
        modes = [(module, module.training) for module in model.modules()]
        model.eval()
        with torch.no_grad():
            model(example.float() if example.is_floating_point() else example.clone())
        for module, training in modes:
            module.training = training


@contextmanager
def kept(model: nn.Module) -> Iterator[list[Registered]]:
    """Puts everything back at the end: the very memory of weights and buffers, gradients, modes, random numbers.

    Buffers are copies while the block runs, so that a forward pass may change them.
    """
    entries = registered(model)
    tensors = [tensor for entry in entries for tensor in entry.members]
    before = [(tensor.data, tensor.grad, tensor.requires_grad) for tensor in tensors]
    modes = [(module, module.training) for module in model.modules()]
    random_state = torch.get_rng_state()
    try:
        for entry in entries:
            if entry.kind == "buffer":
                lend(entry, entry.tensor.data.clone())
        yield entries
    finally:
        for tensor, (data, gradient, learns) in zip(tensors, before, strict=True):
            tensor.grad = None
            tensor.data = data
            tensor.requires_grad_(learns)
            tensor.grad = gradient
        for module, training in modes:
            module.training = training
        torch.set_rng_state(random_state)


def lend(entry: Registered, values: Tensor) -> None:
    """Has the model work with `values` in place of a parameter or buffer; its gradient is dropped."""
    for tensor in entry.members:
        tensor.grad = None
        tensor.data = values


def precision_of(model: nn.Module) -> torch.dtype:
    """The floating type that a model was built with."""
    floating = (t.dtype for t in (*model.parameters(), *model.buffers()) if t.is_floating_point())
    return next(floating, torch.float32)


def tensors_in(value: object) -> list[Tensor]:
    """The tensors in what a model returned: itself, or in a list, tuple or dict."""
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, dict):
        return [tensor for key in value for tensor in tensors_in(value[key])]
    if isinstance(value, list | tuple):
        return [tensor for item in value for tensor in tensors_in(item)]
    return []
