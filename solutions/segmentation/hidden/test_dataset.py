"""Hidden checks of dataset.py.

Flips are judged by what hundreds of accesses give. An assertion about chance fails a right program in at most one of
10^8 gradings (see oracle.py).
"""

import numpy as np
import pytest
import torch
from oracle import expect_even, expect_share, expect_unrelated, numbered_pair, seed_that_decides

from grader.probes import image_masks, recording, seeds, transforms
from grader.verdicts.circumstances import during
from grader.verdicts.imports import expect_quiet_import
from grader.verdicts.pictures import FLIPS, altered, disagreement, flips, rearranged, rescaled
from grader.verdicts.values import expect_close, expect_tensor, expect_unchanged


def some_pairs(n, height=4, width=6, kind=torch.float32, mask_kind=torch.int64):
    """Stacked images and masks, all different."""
    return torch.rand(n, 3, height, width).to(kind), torch.randint(0, 200, (n, height, width)).to(mask_kind)


def numbered_pairs(n, height=4, width=5):
    """Pairs that show which they are, how they were turned, and whether image and mask belong together."""
    pairs = [numbered_pair(3, height, width, first=100 * number) for number in range(n)]
    images, masks = zip(*pairs, strict=True)
    return torch.stack(images), torch.stack(masks)


def augmented(student, images, masks, seed=None):
    kwargs = {} if seed is None else {"generator": student.worker("torch").Generator().manual_seed(seed)}
    return student.dataset.SkinDataset(images, masks, augment=True, **kwargs)


def not_the_one(what, got, given):
    """A sentence about an item that is something else than what was given, flipped or not."""
    told = altered(got.double().numpy(), given.double().numpy())
    return f"{what} is not the one given, flipped or not: {told}"


def turns(got, images, masks, positions):
    """How each item at these positions was flipped; fails when image or mask are anything but flipped, or disagree."""
    __tracebackhide__ = True
    got_images, got_masks = got
    n, _, height, width = images.shape
    expect_tensor(
        got_images,
        (len(positions), 3, height, width),
        torch.float32,
        what="augmented images from SkinDataset, stacked,",
    )
    expect_tensor(
        got_masks, (len(positions), height, width), torch.int64, what="augmented masks from SkinDataset, stacked,"
    )
    found = np.full(len(positions), -1)
    for position in set(positions):
        here = np.flatnonzero(np.asarray(positions) == position)
        of_images, of_masks = flips(got_images[here], images[position]), flips(got_masks[here], masks[position])
        for what, maps, upright, turned in (
            ("image", got_images, images, of_images),
            ("mask", got_masks, masks, of_masks),
        ):
            strange = [maps[where] for where in here[turned < 0]]
            assert not strange, not_the_one(
                f"SkinDataset with augment: {what} of position {position}", strange[0], upright[position]
            )
        assert not disagreement(of_images, of_masks), f"SkinDataset with augment: {disagreement(of_images, of_masks)}"
        found[here] = of_images
    return found


# Without augment


@pytest.mark.points(2)
def test_values_are_those_given(student, rng):
    """SkinDataset gives the images and masks given, unchanged, for any size and at any position."""
    for n, height, width in ((5, 4, 7), (4, 7, 4), (3, 3, 3), (1, 6, 2), (2, 1, 1)):
        images, masks = some_pairs(n, height, width)
        images = 3 * images - 1  # no particular range is asked for
        dataset = student.dataset.SkinDataset(images, masks)
        assert len(dataset) == n, f"a SkinDataset of {n} pairs says that it has {len(dataset)}"
        order = [int(k) for k in rng.permutation(n)]
        for position, item in zip(order, student.run(image_masks.items, dataset, order), strict=True):
            expect_item(item, images, masks, position, f"SkinDataset of pairs of size {height}×{width}")


def expect_item(item, images, masks, position, where):
    """An item that is the pair at its position, with the very values given."""
    __tracebackhide__ = True
    for got, given, kind, name in zip(
        item, (images, masks), (torch.float32, torch.int64), ("image", "mask"), strict=True
    ):
        what = f"{name} {position} from {where}"
        expect_tensor(got, tuple(given[position].shape), kind, what=what)
        wanted = given[position].to(kind)
        expect_close(got, wanted, 0, 0, what, mistakes=lambda given=given: item_mistakes(given, position))


