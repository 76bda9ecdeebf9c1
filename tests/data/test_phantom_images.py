"""Image phantoms: right shapes and classes, the same bytes for the same seed, other pictures for another."""

import imageio.v3 as imageio
import numpy as np
import pytest

from grader.data import entries, load
from grader.data.pairs import write_pairs

IMAGE_SETS = [item.name for item in entries() if item.phantom and item.kind != "table"]
SIZES = (30, 14, 16)


@pytest.mark.parametrize("name", IMAGE_SETS)
def test_equal_seeds_give_equal_bytes_and_leave_global_randomness_alone(name):
    np.random.seed(1)  # noqa: NPY002
    first = load(name, "phantom", 11, SIZES)
    drawn = np.random.random()  # noqa: NPY002
    np.random.seed(1)  # noqa: NPY002
    assert drawn == np.random.random()  # noqa: NPY002
    second = load(name, "phantom", 11, SIZES)
    for split in ("train", "val", "test"):
        assert first.splits[split].images.tobytes() == second.splits[split].images.tobytes()
        assert first.splits[split].labels.tobytes() == second.splits[split].labels.tobytes()


@pytest.mark.parametrize("name", IMAGE_SETS)
def test_no_picture_comes_twice_whatever_the_split_or_seed(name):
    pictures = [
        image.tobytes()
        for seed in (0, 1, 2**70)
        for split in load(name, "phantom", seed, SIZES).splits.values()
        for image in split.images
    ]
    assert len(set(pictures)) == len(pictures) == 3 * sum(SIZES)


@pytest.mark.parametrize("name", IMAGE_SETS)
def test_one_splits_size_does_not_change_another_split(name):
    assert (
        load(name, "phantom", 5, (30, 14, 16)).test.images.tobytes()
        == load(name, "phantom", 5, (3, 1, 16)).test.images.tobytes()
    )


@pytest.mark.parametrize("name", ["pathmnist", "breastmnist", "chestmnist", "radiographs"])
def test_shapes_and_types_are_those_of_the_real_set(name):
    item = next(item for item in entries() if item.name == name)
    for split, size in zip(load(name, "phantom", 0, SIZES).splits.values(), SIZES, strict=True):
        assert split.images.shape == (size, *item.shape)
        assert split.images.dtype == np.uint8
        assert split.labels.dtype == np.int64
        assert split.labels.shape == ((size, 14) if name == "chestmnist" else (size,))


def test_even_a_small_split_has_every_class():
    data = load("pathmnist", "phantom", 2, (9, 10, 20))
    assert np.bincount(data.train.labels, minlength=9).tolist() == [1] * 9
    assert np.bincount(data.test.labels, minlength=9).min() == 2
    assert data.test.labels.tolist() != sorted(data.test.labels.tolist())


def test_breast_labels_follow_the_real_shares():
    data = load("breastmnist", "phantom", 2, (546, 78, 156))
    assert [np.bincount(split.labels).tolist() for split in data.splits.values()] == [[147, 399], [21, 57], [42, 114]]


def test_every_finding_is_present_and_absent_even_in_small_splits():
    labels = load("chestmnist", "phantom", 0, (40, 10, 10)).test.labels
    assert labels.sum(0).tolist() == [1] * 14


def test_phantom_pictures_use_the_brightness_range():
    for name in IMAGE_SETS:
        images = load(name, "phantom", 0, (60, 1, 1)).train.images
        assert images.min() < 60, name
        assert images.max() > 200, name
        assert images.reshape(60, -1).std(1).mean() > 10, name


def test_skin_masks_hold_the_six_codes_in_the_real_shares():
    data = load("skin", "phantom", 3, (150, 1, 1))
    assert data.train.images.shape == (150, 64, 64, 3)
    assert data.train.labels.shape == (150, 64, 64)
    assert data.train.labels.dtype == np.uint8
    codes, counts = np.unique(data.train.labels, return_counts=True)
    share = dict(zip(codes.tolist(), (counts / counts.sum()).tolist(), strict=True))
    assert sorted(share) == [36, 72, 108, 144, 180, 216]
    # The real shares: epidermis with granulation and keratin 37.6 %, dermis 18.5, hair 3.05, background 40.8.
    assert share[36] + share[108] + share[144] == pytest.approx(0.376, abs=0.08)
    assert share[72] == pytest.approx(0.185, abs=0.08)
    assert share[180] == pytest.approx(0.0305, abs=0.01)
    assert share[216] == pytest.approx(0.408, abs=0.08)


def test_skin_pairs_survive_the_way_to_tiff_files_and_back(tmp_path):
    split = load("skin", "phantom", 3, (2, 1, 1)).train
    write_pairs(split, tmp_path)
    names = sorted(path.name for path in (tmp_path / "images").iterdir())
    assert names == sorted(path.name for path in (tmp_path / "masks").iterdir()) == ["skin_0001.tif", "skin_0002.tif"]
    for number, name in enumerate(names):
        np.testing.assert_array_equal(imageio.imread(tmp_path / "images" / name), split.images[number])
        np.testing.assert_array_equal(imageio.imread(tmp_path / "masks" / name), split.labels[number])
