"""Visible checks of mixed.py."""

from functools import partial

import pytest
import torch

from grader.probes import transforms
from grader.verdicts.circumstances import during, told_by
from grader.verdicts.mixtures import LABEL, STEP, accepted_how, augmented_how, mixed_how, repeated_how, share_how
from grader.verdicts.values import expect_close, expect_error


def a_base(student, n):
    """A data set whose image k holds 100 k everywhere and is labelled 10 k."""
    images = STEP * torch.arange(float(n))[:, None, None, None].expand(n, 1, 2, 2)
    return student.run(transforms.Pairs, images.clone(), [LABEL * k for k in range(n)])


def read(student, dataset, positions, what):
    """The items at these positions, each as the value of its image and its label."""
    with during(f"an item of {what}"):
        found = student.run(transforms.items, dataset, list(positions))
    return [(float(image.flatten()[0]), int(label)) for image, label in found]


@pytest.mark.points(2)
def test_the_transform_changes_images_only(student):
    """AugmentedDataset gives the transformed image and the label as it is."""
    dataset = student.mixed.AugmentedDataset(a_base(student, 4), transforms.plus_one)
    assert len(dataset) == 4, f"AugmentedDataset of 4 items says that it has {len(dataset)}"
    got = read(student, dataset, range(4), "an AugmentedDataset")
    right = got == [(STEP * k + 1, LABEL * k) for k in range(4)]
    assert right, f"AugmentedDataset {augmented_how(got)}"


def test_every_access_augments_anew(student):
    """AugmentedDataset applies the transform at every access."""
    make = partial(student.mixed.AugmentedDataset, a_base(student, 2))
    one, two = (image for image, _ in student.run(transforms.items, make(transforms.noisy), [1, 1]))
    assert not one.equal(two), f"AugmentedDataset {repeated_how(student, make, 1)}"


@pytest.mark.points(2)
def test_half_originals_half_augmented(student):
    """mix gives the originals, then each of them augmented."""
    with during("mix of a data set of pairs"):
        mixed = student.mixed.mix(a_base(student, 3), transforms.plus_one)
    got = read(student, mixed, range(len(mixed)), "mix")
    wanted = [(STEP * k + times, LABEL * k) for times in (0, 1) for k in range(3)]
    assert got == wanted, f"mix {mixed_how(got, 3)}"


def test_other_fractions(student):
    """mix adds as many augmented items as the fraction asks for, in cycling order."""
    added = {}
    for n, fraction in ((3, 0.7), (5, 0.5), (3, 0), (7, 0.3), (100, 0.9), (8, 0.2)):
        with during(f"mix of {n} items with augmented_fraction={fraction}"):
            added[n, fraction] = len(student.mixed.mix(a_base(student, n), transforms.plus_one, fraction)) - n
    for (n, fraction), right in {(3, 0.7): 7, (5, 0.5): 5, (3, 0): 0}.items():
        count = added[n, fraction]
        what = f"mix of {n} items with augmented_fraction={fraction} adds {count} augmented items"
        assert count == right, f"{what}, {count / max(n + count, 1):.0%} of all{share_how(added)}"
    mixed = student.mixed.mix(a_base(student, 3), transforms.plus_one, 0.7)
    got = read(student, mixed, range(3, 10), "mix with augmented_fraction=0.7")
    sources = [round(image) // STEP for image, _ in got]
    listed = ", ".join(map(str, sources))
    assert sources == [0, 1, 2, 0, 1, 2, 0], f"mix takes its augmented items from the images {listed} of the base"


def test_impossible_fractions(student):
    """mix raises a ValueError for a fraction of 1."""
    made, what = [], "mix with augmented_fraction=1.0"
    with told_by(accepted_how, student, made, what=what), during(what), expect_error(ValueError, what):
        made.append(student.mixed.mix(a_base(student, 3), transforms.plus_one, 1.0))


def test_originals_are_the_items_of_the_base(student):
    """mix leaves the originals unchanged."""
    images = torch.rand(3, 1, 4, 4)
    mixed = student.mixed.mix(student.run(transforms.Pairs, images.clone(), [0, 1, 1]), transforms.noisy, 0.5)
    got = student.run(transforms.items, mixed, [0, 1, 2])
    expect_close(torch.stack([image for image, _ in got]), images, what="the originals in mix")
    *_, again = student.run(transforms.items, mixed, [3, 4, 5, 2])
    assert again[0].equal(images[2]), "mix: an original is no longer the same after the augmented items have been read"
