"""Weights for networks with skip connections, whatever their parts are called and however they are ordered."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

CHANNELS_AFTER_CONCATENATION = 3  # times those that come out: a skip of width w and twice as many from below


def fill(model: nn.Module, seed: int, images: Tensor | None = None, skip_first: Sequence[bool] = ()) -> list[str]:
    """Gives all parameters of one shape the same values, drawn from `seed` and the shape alone.

    Two networks that compute the same thing still do so afterwards, however their parts are named. Kernels sum up to
    zero and biases are positive, so that no layer is dead: every feature map is positive somewhere.

    How a kernel `(out, in, 3, 3)` is stored does not matter: `(out, in * 9)` and its transpose get the same numbers.

    Args:
        images: what the model is run on first, so that lazy layers have their shapes.
        skip_first: for kernels that take three times as many channels as they give, by increasing width, whether the
            first third of their channels is the skip; the values of skip and rest are exchanged where it is not.

    Returns:
        The shapes met, one per parameter, sorted.
    """
    if images is not None:
        model(images)
    shapes = [_canonical(parameter) for parameter in model.parameters()]
    joined = sorted({shape for shape in shapes if _is_joined(shape)})
    with torch.no_grad():
        for parameter, shape in zip(model.parameters(), shapes, strict=True):
            values = _values(shape, seed)
            if shape in joined:
                order = skip_first[joined.index(shape)] if joined.index(shape) < len(skip_first) else True
                third = shape[1] // CHANNELS_AFTER_CONCATENATION
                values = values if order else torch.cat([values[:, third:], values[:, :third]], 1)
            turned = len(shape) == 2 and next(size for size in parameter.shape if size > 1) != shape[0]
            parameter.copy_((values.T if turned else values).reshape(parameter.shape))
    return sorted(" × ".join(map(str, shape)) for shape in shapes)


def _canonical(parameter: Tensor) -> tuple[int, ...]:
    """A vector's length; a kernel's shape as a matrix, the smaller side first."""
    shape = [size for size in parameter.shape if size > 1] or [1]
    if parameter.ndim < 2 or len(shape) < 2:
        return (math.prod(shape),)
    return tuple(sorted((shape[0], math.prod(shape[1:]))))


def _is_joined(shape: tuple[int, ...]) -> bool:
    return len(shape) == 2 and shape[1] == 9 * CHANNELS_AFTER_CONCATENATION * shape[0]


def _values(shape: tuple[int, ...], seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(hash((seed, shape)) % 2**63)
    drawn = torch.rand(shape, generator=generator, dtype=torch.float64)
    if len(shape) < 2:
        return 0.1 + 0.4 * drawn
    kernel = (2 * drawn - 1) * math.sqrt(6 / shape[1])
    return kernel - kernel.mean(1, keepdim=True)


def filled_outputs(
    model: nn.Module, seed: int, images: Sequence[Tensor], skip_first: Sequence[bool] = (), training: bool = False
) -> dict[str, Any]:
    """Fills a model and runs it on each batch, in float64 when it can work in float64.

    Returns:
        `shapes` as `fill` gives them, `outputs`, `gradients` (of half the sum of squares of each output, with respect
        to the images), and `precision` ("float64" or "float32").
    """
    model.train(training)  # but not model.double(): networks may well have a method of that name
    shapes = fill(nn.Module.float(model), seed, images[0].float(), skip_first)
    try:
        results = _results(nn.Module.double(model), seed, [batch.double() for batch in images], skip_first)
        return {"shapes": shapes, **results, "precision": "float64"}
    except RuntimeError:
        results = _results(nn.Module.float(model), seed, [batch.float() for batch in images], skip_first)
        return {"shapes": shapes, **results, "precision": "float32"}


def _results(
    model: nn.Module, seed: int, images: Sequence[Tensor], skip_first: Sequence[bool]
) -> dict[str, list[Tensor]]:
    fill(model, seed, None, skip_first)
    outputs, gradients = [], []
    for batch in images:
        leaf = batch.clone().requires_grad_()
        result = model(leaf)
        (gradient,) = torch.autograd.grad(result.square().sum() / 2, leaf)
        outputs.append(result.detach().clone())
        gradients.append(gradient)
    return {"outputs": outputs, "gradients": gradients}


def count_parameters(build: Callable[..., nn.Module], **options: Any) -> int:
    """How many numbers a network learns; it is built without memory for them where that is possible.

    It is run once on a small image, so that lazy layers have their shapes.
    """
    return sum(parameter.numel() for parameter in _built(build, options).parameters())


def parameter_shapes(build: Callable[..., nn.Module], **options: Any) -> list[tuple[int, ...]]:
    """The shapes of a network's parameters, in the order in which it was given them; built as for their count."""
    return [tuple(parameter.shape) for parameter in _built(build, options).parameters()]


def _built(build: Callable[..., nn.Module], options: dict[str, Any]) -> nn.Module:
    try:
        with torch.device("meta"):
            model = build(**options)
            model(torch.randn(1, options.get("in_channels", 3), 64, 64))
    except NotImplementedError as error:
        if "meta" not in str(error):
            raise
    except RuntimeError:
        pass
    else:
        return model
    model = build(**options)
    model(torch.randn(1, options.get("in_channels", 3), 64, 64))
    return model


def output_shapes(model: nn.Module, shapes: Sequence[tuple[int, ...]]) -> list[Any]:
    """For noise of each shape the shape of what a model makes of it, or the text of an error."""
    return [_shape_or_error(model, shape) for shape in shapes]


def _shape_or_error(model: nn.Module, shape: tuple[int, ...]) -> Any:
    try:
        with torch.no_grad():
            return tuple(model(torch.randn(shape)).shape)
    except NotImplementedError:
        raise
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:200]
