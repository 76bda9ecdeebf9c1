"""Mutants made by rule: the right ones, each once, the same every time, and nothing but the change."""

import ast
from pathlib import Path

import pytest

from grader.proof.operators import RULES, changes

MODULE = '''\
"""A module."""

import math

import torch

SIZES = [1, 2]


@torch.no_grad()
def fit(model: torch.nn.Module, data, epochs: int = 3, *, device="cpu", exact=False) -> list[float]:
    """Says `epochs + 1` and `x - y`."""
    losses = []  # a comment that stays
    scale = float(max(len(data), 1))
    scale = scale * 2
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    for epoch in range(epochs):
        model.train()
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(data.to(device)), data[:epoch])
        if loss < 0 and not exact:
            continue
        loss.backward()
        losses.append(-loss.detach().item())
    with torch.no_grad():
        model(data.to(torch.float64))
    if scale == 0:
        raise ValueError("scale + 1")
    return losses, math.ceil(scale)
'''


def by_rule(source: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for change in changes(source):
        found.setdefault(change.rule, []).append(f"{change.old} -> {change.new}")
    return found


def test_every_rule_finds_something():
    assert set(by_rule(MODULE)) == set(RULES)


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("removed_statement", "optimizer.zero_grad() -> pass"),
        ("removed_statement", "continue -> pass"),
        ("removed_reassignment", "scale = scale * 2 -> pass"),
        ("swapped_statements", "model.train(); optimizer.zero_grad() -> the other way round"),
        ("before_the_loop", "model.train() -> before the loop"),
        ("after_the_loop", "loss.backward() -> after the loop"),
        ("first_turn_only", "for epoch in range(epochs): ... -> first turn only"),
        ("comparison", "< 0 -> <= 0"),
        ("comparison", "< 0 -> > 0"),
        ("sign", "-loss.detach().item() -> loss.detach().item()"),
        ("sign", "not exact -> exact"),
        ("number", "3 -> 4"),
        ("number", "0.5 -> 5.0"),
        ("one_off", "range(epochs) -> range(epochs - 1)"),
        ("one_off", ":epoch -> :epoch + 1"),
        ("dropped_argument", "torch.optim.SGD(model.parameters(), lr=0.5) -> torch.optim.SGD(model.parameters())"),
        ("swapped_arguments", "max(len(data), 1) -> max(1, len(data))"),
        ("other_function", "max(len(data), 1) -> min(len(data), 1)"),
        ("forgotten_call", "loss.detach() -> loss"),
        ("other_device", 'device -> "cpu"'),
        ("other_part", "torch.optim.SGD -> torch.optim.Adam"),
        ("other_part", "torch.no_grad -> torch.enable_grad"),
        ("removed_layer", "[1, 2] -> [2]"),
        ("truth", "False -> True"),
    ],
)
def test_a_rule_makes_the_change_it_is_named_for(rule, change):
    assert change in by_rule(MODULE)[rule]


def test_every_change_is_another_program_and_none_stands_twice():
    meanings = [ast.dump(ast.parse(change.source)) for change in changes(MODULE)]
    assert len(set(meanings)) == len(meanings)
    assert ast.dump(ast.parse(MODULE)) not in meanings


def test_nothing_but_the_change_differs():
    for change in changes(MODULE):
        assert '"""Says `epochs + 1` and `x - y`."""' in change.source
        assert "model: torch.nn.Module" in change.source
        assert '"scale + 1"' in change.source or change.rule in ("removed_statement", "condition")


def test_the_same_source_gives_the_same_changes():
    assert changes(MODULE) == changes(MODULE)


def test_equal_changes_of_one_function_are_counted():
    made = [change for change in changes("def f(x):\n    return x[0] + x[0]\n") if change.rule == "number"]
    assert [(change.old, change.new, change.nth) for change in made] == [("0", "1", 1), ("0", "1", 2)]


def test_a_change_knows_its_method_and_line():
    source = "class A:\n    def f(self, x):\n        return x < 1\n"
    change = next(change for change in changes(source) if change.rule == "comparison")
    assert (change.function, change.line) == ("A.f", 3)


def test_a_reference_has_dozens_of_changes():
    reference = Path(__file__).parent.parent.parent / "solutions" / "regression" / "scaling.py"
    assert len(changes(reference.read_text())) > 30
