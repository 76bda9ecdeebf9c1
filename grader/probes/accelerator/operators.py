"""Which operands an operation may mix between devices, and what CUDA says when it may not.

The rules are those of PyTorch's CUDA kernels: a CPU tensor without dimensions may meet device tensors in pointwise
operations, CPU tensors may index device tensors, `copy_` crosses devices, and nothing else does.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch

from grader.probes.accelerator import errors
from grader.probes.accelerator.placement import index_of, place, place_all, tensors_in

CROSSING = {
    "copy_",
    "_to_copy",
    "_copy_from",
    "_foreach_copy_",
    "set_",
    "resize_as_",
    "is_same_size",
    "_has_compatible_shallow_copy_type",
}
INDEXING = {"index", "_unsafe_index", "index_put", "index_put_", "_index_put_impl_", "_unsafe_index_put"}
MASKING = {"masked_fill", "masked_fill_"}
POINTWISE = {  # pointwise in CUDA, though torch does not tag them so
    "mse_loss",
    "mse_loss_backward",
    "smooth_l1_loss",
    "smooth_l1_loss_backward",
    "huber_loss",
    "huber_loss_backward",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "fill",
    "fill_",
    "where",
    "isclose",
}
CPU_RESULTS = {"_pack_padded_sequence": {1}}  # the batch sizes
ALWAYS_CHECKED = {"_pack_padded_sequence"}
_WRAPPERS = {  # operations that CUDA implements under another name: argument and method in the message
    "embedding": ("index", "wrapper_CUDA__index_select"),
    "native_batch_norm": (None, "wrapper_CUDA__cudnn_batch_norm"),
}
_STRUCTURED = {"addmm", "mm", "bmm", "baddbmm", "addmv", "cat", "gather", "scatter", "scatter_add", "nll_loss_forward"}


class Operand(NamedTuple):
    """One tensor argument of an operation: where it lives, and whether the operation writes to it."""

    name: str
    tensor: torch.Tensor
    where: int | None
    written: bool


def operation_name(func: torch._ops.OpOverload) -> str:
    """`"add_"` for `aten.add_.Tensor`."""
    return func._overloadpacket.__name__


def check(func: torch._ops.OpOverload, args: tuple, kwargs: dict[str, Any]) -> None:
    """Raises CUDA's error unless the operation accepts operands on these devices."""
    name = operation_name(func)
    operands = list(_operands(func, args, kwargs))
    if name in CROSSING:
        return
    if name.startswith(("_foreach_", "_fused_", "_amp_")):
        _check_lists(args, kwargs)
    elif name in INDEXING:
        _check_indexing(operands)
    elif name == "_pack_padded_sequence":
        _check_lengths(operands)
    elif name.startswith("convolution"):
        _check_convolution(operands)
    elif name in MASKING:
        _check_masking(operands)
    elif name.rstrip("_") in POINTWISE or torch.Tag.pointwise in func.tags:
        _check_pointwise(operands)
    else:
        _check_kernel(name, operands)


def place_results(func: torch._ops.OpOverload, args: tuple, kwargs: dict[str, Any], result: Any, index: int) -> None:
    """Marks what a checked operation with operands on several devices returned."""
    name = operation_name(func)
    if name in CROSSING:
        return
    if name.startswith(("_foreach_", "_fused_", "_amp_")):
        _place_lists(args, result)
    elif name in CPU_RESULTS:
        for position, value in enumerate(result):
            if position not in CPU_RESULTS[name]:
                place_all(value, index)
    else:
        given = {id(tensor) for tensor in tensors_in([args, kwargs])}
        for value in tensors_in(result):
            if id(value) not in given:
                place(value, index)


def check_recurrent(args: tuple) -> None:
    """The check of `torch.lstm` and its kin: input, hidden state and parameters on one device."""
    leading = [argument for argument in args if isinstance(argument, (torch.Tensor, list, tuple))]
    given = index_of(next(tensors_in(leading[0])))
    for what, values in (("hidden", leading[-2]), ("parameter", leading[-1])):
        for tensor in tensors_in(values):
            if index_of(tensor) != given:
                raise errors.recurrent(what, given, index_of(tensor))


