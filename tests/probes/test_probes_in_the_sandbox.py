"""The same probes and verdicts when the student's code runs in a real sandbox: evidence crosses as plain data."""

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import nn

from grader.errors import SandboxError
from grader.probes import training
from grader.probes.arguments import copied
from grader.probes.devices import two_pass
from grader.probes.loaders import counted_loader
from grader.sandbox import Limits, Sandbox
from grader.verdicts.devices import device_fault
from grader.verdicts.training import state_carried, training_faults, wrong_samples

SUBMISSION = b"""
import torch
import torch.nn.functional as F

def fit(model, loader, optimizer, device="cpu"):
    model.to(device).train()
    for images, labels in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(images.to(device)), labels.to(device)).backward()
        optimizer.step()

def sloppy(model, loader, optimizer, device="cpu"):
    model.to(device).train()
    for images, labels in loader:
        F.cross_entropy(model(images.to(device)), labels).backward()
        optimizer.step()
"""


@pytest.fixture(scope="module")
def student() -> Iterator[Any]:
    try:
        with Sandbox({"training.py": SUBMISSION}, Limits(cpu_seconds=60)) as handle:
            yield handle
    except SandboxError as error:
        pytest.skip(f"no sandbox here: {error}")


def make_arguments(student: Any) -> tuple[Any, list[Any]]:
    images = torch.randn(6, 4)
    there = student.worker("torch.nn")
    model = there.Sequential(there.Linear(4, 5), there.BatchNorm1d(5), there.Linear(5, 3))
    loader = student.run(counted_loader, images, torch.arange(6) % 3, 4)
    return images, [model, loader, student.worker("torch.optim").SGD(model.parameters(), lr=0.1)]


def test_traces(student: Any) -> None:
    images, arguments = make_arguments(student)
    outcome = student.run(training.traced, student.training.fit, *arguments, splits={"train": images})
    assert training_faults(outcome["trace"], "fit") == []
    assert wrong_samples(outcome["trace"], "fit", batch_size=4) is None
    images, arguments = make_arguments(student)
    outcome = student.run(training.traced, student.training.sloppy, *arguments, splits={"train": images})
    (fault,) = training_faults(outcome["trace"], "fit")
    assert "lets gradients add up" in fault


def test_two_calls(student: Any) -> None:
    _, arguments = make_arguments(student)
    assert state_carried(*student.run(training.traced_twice, student.training.fit, copied, *arguments), "fit") is None


def test_two_devices(student: Any) -> None:
    _, arguments = make_arguments(student)
    assert device_fault(student.run(two_pass, student.training.fit, copied, *arguments), "fit") is None
    fault = device_fault(student.run(two_pass, student.training.sloppy, copied, *arguments), "fit")
    assert fault is not None
    assert "such as labels or a weight of the loss itself" in fault


def test_copies_belong_together() -> None:
    model = nn.Linear(2, 1)
    twin, optimizer = copied(model, torch.optim.SGD(model.parameters(), lr=1.0))
    twin(torch.ones(1, 2)).sum().backward()
    before = model.weight.detach().clone()
    optimizer.step()
    assert torch.equal(model.weight, before)
    assert torch.equal(twin.weight, before - 1)
