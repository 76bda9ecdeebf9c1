"""Right and wrong ways to treat an argument `device`: each wrong one gets its own sentence, right ones get none."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from grader.probes.devices import one_pass, two_pass
from grader.verdicts.devices import device_fault, expect_device_respected

Batches = Iterable[tuple[Tensor, Tensor]]
RIGHT: list[Callable[..., Any]] = []
WRONG: list[tuple[Callable[..., Any], str]] = []


def right(function: Callable[..., Any]) -> Callable[..., Any]:
    RIGHT.append(function)
    return function


def wrong(sentence: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        WRONG.append((function, sentence))
        return function

    return add


def make_arguments() -> tuple[nn.Module, DataLoader]:
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(72, 3))
    return model, DataLoader(TensorDataset(torch.randn(8, 1, 8, 8), torch.arange(8) % 3), batch_size=4)


# --- Right ---


@right
def the_usual_loop(model: nn.Module, loader: Batches, device: str) -> float:
    model.to(device).train()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    total = 0.0
    for images, labels in loader:
        images, labels = images.to(device), labels.to(device)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(images)
    return total


@right
def predicts_and_brings_back(model: nn.Module, loader: Batches, device: str) -> Tensor:
    model.to(torch.device(device)).eval()
    with torch.inference_mode():
        return torch.cat([model(images.to(device)).softmax(1).cpu() for images, _ in loader])


@right
def asks_the_model_where_it_is(model: nn.Module, loader: Batches, device: str) -> list[float]:
    model = model.to(device)
    here = next(model.parameters()).device
    return [model(images.to(here, non_blocking=True)).sum().item() for images, _ in loader]


@right
def moves_a_whole_batch(model: nn.Module, loader: Batches, device: str) -> float:
    criterion = nn.CrossEntropyLoss(weight=torch.ones(3)).to(device)
    model.to(device)
    total = torch.zeros((), device=device)
    for batch in loader:
        images, labels = (part.to(device) for part in batch)
        total += criterion(model(images), labels).detach()
    return float(total)


@right
def counts_on_the_device(model: nn.Module, loader: Batches, device: str) -> float:
    model.to(device).eval()
    correct = total = 0
    with torch.no_grad():
        for images, labels in loader:
            correct += (model(images.to(device)).argmax(1) == labels.to(device)).sum()
            total += len(labels)
    return (correct / total).item()


@right
def compares_on_the_cpu(model: nn.Module, loader: Batches, device: str) -> np.ndarray:
    model.to(device).eval()
    with torch.no_grad():
        return np.concatenate([(model(x.to(device)).cpu().argmax(1) == y).numpy() for x, y in loader])


@right
def makes_noise_where_the_images_are(model: nn.Module, loader: Batches, device: str) -> dict[str, float]:
    model.to(device)
    totals = {"noisy": 0.0}
    for images, _ in loader:
        images = images.to(device)
        totals["noisy"] += model(images + 0.1 * torch.randn_like(images)).mean().item()
    return totals


@right
def works_without_modules(model: nn.Module, loader: Batches, device: str) -> list[float]:
    weight = model[4].weight.detach().to(device)
    return [(images.flatten(1).to(device)[:, :1] * weight[0]).sum().item() for images, _ in loader]


# --- Wrong ---


@wrong("sends the batch to the device but leaves the model on the CPU")
def forgets_the_model(model: nn.Module, loader: Batches, device: str) -> float:
    return sum(model(images.to(device)).sum().item() for images, _ in loader)


@wrong("sends the model to the device but leaves the batch on the CPU")
def forgets_the_batch(model: nn.Module, loader: Batches, device: str) -> float:
    model.to(device)
    return sum(model(images).sum().item() for images, _ in loader)


@wrong("sends the model to the device but leaves the batch on the CPU")
def drops_the_moved_batch(model: nn.Module, loader: Batches, device: str) -> float:
    model.to(device)
    total = 0.0
    for images, _ in loader:
        images.to(device)
        total += model(images).sum().item()
    return total


@wrong("such as labels or a weight of the loss itself")
def forgets_the_labels(model: nn.Module, loader: Batches, device: str) -> float:
    model.to(device)
    return sum(F.cross_entropy(model(images.to(device)), labels).item() for images, labels in loader)


@wrong("such as labels or a weight of the loss itself")
def forgets_the_class_weights(model: nn.Module, loader: Batches, device: str) -> float:
    model.to(device)
    criterion = nn.CrossEntropyLoss(weight=torch.ones(3))
    return sum(criterion(model(images.to(device)), labels.to(device)).item() for images, labels in loader)


@wrong('works on the GPU although it is asked for device="cpu"')
def hard_codes_the_device(model: nn.Module, loader: Batches, device: str) -> float:
    model.cuda()
    return sum(model(images.cuda()).sum().item() for images, _ in loader)


@wrong('works on the GPU although it is asked for device="cpu"')
def takes_whatever_the_machine_has(model: nn.Module, loader: Batches, device: str) -> float:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model.to(device)
    return sum(model(images.to(device)).sum().item() for images, _ in loader)


@wrong("ignores its argument device")
def ignores_the_device(model: nn.Module, loader: Batches, device: str) -> float:
    return sum(model(images).sum().item() for images, _ in loader)


@wrong("is there a tensor that is made on the CPU in forward")
def makes_a_tensor_in_forward(model: nn.Module, loader: Batches, device: str) -> float:
    class Noisy(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, x: Tensor) -> Tensor:
            return self.model(x + torch.randn(x.shape))

    noisy = Noisy().to(device)
    return sum(noisy(images.to(device)).sum().item() for images, _ in loader)


@wrong("turns a tensor that is still on the GPU into a NumPy array")
def forgets_to_come_back_for_numpy(model: nn.Module, loader: Batches, device: str) -> np.ndarray:
    model.to(device)
    return np.concatenate([model(images.to(device)).detach().numpy() for images, _ in loader])


@wrong("hands back a tensor that is still on the GPU")
def hands_back_a_device_tensor(model: nn.Module, loader: Batches, device: str) -> Tensor:
    model.to(device).eval()
    with torch.no_grad():
        return torch.cat([model(images.to(device)).softmax(1) for images, _ in loader])


@wrong("mixes tensors on the CPU with tensors on the GPU")
def compares_across_devices(model: nn.Module, loader: Batches, device: str) -> float:
    model.to(device)
    return sum((model(images.to(device)).argmax(1) == labels).sum().item() for images, labels in loader)


@wrong("does part of its work on the CPU")
def evaluates_on_the_cpu(model: nn.Module, loader: Batches, device: str) -> float:
    model.to(device)
    total = sum(model(images.to(device)).sum().item() for images, _ in loader)
    model.cpu()
    return total + sum(model(images).sum().item() for images, _ in loader)


@pytest.mark.parametrize("function", RIGHT, ids=lambda function: function.__name__)
def test_right_functions_are_not_blamed(function: Callable[..., Any]) -> None:
    assert device_fault(two_pass(function, make_arguments), "fit") is None


@pytest.mark.parametrize(("function", "sentence"), WRONG, ids=[function.__name__ for function, _ in WRONG])
def test_wrong_functions_get_their_sentence(function: Callable[..., Any], sentence: str) -> None:
    fault = device_fault(two_pass(function, make_arguments), "fit")
    assert fault is not None
    assert sentence in fault
    assert fault.startswith("fit ") or "called by fit" in fault


def test_enough_of_both() -> None:
    assert (len(RIGHT), len(WRONG)) >= (8, 12)


def test_a_result_may_stay_on_the_device_where_the_exercise_allows_it() -> None:
    evidence = two_pass(hands_back_a_device_tensor, make_arguments)
    assert device_fault(evidence, "fit", results_on_cpu=False) is None


def test_expect_device_respected_fails_with_the_sentence() -> None:
    expect_device_respected(two_pass(the_usual_loop, make_arguments), "fit")
    evidence = two_pass(forgets_the_labels, make_arguments)
    with pytest.raises(AssertionError, match="such as labels or a weight of the loss itself"):
        expect_device_respected(evidence, "fit")


def test_other_errors_are_passed_on() -> None:
    def not_written(model: nn.Module, loader: Batches, device: str) -> None:
        raise NotImplementedError("fit: not written yet")

    def mistaken(model: nn.Module, loader: Batches, device: str) -> None:
        raise ValueError("batch_size should be positive")

    with pytest.raises(NotImplementedError, match="not written yet"):
        two_pass(not_written, make_arguments)
    with pytest.raises(ValueError, match="should be positive"):
        two_pass(mistaken, make_arguments)


def test_both_calls_start_from_the_same_random_numbers() -> None:
    drawn = []

    def draws(model: nn.Module, loader: Batches, device: str) -> None:
        drawn.append((model[0].weight.detach().clone(), torch.rand(1)))

    two_pass(draws, make_arguments)
    assert all(torch.equal(first, second) for first, second in zip(*drawn, strict=True))


def test_the_evidence_is_plain_data() -> None:
    evidence = one_pass(the_usual_loop, make_arguments, device="cuda:0")
    assert set(evidence) == {"calls", "operations", "results", "error"}
    assert evidence["error"] is None
    assert evidence["calls"][0] == {
        "module": "Sequential",
        "parameters": ["cuda:0"],
        "inputs": ["cuda:0"],
        "outputs": ["cuda:0"],
    }
    assert evidence["operations"]["cuda:0"] > 0
