"""Hidden checks of mixed.py."""

from fractions import Fraction
from functools import partial

import numpy as np
import pytest
import torch

from grader.probes import recording, seeds, transforms
from grader.verdicts.circumstances import during, told_by
from grader.verdicts.imports import expect_quiet_import
from grader.verdicts.mixtures import accepted_how, repeated_how, share_how
from grader.verdicts.values import expect_close, expect_error, expect_tensor, expect_unchanged, kind_of, same

CALL = 1000  # what a `Counting` transform adds at its first call; images hold smaller values


def a_base(student, n, labels=None):
    """A data set of `n` images, image k holding k + 1 everywhere and labelled 10 k + 3, and its items."""
    images = torch.arange(1.0, n + 1)[:, None, None, None].expand(n, 1, 2, 3).clone()
    labels = [10 * k + 3 for k in range(n)] if labels is None else labels
    return student.run(transforms.Pairs, images, labels), list(zip(images, labels, strict=True))


def counting(student):
    return student.run(transforms.Counting)


def expect_item(item, image, label, what):
    """The pair of that image and that label; a number may be of another type."""
    __tracebackhide__ = True
    got, given = item
    expect_close(expect_tensor(got, what=f"the image of {what}"), image, what=f"the image of {what}")
    number = isinstance(label, int) or (isinstance(label, torch.Tensor) and label.ndim == 0)
    equal = int(given) == int(label) if number and _is_number(given) else same(given, label)
    assert equal, f"{what} does not come with the label that the base gives for that image, but with {kind_of(given)}"


def _is_number(value):
    if isinstance(value, torch.Tensor | np.ndarray):
        return value.ndim == 0
    return isinstance(value, int | np.integer)


