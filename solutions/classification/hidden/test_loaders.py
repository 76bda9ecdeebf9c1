"""Hidden checks of loaders.py."""

import numpy as np
import pytest
import torch

from grader.probes import loaders, recording, seeds
from grader.verdicts.circumstances import during
from grader.verdicts.imports import expect_quiet_import
from grader.verdicts.pixels import expect_pixels
from grader.verdicts.values import expect_tensor, expect_unchanged


def some_images(rng, *shape):
    return rng.integers(0, 256, size=shape, dtype=np.uint8)


def numbered_images(count):
    """Image number k holds k everywhere."""
    return np.broadcast_to(np.arange(count, dtype=np.uint8)[:, None, None, None], (count, 3, 4, 3)).copy()


def visited(student, images, epochs):
    """The number of the image at each place of each epoch, recognised by what normalize makes of it."""
    own = expect_tensor(student.loaders.normalize(images), what="normalize(images)")[:, 0, 0, 0]
    return [[int((own - x[0, 0, 0]).abs().argmin()) for images, _ in epoch for x in images] for epoch in epochs]


# normalize


@pytest.mark.points(2)
def test_every_pixel_value_lies_on_the_line(student, rng):
    """normalize maps all 256 pixel values linearly, grey and colour."""
    ramp = rng.permutation(256).astype(np.uint8)
    for images in (ramp.reshape(1, 16, 16), np.repeat(ramp, 3).reshape(1, 8, 32, 3)):
        result = expect_tensor(student.loaders.normalize(images), dtype=torch.float32, what="normalize(images)")
        expect_pixels(result, images, f"normalize of {images.ndim - 1}-dimensional images")


@pytest.mark.points(2)
def test_axes_and_colours_are_in_their_places(student, rng):
    """normalize moves the colour axis only: rows stay rows, columns columns, and red comes first."""
    for shape in ((2, 5, 9, 3), (2, 3, 6, 3), (3, 7, 3, 3), (4, 5, 3)):  # the last one is grey, three pixels wide
        images = some_images(rng, *shape)
        result = student.loaders.normalize(images)
        expect_pixels(result, images, f"normalize of an array of shape {shape}")


def test_one_image_stays_a_batch(student, rng):
    """normalize keeps the first axis of a single image."""
    for shape, wanted in (((1, 6, 5, 3), (1, 3, 6, 5)), ((1, 6, 5), (1, 1, 6, 5)), ((1, 1, 4, 3), (1, 3, 1, 4))):
        result = student.loaders.normalize(some_images(rng, *shape))
        expect_tensor(result, wanted, torch.float32, what=f"normalize of an array of shape {shape}")


@pytest.mark.points(2)
def test_no_statistics_of_the_data_take_part(student, rng):
    """normalize treats every pixel alike, whatever else is in the image or the array."""
    level = int(rng.integers(60, 200))
    flat = np.full((2, 4, 4, 3), level, dtype=np.uint8)
    result = student.loaders.normalize(flat)
    expect_pixels(result, flat, f"normalize of images that are {level} all over")
    narrow = rng.integers(100, 110, size=(6, 5, 5), dtype=np.uint8)
    result = student.loaders.normalize(narrow)
    expect_pixels(result, narrow, "normalize of images with little contrast")
    for brightest in (0, 1):
        dark = np.minimum(rng.integers(2, size=(3, 6, 5, 3), dtype=np.uint8), brightest).astype(np.uint8)
        result = student.loaders.normalize(dark)
        expect_pixels(result, dark, f"normalize of dark images, whose largest value is {brightest},")


def test_tensors_and_strided_arrays_will_do(student, rng):
    """normalize takes uint8 tensors, and arrays that are not contiguous."""
    for shape in ((3, 4, 6, 3), (3, 6, 4)):
        images = some_images(rng, *shape)
        with during(f"normalize of a uint8 tensor of shape {shape}"):
            result = student.loaders.normalize(torch.from_numpy(images))
        expect_tensor(result, dtype=torch.float32, what="normalize of a tensor")
        expect_pixels(result, images, f"normalize of a tensor of shape {shape}")
        with during(f"normalize of an array of shape {shape} that is not contiguous"):
            result = student.loaders.normalize(student.keep(loaders.strided, images))
        expect_pixels(result, images, f"normalize of a strided array of shape {shape}")


def test_the_images_given_are_left_alone(student, rng):
    """normalize and make_loader leave the caller's arrays as they were."""
    for images in (some_images(rng, 3, 4, 4, 3), torch.from_numpy(some_images(rng, 3, 4, 4))):
        labels = rng.integers(0, 9, size=(3, 1))
        held, held_labels = student.hold(images), student.hold(labels)
        student.keep(student.loaders.normalize, held)
        expect_unchanged(images, student.fetch(held), "the array given to normalize")
        student.run(loaders.batches, student.loaders.make_loader(held, held_labels, batch_size=2, shuffle=True))
        expect_unchanged(images, student.fetch(held), "the array of images given to make_loader")
        expect_unchanged(labels, student.fetch(held_labels), "the array of labels given to make_loader")


