"""Weights for networks with skip connections, whatever their parts are called and however they are ordered."""

import math
from collections.abc import Sequence
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
            turned = parameter.ndim == 2 and tuple(parameter.shape) != shape
            parameter.copy_(values.T if turned else values.reshape(parameter.shape))
    return sorted(" × ".join(map(str, shape)) for shape in shapes)


def _canonical(parameter: Tensor) -> tuple[int, ...]:
    """The shape of a kernel as a matrix, outputs first; that of anything else without ones at its end."""
    shape = tuple(parameter.shape)
    if len(shape) > 2:
        return shape[0], math.prod(shape[1:])
    return shape[::-1] if len(shape) == 2 and shape[0] > shape[1] else shape


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
    model: nn.Module,
    seed: int,
    images: Sequence[Tensor],
    skip_first: Sequence[bool] = (),
    training: bool = False,
) -> dict[str, Any]:
    """Fills a model and runs it on each batch, in float64 when it can work in float64.

    Returns:
        `shapes` as `fill` gives them, `outputs`, and `precision` ("float64" or "float32").
    """
    model.train(training)
    shapes = fill(model.float(), seed, images[0].float(), skip_first)
    fill(model.double(), seed, None, skip_first)
    with torch.no_grad():
        try:
            results = [model(batch.double()).clone() for batch in images]
            return {"shapes": shapes, "outputs": results, "precision": "float64"}
        except RuntimeError:
            fill(model.float(), seed, None, skip_first)
            return {
                "shapes": shapes,
                "outputs": [model(batch.float()).clone() for batch in images],
                "precision": "float32",
            }


def size_changes(build: Any, configurations: Sequence[tuple[dict[str, int], Sequence[tuple[int, ...]]]]) -> list[Any]:
    """Builds a network for each configuration and runs it on noise of each shape.

    Returns:
        Per configuration the shapes of the outputs, or the text of the error, for every input.
    """
    found = []
    for options, inputs in configurations:
        model = build(**options)
        found.append([_shape_or_error(model, shape) for shape in inputs])
    return found


def _shape_or_error(model: nn.Module, shape: tuple[int, ...]) -> Any:
    try:
        with torch.no_grad():
            return tuple(model(torch.randn(shape)).shape)
    except NotImplementedError:
        raise
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:200]
