"""What loaders.py must do, shown without the suite."""

import contextlib
import io
import random
from unittest import mock

import numpy as np
import torch
from torch.utils.data import DataLoader


def _on_the_line(images):
    """What normalize makes of an array, in float64."""
    scaled = images.astype(float) / 127.5 - 1
    return scaled[:, None] if images.ndim == 3 else scaled.transpose(0, 3, 1, 2)


def _expect(result, images, what):
    wanted = _on_the_line(images)
    assert isinstance(result, torch.Tensor), f"{what}: {type(result)}"
    assert result.dtype == torch.float32, f"{what}: {result.dtype}"
    assert tuple(result.shape) == wanted.shape, f"{what}: shape {tuple(result.shape)} instead of {wanted.shape}"
    assert np.allclose(result.numpy(), wanted, atol=1e-5), f"{what}: off by {np.abs(result.numpy() - wanted).max():.3g}"


def colour_images(program):
    """(N, H, W, 3) becomes float32 (N, 3, H, W), 0 becomes -1 and 255 becomes +1, for arrays and tensors."""
    images = np.arange(2 * 4 * 5 * 3, dtype=np.uint8).reshape(2, 4, 5, 3)
    images[0, 0, 0, 0], images[1, 3, 4, 2] = 0, 255
    for given in (images, torch.from_numpy(images.copy())):
        _expect(program.loaders.normalize(given), images, f"colour, {type(given).__name__}")


def images_as_they_are_now(program):
    """An array that was changed since an earlier call gives what it holds now."""
    images = np.zeros((2, 3, 4, 3), dtype=np.uint8)
    _expect(program.loaders.normalize(images), images, "black")
    images[:] = 255
    _expect(program.loaders.normalize(images), images, "the same array, white")


def grey_images(program):
    """(N, H, W) becomes (N, 1, H, W), also for one image and for images that are three pixels wide."""
    for shape in ((2, 4, 5), (3, 4, 3), (1, 6, 6), (3, 3, 3)):
        images = (np.arange(np.prod(shape)) * 5 % 256).astype(np.uint8).reshape(shape)
        for given in (images, torch.from_numpy(images.copy())):
            _expect(program.loaders.normalize(given), images, f"grey {shape}")


def same_map_for_all_images(program):
    """Images of one value map to that value's place on the line, whatever else there is."""
    for value in (0, 1, 10, 51, 255):
        for shape in ((2, 4, 4, 3), (1, 4, 4, 3), (2, 4, 4)):
            images = np.full(shape, value, dtype=np.uint8)
            _expect(program.loaders.normalize(images), images, f"images that are {value} all over")
    images = np.full((3, 4, 4, 3), 100, dtype=np.uint8)
    images[1], images[2, 0] = 20, 240
    _expect(program.loaders.normalize(images), images, "images of unequal brightness")


def images_are_not_changed(program):
    """normalize leaves its argument alone, and what it returns shares no memory with it."""
    for shape in ((2, 4, 4, 3), (2, 4, 4)):
        for given in (np.full(shape, 200, dtype=np.uint8), torch.full(shape, 200, dtype=torch.uint8)):
            program.loaders.normalize(given).add_(5)
            assert tuple(given.shape) == shape, f"the shape became {tuple(given.shape)}"
            assert (given == 200).all(), "the values changed"


def batches_in_order(program):
    """Batches of normalised images with int64 labels (B,), all of them, in the order of the data."""
    rng = np.random.default_rng(0)
    values = np.array([0, 8, 3, 200, 4, 1, 2])
    kinds = [values.astype(kind) for kind in (np.uint8, np.int16, np.int32, np.int64)]
    kinds += [kind[:, None] for kind in kinds] + [torch.tensor(values), torch.tensor(values)[:, None].to(torch.uint8)]
    for shape in ((7, 5, 6, 3), (7, 5, 6)):
        images = rng.integers(0, 256, shape).astype(np.uint8)
        for given in (images, torch.from_numpy(images)):
            for labels in kinds:
                _expect_batches(program.loaders.make_loader(given, labels, 3, False), images, values)


def _expect_batches(loader, images, values):
    assert isinstance(loader, DataLoader), type(loader)
    assert len(loader) == 3, f"7 images in batches of 3 make a loader of length {len(loader)}"
    batches = list(loader)
    assert [len(x) for x, _ in batches] == [3, 3, 1], [len(x) for x, _ in batches]
    for number, (x, y) in enumerate(batches):
        rows = slice(3 * number, 3 * number + 3)
        _expect(x, images[rows], "a batch")
        assert y.dtype == torch.int64, y.dtype
        assert y.ndim == 1, tuple(y.shape)
        assert y.tolist() == values[rows].tolist(), y


def batches_of_any_size(program):
    """A single image, single batches and batches that come out even, shuffled and not."""
    for count, size, wanted in ((1, 4, [1]), (6, 3, [3, 3]), (2, 10, [2]), (5, 1, [1] * 5), (7, 3, [3, 3, 1])):
        images = np.zeros((count, 4, 4, 3), dtype=np.uint8)
        for labels in (np.zeros(count, dtype=np.uint8), np.zeros((count, 1), dtype=np.int64)):
            for shuffle in (True, False):
                loader = program.loaders.make_loader(images, labels, size, shuffle)
                next(iter(loader))
                batches = list(loader)
                assert [tuple(x.shape) for x, _ in batches] == [(n, 3, 4, 4) for n in wanted], f"{count} by {size}"
                assert [tuple(y.shape) for _, y in batches] == [(n,) for n in wanted], f"labels, {count} by {size}"


