"""What a multi-layer perceptron is mistaken for: by its number of parameters, and by its output."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

Layers = Sequence[tuple[Tensor, Tensor]]
Activation = Callable[[Tensor], Tensor]

RELU: Activation = torch.relu
OTHERS: dict[str, Activation] = {
    "a tanh": torch.tanh,
    "a sigmoid": torch.sigmoid,
    "a leaky ReLU": functional.leaky_relu,
    "a leaky ReLU (0.1)": lambda x: functional.leaky_relu(x, 0.1),
    "a leaky ReLU (0.2)": lambda x: functional.leaky_relu(x, 0.2),
    "a PReLU": lambda x: functional.leaky_relu(x, 0.25),
    "an ELU": functional.elu,
    "a SELU": functional.selu,
    "a GELU": functional.gelu,
    "a SiLU": functional.silu,
    "a softplus": functional.softplus,
    "a ReLU6": functional.relu6,
    "a softmax": lambda x: x.softmax(-1),
}


def expect_parameter_count(shapes: Sequence[Sequence[int]], widths: Sequence[int], what: str) -> None:
    """As many numbers as linear layers with bias of these widths, from input to output, have.

    Args:
        shapes: of the parameters that there are.
    """
    __tracebackhide__ = True
    found, wanted = sum(torch.Size(shape).numel() for shape in shapes), _count(widths)
    if found == wanted:
        return
    as_if = next((f", {how}" for how, count in _miscounts(widths) if count == found), "")
    listed = ", ".join(str(tuple(shape)) for shape in shapes[:8]) + (", ..." if len(shapes) > 8 else "")
    seen = f" (shapes {listed})" if shapes else ""
    raise AssertionError(f"{what} should have {wanted:,} parameters, got {found:,}{as_if}{seen}")


def _miscounts(widths: Sequence[int]) -> Iterator[tuple[str, int]]:
    features, *hidden, out = widths
    weights, biases = sum(a * b for a, b in itertools.pairwise(widths)), sum(hidden) + out
    yield "as many as the weights alone, without any bias", weights
    yield "as many as without the biases of the hidden layers", weights + out
    yield "as many as without the bias of the last layer", weights + biases - out
    yield "as many as with a second bias in every layer", weights + 2 * biases
    if not hidden:
        return
    yield "as many as the last layer alone", _count([hidden[-1], out])
    yield "as many as the hidden layers alone", _count([features, *hidden])
    yield (
        "as many as with two more numbers for every hidden unit, as a normalisation has",
        weights + biases + 2 * sum(hidden),
    )
    for i, _ in enumerate(hidden):
        yield "as many as with a hidden layer less", _count([features, *hidden[:i], *hidden[i + 1 :], out])
        yield "as many as with a hidden layer more", _count([features, *hidden[: i + 1], *hidden[i:], out])
    yield "as many as with the widths in reverse", _count([features, *hidden[::-1], out])
    yield "as many as with hidden layers of 64 and 64, whatever is asked for", _count([features, 64, 64, out])


def _count(widths: Sequence[int]) -> int:
    return sum(a * b + b for a, b in itertools.pairwise(widths))


def mistaken_outputs(x: Tensor, layers: Layers) -> Callable[[], list[tuple[str, Any]]]:
    """What other networks with the same layers `(weight (out, in), bias (out,))` would give for `x`, by what is said.

    The right one has ReLU between the layers and nothing else.
    """
    wide = [(weight.double(), bias.double()) for weight, bias in layers]
    return lambda: [(how, output.detach().numpy()) for how, output in _outputs(x.double(), wide)]


def _outputs(x: Tensor, layers: Layers) -> Iterator[tuple[str, Tensor]]:
    between = len(layers) - 1
    right = _forward(x, layers, [RELU] * between)
    yield "there is a ReLU after the last layer, which makes negative outputs 0", right.relu()
    if between:
        yield "there is no ReLU between the layers", _forward(x, layers, [_nothing] * between)
        yield "there is a ReLU before the first layer", _forward(x.relu(), layers, [RELU] * between)
        yield (
            "there is a ReLU before the first layer, and none between",
            _forward(x.relu(), layers, [_nothing] * between),
        )
    for i in range(between) if between > 1 else ():
        some = [_nothing if j == i else RELU for j in range(between)]
        yield f"there is no ReLU after the {_place(i, between)}", _forward(x, layers, some)
    for i in range(between) if between > 2 else ():
        some = [RELU if j == i else _nothing for j in range(between)]
        yield f"there is a ReLU after the {_place(i, between)} only", _forward(x, layers, some)
    for name, other in OTHERS.items():
        if between:
            yield f"there is {name} between the layers", _forward(x, layers, [other] * between)
            yield f"there is {name} after every layer, the last included", other(_forward(x, layers, [other] * between))
        yield f"there is {name} after the last layer", other(right)
    yield "no bias is added", _forward(x, [(weight, 0 * bias) for weight, bias in layers], [RELU] * between)
    *hidden, (weight, bias) = layers
    yield "the bias of the last layer is not added", _forward(x, [*hidden, (weight, 0 * bias)], [RELU] * between)
    yield "the bias of the last layer is added twice", _forward(x, [*hidden, (weight, 2 * bias)], [RELU] * between)
    if between:
        normed = (
            lambda h: functional.layer_norm(h, h.shape[-1:]).relu(),
            lambda h: functional.layer_norm(h.relu(), h.shape[-1:]),
        )
        for norm in normed:
            yield "hidden layers are normalised", _forward(x, layers, [norm] * between)

    yield "each hidden layer whose width stays the same has its input added", _with_shortcuts(x, layers)


def _with_shortcuts(x: Tensor, layers: Layers) -> Tensor:
    *hidden, last = layers
    for weight, bias in hidden:
        h = (x @ weight.T + bias).relu()
        x = h + x if h.shape == x.shape else h
    return x @ last[0].T + last[1]


def _place(hidden: int, of: int) -> str:
    return "first layer" if hidden == 0 else "last hidden layer" if hidden == of - 1 else f"hidden layer {hidden + 1}"


def _forward(x: Tensor, layers: Layers, activations: Sequence[Activation]) -> Tensor:
    for (weight, bias), activation in zip(layers, [*activations, _nothing], strict=True):
        x = activation(x @ weight.T + bias)
    return x


def _nothing(x: Tensor) -> Tensor:
    return x
