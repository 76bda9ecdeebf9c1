"""Evidence comes from beside student code: whatever it says, nothing crashes and nothing wrong becomes the same."""

import copy
import random
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from grader.probes import structure
from grader.verdicts.equivalence import compare
from grader.verdicts.equivalence.canonical import canonical
from grader.verdicts.equivalence.evidence import Unreadable, read

JUNK: list[Any] = [
    *(None, True, -1, 0, 7, 2**70, 1e308, float("nan"), float("inf"), "", "x" * 1000, "relu", b"x", 3 + 4j),
    *([], {}, (), [[]], [None] * 20, {"op": 0, "out": 0}, {"op": -1, "out": 9}, {"tensor": 0}, {"tensor": 99}),
    *({"input": 0}, {"input": 1}, [2**39, 2**39], [-1], object(), torch.zeros(2), torch.ones(3, 3, dtype=torch.int8)),
]


class Right(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 3, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(3)
        self.left, self.right = nn.Conv2d(3, 2, 1), nn.Conv2d(3, 2, 1)
        self.fc = nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.norm(self.conv(x))), 2)
        x = torch.cat([self.left(x), F.interpolate(self.right(x), x.shape[2:], mode="bilinear")], 1)
        return self.fc(x.mean((2, 3)))


class Wrong(Right):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).tanh()


def spots(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every part of nested lists, tuples and dicts."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(spot for key, item in inside for spot in spots(item, (*path, key)))]


def damaged(value: Any, chance: random.Random) -> Any:
    """A copy with something in it replaced, removed, repeated or exchanged."""
    value = copy.deepcopy(value)
    for _ in range(chance.choice((1, 1, 2, 5))):
        *way, last = chance.choice([spot for spot in spots(value) if spot] or [("nothing",)])
        if last == "nothing":
            return chance.choice(JUNK)
        parent = value
        for key in way:
            parent = parent[key]
        deed = chance.randrange(5)
        if deed == 0:
            del parent[last]
        elif deed == 1 and isinstance(parent, list):
            parent.append(parent[last])
        elif deed == 2 and isinstance(parent, list):
            chance.shuffle(parent)
        else:
            parent[last] = chance.choice(JUNK)
    return value


@pytest.fixture(scope="module")
def claim() -> Any:
    return structure.trace(Wrong(), torch.rand(2, 2, 8, 8))


def test_a_damaged_trace_is_readable_or_not_and_nothing_else(claim: Any) -> None:
    readable = 0
    for seed in range(1500):
        try:
            canonical(read(damaged(claim, random.Random(seed))))
            readable += 1
        except Unreadable:
            pass
    assert 100 < readable < 1400


@pytest.mark.parametrize("junk", [*JUNK, {"operations": [], "tensors": [], "outputs": [], "input": [2, 2]}])
def test_junk_for_a_trace_is_unknown(junk: Any) -> None:
    def run(probe: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return junk if probe is structure.trace else probe(*args, **kwargs)

    assert compare(Right(), Right(), torch.zeros(2, 2, 8, 8), run=run).verdict == "unknown"


@pytest.mark.parametrize("junk", [*JUNK, {"precision": "float64", "passes": []}, {"error": 1, "pass": "x"}])
def test_junk_for_outputs_is_never_the_same(junk: Any) -> None:
    def run(probe: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return junk if probe is structure.run_with else probe(*args, **kwargs)

    assert compare(Right(), Right(), torch.zeros(2, 2, 8, 8), run=run).verdict in ("unknown", "different")


def test_no_lie_makes_a_wrong_network_the_same() -> None:
    for seed in range(150):
        chance = random.Random(seed)

        def run(probe: Callable[..., Any], *args: Any, chance: random.Random = chance, **kwargs: Any) -> Any:
            answer = probe(*args, **kwargs)
            return damaged(answer, chance) if chance.random() < 0.7 else answer

        assert compare(Right(), Wrong(), torch.zeros(2, 2, 8, 8), run=run).verdict != "same", seed


def test_another_networks_trace_does_not_help() -> None:
    def run(probe: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return probe(Right(), *args[1:], **kwargs) if probe is structure.trace else probe(*args, **kwargs)

    assert compare(Right(), Wrong(), torch.zeros(2, 2, 8, 8), run=run).verdict != "same"


def test_right_numbers_with_other_settings_do_not_help() -> None:
    """Numbers of an earlier pass, of other weights, or in another type are no numbers of this one."""
    lies: list[Callable[[Tensor], Tensor]] = [
        torch.zeros_like,
        lambda out: out.float().bfloat16().double(),
        lambda out: out.flip(0),
        lambda out: out[:1].expand_as(out),
        lambda out: torch.full_like(out, float("nan")),
        lambda out: out.to(torch.complex128),
        lambda out: out[..., None],
    ]
    for lie in lies:

        def run(probe: Callable[..., Any], *args: Any, lie: Callable[[Tensor], Tensor] = lie, **kwargs: Any) -> Any:
            answer = probe(*args, **kwargs)
            for each in answer.get("passes", ()):
                each["outputs"] = [lie(out.detach()) for out in each["outputs"]]
            return answer

        assert compare(Right(), Right(), torch.zeros(2, 2, 8, 8), run=run).verdict != "same"


def test_a_claim_of_single_precision_does_not_help() -> None:
    def run(probe: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        answer = probe(*args, **kwargs)
        return {**answer, "precision": "float32"} if "precision" in answer else answer

    class Almost(Right):
        def __init__(self) -> None:
            super().__init__()
            self.norm.eps = 3e-5  # next to 1e-5: what comes out differs by more than float32 rounds, whatever is drawn

    assert compare(Right(), Almost(), torch.zeros(2, 2, 8, 8), run=run).verdict != "same"