def test_every_call_looks_at_the_images(student, rng):
    """normalize gives what the array holds at the call, and leaves what it gave before as it was."""
    images, others = some_images(rng, 3, 4, 4, 3), some_images(rng, 3, 4, 4, 3)
    held = student.hold(images)
    first = student.keep(student.loaders.normalize, held)
    before = student.fetch(first)
    held[:] = others
    expect_pixels(student.loaders.normalize(held), others, "normalize of an array that was changed after a first call")
    expect_unchanged(before, student.fetch(first), "after a second call of normalize, what the first one returned")


# make_loader


def test_no_global_seed_is_set(student, rng):
    """make_loader sets no global seed, with a generator or without, and neither does a pass over its loader."""
    images, labels = some_images(rng, 6, 4, 4), np.arange(6)
    for generator in (None, student.worker("torch").Generator().manual_seed(int(rng.integers(2**31)))):
        make = student.loaders.make_loader
        for shuffle in (True, False):
            found = student.run(seeds.reseeded, loaders.made_and_used, make, images, labels, 4, shuffle, generator)
            assert not found, f"make_loader, or a pass over its loader, sets the global seed of {', '.join(found)}"


def test_it_is_a_data_loader_of_normalised_images(student, rng):
    """make_loader returns a DataLoader whose images are what normalize gives, the same in every pass."""
    for shape in ((7, 5, 8, 3), (7, 5, 8)):
        images = some_images(rng, *shape)
        loader = student.loaders.make_loader(images, np.arange(7), batch_size=3, shuffle=False)
        kind = student.worker("torch.utils.data").DataLoader
        assert student.worker("builtins").isinstance(loader, kind), "make_loader should return a DataLoader"
        for epoch in student.run(loaders.batches, loader, 2):
            got = torch.cat([expect_tensor(x, dtype=torch.float32, what="the images of a batch") for x, _ in epoch])
            expect_pixels(got, images, "the images of one pass over what make_loader gives")


@pytest.mark.points(2)
def test_labels_of_any_integer_type_become_int64_vectors(student, rng):
    """make_loader turns labels (N,) and (N, 1) of any integer type into int64 (B,)."""
    images = some_images(rng, 6, 4, 4)
    for dtype in (np.uint8, np.int8, np.int16, np.int32, np.int64):
        largest = min(np.iinfo(dtype).max, 10_000)
        values = rng.permutation([largest, *rng.integers(0, largest, size=5)])
        for labels in (values.astype(dtype), values.astype(dtype).reshape(6, 1)):
            with during(f"make_loader with {labels.dtype} labels of shape {labels.shape}"):
                loader = student.loaders.make_loader(images, labels, batch_size=4, shuffle=False)
                (epoch,) = student.run(loaders.batches, loader)
            what = f"make_loader: a batch's labels, from {labels.dtype} labels of shape {labels.shape},"
            got = torch.cat([expect_tensor(y, (len(x),), torch.int64, what=what) for x, y in epoch]).tolist()
            assert len(got) == len(values), f"{what} are {len(got)} in all, not {len(values)}"
            other = [f"{value} came as {mine}" for value, mine in zip(values, got, strict=True) if value != mine]
            assert not other, f"{what} have other values than those given: {', '.join(other[:3])}"
    with during("make_loader with a tensor of labels of shape (6, 1)"):
        loader = student.loaders.make_loader(images, torch.from_numpy(values).view(6, 1), batch_size=4, shuffle=False)
        (epoch,) = student.run(loaders.batches, loader)
    expect_tensor(epoch[0][1], (4,), torch.int64, what="make_loader: a batch's labels, from a tensor of labels,")