def calls_of(items):
    """How many calls of a `Counting` transform each item has seen, and the images without what it added."""
    values = [expect_tensor(image, what="an item's image") for image, _ in items]
    counts = [int(value.max()) // CALL for value in values]
    return counts, [value - CALL * count for value, count in zip(values, counts, strict=True)]


# Both


def test_the_base_stays_as_it_is(student):
    """Neither AugmentedDataset nor mix changes the base, its images or its labels."""
    base, items = a_base(student, 5)
    for name, options in (("AugmentedDataset", {}), ("mix", {"augmented_fraction": 0.6})):
        dataset = getattr(student.mixed, name)(base, transforms.times_ten, **options)
        student.run(transforms.items, dataset, list(range(len(dataset))))
        assert len(base) == 5, f"{name} changes the length of its base"
        for k, item in enumerate(student.run(transforms.items, base, list(range(5)))):
            expect_unchanged(items[k], item, f"reading from {name}, item {k} of the base")


def test_data_sets_do_not_share_state(student):
    """Two data sets with different bases and transforms do not get into each other's way."""
    (one, items), (two, others) = a_base(student, 3), a_base(student, 4, [70, 71, 72, 73])
    for name, options, start in (("AugmentedDataset", {}, 0), ("mix", {"augmented_fraction": 0.5}, 3)):
        first = getattr(student.mixed, name)(one, transforms.plus_one, **options)
        second = getattr(student.mixed, name)(two, transforms.times_ten, **options)
        size, shown = len(first), f"of two {name}s, made one after the other,"
        assert size == 3 + start, f"the first {shown} has {size} items instead of {3 + start}"
        with during(f"an item of the first {shown.removesuffix(',')}"):
            got = student.run(transforms.items, first, [start, start + 1, start + 2])
        for k, item in enumerate(got):
            expect_item(item, items[k][0] + 1, items[k][1], f"item {start + k} of the first {shown}")
        (item,) = student.run(transforms.items, second, [start + (start > 0)])
        expect_item(item, others[0][0] * 10, others[0][1], f"an item of the second {shown}")


# AugmentedDataset


@pytest.mark.points(2)
def test_the_transform_changes_the_image_alone(student, rng):
    """AugmentedDataset gives the transformed image with the label of the base, whatever kind of label that is."""
    n = int(rng.integers(4, 9))
    kinds = {
        "whole numbers": [int(x) for x in rng.integers(0, 9, size=n)],
        "tensors": list(torch.randint(9, (n,))),
        "vectors": list(torch.randint(2, (n, 14))),
        "floats": [float(x) for x in rng.random(n)],
        "texts": [f"patient {k}" for k in rng.permutation(n)],
    }
    for kind, labels in kinds.items():
        base, items = a_base(student, n, labels)
        dataset = student.mixed.AugmentedDataset(base, transforms.times_ten)
        assert len(dataset) == n, f"AugmentedDataset of {n} items says that it has {len(dataset)}"
        order = [int(k) for k in rng.permutation(n)]
        with during(f"an item of an AugmentedDataset with {kind} as labels"):
            got = student.run(transforms.items, dataset, order)
        for k, item in zip(order, got, strict=True):
            what = f"item {k} of an AugmentedDataset with {kind} as labels"
            expect_item(item, items[k][0] * 10, items[k][1], what)


@pytest.mark.points(2)
def test_an_item_is_augmented_afresh_at_every_access(student):
    """AugmentedDataset calls the transform once at every access, and keeps no result."""
    base, items = a_base(student, 5)
    make = partial(student.mixed.AugmentedDataset, base)
    dataset = make(counting(student))
    order = [2, 2, 0, 4, 2, 1, 3, 0, 0]
    counts, images = calls_of(student.run(transforms.items, dataset, order))
    for k, image in zip(order, images, strict=True):
        expect_close(image, items[k][0], what=f"item {k} of an AugmentedDataset, without what the transform added,")
    assert 0 not in counts, "AugmentedDataset gives an image to which the transform was not applied"
    assert len(set(counts)) == len(counts), f"AugmentedDataset {repeated_how(student, make, 2)}"
    steps = set(np.diff(counts))
    assert steps == {1}, "AugmentedDataset applies the transform more than once per access"


def test_what_comes_out_unchanged_is_not_transformed_again(student):
    """AugmentedDataset and mix give what the transform returns, also when that is the image as it was."""
    base, items = a_base(student, 4)
    for name, options, start in (("AugmentedDataset", {}, 0), ("mix", {}, 4)):
        dataset = getattr(student.mixed, name)(base, student.run(transforms.EverySecond), **options)
        got = student.run(transforms.items, dataset, [start + k % 4 for k in range(8)])
        changed = [not same(image, items[k % 4][0]) for k, (image, _) in enumerate(got)]
        what = f"{name} of a transform that leaves every second image as it is: the results of 8 accesses"
        wanted = [k % 2 == 1 for k in range(8)]
        assert changed == wanted, f"{what} show {sum(changed)} changed images, or not those that the transform changed"


def test_the_transform_is_given_the_image(student):
    """AugmentedDataset and mix hand the image (C, H, W) to the transform, with no axis added."""
    base, _ = a_base(student, 3)
    for name, options, start in (("AugmentedDataset", {}, 0), ("mix", {}, 3)):
        dataset = getattr(student.mixed, name)(base, transforms.shape_seen, **options)
        for seen, _ in student.run(transforms.items, dataset, [start, start + 2]):
            shape = tuple(seen.flatten().tolist())
            assert shape == (1, 2, 3), f"{name} calls the transform with a tensor of shape {shape}, not with the image"


def test_transforms_may_change_size_and_type(student):
    """AugmentedDataset gives what the transform returns, also when size or type of the image change."""
    base, _ = a_base(student, 3)
    for image, _ in student.run(transforms.items, student.mixed.AugmentedDataset(base, transforms.framed), [0, 1, 2]):
        expect_tensor(image, (1, 4, 5), torch.float32, what="an image of an AugmentedDataset that adds a frame")
    tensors = student.worker("torch.utils.data").TensorDataset(torch.rand(3, 2, 4, 4).double(), torch.arange(3))
    for image, _ in student.run(transforms.items, student.mixed.AugmentedDataset(tensors, transforms.plus_one), [2]):
        expect_tensor(image, (2, 4, 4), torch.float64, what="an image of an AugmentedDataset over float64 images")


# mix


@pytest.mark.points(2)
def test_half_and_half(student, rng):
    """mix doubles a data set by default: the originals in order, then each of them augmented, in order."""
    n = int(rng.integers(3, 12))
    base, items = a_base(student, n)
    with during(f"mix of a data set of {n} pairs"):
        mixed = student.mixed.mix(base, counting(student))
    assert len(mixed) == 2 * n, f"mix of {n} items should have {2 * n} items, got {len(mixed)}"
    got = student.run(transforms.items, mixed, list(range(2 * n)))
    for k in range(n):
        expect_item(got[k], *items[k], f"item {k} of mix, one of {n} originals,")
    counts, images = calls_of(got[n:])
    assert 0 not in counts, "mix: an item after the originals is not augmented"
    for k in range(n):
        expect_item((images[k], got[n + k][1]), *items[k], f"item {n + k} of mix, without what the transform added,")


@pytest.mark.points(3)
def test_the_augmented_share_is_exact(student, rng):
    """mix adds as many augmented items as make up the fraction asked for, rounded to the nearest item."""
    fractions = [0.1, 0.2, 0.25, 0.3, 1 / 3, 0.4, 0.45, 0.5, 0.6, 2 / 3, 0.75, 0.8, 0.9, 0.95]
    tried = 0
    down = up = 0
    seen, wrong = {}, ""
    while tried < 60 or not (down and up):
        n, fraction = int(rng.integers(1, 50)), fractions[int(rng.integers(len(fractions)))]
        exact = n * Fraction(fraction) / (1 - Fraction(fraction))
        rest = float(exact % 1)
        if 0.38 < rest < 0.62:  # exact halves are open, and near them so is what "nearest" refers to
            continue
        wanted = int(exact + Fraction(1, 2))
        down, up, tried = down + (0.05 < rest < 0.38), up + (0.62 < rest < 0.95), tried + 1
        base, _ = a_base(student, n)
        what = f"mix of {n} items with augmented_fraction={fraction:.4g}"
        with during(what):
            got = seen[n, fraction] = len(student.mixed.mix(base, transforms.plus_one, fraction)) - n
        assert got >= 0, f"{what} has fewer items than originals"
        if got != wanted and not wrong:
            wrong = f"{what} has {got} augmented items, {got / (n + got):.3f} of all"
    assert not wrong, f"{wrong}{share_how(seen)}"


@pytest.mark.points(2)
def test_every_original_comes_once_and_unchanged(student, rng):
    """mix starts with every original, in order and unchanged, whatever the fraction."""
    for fraction in (0.0, 0.2, 0.5, 0.75):
        n = int(rng.integers(4, 12))
        base, items = a_base(student, n)
        mixed = student.mixed.mix(base, counting(student), augmented_fraction=fraction)
        for _ in range(2):
            got = student.run(transforms.items, mixed, list(range(n)))
            for k in range(n):
                expect_item(got[k], *items[k], f"item {k} of mix(..., augmented_fraction={fraction}), an original,")


@pytest.mark.points(2)
def test_nothing_augmented_gives_the_originals(student, rng):
    """mix with augmented_fraction=0 has as many items as the base, and they are the originals."""
    for fraction in (0, 0.0):
        n = int(rng.integers(3, 9))
        base, items = a_base(student, n)
        with during(f"mix of {n} items with augmented_fraction={fraction}"):
            mixed = student.mixed.mix(base, counting(student), fraction)
        assert len(mixed) == n, f"mix of {n} items with augmented_fraction=0 has {len(mixed)} items"
        for k, item in enumerate(student.run(transforms.items, mixed, list(range(n)))):
            expect_item(item, *items[k], f"item {k} of mix with augmented_fraction=0")


@pytest.mark.points(2)
def test_augmented_items_cycle_through_the_base(student, rng):
    """mix takes augmented items from the base in order, from the start again at its end, with their labels."""
    for n, fraction in ((7, 0.3), (int(rng.integers(3, 8)), 0.9), (1, 0.8), (6, 0.6)):
        base, items = a_base(student, n)
        mixed = student.mixed.mix(base, counting(student), fraction)
        total = len(mixed)
        assert total > n, f"mix of {n} items with augmented_fraction={fraction} has {total} items"
        got = student.run(transforms.items, mixed, list(range(n, total)))
        counts, images = calls_of(got)
        assert 0 not in counts, f"mix with augmented_fraction={fraction}: an item after the originals is not augmented"
        what = f"mix of {n} items with augmented_fraction={fraction}"
        sources = [int(round(float(image.flatten()[0]))) - 1 for image in images]
        listed = ", ".join(map(str, sources[:15]))
        assert sources == [j % n for j in range(total - n)], f"{what}: augmented items come from the images {listed}"
        for source, image, (_, label) in zip(sources, images, got, strict=True):
            expect_item((image, label), *items[source], f"an augmented item of {what}")


@pytest.mark.points(2)
def test_augmented_items_are_drawn_at_every_access(student, rng):
    """mix augments an item afresh each time it is asked for, and not before."""
    n = int(rng.integers(3, 8))
    base, _ = a_base(student, n)
    make = partial(student.mixed.mix, base, augmented_fraction=0.75)
    mixed = make(counting(student))
    order = [n, n, 2 * n, n + 1, 4 * n - 1, n, 2 * n]
    counts, _ = calls_of(student.run(transforms.items, mixed, order))
    assert 0 not in counts, "mix: an item after the originals is not augmented"
    assert len(set(counts)) == len(counts), f"mix {repeated_how(student, make, n)}"
    assert set(np.diff(counts)) == {1}, "mix applies the transform more than once per access"


@pytest.mark.points(2)
def test_impossible_fractions_are_errors(student):
    """mix raises a ValueError, at the call, for fractions below 0 and from 1 on."""
    base, _ = a_base(student, 4)
    for fraction in (-0.1, -1.0, -1e-6, 1.0, 1, 1.5, 50):
        made, what = [], f"mix with augmented_fraction={fraction}"
        with told_by(accepted_how, student, made, what=what), during(what), expect_error(ValueError, what):
            made.append(student.mixed.mix(base, transforms.plus_one, fraction))
    for fraction in (1e-9, 0.98):
        with during(f"mix with augmented_fraction={fraction}"):
            size = len(student.mixed.mix(base, transforms.plus_one, fraction))
        assert size == (4 if fraction < 0.5 else 200), f"mix of 4 items with augmented_fraction={fraction} has {size}"


# Both


@pytest.mark.points(2)
def test_both_work_with_loaders(student, rng):
    """A loader, also one with worker processes, gives the items in order, each image with its own label."""
    n = int(rng.integers(5, 9))
    base, items = a_base(student, n)
    for name, dataset, repeats, originals in (
        ("AugmentedDataset", student.mixed.AugmentedDataset(base, counting(student)), 1, 0),
        ("mix", student.mixed.mix(base, counting(student), 0.75), 4, n),
    ):
        for workers in (0, 2):
            kind = f"a loader of {name} with {workers} worker processes"
            with during(kind):
                got = student.run(transforms.loaded, dataset, workers)
            assert len(got) == repeats * n, f"{kind} gives {len(got)} items instead of {repeats * n}"
            counts, images = calls_of(got)
            assert 0 not in counts[originals:], f"{kind}: an item that should be augmented is not"
            assert not any(counts[:originals]), f"{kind}: an original is augmented"
            for k, image in enumerate(images):
                expect_item((image, got[k][1]), *items[k % n], f"item {k} of {kind}")


def test_every_pass_augments_anew(student):
    """Two passes over the same data set give other augmented images, in loaders with and without worker processes."""
    noisy = transforms.noisy
    images, labels = torch.rand(6, 1, 5, 5), torch.arange(6)
    base = student.worker("torch.utils.data").TensorDataset(images, labels)
    for name, originals in (("AugmentedDataset", 0), ("mix", 6)):
        dataset = getattr(student.mixed, name)(base, noisy)
        for workers in (0, 1):
            one, two = (student.run(transforms.loaded, dataset, workers) for _ in range(2))
            for k, ((a, _), (b, _)) in enumerate(zip(one, two, strict=True)):
                if k < originals:
                    assert a.equal(b), "mix: an original differs between two passes"
                else:
                    how = f"a loader with {workers} worker processes"
                    assert not a.equal(b), f"{name} gives the same augmented image in two passes of {how}"


def test_no_seed_is_set(student):
    """Neither AugmentedDataset nor mix sets a global seed."""
    base, _ = a_base(student, 4)
    mix, augmented = student.mixed.mix, student.mixed.AugmentedDataset
    for make, name in ((mix, "mix"), (augmented, "AugmentedDataset")):
        found = student.run(seeds.reseeded, make, base, transforms.plus_one)
        assert not found, f"{name} sets the global seed of {', '.join(found)}"
        found = student.run(seeds.reseeded, transforms.items, make(base, transforms.plus_one), [0, 3])
        assert not found, f"an item of {name} sets the global seed of {', '.join(found)}"


def test_images_stay_on_the_cpu(student):
    """Items stay on the CPU, also where there is an accelerator."""
    base, _ = a_base(student, 3)
    for name in ("AugmentedDataset", "mix"):
        dataset = getattr(student.mixed, name)(base, transforms.plus_one)
        found = student.run(recording.devices_of, transforms.items, dataset, [0, len(dataset) - 1])
        assert found == ["cpu"], f"on a machine with a GPU, {name} gives tensors on {', '.join(found)}"


@pytest.mark.needs("test_half_and_half")
def test_importing_does_nothing_else(student):
    """Importing mixed prints nothing and sets no seed."""
    expect_quiet_import(student, "mixed")
