"""Probes read values inside the transforms of torch.func, where tensors are wrapped."""

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, grad_and_value, vmap

from grader.probes.plain import outside_transforms, plain
from grader.probes.training import traced
from grader.verdicts.training import training_faults


def test_values_are_read_inside_transforms() -> None:
    seen: list[list[float]] = []

    @outside_transforms()
    def note(x: Tensor) -> None:
        seen.append(plain(x).detach().double().numpy().ravel().tolist())

    def square(x: Tensor) -> Tensor:
        note(x)
        return (x**2).sum()

    assert grad(square)(torch.arange(3.0)).tolist() == [0, 2, 4]
    assert vmap(grad(square))(torch.ones(2, 2)).tolist() == [[2, 2], [2, 2]]
    assert seen == [[0, 1, 2], [1, 1, 1, 1]]


def test_ordinary_tensors_are_handed_back() -> None:
    tensor = torch.ones(2)
    assert plain(tensor) is tensor


def test_training_by_functional_gradients_is_followed() -> None:
    """Batches, backward passes, steps and weights are recorded, and no fault is found."""
    inputs, labels = torch.randn(6, 3), torch.arange(6) % 2
    model = nn.Linear(3, 2)

    def fit(model: nn.Module) -> None:
        model.train()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for batch in (slice(0, 3), slice(3, 6)):
            weights = {name: weight.detach() for name, weight in model.named_parameters()}

            def loss(weights: dict[str, Tensor], batch: slice = batch) -> Tensor:
                return nn.functional.cross_entropy(functional_call(model, weights, (inputs[batch],)), labels[batch])

            gradients, _ = grad_and_value(loss)(weights)
            for name, weight in model.named_parameters():
                weight.grad = gradients[name]
            optimizer.step()

    found = traced(fit, model, splits={"train": inputs}, course_of=model)
    events = found["trace"]["events"]
    assert [event["kind"] for event in events if event["kind"] != "loss"] == ["forward", "backward", "step"] * 2
    assert [event["indices"] for event in events if "indices" in event] == [
        [["train", i] for i in rows] for rows in ((0, 1, 2), (3, 4, 5))
    ]
    assert len(found["course"]["states"]) == 3
    assert training_faults(found["trace"], "fit") == []