def item_mistakes(given, position):
    """What may stand at a position instead of what was given there."""
    one = given[position].double().numpy()
    if one.ndim > 2:
        yield from (*rescaled(one), *rearranged(one))
    else:
        yield from ((sentence, values[0]) for sentence, values in rearranged(one[None]))
    for number, other in enumerate(given):
        if number != position:
            yield f"it is the one of item {number}", other.double().numpy()


@pytest.mark.points(2)
@pytest.mark.parametrize("augment", [False, True])
def test_types_are_converted(student, augment):
    """SkinDataset gives float32 and int64 whatever type of float and integer came, with the same values."""
    image_kinds = (torch.float64, torch.float32, torch.float16)
    mask_kinds = (torch.uint8, torch.int32, torch.int64, torch.int16)
    for image_kind, mask_kind in zip((*image_kinds, torch.float64), mask_kinds, strict=True):
        images, masks = some_pairs(3, kind=image_kind, mask_kind=mask_kind)
        dataset = student.dataset.SkinDataset(images, masks, augment)
        what = (
            f"from SkinDataset of {str(image_kind)[6:]} images and {str(mask_kind)[6:]} masks"
            + ", augmented," * augment
        )
        for position, (image, mask) in enumerate(student.run(image_masks.items, dataset, range(3))):
            expect_tensor(image, (3, 4, 6), torch.float32, what=f"an image {what}")
            expect_tensor(mask, (4, 6), torch.int64, what=f"a mask {what}")
            given = masks[position].long()
            assert mask.flatten().sort().values.equal(given.flatten().sort().values), not_the_one(
                f"a mask {what}", mask, given
            )
            wanted = images[position].to(torch.float32)
            pairs = (each.flatten().sort().values for each in (image, wanted))
            assert torch.allclose(*pairs, atol=1e-7, rtol=0), not_the_one(f"an image {what}", image, wanted)


@pytest.mark.points(2)
def test_lists_tuples_and_stacks(student):
    """SkinDataset takes lists, tuples and stacked tensors, also one of each."""
    images, masks = some_pairs(4, kind=torch.float64, mask_kind=torch.uint8)
    for wrap_images, wrap_masks in ((list, list), (tuple, tuple), (torch.clone, list), (list, torch.clone)):
        for augment in (False, True):
            given = wrap_images(images), wrap_masks(masks)
            kinds = " and ".join(
                {"clone": "a stack"}.get(w.__name__, f"a {w.__name__}") for w in (wrap_images, wrap_masks)
            )
            with during(f"SkinDataset of 4 pairs ({kinds}), its length and its items"):
                dataset = student.dataset.SkinDataset(*given, augment)
                length, items = len(dataset), student.run(image_masks.items, dataset, range(4))
            assert length == 4, f"SkinDataset of 4 pairs ({kinds}) says that it has {length}"
            for position, (image, mask) in enumerate(items):
                expect_tensor(image, (3, 4, 6), torch.float32, what=f"an image from SkinDataset ({kinds})")
                expect_tensor(mask, (4, 6), torch.int64, what=f"a mask from SkinDataset ({kinds})")
                if not augment:
                    expect_item((image, mask), images, masks, position, f"SkinDataset ({kinds})")


@pytest.mark.points(2)
def test_without_augment_nothing_is_random(student):
    """Without augment, which is the default, SkinDataset gives the same item at every access, with a generator too."""
    images, masks = numbered_pairs(3)
    generator = student.worker("torch").Generator()
    for kwargs in ({}, {"augment": False}, {"generator": generator}):
        dataset = student.dataset.SkinDataset(images, masks, **kwargs)
        positions = [0, 1, 2] * 15
        found = turns(student.run(image_masks.stacked, dataset, positions), images, masks, positions)
        assert not found.any(), (
            f"SkinDataset without augment flips {int((found > 0).sum())} of 45 items, {given(kwargs)}"
        )


def given(kwargs):
    return f"with {' and '.join(kwargs)} given" if kwargs else "with images and masks alone given"


# With augment


@pytest.mark.points(3)
def test_image_and_mask_are_flipped_alike(student):
    """With augment, every item is the given pair, not flipped or flipped, and image and mask alike."""
    for height, width in ((4, 5), (7, 3), (6, 6), (3, 4)):
        images, masks = numbered_pairs(6, height, width)
        positions = list(range(6)) * 30
        turns(student.run(image_masks.stacked, augmented(student, images, masks), positions), images, masks, positions)


