"""Real data: found in the right order, checked, read, and never replaced in silence."""

import numpy as np
import pytest
from toy import COUNTS, npz_bytes

from grader.data import load
from grader.data.npz import carve
from grader.errors import DataError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder that GRADER_DATA names."""
    place = tmp_path / "mine"
    place.mkdir()
    monkeypatch.setenv("GRADER_DATA", str(place))
    return place


def put(content: bytes, folder):
    folder.mkdir(exist_ok=True)
    (folder / "toy.npz").write_bytes(content)


def test_a_file_in_the_named_folder_is_read(make_entry, folder):
    content = npz_bytes(COUNTS)
    make_entry(content)
    put(content, folder)
    data = load("toy")
    assert data.source == "real"
    assert str(folder / "toy.npz") in data.notice
    assert {name: len(split.images) for name, split in data.splits.items()} == COUNTS
    assert data.train.images.dtype == np.uint8
    assert data.train.images.shape == (40, 8, 8)
    assert data.train.labels.dtype == np.int64
    assert data.train.labels.tolist() == [0, 1] * 20
    assert data.class_names == ("even", "odd")


def test_labels_stored_flat_are_read_alike(make_entry, folder):
    content = npz_bytes(COUNTS, flat_labels=True)
    make_entry(content)
    put(content, folder)
    assert load("toy").test.labels.tolist() == [0, 1] * 10


def test_the_named_folder_comes_before_the_cache(make_entry, folder, tmp_path):
    content = npz_bytes(COUNTS)
    make_entry(content)
    put(content, tmp_path / "cache")
    assert str(tmp_path / "cache") in load("toy").notice
    put(content, folder)
    assert str(folder) in load("toy").notice


@pytest.mark.parametrize("source", ["real", "auto"])
def test_a_damaged_file_is_refused_with_its_name_and_the_cure(make_entry, folder, source):
    content = npz_bytes(COUNTS)
    make_entry(content, url="http://127.0.0.1:9/toy.npz", phantom=True)
    put(content[:-1] + bytes([content[-1] ^ 1]), folder)
    with pytest.raises(DataError, match=r"toy\.npz: damaged.*expected.*Delete it.*grader data fetch toy"):
        load("toy", source)


def test_a_file_that_is_no_npz_is_refused(make_entry, folder):
    make_entry(b"not an archive")
    put(b"not an archive", folder)
    with pytest.raises(DataError, match=r"toy\.npz: is not the \.npz file"):
        load("toy")


def test_a_file_with_pickled_objects_is_not_unpickled(make_entry, folder, tmp_path):
    np.savez(tmp_path / "evil.npz", train_images=np.array([{"x": 1}], dtype=object))
    content = (tmp_path / "evil.npz").read_bytes()
    make_entry(content)
    put(content, folder)
    with pytest.raises(DataError, match="allow_pickle"):
        load("toy")


def test_arrays_of_another_shape_are_refused(make_entry, folder):
    content = npz_bytes({**COUNTS, "val": 9})
    make_entry(content)
    put(content, folder)
    with pytest.raises(DataError, match=r"val: expected uint8 images \(10, 8, 8\).*got uint8 \(9, 8, 8\)"):
        load("toy")


def test_a_missing_validation_split_is_cut_from_training_and_said(make_entry, folder):
    counts = {"train": 40, "test": 20}
    content = npz_bytes(counts)
    make_entry(content, counts)
    put(content, folder)
    data, again = load("toy"), load("toy", seed=5)
    assert "no validation split" in data.notice
    assert (len(data.train.labels), len(data.val.labels)) == (36, 4)
    assert np.bincount(data.val.labels).tolist() == [2, 2]
    pictures = {image.tobytes() for image in data.train.images} | {image.tobytes() for image in data.val.images}
    assert len(pictures) == 40
    np.testing.assert_array_equal(data.val.images, again.val.images)


def test_carving_takes_every_tenth_of_each_class():
    from grader.data import Split

    labels = np.repeat([0, 1, 2], [30, 20, 9])
    train, val = carve(Split(np.zeros((59, 2, 2), np.uint8), labels))
    assert np.bincount(val.labels, minlength=3).tolist() == [3, 2, 0]
    assert np.bincount(train.labels).tolist() == [27, 18, 9]


def test_a_folder_that_is_not_there_is_an_error_not_a_phantom(monkeypatch, tmp_path):
    monkeypatch.setenv("GRADER_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(DataError, match=r"GRADER_DATA: .*nowhere is not a folder"):
        load("breastmnist")


def test_a_part_of_a_real_set_is_random_and_repeatable(make_entry, folder):
    content = npz_bytes(COUNTS)
    make_entry(content)
    put(content, folder)
    whole, part = load("toy"), load("toy", seed=3, sizes=(8, 4, 2))
    assert [len(split.labels) for split in part.splits.values()] == [8, 4, 2]
    assert {image.tobytes() for image in part.train.images} <= {image.tobytes() for image in whole.train.images}
    np.testing.assert_array_equal(part.train.images, load("toy", seed=3, sizes=(8, 4, 2)).train.images)
    assert part.train.images.tobytes() != load("toy", seed=4, sizes=(8, 4, 2)).train.images.tobytes()
    assert "8 train, 4 val, 2 test, seed 3" in part.notice
    with pytest.raises(DataError, match="41 asked for, but the real set has 40"):
        load("toy", sizes=(41, 1, 1))


def test_auto_without_the_real_set_draws_a_phantom_and_says_so(capsys):
    data = load("breastmnist", sizes=(4, 2, 2))
    assert data.source == "phantom"
    assert "PHANTOM" in data.notice
    assert "grader data fetch breastmnist" in data.notice
    assert data.notice in capsys.readouterr().out


def test_asking_for_a_phantom_prints_nothing(capsys):
    load("breastmnist", "phantom", sizes=(4, 2, 2))
    assert capsys.readouterr() == ("", "")


def test_a_set_without_a_phantom_says_where_the_real_one_is():
    with pytest.raises(DataError, match=r"head-ct: no phantom.*kaggle"):
        load("head-ct")
    with pytest.raises(DataError, match="head-ct: there is nothing to download"):
        load("head-ct", "real")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "nope"}, "no data set is called 'nope'"),
        ({"source": "fake"}, "source: must be one of auto, real, phantom, got 'fake'"),
        ({"seed": -1}, "seed: must be a whole number from 0 on, got -1"),
        ({"seed": 1.5}, "seed: .*got 1.5"),
        ({"sizes": 5}, "three numbers"),
        ({"sizes": (1, 2)}, "three numbers"),
        ({"sizes": (0, 1, 1)}, "at least 1"),
        ({"sizes": "abc"}, "three numbers"),
        ({"name": "breast-cancer", "sizes": (1, 2, 3)}, "a number of rows"),
    ],
)
def test_wrong_arguments_are_explained(arguments, message):
    with pytest.raises(DataError, match=message):
        load(**{"name": "breastmnist", "source": "phantom", **arguments})


def test_the_official_breastmnist_file(need):
    need("breastmnist.npz")
    data = load("breastmnist", "real")
    assert data.source == "real"
    assert [np.bincount(split.labels).tolist() for split in data.splits.values()] == [[147, 399], [21, 57], [42, 114]]
    assert data.train.images.mean() / 255 == pytest.approx(0.3276, abs=5e-5)


def test_the_pathmnist_subset_gets_a_validation_split(need):
    need("pathmnist_subset_train1000_test718.npz")
    if need("pathmnist_subset_train1000_test718.npz").with_name("pathmnist.npz").exists():
        pytest.skip("the official file is there too and comes first")
    data = load("pathmnist")
    assert data.source == "real"
    assert "no validation split" in data.notice
    assert [split.images.shape for split in data.splits.values()] == [
        (904, 28, 28, 3),
        (96, 28, 28, 3),
        (718, 28, 28, 3),
    ]
    assert all(set(split.labels) == set(range(9)) for split in data.splits.values())


def test_labels_of_several_findings_stay_in_columns(need):
    need("nih1000_chest14_28.npz")
    data = load("chestmnist")
    assert "not ChestMNIST's own images" in data.notice
    assert data.train.labels.shape == (600, 14)
    assert set(np.unique(data.train.labels)) == {0, 1}
