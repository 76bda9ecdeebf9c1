"""Visible checks of dataset.py."""

import pytest
import torch

from grader.probes import image_masks
from grader.verdicts.circumstances import during
from grader.verdicts.pictures import altered, disagreement, flips, rearranged, rescaled, told_flips
from grader.verdicts.values import expect_close, expect_tensor, expect_unchanged


@pytest.mark.points(2)
def test_items_are_the_pairs_given(student):
    """SkinDataset gives each image with its own mask, as float32 and int64."""
    images, masks = torch.rand(5, 3, 4, 6, dtype=torch.float64), torch.randint(4, (5, 4, 6), dtype=torch.uint8)
    with during("SkinDataset of 5 pairs, its length and its items"):
        dataset = student.dataset.SkinDataset(images, masks)
        length, items = len(dataset), student.run(image_masks.items, dataset, range(5))
    assert length == 5, f"a SkinDataset of 5 pairs says that it has {length}"
    for number, (image, mask) in enumerate(items):
        expect_tensor(image, (3, 4, 6), torch.float32, what=f"image {number} from SkinDataset")
        expect_tensor(mask, (4, 6), torch.int64, what=f"mask {number} from SkinDataset")
        others = [(f"it is the one of item {other}", other) for other in range(5) if other != number]
        wanted = images[number].numpy()
        known = [*rescaled(wanted), *rearranged(wanted), *((told, images[other]) for told, other in others)]
        expect_close(image, wanted, what=f"image {number} from SkinDataset", mistakes=known)
        wanted = masks[number].numpy()
        known = [*((told, turned[0]) for told, turned in rearranged(wanted[None]))]
        known += [(told, masks[other]) for told, other in others]
        expect_close(mask, wanted, what=f"mask {number} from SkinDataset", mistakes=known)


@pytest.mark.points(2)
def test_image_and_mask_are_flipped_together(student):
    """With augment, SkinDataset flips images, and every mask lies on its image all the same."""
    mask = torch.arange(30).reshape(5, 6)
    masks = mask.repeat(8, 1, 1)
    images = masks[:, None].repeat(1, 3, 1, 1).float()
    given = student.hold(images.clone()), student.hold(masks.clone())
    dataset = student.dataset.SkinDataset(*given, augment=True)
    with during("SkinDataset with augment=True"):
        got_images, got_masks = student.run(image_masks.stacked, dataset, list(range(8)) * 8)
    for kind, before, handle in (("images", images, given[0]), ("masks", masks, given[1])):
        expect_unchanged(before, student.fetch(handle), f"with augment=True, the argument {kind} of SkinDataset")
    expect_tensor(got_images, (64, 3, 5, 6), what="64 augmented images from SkinDataset")
    expect_tensor(got_masks, (64, 5, 6), what="64 augmented masks from SkinDataset")
    of_images, of_masks = flips(got_images.float(), images[0]), flips(got_masks.long(), mask)
    for kind, found, got, one in (
        ("an image", of_images, got_images, images[0]),
        ("a mask", of_masks, got_masks, mask),
    ):
        strange = [item.double().numpy() for item, turn in zip(got, found, strict=True) if turn < 0]
        assert not strange, (
            f"with augment, SkinDataset gives {kind} that is not the one given, flipped or not: "
            f"{altered(strange[0], one.double().numpy())}"
        )
    assert not disagreement(of_images, of_masks), f"SkinDataset with augment: {disagreement(of_images, of_masks)}"
    assert set(of_masks) != {0}, "with augment, none of 64 items of SkinDataset is flipped"
    alike = all(len(set(of_masks[number::8])) == 1 for number in range(8))
    assert not alike, "with augment, each of 8 items of SkinDataset is the same in 8 accesses to it"
    assert len(set(of_masks)) == 4, (
        f"64 augmented items of SkinDataset do not come in all four ways: {told_flips(of_masks)}"
    )


@pytest.mark.points(1)
def test_nothing_is_random_without_augment(student):
    """Without augment, SkinDataset gives the same at every access."""
    images, masks = torch.rand(3, 3, 5, 4), torch.randint(4, (3, 5, 4))
    dataset = student.dataset.SkinDataset(list(images), list(masks))
    for image, mask in student.run(image_masks.items, dataset, [1] * 12):
        assert torch.equal(image, images[1]), "without augment, an image of SkinDataset changes between accesses"
        assert torch.equal(mask, masks[1]), "without augment, a mask of SkinDataset changes between accesses"
