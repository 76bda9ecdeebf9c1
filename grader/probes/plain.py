"""Values of tensors inside the transforms of `torch.func`, where they are wrapped and have no memory to read.

    @outside_transforms()
    def note(images):
        rows = plain(images).numpy()

A wrapper goes out of use with its transform, and what is computed inside one is wrapped again: so both are needed.
"""

import contextlib
from collections.abc import Iterator

import torch
from torch import Tensor


@contextlib.contextmanager
def outside_transforms() -> Iterator[None]:
    """Operations in the block, or in the function this decorates, are ordinary ones."""
    with torch._C._DisableFuncTorch():
        yield


def plain(tensor: Tensor) -> Tensor:
    """The tensor that holds the values."""
    functorch = torch._C._functorch  # type: ignore[attr-defined]  # private; `torch.func` has no public way to its values
    while functorch.is_functorch_wrapped_tensor(tensor):
        tensor = functorch.get_unwrapped(tensor)
    return tensor
