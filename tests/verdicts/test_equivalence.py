"""Networks written in many ways: right ones are found to be the same, wrong ones never are."""

import importlib.util

import pytest
import torch
from networks import sources
from torch import Tensor, nn

from grader.verdicts.equivalence import compare, has_form_of

SIZES = {"resnet18": 32, "unet": 16}
FULL_WIDTH = ("from_torchvision", "from_timm", "scripted", "traced_graph")  # others' own, in one width only
ROUNDING = 1e-12


def example(kind: str) -> Tensor:
    return torch.zeros(2, 3, SIZES[kind], SIZES[kind])


def build(kind: str, module: object, *, full: bool = False) -> nn.Module:
    if kind == "unet":
        return module.UNet(3, 4, base=4, depth=3)
    return module.ResNet18(5, width=64 if full else 8)


@pytest.fixture(scope="module")
def references() -> dict[tuple[str, bool], nn.Module]:
    kinds = [("resnet18", False), ("resnet18", True), ("unet", False)]
    return {(kind, full): build(kind, sources.load(kind, "modules"), full=full) for kind, full in kinds}


def test_there_are_enough_spellings() -> None:
    assert len(sources.right("resnet18")) >= 10
    assert len(sources.right("unet")) >= 9  # one of them right for even sizes only
    assert len(sources.mistakes("resnet18")) + len(sources.mistakes("unet")) >= 80


@pytest.mark.parametrize("name", sources.right("resnet18"))
def test_a_right_resnet_is_the_same(name: str, references: dict[tuple[str, bool], nn.Module]) -> None:
    if name == "from_timm" and importlib.util.find_spec("timm") is None:
        pytest.skip("timm is not installed")
    full = name in FULL_WIDTH
    candidate = build("resnet18", sources.load("resnet18", name), full=full)
    found = compare(references["resnet18", full], candidate, example("resnet18"), sizes=[] if full else None)
    assert found.verdict == "same", found
    assert found.max_error < ROUNDING
    assert len(found.pairs) == 102  # 62 parameters and 40 running statistics


@pytest.mark.parametrize("name", [name for name in sources.right("unet") if name != "resized"])
def test_a_right_unet_is_the_same(name: str, references: dict[tuple[str, bool], nn.Module]) -> None:
    found = compare(references["unet", False], build("unet", sources.load("unet", name)), example("unet"))
    assert found.verdict == "same", found
    assert found.max_error < ROUNDING
    assert len(found.pairs) == 30


def test_resizing_and_padding_differ_only_at_odd_sizes(references: dict[tuple[str, bool], nn.Module]) -> None:
    reference, resized = references["unet", False], build("unet", sources.load("unet", "resized"))
    assert compare(reference, resized, example("unet"), sizes=[(24, 40)]).verdict == "same"
    found = compare(reference, resized, example("unet"), sizes=[(24, 41)])
    assert found.verdict == "different"
    assert found.where.startswith("resized.py:")
    alternatives = [reference, build("unet", sources.load("unet", "resized"))]
    assert compare(alternatives, resized, example("unet")).verdict == "same"


@pytest.mark.parametrize(
    ("kind", "name", "mistake"), [(kind, *each) for kind in SIZES for each in sources.mistakes(kind)]
)
def test_a_wrong_network_is_never_the_same(
    kind: str, name: str, mistake: str, references: dict[tuple[str, bool], nn.Module]
) -> None:
    text, where = sources.source(kind, name, mistake)
    found = compare(references[kind, False], build(kind, sources.changed(text, name)), example(kind))
    if where is None:
        assert found.verdict != "same", found
    else:
        assert found.verdict == "different", found
        assert where in sources.named(found, text), found
        assert found.why


def test_the_form_alone_can_be_compared(references: dict[tuple[str, bool], nn.Module]) -> None:
    reference = references["unet", False]
    assert has_form_of(reference, build("unet", sources.load("unet", "up_first")), example("unet"))
    text, _ = sources.source("unet", "modules", "relu missing")
    assert not has_form_of(reference, build("unet", sources.changed(text, "modules")), example("unet"))
