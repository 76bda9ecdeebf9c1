"""What is said of data sets that mix originals and augmented items in a wrong way."""

import math
from collections.abc import Callable

import pytest

from grader.verdicts.mixtures import augmented_how, mixed_how, share_how


def test_items_are_listed_with_what_happened_to_them() -> None:
    assert augmented_how([(1, 10), (102, 10)]).endswith("0 augmented with the label of 1, 1 augmented 2 times")
    assert augmented_how([(0, 1)]).endswith("gives 0 with the label 1 instead of 0")


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ([(1, 0), (101, 10), (0, 0), (100, 10)], "the augmented items come first"),
        ([(0, 0), (1, 0), (100, 10), (101, 10)], "originals and augmented items are mixed up"),
        ([(1, 0), (101, 10), (1, 0), (101, 10)], "the originals are augmented as well"),
        ([(0, 0), (100, 10), (0, 0), (100, 10)], "items after the originals are not augmented"),
        ([(0, 0), (100, 10), (1, 0)], "3 items, 1 of them augmented"),
        ([(0, 0), (100, 10), (1, 10), (101, 0)], "images come with foreign labels"),
    ],
)
def test_orders(items: list[tuple[float, int]], said: str) -> None:
    assert mixed_how(items, 2).endswith(said)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (lambda n, f: int(n * f / (1 - f)), "rounded down"),
        (lambda n, f: math.ceil(n * f / (1 - f)), "rounded up"),
        (lambda n, f: round(n * f), "that fraction of the originals, not of the result"),
        (lambda n, f: n, "as many augmented items as originals"),
        (lambda n, f: 0, "as many items as the base"),
        (lambda n, f: min(n, round(n * f / (1 - f))), "never more of them than originals"),
        (lambda n, f: 3 * n + 1, ""),
    ],
)
def test_shares_follow_another_rule(rule: Callable[[int, float], int], said: str) -> None:
    seen = {(n, fraction): rule(n, fraction) for n in (3, 7, 20, 41) for fraction in (0.2, 0.3, 0.45, 0.7, 0.9)}
    assert said in share_how(seen)
    assert bool(share_how(seen)) is bool(said)