@pytest.mark.points(3)
def test_all_four_ways_are_equally_likely(student, rng):
    """With augment, an item is flipped not at all, horizontally, vertically or both ways, one quarter of times each."""
    images, masks = numbered_pairs(2)
    for seed in (None, int(rng.integers(2**31))):
        dataset = augmented(student, images, masks, seed)
        which = "SkinDataset with a generator" if seed is not None else "SkinDataset with augment"
        for position in (0, 1):
            positions = [position] * 900
            found = turns(student.run(image_masks.stacked, dataset, positions), images, masks, positions)
            assert len(set(found)) > 1, f"{which}: all 900 accesses to one item give it {FLIPS[found[0]]}"
            horizontal, vertical = found % 2 == 1, found >= 2
            for flipped, name in ((horizontal, "horizontally"), (vertical, "vertically")):
                expect_share(int(flipped.sum()), 900, 0.5, f"{which}: an item was flipped {name}")
            expect_unrelated(horizontal, vertical, f"{which}: the two flips of an item were both made or both not made")
            expect_even(found.tolist(), 4, which, "ways of flipping")


@pytest.mark.points(2)
def test_flips_are_drawn_afresh_at_every_access(student):
    """With augment, what one access draws tells nothing about the next, of the same item or of another one."""
    images, masks = numbered_pairs(4)
    dataset = augmented(student, images, masks)
    for positions, what in (([2] * 900, "the same item"), ([0, 1, 2, 3] * 225, "the next item")):
        found = turns(student.run(image_masks.stacked, dataset, positions), images, masks, positions)
        for flipped, name in ((found % 2 == 1, "horizontal"), (found >= 2, "vertical")):
            for lag in (1, 2, 4):
                expect_unrelated(
                    flipped[lag:],
                    flipped[:-lag],
                    f"the {name} flip of SkinDataset was the same as {lag} accesses before ({what} each time)",
                )