@pytest.mark.points(2)
def test_batches_have_the_size_asked_for_and_none_is_lost(student, rng):
    """make_loader keeps a last batch of any size, even a single sample."""
    for count, size in ((9, 4), (6, 3), (5, 8), (4, 1), (1, 16), (33, 32)):
        images, labels = some_images(rng, count, 4, 4, 3), rng.integers(0, 9, size=(count, 1), dtype=np.uint8)
        with during(f"make_loader with {count} images in batches of {size}"):
            loader = student.loaders.make_loader(images, labels, batch_size=size, shuffle=bool(count % 2))
            (epoch,) = student.run(loaders.batches, loader)
            student.run(loaders.first_batch, loader)
            (another,) = student.run(loaders.batches, loader)
        wanted = [size] * (count // size) + [count % size] * (count % size > 0)
        for batches, when in ((epoch, ""), (another, " in the pass that follows one broken off after a batch")):
            shapes = [(tuple(x.shape), tuple(y.shape)) for x, y in batches]
            assert shapes == [((n, 3, 4, 4), (n,)) for n in wanted], (
                f"{count} images in batches of {size}: expected batches of {wanted}, got the shapes {shapes}{when}"
            )


@pytest.mark.points(2)
def test_every_sample_comes_once_with_its_own_label(student, rng):
    """A shuffled pass visits every image once, together with its own label."""
    images, labels = numbered_images(50), rng.permutation(1000)[:50]
    loader = student.loaders.make_loader(images, labels, batch_size=8, shuffle=True)
    epochs = student.run(loaders.batches, loader, 2)
    for epoch, order in zip(epochs, visited(student, images, epochs), strict=True):
        assert sorted(order) == list(range(50)), (
            "make_loader: in one shuffled pass some images came more than once or not at all"
        )
        got = torch.cat([y for _, y in epoch]).flatten().tolist()
        assert got == labels[order].tolist(), (
            "make_loader with shuffle=True: images come with the labels of other images"
        )


def test_shuffled_images_are_those_given(student, rng):
    """A shuffled pass gives the very images that normalize gives, in another order."""
    images = some_images(rng, 9, 6, 5, 3)
    loader = student.loaders.make_loader(images, np.arange(9), batch_size=4, shuffle=True)
    for epoch in student.run(loaders.batches, loader, 3):
        got = torch.cat([expect_tensor(x, dtype=torch.float32, what="the images of a batch") for x, _ in epoch])
        numbers = torch.cat([y for _, y in epoch]).flatten().tolist()
        expect_pixels(got, images[numbers], "the images of a shuffled pass over what make_loader gives")


@pytest.mark.points(2)
def test_each_pass_is_shuffled_afresh(student, rng):
    """With shuffle every pass has a new order, without it every pass has the order of the data."""
    images = numbered_images(60)
    loader = student.loaders.make_loader(images, np.arange(60), batch_size=16, shuffle=True)
    one, two, three = visited(student, images, student.run(loaders.batches, loader, 3))
    assert list(range(60)) not in (one, two, three), (
        "make_loader with shuffle=True: a pass came in the order of the data"
    )
    assert one != two != three, "make_loader with shuffle=True: two passes in a row came in the same order"
    loader = student.loaders.make_loader(images, np.arange(60), batch_size=16, shuffle=False)
    for order in visited(student, images, student.run(loaders.batches, loader, 2)):
        assert order == list(range(60)), "make_loader with shuffle=False: a pass did not come in the order of the data"


def test_a_generator_does_not_change_what_shuffle_means(student, rng):
    """Also with a generator, every pass has a new order with shuffle and the order of the data without."""
    images, seed = numbered_images(60), int(rng.integers(2**31))
    for shuffle in (True, False):
        generator = student.worker("torch").Generator().manual_seed(seed)
        loader = student.loaders.make_loader(images, np.arange(60), 16, shuffle, generator)
        one, two = visited(student, images, student.run(loaders.batches, loader, 2))
        if shuffle:
            assert one != two, "make_loader with shuffle=True and a generator: two passes came in the same order"
        else:
            assert one == two == list(range(60)), (
                "make_loader with shuffle=False and a generator: a pass did not come in the order of the data"
            )


@pytest.mark.points(2)
def test_the_generator_decides_the_order(student, rng):
    """The order is drawn from the generator given, else from torch's global one."""
    images, torch_there = numbered_images(60), student.worker("torch")
    seed = int(rng.integers(2**31))

    def order(generator_seed, global_seed, drawn_before=0):
        torch_there.manual_seed(global_seed)
        generator = None if generator_seed is None else torch_there.Generator().manual_seed(generator_seed)
        if drawn_before:
            student.keep(torch_there.rand, drawn_before, generator=generator)
        loader = student.loaders.make_loader(images, np.arange(60), 16, True, generator)
        return visited(student, images, student.run(loaders.batches, loader))

    given = order(seed, 1)
    assert order(seed, 2) == given, "make_loader with shuffle=True: generators with equal seeds gave different orders"
    assert order(seed + 1, 1) != given, (
        "make_loader with shuffle=True: generators with different seeds gave the same order"
    )
    assert order(seed, 1, drawn_before=9) != given, (
        "make_loader with shuffle=True: a generator that was drawn from before gave the order of one that was not"
    )
    drawn = order(None, seed)
    assert order(None, seed) == drawn, "make_loader without a generator: torch.manual_seed did not settle the order"
    assert order(None, seed + 1) != drawn, (
        "make_loader without a generator: the order was the same under another global seed"
    )


# The rules that hold everywhere


def test_data_stay_on_the_cpu(student, rng):
    """normalize and make_loader leave the data on the CPU, also where there is an accelerator."""
    images, labels = some_images(rng, 6, 4, 4, 3), np.arange(6)
    found = student.run(recording.devices_of, student.loaders.normalize, images)
    assert found == ["cpu"], f"on a machine with a GPU, normalize gives tensors on {', '.join(found)}"
    make = student.loaders.make_loader
    found = student.run(recording.devices_of, loaders.made_and_used, make, images, labels, 4, True)
    assert found == ["cpu"], f"on a machine with a GPU, make_loader gives tensors on {', '.join(found)}"


@pytest.mark.needs("test_colour_images_are_channels_first_from_minus_one_to_one")
def test_importing_does_nothing_else(student):
    """Importing loaders prints nothing and sets no seed."""
    expect_quiet_import(student, "loaders")
