"""What students read about an exception in a check."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from grader.errors import StudentError
from grader.suite.messages import verdict
from grader.verdicts.circumstances import during, told_by
from grader.verdicts.torch_errors import explained


def test_a_failed_assertion_is_told_as_such_when_no_words_for_it_can_be_found() -> None:
    def describe(value: int) -> str:
        return str(value // 0)

    with pytest.raises(ZeroDivisionError) as caught, told_by(describe, 3, what="the sum"):
        raise AssertionError("the sum is off by 3")
    assert verdict(caught.value, []) == ("failed", "the sum is off by 3")


def test_circumstances_stand_before_what_student_code_raised() -> None:
    with pytest.raises(StudentError) as caught, during("fit with epochs=0"):
        raise StudentError("ValueError", "no data", [])
    status, message = verdict(caught.value, [])
    assert status == "failed"
    assert message.startswith("fit with epochs=0: your code raised ValueError")


@pytest.mark.parametrize(
    ("mistake", "meaning"),
    [
        (lambda x: (y := (2 * x).exp(), y.detach().add_(1), y.sum().backward()), "was overwritten in between"),
        (lambda x: x.detach().sum().backward(), "does not depend on anything that is trained"),
        (lambda x: [y.backward() for y in 2 * [x.exp().sum()]], "backward was called twice"),
        (lambda x: nn.functional.cross_entropy(x, torch.zeros(2, 1).long()), "more dimensions than class numbers"),
        (lambda x: nn.BatchNorm1d(3)(x[:1]), "batch norm in training mode"),
    ],
    ids=["in_place", "nothing_trained", "backward_twice", "column_of_labels", "single_value"],
)
def test_what_pytorch_says_is_explained(mistake: Callable[[torch.Tensor], Any], meaning: str) -> None:
    with pytest.raises((RuntimeError, ValueError)) as caught:
        mistake(torch.zeros(2, 3, requires_grad=True))
    told = explained(str(caught.value))
    assert meaning in told
    assert told.startswith(str(caught.value)[:40])
    assert "anomaly" not in told


def test_other_messages_stay_as_they_are() -> None:
    assert explained("no mask for skin_7") == "no mask for skin_7"