def _operands(func: torch._ops.OpOverload, args: tuple, kwargs: dict[str, Any]) -> Iterator[Operand]:
    for position, argument in enumerate(func._schema.arguments):
        value = args[position] if position < len(args) else kwargs.get(argument.name)
        written = argument.alias_info is not None and argument.alias_info.is_write
        for tensor in tensors_in(value):
            yield Operand(argument.name, tensor, index_of(tensor), written)


def _check_pointwise(operands: list[Operand]) -> None:
    common = next(operand.where for operand in operands if operand.where is not None)
    scalars = 0
    for operand in operands:
        if operand.where == common:
            continue
        if operand.where is not None or operand.tensor.dim() > 0 or operand.written:
            raise errors.two_devices(common, operand.where)
        scalars += 1
    if scalars > 1:
        raise errors.too_many_cpu_scalars()


def _check_kernel(name: str, operands: list[Operand]) -> None:
    common = operands[0].where
    for operand in operands:
        if operand.where != common:
            prefix = "wrapper_CUDA_" if name in _STRUCTURED else "wrapper_CUDA__"
            argument, method = _WRAPPERS.get(name, (None, prefix + name))
            raise errors.other_device(argument or operand.name, operand.where, common, method)


def _check_convolution(operands: list[Operand]) -> None:
    given = next(operand for operand in operands if operand.name in ("input", "grad_output"))
    for operand in operands:
        if operand.where != given.where:
            raise errors.input_and_weight(_type(given), operand.name, _type(operand))


def _check_indexing(operands: list[Operand]) -> None:
    indexed = operands[0]
    for operand in operands[1:]:
        if operand.name == "indices":
            if operand.where not in (None, indexed.where):
                raise errors.foreign_indices(indexed.where)
        elif operand.where != indexed.where and operand.tensor.dim() > 0:
            raise errors.two_devices(*sorted((indexed.where, operand.where), key=_device_first))


def _check_masking(operands: list[Operand]) -> None:
    tensor, mask, *values = operands
    if tensor.where != mask.where:
        raise errors.foreign_mask(mask.where, tensor.where)
    _check_pointwise([tensor, mask, *values])


def _check_lengths(operands: list[Operand]) -> None:
    lengths = next(operand for operand in operands if operand.name == "lengths")
    if lengths.where is not None:
        raise errors.lengths_on_device(lengths.tensor, lengths.where)


def _check_lists(args: tuple, kwargs: dict[str, Any]) -> None:
    """Lists of tensors are handled position by position, as a loop over single tensors would."""
    for row in _rows([*args, *kwargs.values()]):
        places = [index_of(tensor) for tensor in row if tensor.dim() > 0]
        for index in places:
            if index != places[0]:
                raise errors.two_devices(*sorted((places[0], index), key=_device_first))


def _place_lists(args: tuple, result: Any) -> None:
    if not isinstance(result, (list, tuple)):
        return
    given = {id(tensor) for tensor in tensors_in(list(args))}
    for row, value in zip(_rows(list(args)), result, strict=False):
        index = next((index_of(tensor) for tensor in row if index_of(tensor) is not None), None)
        if isinstance(value, torch.Tensor) and index is not None and id(value) not in given:
            place(value, index)


def _rows(values: list[Any]) -> Iterator[tuple[torch.Tensor, ...]]:
    lists = [
        value
        for value in values
        if isinstance(value, (list, tuple)) and value and all(isinstance(item, torch.Tensor) for item in value)
    ]
    return zip(*lists, strict=False)


def _type(operand: Operand) -> str:
    return errors.type_name(operand.tensor.dtype, operand.where)


def _device_first(index: int | None) -> tuple[bool, int]:
    return index is None, index or 0