def _numbered(count):
    """Images that hold their own number."""
    return np.arange(count, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 3), dtype=np.uint8)


def _pass(loader):
    """The images' numbers in one pass; their labels must be theirs."""
    batches = list(loader)
    numbers = ((torch.cat([x for x, _ in batches])[:, 0, 0, 0] + 1) * 127.5).round().int().tolist()
    labels = torch.cat([y for _, y in batches]).tolist()
    assert [label - 100 for label in labels] == numbers, "labels do not belong to their images"
    return numbers


def a_new_order_for_every_pass(program):
    """With shuffle each pass has every image once in a new order; without, the order of the data."""
    count = 20
    for generator in (None, torch.Generator().manual_seed(0)):
        arguments = (_numbered(count), np.arange(count) + 100, 6)
        loader = program.loaders.make_loader(*arguments, False, generator=generator)
        for _ in range(2):
            assert _pass(loader) == list(range(count)), "without shuffle"
        loader = program.loaders.make_loader(*arguments, True, generator=generator)
        passes = [_pass(loader) for _ in range(4)]
        assert all(sorted(order) == list(range(count)) for order in passes), f"not every image once: {passes[0]}"
        assert list(range(count)) not in passes, "not shuffled"
        assert len({tuple(order) for order in passes}) == 4, "the same order again"
    images = np.random.default_rng(0).integers(0, 256, (12, 3, 4, 3), dtype=np.uint8)
    given = {image.tobytes() for image in program.loaders.normalize(images).numpy()}
    for x, _ in program.loaders.make_loader(images, np.arange(12), 5, True):
        assert {image.contiguous().numpy().tobytes() for image in x} <= given, "other images than those given"


def order_from_the_generator(program):
    """The order is drawn from the generator, and from torch's global one where there is none."""
    count = 20

    def orders(world, generator):
        torch.manual_seed(world), np.random.seed(world), random.seed(world)
        loader = program.loaders.make_loader(_numbered(count), np.arange(count) + 100, 6, True, generator=generator)
        return [_pass(loader) for _ in range(2)]

    def seeded(seed):
        return torch.Generator().manual_seed(seed)

    assert orders(1, seeded(5)) == orders(2, seeded(5)), "equal generators, other orders"
    assert orders(1, seeded(5)) != orders(1, seeded(6)), "other generators, equal orders"
    used = seeded(5)
    torch.rand(3, generator=used)
    assert orders(1, used) != orders(1, seeded(5)), "a generator that was used, the order of a fresh one"
    assert orders(1, None) != orders(2, None), "other global seeds, equal orders"
    torch.manual_seed(3), np.random.seed(1), random.seed(1)
    one = _pass(program.loaders.make_loader(_numbered(count), np.arange(count) + 100, 6, True))
    torch.manual_seed(3), np.random.seed(2), random.seed(2)
    assert one == _pass(program.loaders.make_loader(_numbered(count), np.arange(count) + 100, 6, True)), "equal seeds"


def no_global_seed(program):
    """What is drawn after a pass still depends on the seeds from before."""

    def drawn_after(seed, generator):
        torch.manual_seed(seed), np.random.seed(seed), random.seed(seed)
        list(program.loaders.make_loader(np.zeros((5, 2, 2, 3), np.uint8), np.arange(5), 2, True, generator=generator))
        return torch.rand(1).item(), np.random.rand(), random.random()

    for generator in (None, torch.Generator().manual_seed(0)):
        pairs = zip(drawn_after(1, generator), drawn_after(2, generator), strict=True)
        assert all(one != other for one, other in pairs), "a global seed is set"


def arguments_are_not_changed(program):
    """make_loader and its passes leave images and labels as they were."""
    images, labels = np.arange(144, dtype=np.uint8).reshape(3, 4, 4, 3), np.array([[2], [1], [0]], dtype=np.uint8)
    for convert in (np.copy, lambda array: torch.from_numpy(array.copy())):
        given, given_labels = convert(images), convert(labels)
        list(program.loaders.make_loader(given, given_labels, 2, True))
        assert tuple(given_labels.shape) == (3, 1), "the labels have another shape"
        assert np.array_equal(given, images), "the images changed"
        assert np.array_equal(given_labels, labels), "the labels changed"


def data_stay_on_the_cpu(program):
    """The data stay where they are, though there seems to be a GPU."""
    with mock.patch.object(torch.cuda, "is_available", return_value=True):
        images = np.zeros((3, 4, 4), dtype=np.uint8)
        assert program.loaders.normalize(images).device.type == "cpu"
        for x, y in program.loaders.make_loader(images, np.arange(3), 2, True):
            assert x.device.type == y.device.type == "cpu"


def a_quiet_import(program):
    """Importing the module prints nothing, draws nothing and sets no seed."""
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        _ = program.loaders
    assert printed.getvalue() == "", printed.getvalue()
    assert torch.rand(1) == expected, "it draws random numbers or sets a seed"
