"""What dataset.py must do, shown without the suite."""

import random
from collections import Counter

import numpy as np
import torch


def _pairs(n=3, height=4, width=6, kind=torch.float32, whole=torch.int64):
    """Images with distinct values at all pixels, and masks that number the pixels."""
    images = (torch.arange(n * 3 * height * width).reshape(n, 3, height, width) / 4).to(kind)
    masks = torch.arange(n * height * width).reshape(n, height, width).to(whole)
    return images, masks


def _dataset(program, images, masks, **options):
    return program.dataset.SkinDataset(images, masks, **options)


def _expect(item, image, mask, what):
    assert len(item) == 2, f"{what}: {len(item)} parts"
    got_image, got_mask = item
    assert got_image.dtype == torch.float32, f"{what}: an image of {got_image.dtype}"
    assert got_mask.dtype == torch.int64, f"{what}: a mask of {got_mask.dtype}"
    assert tuple(got_image.shape) == tuple(image.shape), f"{what}: image {tuple(got_image.shape)}"
    assert tuple(got_mask.shape) == tuple(mask.shape), f"{what}: mask {tuple(got_mask.shape)}"
    assert torch.equal(got_image, image.float()), f"{what}: other values in the image"
    assert torch.equal(got_mask, mask.long()), f"{what}: other values in the mask"


def items_have_the_values_given(program):
    """Lists, tuples and stacked tensors of any type; item i is pair i, unscaled, as float32 and int64."""
    for kind in (torch.float32, torch.float64, torch.float16):
        for whole in (torch.int64, torch.uint8, torch.int32, torch.int16, torch.int8):
            images, masks = _pairs(4, kind=kind, whole=whole)
            images = images - 20
            for keep in (lambda x: x, list, tuple):
                dataset = _dataset(program, keep(images), keep(masks))
                assert len(dataset) == 4, f"length {len(dataset)} for 4 pairs"
                for i in (2, 0, 3, 1, 2):
                    _expect(dataset[i], images[i], masks[i], f"{kind}, {whole}, item {i}")
    images, masks = _pairs(4)
    for first, second in ((list(images), masks), (images, list(masks)), (tuple(images), list(masks))):
        _expect(_dataset(program, first, second)[1], images[1], masks[1], "sequences of two kinds")
    one, two = torch.rand(1, 3, 5, 5), torch.zeros(1, 5, 5, dtype=torch.uint8)
    assert len(_dataset(program, one, two)) == 1, "length of a data set of one"
    _expect(_dataset(program, one, two)[0], one[0], two[0], "a data set of one")


def _flips(item, image, mask):
    """Which flips an item shows, horizontal and vertical, of the image and of the mask."""
    found = []
    for got, original in ((item[0], image.float()), (item[1], mask.long())):
        assert got.shape == original.shape, f"shape {tuple(got.shape)}"
        ways = {(h, v): original.flip([-1] * h + [-2] * v) for h in (0, 1) for v in (0, 1)}
        shown = [way for way, expected in ways.items() if torch.equal(got, expected)]
        assert shown, "neither the original nor a flipped one"
        found.append(shown[0])
    return found


def image_and_mask_flip_together(program):
    """Every augmented item is one of four, and image and mask are the same one; types and contents are right."""
    for kind, whole in ((torch.float32, torch.int64), (torch.float64, torch.uint8), (torch.float16, torch.int32)):
        for height, width in ((4, 6), (5, 5), (3, 4)):
            images, masks = _pairs(2, height, width, kind, whole)
            dataset = _dataset(program, images, masks, augment=True)
            for access in range(80):
                item = dataset[access % 2]
                assert (item[0].dtype, item[1].dtype) == (torch.float32, torch.int64), "other types"
                of_image, of_mask = _flips(item, images[access % 2], masks[access % 2])
                assert of_image == of_mask, f"the image shows {of_image}, the mask {of_mask}"


def four_ways_equally_often(program):
    """All four combinations come up a quarter of the time, at every access anew, with a generator and without."""
    for generator in (torch.Generator().manual_seed(2), None):
        images, masks = _pairs(2)
        dataset = _dataset(program, images, masks, augment=True, generator=generator)
        for index in (0, 1):
            ways = [_flips(dataset[index], images[index], masks[index])[0] for _ in range(1200)]
            counts = Counter(ways)
            assert set(counts) == {(0, 0), (0, 1), (1, 0), (1, 1)}, f"only {sorted(counts)}"
            assert all(220 < count < 385 for count in counts.values()), dict(counts)
            after = Counter(zip(ways, ways[1:], strict=False))
            assert len(after) == 16, "the next flips depend on the last"
            assert all(35 < count < 125 for count in after.values()), "the next flips depend on the last"


def drawn_from_the_generator(program):
    """Equal generators give equal items and move on; without one, torch's global generator decides."""
    images, masks = _pairs(2)

    def ways(world, seed=None):
        torch.manual_seed(world)
        np.random.seed(world)
        random.seed(world)
        generator = None if seed is None else torch.Generator().manual_seed(seed)
        dataset = _dataset(program, images, masks, augment=True, generator=generator)
        return [_flips(dataset[0], images[0], masks[0])[0] for _ in range(40)]

    assert ways(1, 5) == ways(2, 5), "equal generators, other flips"
    assert ways(1, 5) != ways(1, 6), "other generators, equal flips"
    assert ways(3) == ways(3), "equal global generators, other flips"
    assert ways(3) != ways(4), "the global generator does not matter"
    torch.manual_seed(3)
    state = torch.get_rng_state()
    dataset = _dataset(program, images, masks, augment=True, generator=torch.Generator())
    dataset[0]
    assert torch.equal(state, torch.get_rng_state()), "the global generator moved, though there is another"


def nothing_is_drawn_without_augment(program):
    """Without augment, which is the default, items are the same at every access, generator or not."""
    images, masks = _pairs(2)
    for options in ({}, {"augment": False}, {"generator": torch.Generator()}):
        dataset = _dataset(program, images, masks, **options)
        for _ in range(40):
            _expect(dataset[1], images[1], masks[1], f"{options}")


def the_callers_data_stay(program):
    """Images and masks that were given are the same afterwards."""
    for kind, whole in ((torch.float32, torch.int64), (torch.float64, torch.uint8)):
        images, masks = _pairs(2, kind=kind, whole=whole)
        lists = list(images.clone()), list(masks.clone())
        for given in ((images, masks), lists):
            before = [x.clone() for x in given[0]], [x.clone() for x in given[1]]
            dataset = _dataset(program, *given, augment=True)
            for access in range(30):
                dataset[access % 2]
            for now, then in zip(given, before, strict=True):
                assert all(a.dtype == b.dtype and torch.equal(a, b) for a, b in zip(now, then, strict=True)), "changed"


def works_in_a_loader(program):
    """A DataLoader makes batches of it, with the values given."""
    images, masks = _pairs(5)
    batches = list(torch.utils.data.DataLoader(_dataset(program, images, masks), batch_size=2))
    assert torch.equal(torch.cat([batch[0] for batch in batches]), images), "other images"
    assert torch.equal(torch.cat([batch[1] for batch in batches]), masks), "other masks"
