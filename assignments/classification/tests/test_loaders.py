"""Visible checks of loaders.py."""

import numpy as np
import pytest
import torch

from grader.probes import loaders
from grader.verdicts.pixels import expect_pixels
from grader.verdicts.values import expect_tensor


def some_images(rng, *shape):
    return rng.integers(0, 256, size=shape, dtype=np.uint8)


@pytest.mark.points(2)
def test_colour_images_are_channels_first_from_minus_one_to_one(student, rng):
    """normalize puts channels first and maps 0 to -1 and 255 to +1."""
    images = some_images(rng, 2, 5, 4, 3)
    images[0, 1, 2] = [0, 255, 51]
    what = "normalize of an array of shape (2, 5, 4, 3)"
    result = expect_tensor(student.loaders.normalize(images), (2, 3, 5, 4), torch.float32, what=what)
    expect_pixels(result, images, what)


def test_grey_images_get_a_channel(student, rng):
    """normalize gives grey images one channel."""
    images = some_images(rng, 3, 6, 7)
    what = "normalize of an array of shape (3, 6, 7)"
    result = expect_tensor(student.loaders.normalize(images), (3, 1, 6, 7), torch.float32, what=what)
    expect_pixels(result, images, what)


@pytest.mark.points(2)
def test_loader_gives_batches_of_images_and_labels(student, rng):
    """make_loader gives pairs of float32 images and int64 labels, the small last batch included."""
    images, labels = some_images(rng, 10, 8, 8, 3), rng.integers(0, 9, size=(10, 1), dtype=np.uint8)
    loader = student.loaders.make_loader(images, labels, batch_size=4, shuffle=False)
    (epoch,) = student.run(loaders.batches, loader)
    sizes = [len(batch[1]) for batch in epoch]
    assert sizes == [4, 4, 2], f"make_loader: 10 images in batches of 4 should give batches of 4, 4 and 2, got {sizes}"
    for x, y in epoch:
        expect_tensor(x, (len(y), 3, 8, 8), torch.float32, what="the images of a batch of make_loader")
        expect_tensor(y, (len(x),), torch.int64, what="the labels of a batch of make_loader")


def test_order_is_kept_without_shuffling(student, rng):
    """make_loader keeps the order of the data when shuffle is off."""
    labels = np.arange(12)
    loader = student.loaders.make_loader(some_images(rng, 12, 4, 4), labels, batch_size=5, shuffle=False)
    (epoch,) = student.run(loaders.batches, loader)
    order = torch.cat([y for _, y in epoch]).tolist()
    assert order == labels.tolist(), f"make_loader with shuffle=False gave the samples in the order {order}"
