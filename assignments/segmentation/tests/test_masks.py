"""Visible checks of masks.py."""

import numpy as np
import pytest
import torch

from grader.probes import image_files, partitions
from grader.verdicts.values import as_array, expect_close, expect_error, expect_tensor


def names(error, word):
    """Whether the text of an exception names the word."""
    return word in getattr(error, "message", str(error))


@pytest.mark.points(2)
def test_six_codes_become_four_classes(student):
    """decode_mask merges granulation tissue and keratin with the epidermis."""
    classes = student.masks.decode_mask(np.array([[36, 72, 108], [144, 180, 216]], dtype=np.uint8))
    expect_close(classes, [[0, 1, 0], [0, 2, 3]], what="decode_mask([[36, 72, 108], [144, 180, 216]])")


@pytest.mark.points(1)
def test_unknown_codes_are_errors(student):
    """decode_mask raises a ValueError that names a code it does not know."""
    mask = np.array([[36, 100], [72, 36]], dtype=np.uint8)
    with expect_error(ValueError, "decode_mask of a mask with the code 100"):
        student.masks.decode_mask(mask)
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # the text is looked at below
        student.masks.decode_mask(mask)
    assert names(caught.value, "100"), "decode_mask of a mask with the code 100: the error does not name that code"


@pytest.mark.points(2)
def test_images_find_their_masks(student):
    """list_pairs pairs images and masks by the name before the suffix."""
    found = student.run(
        image_files.listed,
        student.masks.list_pairs,
        ["skin_2.tif", "skin_1.TIF", "notes.txt"],
        ["skin_1.tif", "skin_2.tiff"],
    )
    wanted = [["images/skin_1.TIF", "masks/skin_1.tif"], ["images/skin_2.tif", "masks/skin_2.tiff"]]
    assert found["pairs"] == wanted, f"list_pairs should find {wanted}, found {found['pairs']}"


@pytest.mark.points(1)
def test_a_missing_mask_is_an_error(student):
    """list_pairs raises a FileNotFoundError that names the image without a mask."""
    files = ["skin_7.tif", "skin_8.tif"], ["skin_7.tif"]
    with expect_error(FileNotFoundError, "list_pairs of a folder in which a mask is missing"):
        student.run(image_files.listed, student.masks.list_pairs, *files)
    with pytest.raises(FileNotFoundError) as caught:
        student.run(image_files.listed, student.masks.list_pairs, *files)
    assert names(caught.value, "skin_8"), "list_pairs: the error about a missing mask does not name skin_8"


@pytest.mark.points(2)
def test_a_pair_is_loaded(student, rng):
    """load_pair gives a float32 image with channels first, between 0 and 1, and an int64 mask of classes."""
    image = rng.integers(0, 256, (4, 6, 3), dtype=np.uint8)
    mask = np.full((4, 6), 216, np.uint8)
    mask[1, 2] = 180
    x, y = student.run(image_files.loaded, student.masks.load_pair, image, mask)
    expect_tensor(x, (3, 4, 6), torch.float32, what="the image from load_pair")
    expect_close(x, np.moveaxis(image, -1, 0) / 255, atol=1e-6, what="the image from load_pair")
    expect_tensor(y, (4, 6), torch.int64, what="the mask from load_pair")
    assert (y[1, 2], y[0, 0]) == (2, 3), "the mask from load_pair has other classes than the codes 180 and 216 say"


@pytest.mark.points(2)
def test_every_index_is_in_one_part(student):
    """split_indices puts 14, 4 and 2 of 20 indices into training, validation and test, each of them once."""
    parts = student.masks.split_indices(20)
    sizes = tuple(map(len, parts))
    assert sizes == (14, 4, 2), f"split_indices(20) should give parts of 14, 4 and 2 indices, got {sizes}"
    indices = sorted(as_array([index for part in parts for index in part], "split_indices(20)").tolist())
    assert indices == list(range(20)), "split_indices(20): every index should be in exactly one part"
    one, two, three = student.run(partitions.drawn, student.masks.split_indices, 3, 20)
    assert not (one == two == three), "split_indices gives the same parts every time"
