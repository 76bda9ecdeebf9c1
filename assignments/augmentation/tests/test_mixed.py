"""Visible checks of mixed.py."""

import pytest
import torch

from grader.probes import transforms
from grader.verdicts.values import expect_close, expect_error


def a_base(student, n):
    """A data set whose image k holds k everywhere and is labelled 10 k."""
    images = torch.arange(float(n))[:, None, None, None].expand(n, 1, 2, 2).clone()
    return student.run(transforms.Pairs, images, [10 * k for k in range(n)])


def values(items):
    """Each item as the value of its image and its label."""
    return [(float(image.flatten()[0]), int(label)) for image, label in items]


@pytest.mark.points(2)
def test_the_transform_changes_images_only(student):
    """AugmentedDataset gives the transformed image and the label as it is."""
    dataset = student.mixed.AugmentedDataset(a_base(student, 4), transforms.plus_one)
    assert len(dataset) == 4, f"AugmentedDataset of 4 items says that it has {len(dataset)}"
    got = values(student.run(transforms.items, dataset, [0, 1, 2, 3]))
    assert got == [(k + 1, 10 * k) for k in range(4)], f"adding one to images 0, 1, 2, 3: (image, label) are {got}"


def test_every_access_augments_anew(student):
    """AugmentedDataset applies the transform at every access."""
    dataset = student.mixed.AugmentedDataset(a_base(student, 2), transforms.noisy)
    one, two = (image for image, _ in student.run(transforms.items, dataset, [1, 1]))
    assert not one.equal(two), "two accesses to the same item of an AugmentedDataset gave the same noise"


@pytest.mark.points(2)
def test_half_originals_half_augmented(student):
    """mix gives the originals, then each of them augmented."""
    mixed = student.mixed.mix(a_base(student, 3), transforms.plus_one)
    assert len(mixed) == 6, f"mix of 3 items should have 6 items, got {len(mixed)}"
    got = values(student.run(transforms.items, mixed, list(range(6))))
    wanted = [(0, 0), (1, 10), (2, 20), (1, 0), (2, 10), (3, 20)]
    assert got == wanted, f"mix of images 0, 1, 2, adding one where augmented: (image, label) are {got}"


def test_other_fractions(student):
    """mix adds as many augmented items as the fraction asks for, in cycling order."""
    base = a_base(student, 3)
    assert len(student.mixed.mix(base, transforms.plus_one, 0)) == 3, "augmented_fraction=0 should add nothing"
    mixed = student.mixed.mix(base, transforms.plus_one, 0.7)
    assert len(mixed) == 10, f"3 originals are 30 % of 10 items, but mix gives {len(mixed)}"
    labels = [label for _, label in values(student.run(transforms.items, mixed, list(range(3, 10))))]
    assert labels == [0, 10, 20, 0, 10, 20, 0], f"mix: the augmented items have the labels {labels}"


def test_impossible_fractions(student):
    """mix raises a ValueError for a fraction of 1."""
    with expect_error(ValueError, "mix with augmented_fraction=1.0"):
        student.mixed.mix(a_base(student, 3), transforms.plus_one, 1.0)


def test_originals_are_the_items_of_the_base(student):
    """mix leaves the originals unchanged."""
    images = torch.rand(3, 1, 4, 4)
    base = student.run(transforms.Pairs, images, [0, 1, 1])
    got = student.run(transforms.items, student.mixed.mix(base, transforms.noisy, 0.5), [0, 1, 2])
    expect_close(torch.stack([image for image, _ in got]), images, what="the originals in mix")
