"""Training loops that are wrong in one way each.

Once `train_arm` is known to leave wrong weights behind, these repeat its steps on the same batches: the one that ends
where it ended tells what it does.
"""

import copy
import math
from collections.abc import Callable, Iterator
from functools import partial

import torch
from oracle_compare import pass_starts
from torch import Tensor, nn
from torch.nn import functional as F

from grader.verdicts.loops import frozen_norm_in_evaluation

Loss = Callable[[Tensor, Tensor], Tensor]
Batches = list[list[int]]
Loop = Callable[[nn.Module, Tensor, Tensor, Batches, float, float], Iterator[float]]


def descent(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    batches: Batches,
    lr: float,
    momentum: float,
    *,
    loss: Loss = F.cross_entropy,
    rate: Callable[[int, int], float] = lambda step, steps: 1.0,
    nesterov: bool = False,
    dampening: float = 0.0,
    decay: float = 0.0,
    largest_norm: float | None = None,
    adding_up: bool = False,
    late: bool = False,
    fresh_in_passes: bool = False,
    mode: Callable[[nn.Module], object] = nn.Module.train,
) -> Iterator[float]:
    """Steps of SGD, one at a time, in the model's own precision; yields each step's loss."""
    mode(model)
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    speeds: list[Tensor | None] = [None] * len(parameters)
    before: list[Tensor] | None = None
    starts = pass_starts(batches, len(images))
    for step, batch in enumerate(batches):
        value = loss(model(images[batch].to(parameters[0].dtype)), labels[batch])
        gradients = list(torch.autograd.grad(value, parameters))
        now = gradients
        if adding_up and before is not None:
            gradients = [new + old for new, old in zip(gradients, before, strict=True)]
        if late:
            gradients = before or [torch.zeros_like(gradient) for gradient in gradients]
        before = now if late else gradients
        if largest_norm is not None:
            norm = torch.stack([gradient.norm() for gradient in gradients]).norm()
            gradients = [gradient * min(1.0, largest_norm / (float(norm) + 1e-6)) for gradient in gradients]
        if fresh_in_passes and step in starts:
            speeds = [None] * len(parameters)
        with torch.no_grad():
            for place, (parameter, gradient) in enumerate(zip(parameters, gradients, strict=True)):
                pull = gradient + decay * parameter
                old = speeds[place]
                speed = pull.clone() if old is None else momentum * old + (1 - dampening) * pull
                speeds[place] = speed
                parameter.sub_(lr * rate(step, len(batches)) * (pull + momentum * speed if nesterov else speed))
        yield value.item()


def other_optimizer(
    make: Callable[..., torch.optim.Optimizer],
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    batches: Batches,
    lr: float,
    momentum: float,
) -> Iterator[float]:
    """Steps of another optimiser."""
    model.train()
    optimizer = make([parameter for parameter in model.parameters() if parameter.requires_grad], lr=lr)
    for batch in batches:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(images[batch].to(next(model.parameters()).dtype)), labels[batch])
        loss.backward()
        optimizer.step()
        yield loss.item()


def one_hot(outputs: Tensor, labels: Tensor) -> Tensor:
    return F.one_hot(labels, outputs.shape[1]).to(outputs)


def weighted(outputs: Tensor, labels: Tensor) -> Tensor:
    """Classes weighted by the inverse of how often they come in the batch."""
    counts = torch.bincount(labels, minlength=outputs.shape[1]).clamp(min=1)
    return F.cross_entropy(outputs, labels, weight=(len(labels) / counts).to(outputs))


def focal(outputs: Tensor, labels: Tensor) -> Tensor:
    each = F.cross_entropy(outputs, labels, reduction="none")
    return ((1 - (-each).exp()) ** 2 * each).mean()


LOSSES: dict[str, Loss] = {
    "lowers the binary cross-entropy of every single logit, not the cross-entropy": lambda outputs, labels: (
        F.binary_cross_entropy_with_logits(outputs, one_hot(outputs, labels))
    ),
    "takes the sum of the losses of a batch, not their mean": partial(F.cross_entropy, reduction="sum"),
    "lowers the cross-entropy of probabilities, not of logits: a softmax is taken twice": lambda outputs, labels: (
        F.cross_entropy(outputs.softmax(1), labels)
    ),
    "lowers the negative of the right logit itself: a log-softmax is missing": F.nll_loss,
    "lowers the negative of the right probability: a logarithm is missing": lambda outputs, labels: F.nll_loss(
        outputs.softmax(1), labels
    ),
    "lowers the squared distance of the logits to the one-hot labels": lambda outputs, labels: F.mse_loss(
        outputs, one_hot(outputs, labels)
    ),
    "lowers the squared distance of the probabilities to the one-hot labels": lambda outputs, labels: F.mse_loss(
        outputs.softmax(1), one_hot(outputs, labels)
    ),
    "lowers the multi-class margin loss": F.multi_margin_loss,
    "weights the classes by how often they come": weighted,
    "lowers the focal loss": focal,
    **{
        f"smooths the labels by {share:g}": partial(F.cross_entropy, label_smoothing=share)
        for share in (0.01, 0.05, 0.1, 0.2)
    },
}


