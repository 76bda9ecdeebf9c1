"""Moves tensors between the CPU and a simulated device; gradients travel back."""

from typing import Any

import torch

from grader.probes.accelerator import errors
from grader.probes.accelerator.modes import continue_at
from grader.probes.accelerator.placement import index_of, place


def move(tensor: torch.Tensor, index: int | None) -> torch.Tensor:
    """A copy on `index`; the tensor itself when it is there already."""
    if index_of(tensor) == index and not tensor.is_meta:
        return tensor
    if tensor.is_meta:
        raise errors.no_data()
    if torch.nn.parameter.is_lazy(tensor):
        return _move_without_values(tensor, index)
    if torch.is_grad_enabled() and tensor.requires_grad:
        return _Move.apply(tensor, index)
    return _copy(tensor.detach(), index)


def _move_without_values(tensor: torch.Tensor, index: int | None) -> torch.Tensor:
    """For lazy parameters and buffers, which refuse whatever needs a shape; a buffer stays one of its kind."""
    with torch._C.DisableTorchFunctionSubclass():
        copy = _copy(tensor.data.detach(), index)
    return copy if isinstance(tensor, torch.nn.Parameter) else copy.as_subclass(type(tensor))


def _copy(tensor: torch.Tensor, index: int | None) -> torch.Tensor:
    copy = tensor.clone()
    place(copy, index)
    return copy


class _Move(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, tensor: torch.Tensor, index: int | None) -> torch.Tensor:
        ctx.source = index_of(tensor)
        return _copy(tensor, index)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None]:
        continue_at(ctx.source)
        return move(gradient, ctx.source), None
