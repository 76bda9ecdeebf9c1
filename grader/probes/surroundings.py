"""What a call leaves behind beside its result: global generators, the recording of gradients, a model's gradients."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from grader.probes.seeds import drawn_from, reseeded


def left_behind(
    function: Callable[..., Any], *args: Any, looks_at: nn.Module | None = None, **kwargs: Any
) -> list[str]:
    """What two calls of a function left behind that its caller did not ask for, as phrases ("it ...").

    Args:
        looks_at: a model that the function uses and should not touch. It has gradients before each call, and the
            second call is made where gradients are not recorded.

    Returns:
        An empty list when nothing was found.
    """
    found: list[str] = []
    recording = iter((True, looks_at is None))

    def call() -> None:
        with torch.set_grad_enabled(next(recording)):
            before = torch.is_grad_enabled()
            gradients = _give_gradients(looks_at) if looks_at is not None else {}
            function(*args, **kwargs)
            if torch.is_grad_enabled() != before:
                found.append(_SWITCHED[before])
        if looks_at is not None and not _has_gradients(looks_at, gradients):
            found.append("does not leave the gradients that lie on the model as they were")

    drawn = set[str]()
    seeded = reseeded(lambda: drawn.update(drawn_from(call)))
    if seeded:
        found.append(f"sets the global seed of {', '.join(seeded)}")
    elif drawn - {"torch"}:
        found.append(f"draws from the global generator of {', '.join(sorted(drawn - {'torch'}))} instead of torch's")
    return list(dict.fromkeys(found))


_SWITCHED = {
    True: "leaves the recording of gradients switched off",
    False: "leaves the recording of gradients switched on, called where it was off (inside torch.no_grad())",
}


def _give_gradients(model: nn.Module) -> dict[str, torch.Tensor]:
    """Gives every parameter a gradient; copies of them, by the parameters' names."""
    given = {name: torch.full_like(parameter, 0.5) for name, parameter in model.named_parameters()}
    for name, parameter in model.named_parameters():
        parameter.grad = given[name].clone()
    return given


def _has_gradients(model: nn.Module, wanted: dict[str, torch.Tensor]) -> bool:
    now = {name: parameter.grad for name, parameter in model.named_parameters()}
    return all((grad := now.get(name)) is not None and torch.equal(grad, value) for name, value in wanted.items())
