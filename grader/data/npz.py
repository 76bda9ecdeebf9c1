"""Read the `.npz` files of MedMNIST and its look-alikes."""

import zipfile

import numpy as np

from ..errors import DataError
from .catalogue import Entry
from .dataset import Split
from .places import Found

VALIDATION_SHARE = 0.1  # as MedMNIST itself cut PathMNIST: nine parts to train on, one to validate


def read(entry: Entry, found: Found) -> dict[str, Split]:
    """The splits of a file, labels as int64 `(N,)`, or `(N, L)` for several labels an image.

    Where the file has no validation split, one is cut from its training images, always the same one.

    Raises:
        DataError: the file does not hold what the catalogue says.
    """
    try:
        with np.load(found.path, allow_pickle=False) as arrays:
            splits = {
                name: _split(entry, found, name, arrays[f"{name}_images"], arrays[f"{name}_labels"])
                for name in found.file.splits
            }
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise DataError(f"{found.path}: is not the .npz file it should be: {error}") from error
    if "val" not in splits:
        splits["train"], splits["val"] = carve(splits["train"])
    return {name: splits[name] for name in ("train", "val", "test")}


def carve(train: Split) -> tuple[Split, Split]:
    """The training images without every tenth one of each class, and those: the same cut on every machine."""
    step = round(1 / VALIDATION_SHARE)
    chosen = np.zeros(len(train.labels), bool)
    for label in np.unique(train.labels):
        chosen[np.flatnonzero(train.labels == label)[step - 1 :: step]] = True
    return Split(train.images[~chosen], train.labels[~chosen]), Split(train.images[chosen], train.labels[chosen])


def _split(entry: Entry, found: Found, name: str, images: np.ndarray, labels: np.ndarray) -> Split:
    many = entry.task == "multi-label"
    count = found.file.splits[name]  # type: ignore[index]
    if labels.ndim == 2 and labels.shape[1] == 1 and not many:
        labels = labels[:, 0]  # medmnist writes (N, 1), some copies (N,)
    wanted_labels = (count, len(entry.classes)) if many else (count,)
    wanted_images = (count, *entry.shape)
    if images.dtype != np.uint8 or images.shape != wanted_images or labels.shape != wanted_labels:
        raise DataError(
            f"{found.path}: {name}: expected uint8 images {wanted_images} and labels {wanted_labels}, "
            f"got {images.dtype} {images.shape} and {labels.shape}"
        )
    return Split(images, labels.astype(np.int64))