@pytest.mark.points(2)
def test_the_generator_decides(student, rng):
    """SkinDataset draws its flips from the generator given, and from nothing else."""
    images, masks = numbered_pairs(3)
    seed, positions, drawn = int(rng.integers(2**31)), [0, 1, 2] * 20, []

    def flipped(offset=0):
        dataset = augmented(student, images, masks, seed + offset)
        return turns(student.run(image_masks.stacked, dataset, positions), images, masks, positions)

    for global_seed, offset in ((1, 0), (2, 0), (1, 1)):
        student.worker("torch").manual_seed(global_seed)
        drawn.append(flipped(offset))
    one, other, third = drawn
    kinds = ("horizontal", (one % 2 != other % 2).any()), ("vertical", (one // 2 != other // 2).any())
    which = " and ".join(name for name, differs in kinds if differs)
    if which:
        where = seed_that_decides(student, lambda: flipped().tolist())
        raise AssertionError(f"SkinDataset: generators with the same seed gave different {which} flips; {where}")
    assert (one != third).any(), "SkinDataset: generators with different seeds gave the same flips"


@pytest.mark.points(1)
def test_two_data_sets_share_a_generator(student, rng):
    """Two SkinDatasets with one generator draw from it in turn: neither works with a copy or seeds it anew."""
    images, masks = numbered_pairs(1)
    generator = student.worker("torch").Generator().manual_seed(int(rng.integers(2**31)))
    drawn = []
    for _ in range(2):
        dataset = student.dataset.SkinDataset(images, masks, augment=True, generator=generator)
        positions = [0] * 60
        drawn.append(turns(student.run(image_masks.stacked, dataset, positions), images, masks, positions).tolist())
    assert drawn[0] != drawn[1], "two SkinDatasets that were given one generator make the same flips"


@pytest.mark.points(2)
def test_without_generator_torchs_global_one_decides(student, rng):
    """SkinDataset without a generator follows torch's global one."""
    images, masks = numbered_pairs(3)
    seed, positions, drawn = int(rng.integers(2**31)), [0, 1, 2] * 20, []
    for offset in (0, 0, 1):
        student.worker("torch").manual_seed(seed + offset)
        dataset = augmented(student, images, masks)
        drawn.append(turns(student.run(image_masks.stacked, dataset, positions), images, masks, positions).tolist())
    assert drawn[0] == drawn[1], "SkinDataset: without a generator, torch.manual_seed does not settle the flips"
    assert drawn[0] != drawn[2], "SkinDataset: without a generator, the flips are the same under another global seed"


@pytest.mark.points(2)
def test_every_epoch_is_another_one(student):
    """A loader over an augmented SkinDataset sees other flips in every epoch, and always pairs that match."""
    images, masks = numbered_pairs(40)
    positions = list(range(40))
    dataset = augmented(student, images, masks)
    for batch_size in (None, 7):
        got_images, got_masks = student.run(image_masks.loaded, dataset, 3, 0, batch_size)
        assert len(got_images) == 120, f"three epochs over a SkinDataset of 40 pairs gave {len(got_images)} images"
        parts = zip(got_images.split(40), got_masks.split(40), strict=True)
        epochs = [turns(part, images, masks, positions).tolist() for part in parts]
        assert epochs[0] != epochs[1] != epochs[2], "two epochs in a row over one SkinDataset had the same flips"


@pytest.mark.points(2)
def test_loader_processes_can_use_it(student):
    """A loader with two worker processes gets matching pairs from SkinDataset, other ones in every epoch."""
    images, masks = numbered_pairs(40)
    dataset, positions = augmented(student, images, masks), list(range(40))
    got = student.run(image_masks.loaded, dataset, 2, 2)
    assert len(got[0]) == 80, f"two epochs over a SkinDataset of 40 pairs gave {len(got[0])} images"
    epochs = [turns(p, images, masks, positions) for p in zip(got[0].split(40), got[1].split(40), strict=True)]
    assert epochs[0].tolist() != epochs[1].tolist(), (
        "with two worker processes, two epochs over one SkinDataset had the same flips"
    )
    assert set(np.concatenate(epochs)) == {0, 1, 2, 3}, (
        "with two worker processes, SkinDataset did not flip in all four ways"
    )
    plain = student.dataset.SkinDataset(images, masks)
    assert not turns(student.run(image_masks.loaded, plain, 1, 2), images, masks, positions).any(), (
        "with two worker processes, SkinDataset without augment flips items"
    )


# The rules that hold everywhere


@pytest.mark.points(2)
@pytest.mark.parametrize("kinds", [(torch.float32, torch.int64), (torch.float64, torch.uint8)], ids=["same", "other"])
def test_the_data_given_are_left_alone(student, kinds):
    """SkinDataset does not modify the images and masks given, whether flipped or not."""
    for augment in (True, False):
        images, masks = some_pairs(3, kind=kinds[0], mask_kind=kinds[1])
        for given in ((images, masks), (list(images), list(masks))):
            held = student.hold(given[0]), student.hold(given[1])
            student.run(image_masks.used, student.dataset.SkinDataset, *held, augment, positions=[0, 1, 2, 0, 1, 2] * 3)
            for before, handle, what in zip(given, held, ("images", "masks"), strict=True):
                expect_unchanged(before, student.fetch(handle), f"the argument {what} of SkinDataset")


@pytest.mark.points(1)
def test_global_randomness_is_left_alone(student, rng):
    """SkinDataset sets no global seed, and with a generator it does not draw from global ones either."""
    images, masks = some_pairs(3)
    make, positions = student.dataset.SkinDataset, [0, 1, 2]
    generator = student.worker("torch").Generator().manual_seed(int(rng.integers(2**31)))
    for args in ((True,), (True, generator), (False,)):
        found = student.run(seeds.reseeded, image_masks.used, make, images, masks, *args, positions=positions)
        assert not found, f"SkinDataset, or an access to it, sets the global seed of {', '.join(found)}"
    dataset = make(images, masks, True, generator)
    found = student.run(transforms.moved, image_masks.items, dataset, positions)
    assert not found, f"SkinDataset with a generator draws from (or sets) the global one of {', '.join(found)}"


@pytest.mark.points(1)
def test_data_stay_on_the_cpu(student):
    """SkinDataset gives tensors on the CPU, also where there is an accelerator."""
    images, masks = some_pairs(2)
    make = student.dataset.SkinDataset
    found = student.run(recording.devices_of, image_masks.used, make, images, masks, True, positions=[0, 1])
    assert found == ["cpu"], f"on a machine with a GPU, SkinDataset gives tensors on {', '.join(found)}"


@pytest.mark.points(1)
@pytest.mark.needs("test_items_are_the_pairs_given")
def test_importing_does_nothing_else(student):
    """Importing dataset.py prints nothing and sets no seed."""
    expect_quiet_import(student, "dataset")
