"""Networks of a submission that runs in a real sandbox, among them some that would rather not be compared."""

from collections.abc import Iterator
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from grader.errors import LimitExceeded, StudentError, WorkerDied
from grader.sandbox.launcher import Zygote
from grader.sandbox.limits import Limits
from grader.suite.remote import Session
from grader.suite.student import SandboxedStudent
from grader.verdicts.equivalence import compare, expect_same

SUBMISSION = b'''
import os, sys, time
import torch
import torch.nn.functional as F
from torch import nn
from grader.probes import structure


class Block(nn.Module):
    def __init__(self, channels=4):
        super().__init__()
        self.layers = nn.ModuleDict({"norm": nn.BatchNorm2d(channels)})
        self.kernel = nn.Parameter(torch.randn(channels, channels, 3, 3))

    def forward(self, x):
        y = F.conv2d(x, self.kernel, padding=1)
        return self.layers["norm"](y).add_(x).relu_()


class Mistaken(Block):
    def forward(self, x):
        y = F.conv2d(x, self.kernel, padding=1)
        return self.layers["norm"](y).relu_().add_(x)


class DecidedByValues(Block):
    def forward(self, x):
        return super().forward(x) if x.abs().max() < 1e9 else x


class Failing(Block):
    def forward(self, x):
        raise KeyError("no such layer")


class Leaving(Block):
    def forward(self, x):
        os._exit(0)


class Forever(Block):
    def forward(self, x):
        while True:
            x = x + 0


class Quitting(Block):
    def forward(self, x):
        sys.exit(3)


class Long(Block):
    """Takes more operations than can be told."""

    def forward(self, x):
        for _ in range(20_000):
            x = x + 0.0
        return super().forward(x)


class StrangeOutput(Block):
    def forward(self, x):
        return type("Tensor", (), {"shape": x.shape, "detach": lambda self: self})()


class Lying(Mistaken):
    """Has the probes replaced while it is at work."""

    def forward(self, x):
        structure.trace = lambda *args, **kwargs: {"operations": [{}], "tensors": {}, "outputs": 3}
        structure.run_with = lambda *args, **kwargs: {"precision": "float64", "passes": [{"outputs": [x]}] * 3}
        return super().forward(x)
'''


class Block(nn.Module):
    def __init__(self, channels: int = 4) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.norm(self.conv(x)))


@pytest.fixture
def student(warm_zygote: Zygote) -> Iterator[SandboxedStudent]:
    limits = Limits(cpu_seconds=4, wall_seconds=60)
    session = Session(warm_zygote, {"blocks.py": SUBMISSION}, limits, ["assignment"])
    yield SandboxedStudent(session, ["blocks"])
    session.close()


def compared(student: Any, name: str) -> Any:
    return compare(Block(), getattr(student.blocks, name)(), torch.zeros(2, 4, 8, 8), run=student.run)


def test_verdicts(student: Any) -> None:
    found = compared(student, "Block")
    assert found.verdict == "same"
    assert found.pairs["kernel"] == "conv.weight"
    assert expect_same(student, found, "Block()")
    found = compared(student, "Mistaken")
    assert found.verdict == "different"
    assert found.where == "blocks.py:23"
    with pytest.raises(AssertionError, match=r"Mistaken\(\) does not compute .* ReLU \(blocks.py, line 23\)"):
        expect_same(student, found, "Mistaken()")
    found = compared(student, "DecidedByValues")
    assert found.verdict == "unknown"
    assert not expect_same(student, found, "DecidedByValues()")
    (remark,) = student.remarks
    assert remark.startswith("DecidedByValues() was judged by its outputs alone: which way it computes depends on")
    found = compared(student, "Failing")
    assert found.verdict == "different"
    assert "KeyError: 'no such layer'" in found.why


@pytest.mark.parametrize("name", ["Long", "StrangeOutput", "Lying"])
def test_what_is_broken_is_never_the_same(student: Any, name: str) -> None:
    assert compared(student, name).verdict in ("unknown", "different")


@pytest.mark.parametrize(
    ("name", "error"), [("Quitting", StudentError), ("Leaving", WorkerDied), ("Forever", LimitExceeded)]
)
def test_what_ends_the_worker_is_the_students_verdict(student: Any, name: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        compared(student, name)
