"""What is said of a first convolution that was replaced in a wrong way."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from grader.probes import stems
from grader.verdicts.stems import explained_by_stem, stem_faults

SETTINGS: dict[str, Any] = {"kernel_size": 3, "stride": 2, "bias": True}


def replaced(weight: Callable[[Tensor], Tensor], **settings: Any) -> list[str]:
    """What is said when the weights are made in this way, and settings differ."""
    model: Any = stems.build(1, 3, SETTINGS)
    before, old = stems.look(model), model.conv1
    new: Any = nn.Conv2d(1, 4, **(SETTINGS | settings)).double()
    with torch.no_grad():
        new.weight.copy_(weight(old.weight))
        if new.bias is not None:
            new.bias.copy_(old.bias)
    model.conv1 = new
    return list(stem_faults(before, stems.look(model)))


def total(weight: Tensor) -> Tensor:
    return weight.sum(1, keepdim=True)


def test_a_right_replacement_has_no_fault() -> None:
    assert replaced(total) == []


@pytest.mark.parametrize(
    ("weight", "said"),
    [
        (lambda weight: weight.mean(1, keepdim=True), "are the mean of the old ones over the 3 input channels"),
        (lambda weight: total(weight) * 2, "are 2 times the sum of the old ones over the 3 input channels"),
        (lambda weight: weight[:, 1:2], "are those of input channel 1 alone, of 3"),
        (lambda weight: total(weight[:, :2]), "are the sum of the old ones over the input channels 0 and 1 alone"),
        (lambda weight: (weight * torch.tensor([0.3, 0.6, 0.1]).view(3, 1, 1)).sum(1, keepdim=True), "0.3, 0.6, 0.1"),
        (lambda weight: weight.abs().sum(1, keepdim=True), "without regard to their signs"),
        (lambda weight: weight.amax(1, keepdim=True), "are the largest of the old ones"),
        (lambda weight: torch.randn(4, 1, 3, 3), "have nothing to do with the old ones"),
        (lambda weight: torch.zeros(4, 1, 3, 3), "are all 0"),
        (lambda weight: total(weight)[:1].expand(4, 1, 3, 3), "are the same for every output channel"),
        (lambda weight: -total(weight), "are -1 times the sum"),
    ],
)
def test_weights_are_described_by_the_old_ones(weight: Callable[[Tensor], Tensor], said: str) -> None:
    (fault,) = replaced(weight)
    assert said in fault


def test_settings_and_bias_are_named() -> None:
    assert replaced(total, stride=1) == ["stride of conv1 was (2, 2) and is (1, 1) after to_grayscale"]
    assert "to_grayscale takes the bias away from conv1" in replaced(total, bias=False)


def test_only_a_failure_is_explained() -> None:
    model: Any = stems.build(1, 1, SETTINGS)
    before = stems.look(model)
    with torch.no_grad():
        model.fc.bias.add_(1)
    with explained_by_stem(before, lambda: stems.look(model)):
        pass
    with (
        pytest.raises(AssertionError, match=r"to_grayscale also changed fc\.bias \(a test\)"),
        explained_by_stem(before, lambda: stems.look(model), "a test"),
    ):
        raise AssertionError
