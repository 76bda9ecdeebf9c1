"""Visible checks of transforms.py."""

import pytest
import torch

from grader.probes import transforms
from grader.verdicts.values import expect_close, expect_tensor


def numbered(channels, height, width):
    """An image in which every value occurs once."""
    return torch.arange(1.0, channels * height * width + 1).reshape(channels, height, width)


@pytest.mark.points(2)
def test_flips_with_probability_one_mirror(student):
    """With p=1 RandomHorizontalFlip mirrors left and right, RandomVerticalFlip top and bottom."""
    image = numbered(3, 4, 6)
    for name, axis in (("RandomHorizontalFlip", -1), ("RandomVerticalFlip", -2)):
        result = getattr(student.transforms, name)(p=1.0)(image)
        expect_tensor(result, (3, 4, 6), torch.float32, what=f"{name}(p=1.0)")
        assert result.equal(image.flip(axis)), f"{name}(p=1.0) does not mirror the image"


def test_flips_are_drawn_at_every_call(student):
    """One flip with p=0.5, called 60 times on the same image, gives it both as it is and mirrored, and nothing else."""
    image = numbered(2, 3, 5)
    for name, axis in (("RandomHorizontalFlip", -1), ("RandomVerticalFlip", -2)):
        results = student.run(transforms.draws, getattr(student.transforms, name)(p=0.5), image, 60)
        plain = [bool(result.equal(image)) for result in results]
        mirrored = [bool(result.equal(image.flip(axis))) for result in results]
        assert sum(plain) + sum(mirrored) == 60, f"{name} gives something else than the image and its mirror image"
        assert any(plain), f"{name}(p=0.5) mirrored the image 60 times in a row"
        assert any(mirrored), f"{name}(p=0.5) never mirrored the image in 60 calls"


@pytest.mark.points(2)
def test_a_crop_is_a_window_of_the_padded_image(student):
    """RandomCrop gives size x size windows of the image with its border of zeros."""
    image = numbered(1, 4, 5)
    padded = torch.nn.functional.pad(image, [1, 1, 1, 1])
    results = student.run(transforms.draws, student.transforms.RandomCrop(3, padding=1), image, 200)
    expect_tensor(results, (200, 1, 3, 3), torch.float32, what="200 results of RandomCrop(3, padding=1)")
    windows = [padded[:, i : i + 3, j : j + 3] for i in range(4) for j in range(5)]
    for result in results:
        assert any(result.equal(window) for window in windows), "RandomCrop gave something that is no such window"
    corners = [sum(bool(result.equal(windows[k])) for result in results) for k in (0, 4, 15, 19)]
    assert sum(corners) > 0, "200 random crops, but none of them in a corner"


def test_a_resized_crop_of_everything_is_the_image(student):
    """RandomResizedCrop(size) gives (C, size, size); a box of everything, at the image's size, is the image."""
    image = torch.rand(3, 9, 9)
    result = student.transforms.RandomResizedCrop(9, scale=(1.0, 1.0), ratio=(1.0, 1.0))(image)
    expect_close(result, image, atol=1e-4, what="RandomResizedCrop of all of a 9x9 image, at its size,")
    result = student.transforms.RandomResizedCrop(14)(torch.rand(1, 28, 20))
    expect_tensor(result, (1, 14, 14), torch.float32, what="RandomResizedCrop(14) of a 28x20 image")


def test_rotations_keep_the_size(student):
    """RandomRotation keeps the size, fills up with zeros, and with 0 degrees leaves the image as it is."""
    image = torch.rand(2, 8, 11)
    result = student.transforms.RandomRotation(0)(image)
    expect_close(result, image, atol=1e-3, what="RandomRotation(0)")
    results = student.run(transforms.draws, student.transforms.RandomRotation(180), torch.ones(1, 15, 15), 40)
    expect_tensor(results, (40, 1, 15, 15), torch.float32, what="40 results of RandomRotation(180)")
    assert (results[:, 0, 7, 7] > 0.99).all(), "RandomRotation: the pixel in the centre of the image is lost"
    assert (results[:, 0, 0, 0] < 0.01).any(), "RandomRotation: the corners are never filled with zeros"


def test_jitter_stays_in_range(student):
    """ColorJitter gives values from 0 to 1, and without strength the image as it is."""
    image = torch.rand(1, 6, 6)
    expect_close(student.transforms.ColorJitter()(image), image, atol=1e-5, what="ColorJitter()")
    results = student.run(transforms.draws, student.transforms.ColorJitter(brightness=0.8, contrast=0.8), image, 60)
    assert results.min() >= 0, "ColorJitter gives values below 0"
    assert results.max() <= 1, "ColorJitter gives values above 1"
    assert len({float(result.mean()) for result in results}) > 30, "ColorJitter gave the same result again and again"


@pytest.mark.points(2)
def test_compose_applies_in_order(student):
    """Compose applies the first transform first."""
    composed = student.transforms.Compose([transforms.plus_one, transforms.times_ten])
    expect_close(composed(torch.zeros(1, 2, 2)), torch.full((1, 2, 2), 10.0), what="(0 + 1) * 10 by Compose")


@pytest.mark.points(2)
def test_equal_generators_give_equal_results(student):
    """A transform draws from the generator it was given, else from torch's global one."""
    image, there = torch.rand(1, 12, 12), student.worker("torch")
    for name, args in (("RandomCrop", (6,)), ("RandomRotation", (90,)), ("ColorJitter", (0.5, 0.5))):
        kind = getattr(student.transforms, name)
        one, two = (kind(*args, generator=there.Generator().manual_seed(5)) for _ in range(2))
        a, b = (student.run(transforms.draws, transform, image, 20) for transform in (one, two))
        assert a.equal(b), f"{name}: equal generators gave different results"
        transform = kind(*args)
        there.manual_seed(7)
        a = student.run(transforms.draws, transform, image, 20)
        there.manual_seed(7)
        assert a.equal(student.run(transforms.draws, transform, image, 20)), f"{name}: torch.manual_seed has no effect"


def test_arguments_are_left_alone(student):
    """A flip that does not happen still returns a tensor of its own, and the image stays as it was."""
    image, before = numbered(1, 3, 3), numbered(1, 3, 3)
    seen = student.run(transforms.once, student.transforms.RandomHorizontalFlip(p=0.0), image)
    assert not seen["shares"], "RandomHorizontalFlip(p=0.0) returns a tensor that shares memory with its argument"
    assert seen["image"].equal(before), "RandomHorizontalFlip(p=0.0) changed its argument"
