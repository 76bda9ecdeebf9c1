"""What is said of the batches and runs of a study."""

import itertools
from typing import Any

import pytest
import torch

from grader.probes import arms
from grader.verdicts.arms import difference_between, repeated_augmentations, steps_how


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (0, "not on a single one"),
        (1, "as many as 7 images make"),
        (3, "one pass over the 20 images, after which the training ends"),
        (9, "the last pass over the 20 images goes on to its end"),
        (21, "7 whole passes"),
        (6, "one too few"),
        (8, "one too many"),
        (11, ""),
    ],
)
def test_numbers_of_batches_are_explained(made: int, said: str) -> None:
    sizes = itertools.cycle([8, 8, 4])
    how = steps_how([[0] * size for size, _ in zip(sizes, range(made), strict=False)], 7, 20, 8)
    assert said in how
    assert bool(how) is bool(said)


def test_passes_without_their_last_batch_are_counted() -> None:
    assert "7 whole passes" in steps_how([[0] * 8] * 14, 7, 20, 8)


def event(
    model: int = 0, trained: bool = True, weights: str = "a", codes: torch.Tensor | None = None
) -> dict[str, Any]:
    codes = arms.numbered([0, 1]) if codes is None else codes
    return {"model": model, "trained": trained, "weights": weights, "codes": codes.long()}


def test_the_first_difference_is_told() -> None:
    codes = arms.numbered([0, 1])
    other = codes.clone()
    other[:, arms.FRESH] = 255 - other[:, arms.FRESH]
    one = [event(codes=codes), event(weights="b", codes=codes)]
    assert difference_between(one, one) == ""
    assert "start from other weights" in difference_between(one, [event(weights="c", codes=codes)])
    assert "the steps differ" in difference_between(one, [one[0], event(weights="c", codes=codes)])
    assert "another order" in difference_between(one, [event(codes=codes.flip(0))])
    assert "augmented in another way" in difference_between(one, [event(codes=other)])
    assert "more passes" in difference_between(one, one[:1])


def test_augmented_images_that_come_again_are_counted() -> None:
    codes = arms.numbered([0, 1])
    codes[:, arms.MARK] = 255
    assert repeated_augmentations([event(codes=codes)]) == ""
    assert "4 times" in repeated_augmentations([event(codes=codes), event(codes=codes)])
