"""Visible checks of transforms.py."""

import pytest
import torch

from grader.probes import seeds, transforms
from grader.verdicts.circumstances import during, told_by
from grader.verdicts.transforms import composed_how, cropped_how, flipped_how, places_of, rounded_how
from grader.verdicts.values import expect_close, expect_tensor


def numbered(channels, height, width):
    """An image in which every value occurs once."""
    return torch.arange(1.0, channels * height * width + 1).reshape(channels, height, width)


def slopes(side):
    """An image of two channels: the column's number and the row's number."""
    y, x = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    return torch.stack([x, y]).float()


def seeded(student, transform, image):
    """Why a transform may do the same again and again, as the end of a sentence."""
    found = student.run(seeds.reseeded, transform, image)
    return f"; every call sets the global seed of {' and '.join(found)}" if "torch" in found else ""


@pytest.mark.points(2)
def test_flips_with_probability_one_mirror(student):
    """With p=1 RandomHorizontalFlip mirrors left and right, RandomVerticalFlip top and bottom."""
    image = numbered(3, 4, 6)
    for name, axis in (("RandomHorizontalFlip", -1), ("RandomVerticalFlip", -2)):
        with during(f"{name}(p=1.0)"):
            result = getattr(student.transforms, name)(p=1.0)(image)
        expect_tensor(result, (3, 4, 6), torch.float32, what=f"the result of {name}(p=1.0)")
        assert result.equal(image.flip(axis)), f"{name}(p=1.0) {flipped_how(result, image)}"


def test_flips_are_drawn_at_every_call(student):
    """One flip with p=0.5, called 60 times on the same image, gives it both as it is and mirrored, and nothing else."""
    image = numbered(2, 3, 5)
    for name, axis in (("RandomHorizontalFlip", -1), ("RandomVerticalFlip", -2)):
        flip = getattr(student.transforms, name)(p=0.5)
        with during(f"{name}(p=0.5)"):
            results = student.run(transforms.draws, flip, image, 60)
        expect_tensor(results, (60, 2, 3, 5), torch.float32, what=f"60 results of {name}(p=0.5)")
        plain = [bool(result.equal(image)) for result in results]
        mirrored = [bool(result.equal(image.flip(axis))) for result in results]
        other = [result for result, one, two in zip(results, plain, mirrored, strict=True) if not (one or two)]
        how = f"it also {flipped_how(other[0], image)}" if other else ""
        assert not other, f"{name}(p=0.5) gives more than the image and its mirror image: {how}"
        why = "" if any(plain) and any(mirrored) else seeded(student, flip, image)
        assert any(plain), f"{name}(p=0.5) mirrored the image 60 times in a row{why}"
        assert any(mirrored), f"{name}(p=0.5) never mirrored the image in 60 calls{why}"


@pytest.mark.points(2)
def test_a_crop_is_a_window_of_the_padded_image(student):
    """RandomCrop gives size x size windows of the image with its border of zeros."""
    image = numbered(1, 4, 5)
    padded = torch.nn.functional.pad(image, [1, 1, 1, 1])
    what = "RandomCrop(3, padding=1) of a 4x5 image"
    with during(what):
        results = student.run(transforms.draws, student.transforms.RandomCrop(3, padding=1), image, 200)
    expect_tensor(results, (200, 1, 3, 3), torch.float32, what=f"200 results of {what}")
    places = places_of(results, padded, 3)
    how = "" if (places >= 0).all() else f"; {cropped_how(results, image, 3, 1)}".rstrip("; ")
    assert (places >= 0).all(), f"{what} gave something that is no window of the image with its border of zeros{how}"
    rows, columns = places // 5, places % 5
    seen = [", ".join(map(str, sorted(set(numbers.tolist())))) for numbers in (rows, columns)]
    corner = ((rows % 3 == 0) & (columns % 4 == 0)).any()
    assert corner, (
        f"{what} never gave a corner of the image with its border in 200 calls: "
        f"windows began in rows {seen[0]} (of 0 to 3) and in columns {seen[1]} (of 0 to 4)"
    )


def test_a_resized_crop_of_everything_is_the_image(student):
    """RandomResizedCrop(size) gives (C, size, size); a box of everything, at the image's size, is the image."""
    what = "RandomResizedCrop(9, scale=(1, 1), ratio=(1, 1)) of a 9x9 image"
    image = torch.cat([slopes(9), torch.rand(1, 9, 9)])
    with during(what):
        result = student.transforms.RandomResizedCrop(9, scale=(1.0, 1.0), ratio=(1.0, 1.0))(image)
    expect_tensor(result, (3, 9, 9), torch.float32, what=what)
    across, down = (float(step) for step in (result[0].diff(dim=1).mean(), result[1].diff(dim=0).mean()))
    seen = f"its box seems to be about {9 * across:.0f} columns wide and {9 * down:.0f} rows high"
    seen = seen if min(across, down) > 0.1 and max(across, down) < 1.1 else ""
    expect_close(result, image, atol=1e-4, what=what, hint=seen)
    what = "RandomResizedCrop(14) of a 28x20 image"
    with during(what):
        result = student.transforms.RandomResizedCrop(14)(torch.rand(1, 28, 20))
    expect_tensor(result, (1, 14, 14), torch.float32, what=what)


