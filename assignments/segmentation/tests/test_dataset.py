"""Visible checks of dataset.py."""

import pytest
import torch

from grader.probes import image_masks
from grader.verdicts.values import expect_close, expect_tensor


@pytest.mark.points(2)
def test_items_are_the_pairs_given(student):
    """SkinDataset gives each image with its own mask, as float32 and int64."""
    images, masks = torch.rand(5, 3, 4, 6, dtype=torch.float64), torch.randint(4, (5, 4, 6), dtype=torch.uint8)
    dataset = student.dataset.SkinDataset(images, masks)
    assert len(dataset) == 5, f"a SkinDataset of 5 pairs says that it has {len(dataset)}"
    for number, (image, mask) in enumerate(student.run(image_masks.items, dataset, range(5))):
        expect_tensor(image, (3, 4, 6), torch.float32, what=f"image {number}")
        expect_tensor(mask, (4, 6), torch.int64, what=f"mask {number}")
        expect_close(image, images[number], what=f"image {number}")
        expect_close(mask, masks[number], what=f"mask {number}")


@pytest.mark.points(2)
def test_image_and_mask_are_flipped_together(student):
    """With augment, SkinDataset flips images, and every mask lies on its image all the same."""
    masks = torch.arange(30).reshape(5, 6).expand(8, 5, 6)
    images = masks[:, None].expand(8, 3, 5, 6).float()
    dataset = student.dataset.SkinDataset(images, masks, augment=True)
    images, masks = student.run(image_masks.stacked, dataset, list(range(8)) * 8)
    assert images.shape == (64, 3, 5, 6), f"an augmented image has shape {tuple(images.shape[1:])} instead of (3, 5, 6)"
    assert masks.shape == (64, 5, 6), f"an augmented mask has shape {tuple(masks.shape[1:])} instead of (5, 6)"
    assert torch.equal(images[:, 0].long(), masks), "with augment, a mask does not lie on its image"
    corners = set(masks[:, 0, 0].tolist())
    assert corners <= {0, 5, 24, 29}, "with augment, masks are changed by something else than flips"
    assert len(corners) == 4, "in 64 augmented items, not all four ways of flipping were seen"


@pytest.mark.points(1)
def test_nothing_is_random_without_augment(student):
    """Without augment, SkinDataset gives the same at every access."""
    images, masks = torch.rand(3, 3, 5, 4), torch.randint(4, (3, 5, 4))
    dataset = student.dataset.SkinDataset(list(images), list(masks))
    for image, mask in student.run(image_masks.items, dataset, [1] * 12):
        assert torch.equal(image, images[1]), "without augment, an image changes from one access to the next"
        assert torch.equal(mask, masks[1]), "without augment, a mask changes from one access to the next"
