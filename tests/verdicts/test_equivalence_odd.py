"""Blocks of the course, and odd networks: nothing right is ever different, nothing wrong the same, nothing crashes."""

import copy
from collections.abc import Callable

import numpy as np
import pytest
import torch
from networks import sources
from networks.odd import ODD, Dropping, Plain
from torch import Tensor, nn

from grader.errors import AuthorError
from grader.verdicts.equivalence import compare

SMALL = sources.load("blocks", "small").BLOCKS
INCEPTION = sources.load("blocks", "inception")
SHAPE = (4, 3, 4, 5, 2, 3, 2)
Build = Callable[[], nn.Module]


def pairs(which: int) -> list[tuple[Build, Build, tuple[int, ...]]]:
    """A reference, another network, and the shape of a batch: right ones (2) or wrong ones (3)."""
    found = [(block[0], other, block[1]) for block in SMALL.values() for other in block[which]]
    others = INCEPTION.RIGHT if which == 2 else INCEPTION.WRONG
    return found + [
        (lambda: INCEPTION.Reference(*SHAPE), lambda network=network: network(*SHAPE), (2, 4, 8, 8))
        for network in others.values()
    ]


@pytest.mark.parametrize(("reference", "candidate", "shape"), pairs(2))
def test_a_right_block_is_the_same(reference: Build, candidate: Build, shape: tuple[int, ...]) -> None:
    found = compare(reference(), candidate(), torch.zeros(shape))
    assert found.verdict == "same", found


@pytest.mark.parametrize(("reference", "candidate", "shape"), pairs(3))
def test_a_wrong_block_is_never_the_same(reference: Build, candidate: Build, shape: tuple[int, ...]) -> None:
    assert compare(reference(), candidate(), torch.zeros(shape)).verdict != "same"


@pytest.mark.parametrize(("network", "dropout", "verdicts"), ODD)
def test_an_odd_network_gets_a_right_verdict(
    network: type[nn.Module], dropout: bool, verdicts: tuple[str, ...]
) -> None:
    for _ in range(3):
        found = compare(Dropping() if dropout else Plain(), network(), torch.zeros(4, 6))
        assert found.verdict in verdicts, found
        assert found.why


@pytest.mark.parametrize("thing", [None, 3, "network", torch.zeros(3), len, lambda x: x, Plain])
def test_what_is_no_network_is_different(thing: object) -> None:
    found = compare(Plain(), thing, torch.zeros(4, 6))
    assert found.verdict == "different"
    assert "no nn.Module" in found.why


def test_both_models_are_left_as_they_were() -> None:
    for build, shape, *_ in (SMALL["basic block"], SMALL["head"]):
        models = [build(), build()]
        models[0].eval()
        next(models[1].parameters()).requires_grad_(False)
        models[1](torch.randn(shape)).sum().backward()
        before = [copy.deepcopy(model) for model in models]
        gradients = [[p.grad for p in model.parameters()] for model in models]
        copies = [[None if g is None else g.clone() for g in some] for some in gradients]
        memory = [[t.data_ptr() for t in model.state_dict().values()] for model in models]
        chance = torch.get_rng_state()
        compare(*models, torch.zeros(shape), seed=3)
        assert torch.equal(torch.get_rng_state(), chance)
        assert copies[1][1] is not None
        for model, some, copied in zip(models, gradients, copies, strict=True):
            for parameter, gradient, value in zip(model.parameters(), some, copied, strict=True):
                assert parameter.grad is gradient
                assert gradient is None or torch.equal(gradient, value)
        for model, old, places in zip(models, before, memory, strict=True):
            assert [t.data_ptr() for t in model.state_dict().values()] == places
            assert [m.training for m in model.modules()] == [m.training for m in old.modules()]
            for (name, new), (_, was) in zip(model.named_parameters(), old.named_parameters(), strict=True):
                assert torch.equal(new, was), name
                assert new.requires_grad == was.requires_grad, name
            for (name, new), (_, was) in zip(model.named_buffers(), old.named_buffers(), strict=True):
                assert torch.equal(new, was), name


def test_a_seed_makes_it_repeatable() -> None:
    other = nn.Sequential(nn.Linear(6, 9), nn.Tanh(), nn.Linear(9, 3))
    found = [compare(Plain(), other, torch.zeros(4, 6), seed=seed) for seed in (1, 1, 2)]
    assert found[0] == found[1]
    assert found[0].max_error != found[2].max_error


class Words(nn.Module):
    """A mean of embeddings."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.out = nn.Embedding(10, 4), nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.words(x).mean(1))


class SummedWords(Words):
    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.words(x).sum(1))


def test_inputs_of_whole_numbers_are_taken_from_the_example() -> None:
    example = torch.from_numpy(np.arange(24).reshape(4, 6) % 10)
    assert compare(Words(), Words(), example).verdict == "same"
    assert compare(Words(), SummedWords(), example).verdict != "same"


def test_faults_of_the_author_are_told() -> None:
    with pytest.raises(AuthorError, match="does not accept batches of shape"):
        compare(Plain(), Plain(), torch.zeros(4, 5))
    with pytest.raises(AuthorError, match="must be a batch"):
        compare(Plain(), Plain(), torch.zeros(()))
    with pytest.raises(AuthorError, match="NaN or infinity"):
        compare(NotANumber(), Plain(), torch.zeros(4, 6))


class NotANumber(Plain):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) * float("nan")
