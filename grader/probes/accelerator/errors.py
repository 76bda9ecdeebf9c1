"""The exceptions that PyTorch raises on a CUDA machine, with its own words.

Messages follow torch 2.13; the names of internal methods in them (`wrapper_CUDA_addmm`) are approximate.
"""

import torch

from grader.probes.accelerator.placement import device_name

_ADVICE = (
    "\nCUDA kernel errors might be asynchronously reported at some other API call, so the stacktrace below "
    "might be incorrect.\nFor debugging consider passing CUDA_LAUNCH_BLOCKING=1\n"
    "Compile with `TORCH_USE_CUDA_DSA` to enable device-side assertions.\n"
)
_TYPE_NAMES = {
    torch.float16: "HalfTensor",
    torch.bfloat16: "BFloat16Tensor",
    torch.float32: "FloatTensor",
    torch.float64: "DoubleTensor",
    torch.int8: "CharTensor",
    torch.int16: "ShortTensor",
    torch.int32: "IntTensor",
    torch.int64: "LongTensor",
    torch.uint8: "ByteTensor",
    torch.bool: "BoolTensor",
    torch.complex64: "ComplexFloatTensor",
    torch.complex128: "ComplexDoubleTensor",
}


def type_name(dtype: torch.dtype, index: int | None) -> str:
    """What `tensor.type()` says: `"torch.cuda.FloatTensor"`."""
    prefix = "torch" if index is None else "torch.cuda"
    return f"{prefix}.{_TYPE_NAMES.get(dtype, 'Tensor')}"


def no_device() -> RuntimeError:
    return RuntimeError("No CUDA GPUs are available")


def invalid_ordinal() -> RuntimeError:
    return _accelerator_error("CUDA error: invalid device ordinal" + _ADVICE)


def used_after_fork() -> RuntimeError:
    return _accelerator_error("CUDA error: initialization error" + _ADVICE)


def two_devices(first: int | None, second: int | None) -> RuntimeError:
    return RuntimeError(
        "Expected all tensors to be on the same device, but found at least two devices, "
        f"{device_name(first)} and {device_name(second)}!"
    )


def other_device(argument: str, index: int | None, common: int | None, method: str) -> RuntimeError:
    return RuntimeError(
        f"Expected all tensors to be on the same device, but got {argument} is on {device_name(index)}, different "
        f"from other tensors on {device_name(common)} (when checking argument in method {method})"
    )


def too_many_cpu_scalars() -> RuntimeError:
    return RuntimeError("Trying to pass too many CPU scalars to non-CPU kernel!")


def input_and_weight(given: str, what: str, parameter: str) -> RuntimeError:
    return RuntimeError(f"Input type ({given}) and {what} type ({parameter}) should be the same")


def foreign_indices(index: int | None) -> RuntimeError:
    return RuntimeError(
        f"indices should be either on cpu or on the same device as the indexed tensor ({device_name(index)})"
    )


def foreign_mask(mask: int | None, tensor: int | None) -> RuntimeError:
    return RuntimeError(
        "expected self and mask to be on the same device, but got mask on "
        f"{device_name(mask)} and self on {device_name(tensor)}"
    )


def recurrent(what: str, given: int | None, other: int | None) -> RuntimeError:
    return RuntimeError(
        f"Input and {what} tensors are not at the same device, found input tensor at {device_name(given)} and "
        f"{what} tensor at {device_name(other)}"
    )


def lengths_on_device(lengths: torch.Tensor, index: int) -> RuntimeError:
    return RuntimeError(
        f"'lengths' argument should be a 1D CPU int64 tensor, but got {lengths.dim()}D "
        f"{device_name(index)} {_TYPE_NAMES.get(lengths.dtype, 'Tensor').removesuffix('Tensor')} tensor"
    )


def foreign_generator(expected: str, found: str) -> RuntimeError:
    return RuntimeError(f"Expected a '{expected}' device type for generator but found '{found}'")


def foreign_gradient() -> RuntimeError:
    return RuntimeError("assigned grad has data located on a different device")


def not_numpy(index: int) -> TypeError:
    return TypeError(
        f"can't convert {device_name(index)} device type tensor to numpy. "
        "Use Tensor.cpu() to copy the tensor to host memory first."
    )


def no_data() -> NotImplementedError:
    return NotImplementedError("Cannot copy out of meta tensor; no data!")


def cannot_pin(type_name: str) -> RuntimeError:
    return RuntimeError(f"cannot pin '{type_name}' only dense CPU tensors can be pinned")


def unsafe_to_autocast() -> RuntimeError:
    return RuntimeError(
        "torch.nn.functional.binary_cross_entropy and torch.nn.BCELoss are unsafe to autocast.\n"
        "Many models use a sigmoid layer right before the binary cross entropy layer.\n"
        "In this case, combine the two layers using torch.nn.functional.binary_cross_entropy_with_logits\n"
        "or torch.nn.BCEWithLogitsLoss.  binary_cross_entropy_with_logits and BCEWithLogits are\n"
        "safe to autocast."
    )


def _accelerator_error(message: str) -> RuntimeError:
    return getattr(torch, "AcceleratorError", RuntimeError)(message)
