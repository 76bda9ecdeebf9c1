"""Visible checks of masks.py."""

import numpy as np
import pytest
import torch

from grader.probes import image_files, partitions
from grader.verdicts.circumstances import during
from grader.verdicts.pictures import rearranged, rescaled
from grader.verdicts.values import (
    as_array,
    expect_close,
    expect_error,
    expect_numbers,
    expect_refused,
    expect_tensor,
)


def text_of(error):
    """What an exception says."""
    return getattr(error, "message", str(error))


@pytest.mark.points(2)
def test_six_codes_become_four_classes(student):
    """decode_mask merges granulation tissue and keratin with the epidermis."""
    for codes, wanted in (([[36, 72, 108], [144, 180, 216]], [[0, 1, 0], [0, 2, 3]]), ([[216, 180]], [[3, 2]])):
        with during(f"decode_mask({codes})"):
            classes = student.masks.decode_mask(np.array(codes, dtype=np.uint8))
        numbers = expect_numbers(classes, np.shape(codes), "int64", what=f"decode_mask({codes})")
        assert numbers.tolist() == wanted, f"decode_mask({codes}) should give {wanted}, but gives {numbers.tolist()}"


@pytest.mark.points(1)
def test_unknown_codes_are_errors(student):
    """decode_mask raises a ValueError that names a code it does not know."""
    mask = np.array([[36, 100], [72, 36]], dtype=np.uint8)
    expect_refused(ValueError, "decode_mask of a mask with the code 100", student.masks.decode_mask, mask)
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # the text is looked at below
        student.masks.decode_mask(mask)
    text = text_of(caught.value)
    assert "100" in text, (
        f"decode_mask of a mask with the code 100: the error does not name that code, it says {text!r}"
    )


@pytest.mark.points(2)
def test_images_find_their_masks(student):
    """list_pairs pairs images and masks by the name before the suffix."""
    files = ["skin_2.tif", "skin_1.TIF", "notes.txt"], ["skin_1.tif", "skin_2.tiff"]
    with during("list_pairs of a folder with images {} and masks {}".format(*map(", ".join, files))):
        found = student.run(image_files.listed, student.masks.list_pairs, *files)
    wanted = [["images/skin_1.TIF", "masks/skin_1.tif"], ["images/skin_2.tif", "masks/skin_2.tiff"]]
    assert found["pairs"] == wanted, f"list_pairs should find {wanted}, found {found['pairs']}"


@pytest.mark.points(1)
def test_a_missing_mask_is_an_error(student):
    """list_pairs raises a FileNotFoundError that names the image without a mask."""
    files = ["skin_7.tif", "skin_8.tif"], ["skin_7.tif"]
    what = "list_pairs of a folder with images skin_7.tif, skin_8.tif and the mask skin_7.tif alone"
    with expect_error(FileNotFoundError, what):
        student.run(image_files.listed, student.masks.list_pairs, *files)
    with pytest.raises(FileNotFoundError) as caught:
        student.run(image_files.listed, student.masks.list_pairs, *files)
    text = text_of(caught.value)
    assert "skin_8" in text, f"{what}: the error does not name skin_8, it says {text!r}"


@pytest.mark.points(2)
def test_a_pair_is_loaded(student, rng):
    """load_pair gives a float32 image with channels first, between 0 and 1, and an int64 mask of classes."""
    image = rng.integers(0, 256, (4, 6, 3), dtype=np.uint8)
    mask = np.full((4, 6), 216, np.uint8)
    mask[1, 2] = 180
    with during("load_pair of a picture of 4×6 pixels"):
        x, y = student.run(image_files.loaded, student.masks.load_pair, image, mask)
    expect_tensor(x, (3, 4, 6), torch.float32, what="the image from load_pair")
    wanted = np.moveaxis(image, -1, 0) / 255
    mistakes = [*rescaled(wanted), *rearranged(wanted)]
    expect_close(x, wanted, atol=1e-6, what="the image from load_pair", mistakes=mistakes)
    expect_tensor(y, (4, 6), torch.int64, what="the mask from load_pair")
    hair, background = y[1, 2].item(), y[0, 0].item()
    assert (hair, background) == (2, 3), (
        f"the mask from load_pair, of a file with the codes 180 and 216, has {hair} and {background} in their places"
    )


@pytest.mark.points(2)
def test_every_index_is_in_one_part(student):
    """split_indices puts 14, 4 and 2 of 20 indices into training, validation and test, each of them once."""
    with during("split_indices(20)"):
        parts = student.masks.split_indices(20)
    sizes = tuple(map(len, parts))
    assert sizes == (14, 4, 2), f"split_indices(20) should give parts of 14, 4 and 2 indices, got {sizes}"
    indices = sorted(as_array([index for part in parts for index in part], "split_indices(20)").tolist())
    assert indices == list(range(20)), f"split_indices(20): not every index is in exactly one part, they hold {indices}"
    one, two, three = student.run(partitions.drawn, student.masks.split_indices, 3, 20)
    assert not (one == two == three), "split_indices gives the same parts every time"
