"""The reference modules of the segmentation assignment on pictures: phantoms in the course's file format, real ones."""

import sys
from pathlib import Path

import imageio.v3 as imageio
import numpy as np
import pytest

from grader.data import load
from grader.data.pairs import write_pairs
from grader.sandbox.workspace import Workspace

ASSIGNMENT = Path(__file__).parents[2] / "solutions" / "segmentation"
HAIR = 2


@pytest.fixture
def reference():
    """The reference modules, by name."""
    workspace = Workspace(ASSIGNMENT)
    yield lambda name: workspace.load(name)
    workspace.deactivate()
    assert "masks" not in sys.modules


@pytest.fixture
def cells(need):
    """Real white blood cells with masks of 0 background, 1 cytoplasm and 2 nucleus."""
    with np.load(need("wbc_seg_64.npz")) as file:
        return file["test_images"], file["test_masks"]


def test_hair_is_a_rare_class_of_the_phantoms(reference):
    masks = np.concatenate([load("skin", "phantom", seed, (60, 1, 1)).train.labels for seed in (0, 1)])
    classes = np.asarray(reference("masks").decode_mask(masks))
    hair = (classes == HAIR).mean(axis=(1, 2))
    # Over eight seeds of 150: mean 0.0341, standard deviation among the seeds 0.0009. The real share is 0.0305.
    assert hair.mean() == pytest.approx(0.034, abs=0.006)
    assert (hair > 0).mean() > 0.95


def test_pixel_accuracy_is_fooled_by_a_program_without_hair_and_mean_iou_is_not(reference):
    metrics, masks = reference("metrics"), load("skin", "phantom", 4, (30, 1, 1)).train.labels
    truth = np.asarray(reference("masks").decode_mask(masks))
    without = np.where(truth == HAIR, 1, truth)
    assert metrics.pixel_accuracy(without, truth) > 0.95
    overlap = np.asarray(metrics.iou(without, truth, 4))
    assert overlap[HAIR] == 0
    assert overlap.mean() < 0.75
    assert metrics.pixel_accuracy(np.full_like(truth, 3), truth) > 0.35


def test_a_folder_of_phantoms_is_read_back_pair_by_pair(reference, tmp_path):
    masks, split = reference("masks"), load("skin", "phantom", 7, (12, 1, 1)).train
    write_pairs(split, tmp_path)
    (tmp_path / "images" / "Thumbs.db").write_bytes(b"")
    pairs = masks.list_pairs(tmp_path)
    assert [image.stem for image, _ in pairs] == [f"skin_{number:04d}" for number in range(1, 13)]
    for number, pair in enumerate(pairs):
        image, mask = masks.load_pair(*pair)
        assert image.shape == (3, 64, 64)
        np.testing.assert_array_equal(np.rint(image.numpy() * 255), np.moveaxis(split.images[number], -1, 0))
        assert set(mask.unique().tolist()) <= {0, 1, 2, 3}
        np.testing.assert_array_equal(mask.numpy() == HAIR, split.labels[number] == 180)


def test_a_real_multiphoton_image_of_511_columns_is_loaded(reference, need, tmp_path):
    picture = imageio.imread(need("mpmexample.png"))
    mask = np.where(picture[..., 0] > 60, 72, 36).astype(np.uint8)
    mask[picture.max(axis=2) < 20] = 216
    imageio.imwrite(tmp_path / "wound.TIF", picture, extension=".tif")
    imageio.imwrite(tmp_path / "mask.tiff", mask, extension=".tiff")
    image, classes = reference("masks").load_pair(tmp_path / "wound.TIF", tmp_path / "mask.tiff")
    assert image.shape == (3, 512, 511)
    assert classes.shape == (512, 511)
    assert (image.min(), image.max()) == (0, 1)
    assert set(classes.unique().tolist()) == {0, 1, 3}
    np.testing.assert_allclose(image[:, 100, 300], picture[100, 300] / 255, atol=1e-6)
    assert int(classes[100, 300]) == {36: 0, 72: 1, 216: 3}[int(mask[100, 300])]


def test_real_masks_survive_the_grey_codes(reference, cells):
    _, truth = cells
    codes = np.array([216, 36, 72], dtype=np.uint8)[truth]
    classes = np.asarray(reference("masks").decode_mask(codes))
    np.testing.assert_array_equal(classes, np.array([3, 0, 1])[truth])
    with pytest.raises(ValueError, match=r"\b[012]\b"):
        reference("masks").decode_mask(truth)


def test_measures_of_real_masks_agree_with_scikit_learn(reference, cells):
    from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, jaccard_score

    metrics, (_, truth) = reference("metrics"), cells
    prediction = np.roll(truth, 2, axis=2)
    flat = truth.ravel(), prediction.ravel()
    np.testing.assert_array_equal(metrics.confusion_matrix(prediction, truth, 3), confusion_matrix(*flat))
    assert metrics.pixel_accuracy(prediction, truth) == pytest.approx(accuracy_score(*flat), abs=1e-12)
    np.testing.assert_allclose(metrics.iou(prediction, truth, 3), jaccard_score(*flat, average=None), rtol=1e-12)
    np.testing.assert_allclose(metrics.dice(prediction, truth, 3), f1_score(*flat, average=None), rtol=1e-12)


def test_real_pairs_stay_together_under_augmentation(reference, cells):
    import torch

    images, masks = (torch.from_numpy(array) for array in cells)
    images = images.permute(0, 3, 1, 2) / 255
    dataset = reference("dataset").SkinDataset(images, masks, augment=True)
    # A nucleus is darker in green than its surroundings, however it is flipped; a mask that does not lie on its image
    # would lose that.
    contrast = [_contrast(*dataset[number % len(dataset)]) for number in range(90)]
    plain = [_contrast(image, mask.long()) for image, mask in zip(images, masks, strict=True)] * 2
    np.testing.assert_allclose(contrast, plain, atol=1e-5)


def _contrast(image, mask):
    return float(image[1][mask == 0].mean() - image[1][mask == 2].mean())