def loops() -> Iterator[tuple[str, Loop]]:
    """What `train_arm` may do instead, as the end of a sentence about it."""
    for words, loss in LOSSES.items():
        yield words, partial(descent, loss=loss)
    yield "lets gradients add up from batch to batch", partial(descent, adding_up=True)
    yield "takes each step along the gradient of the batch before", partial(descent, late=True)
    yield "trains in evaluation mode", partial(descent, mode=nn.Module.eval)
    yield "trains with frozen batch norm in evaluation mode", partial(descent, mode=frozen_norm_in_evaluation)
    yield "starts with a new momentum in every pass", partial(descent, fresh_in_passes=True)
    yield "uses Nesterov's momentum", partial(descent, nesterov=True)
    yield "climbs: its steps go up the gradient", partial(descent, rate=lambda step, steps: -1.0)
    for value in (0.1, 0.5, 0.6, 0.9):
        yield f"dampens the momentum by {value}", partial(descent, dampening=value)
    for decay in (0.1, 0.05, 0.01, 5e-3, 1e-3, 5e-4, 1e-4):
        yield f"has a weight decay of {decay:g}", partial(descent, decay=decay)
        yield f"has a weight decay of {2 * decay:g}", partial(descent, decay=2 * decay)
    for norm in (0.1, 0.5, 1.0, 2.0):
        yield f"clips gradients to a norm of {norm:g}", partial(descent, largest_norm=norm)
    for words, rate in _RATES.items():
        yield words, partial(descent, rate=rate)
    for kind in ("Adam", "AdamW", "RMSprop", "Adagrad", "NAdam"):
        yield f"makes the steps of {kind}, not of SGD", partial(other_optimizer, getattr(torch.optim, kind))


def falling(step: int, steps: int, factor: float) -> float:
    return factor**step


_RATES: dict[str, Callable[[int, int], float]] = {
    "lets the rate fall along a cosine": lambda step, steps: (1 + math.cos(math.pi * step / steps)) / 2,
    "lets the rate fall along a straight line": lambda step, steps: 1 - step / steps,
    **{
        f"multiplies the rate by {factor:g} after every step": partial(falling, factor=factor)
        for factor in (0.99, 0.95, 0.9, 0.5, 0.1)
    },
    **{
        f"raises the rate over its first {count} steps": partial(
            lambda step, steps, count: min(1.0, (step + 1) / count), count=count
        )
        for count in (5, 10, 100)
    },
}


def fixed_settings(lr: float, momentum: float) -> Iterator[tuple[str, float, float]]:
    """Settings that may be written into the code, in words."""
    for value in (0.0, 0.9, 0.5, 0.99):
        if value != momentum:
            yield f"uses a momentum of {value:g} instead of {momentum:g}", lr, value
    for value in (0.1, 0.01, 0.001, 1e-4):
        if value != lr:
            yield f"uses a rate of {value:g} instead of {lr:g}", value, momentum


def what_it_does(
    start: nn.Module,
    end: dict[str, Tensor],
    wanted: dict[str, Tensor],
    images: Tensor,
    labels: Tensor,
    batches: Batches,
    lr: float,
    momentum: float,
) -> str:
    """The wrong loop that leads from `start` to `end` on these batches, in words; "" when none does.

    Args:
        wanted: where the right loop ends.
    """
    names = [name for name, parameter in start.named_parameters() if parameter.requires_grad]
    begin = {name: value.detach().clone() for name, value in start.state_dict().items()}
    moved, off = _distance(end, begin, names), _distance(end, wanted, names)
    if moved == 0:
        return "leaves the weights of the model that it is given as they were"
    candidates = [(words, loop, lr, momentum) for words, loop in loops()]
    candidates += [(words, descent, *settings) for words, *settings in fixed_settings(lr, momentum)]
    best, said = 0.02 * min(moved, off), ""
    for words, loop, rate, speed in candidates:
        model = copy.deepcopy(start).double()
        for _ in loop(model, images, labels, batches, rate, speed):
            pass
        distance = _distance(end, model.state_dict(), names)
        if distance < best:
            best, said = distance, words
    return said


def _distance(one: dict[str, Tensor], other: dict[str, Tensor], names: list[str]) -> float:
    squares = [((one[name].double() - other[name].double()) ** 2).sum() for name in names]
    return math.sqrt(float(torch.stack(squares).sum()))