def test_rotations_keep_the_size(student):
    """RandomRotation keeps the size, fills up with zeros, and with 0 degrees leaves the image as it is."""
    image = torch.rand(2, 8, 11)
    with during("RandomRotation(0) of an 8x11 image"):
        result = student.transforms.RandomRotation(0)(image)
    with told_by(rounded_how, result, what="RandomRotation(0) of an 8x11 image"):
        expect_close(result, image, atol=1e-3, what="RandomRotation(0) of an 8x11 image")
    image, what = torch.ones(1, 15, 15), "RandomRotation(180) of a 15x15 image"
    image[:, 9:] = 0.7  # the lower part, up to near the centre
    with during(what):
        results = student.run(transforms.draws, student.transforms.RandomRotation(180), image, 40)
    expect_tensor(results, (40, 1, 15, 15), torch.float32, what=f"40 results of {what}")
    assert (results[:, 0, 7, 7] > 0.99).all(), f"{what}: the pixel in the image's centre does not stay where it is"
    # A place above the centre shows the lower part in more than a third of all angles: never in 40 calls has 1e-8.
    upside_down = (results[:, 0, 3, 7] < 0.95).any()
    assert upside_down, f"{what}: in 40 calls the image was never turned by much more than a right angle"
    darkest, different = float(results[:, 0, 0, 0].min()), len({result.numpy().tobytes() for result in results})
    seen = f"a corner is at least {darkest:.3g}, while the image has 0.7 to 1, {image.mean():.3g} on average"
    seen = seen if different > 10 else f"different results in 40 calls: {different}"
    assert darkest < 0.01, f"{what}: what the turned image does not cover is never zero; {seen}"


def test_jitter_stays_in_range(student):
    """ColorJitter gives values from 0 to 1, and without strength the image as it is."""
    image, what = torch.rand(1, 6, 6), "ColorJitter(brightness=0.8, contrast=0.8)"
    with during("ColorJitter() of an image between 0 and 1"):
        result = student.transforms.ColorJitter()(image)
    expect_close(result, image, atol=1e-5, what="ColorJitter() of an image between 0 and 1")
    with during(what):
        jitter = student.transforms.ColorJitter(brightness=0.8, contrast=0.8)
        results = student.run(transforms.draws, jitter, image, 60)
    assert results.min() >= 0, f"{what} gives values below 0, down to {results.min():.3g}"
    assert results.max() <= 1, f"{what} gives values above 1, up to {results.max():.3g}"
    different = len({float(result.mean()) for result in results})
    why = "" if different > 30 else seeded(student, jitter, image)
    assert different > 30, f"{what} gave only {different} different result(s) in 60 calls with the same image{why}"


@pytest.mark.points(2)
def test_compose_applies_in_order(student):
    """Compose applies the first transform first."""
    parts = [transforms.plus_one, transforms.times_ten]
    composed = student.transforms.Compose(parts)
    for call, image in (("first", torch.rand(1, 2, 2)), ("second", torch.rand(3, 4, 2))):
        what = f"Compose([plus_one, times_ten]), when it is called for the {call} time,"
        with during(what.removesuffix(",")):
            result = composed(image)
        expect_tensor(result, image.shape, what=f"what {what} returns")
        with told_by(composed_how, result, image, parts, what=what):
            expect_close(result, (image + 1) * 10, what=what)


@pytest.mark.points(2)
def test_equal_generators_give_equal_results(student):
    """A transform draws from the generator it was given, else from torch's global one."""
    image, there = torch.rand(1, 12, 12), student.worker("torch")
    for name, args in (("RandomCrop", (6,)), ("RandomRotation", (90,)), ("ColorJitter", (0.5, 0.5))):
        kind = getattr(student.transforms, name)
        one, two = (kind(*args, generator=there.Generator().manual_seed(5)) for _ in range(2))
        a, b = (student.run(transforms.draws, transform, image, 20) for transform in (one, two))
        assert a.equal(b), f"{name}: two generators with the same seed gave different results"
        transform = kind(*args)
        there.manual_seed(7)
        a = student.run(transforms.draws, transform, image, 20)
        there.manual_seed(7)
        again = student.run(transforms.draws, transform, image, 20)
        assert a.equal(again), f"{name} without a generator gives other results after the same torch.manual_seed"


def test_arguments_are_left_alone(student):
    """A transform returns a tensor of its own, also where nothing changes, and the image stays as it was."""
    before = torch.rand(1, 3, 3)
    for name, args in (("RandomHorizontalFlip", (0.0,)), ("RandomVerticalFlip", (1.0,)), ("ColorJitter", (0.5, 0.5))):
        seen = student.run(transforms.once, getattr(student.transforms, name)(*args), before.clone())
        what = f"{name}{args if len(args) > 1 else f'({args[0]})'}"
        assert seen["image"].equal(before), f"{what} changes the image that it is given"
        assert not seen["shares"], f"{what} returns a tensor that shares memory with the image it was given"
