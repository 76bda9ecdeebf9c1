"""What is said of transforms that do something else than was asked of them."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from grader.probes.transforms import plus_one, times_ten
from grader.verdicts.transforms import composed_how, cropped_how, flipped_how, places_of, rounded_how

IMAGE = torch.arange(1.0, 25).reshape(2, 3, 4)


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (IMAGE.clone(), "returns the image as it is"),
        (IMAGE.flip(-1), "mirrors left and right"),
        (IMAGE.flip(-2), "mirrors top and bottom"),
        (IMAGE.flip(-3), "turns round the order of the channels"),
        (IMAGE.flip(-1, -2), "mirrors both"),
        (torch.stack([IMAGE[0].flip(-1), IMAGE[1]]), "mirrors 1 of 2 channels"),
        (IMAGE.roll(1, -1), "moves the pixels in another way"),
        (IMAGE + 0.5, "gives other values"),
        (IMAGE[:, :2], "gives a result of shape (2, 2, 4)"),
        (IMAGE.double(), "gives a result of dtype float64"),
    ],
)
def test_flips(result: Tensor, said: str) -> None:
    assert flipped_how(result, IMAGE).startswith(said)


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (IMAGE, "returns the image as it is"),
        (IMAGE * 10 + 1, "gives what times_ten and then plus_one would"),
        (IMAGE + 1, "gives what plus_one would alone"),
        (IMAGE * 10, "gives what times_ten would alone"),
        (IMAGE * 7, ""),
    ],
)
def test_compositions(result: Tensor, said: str) -> None:
    assert composed_how(result, IMAGE, [plus_one, times_ten]) == said


@pytest.mark.parametrize(
    ("padded", "said"),
    [
        (F.pad(IMAGE, [2, 0, 2, 0]), "with zeros at the left and the top only"),
        (F.pad(IMAGE, [0, 2, 0, 2]), "with zeros at the right and the bottom only"),
        (F.pad(IMAGE, [1] * 4, mode="replicate"), "whose border repeats its outermost pixels"),
        (F.pad(IMAGE, [1] * 4, mode="reflect"), "whose border is its mirror image"),
        (F.pad(IMAGE, [1] * 4, value=1.0), "with a border of ones"),
        (F.pad(IMAGE, [2] * 4), "with twice as wide a border of zeros"),
    ],
)
def test_crops(padded: Tensor, said: str) -> None:
    results = padded.unfold(1, 3, 1).unfold(2, 3, 1).permute(1, 2, 0, 3, 4).flatten(0, 1)
    assert (places_of(results, padded, 3) == range(len(results))).all()
    assert cropped_how(results, IMAGE, 3, 1) == f"they are windows of the image {said}"


def test_crops_that_nothing_explains() -> None:
    assert cropped_how(torch.rand(5, 2, 3, 3), IMAGE, 3, 1) == ""


def test_values_that_went_through_bytes() -> None:
    values = torch.rand(3, 5, 5)
    assert rounded_how((values * 255).round() / 255) == "gives only multiples of 1/255"
    assert rounded_how(values) == ""
