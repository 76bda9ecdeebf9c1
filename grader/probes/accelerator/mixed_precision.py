"""Autocast as on CUDA: the same operations run in half precision, the same ones in single precision.

On the CPU `torch.autocast("cuda")` changes nothing, because it looks at where tensors really are. While it is on,
calls with device tensors run under the CPU's autocast instead, and the functions that CUDA runs in single precision
get their inputs converted first. The lists are those of torch's "Autocast Op Reference".
"""

from collections.abc import Callable
from typing import Any

import torch

from grader.probes.accelerator import errors
from grader.probes.accelerator.placement import index_of, tensors_in

_SINGLE = {
    "acos",
    "asin",
    "binary_cross_entropy_with_logits",
    "cdist",
    "cosh",
    "cosine_embedding_loss",
    "cosine_similarity",
    "cross_entropy",
    "cumprod",
    "cumsum",
    "dist",
    "erfinv",
    "exp",
    "expm1",
    "group_norm",
    "hinge_embedding_loss",
    "kl_div",
    "l1_loss",
    "layer_norm",
    "log",
    "log10",
    "log1p",
    "log2",
    "log_softmax",
    "margin_ranking_loss",
    "mse_loss",
    "multi_margin_loss",
    "multilabel_margin_loss",
    "nll_loss",
    "norm",
    "normalize",
    "pdist",
    "poisson_nll_loss",
    "pow",
    "prod",
    "reciprocal",
    "renorm",
    "rsqrt",
    "sinh",
    "smooth_l1_loss",
    "soft_margin_loss",
    "softmax",
    "softmin",
    "softplus",
    "sum",
    "tan",
    "triplet_margin_loss",
}


def call_with_autocast(func: Callable[..., Any], args: tuple, kwargs: dict[str, Any]) -> Any:
    """Calls a torch function as `torch.autocast("cuda")` would have it."""
    if all(index_of(tensor) is None for tensor in tensors_in([args, kwargs])):
        return func(*args, **kwargs)
    name = getattr(func, "__name__", "")
    if name == "binary_cross_entropy":
        raise errors.unsafe_to_autocast()
    if name in _SINGLE:
        with torch.autocast("cuda", enabled=False):
            return func(*_single(args), **_single(kwargs))
    with torch.autocast("cpu", dtype=torch.get_autocast_dtype("cuda")):
        return func(*args, **kwargs)


def _single(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.float() if value.dtype in (torch.float16, torch.bfloat16) else value
    if isinstance(value, (list, tuple)):
        return type(value)(_single(item) for item in value)
    if isinstance(value, dict):
        return {name: _single(item) for name, item in value.items()}
    return value
