"""The file of a tiny data set, as medmnist would write it."""

import io

import numpy as np

COUNTS = {"train": 40, "val": 10, "test": 20}


def npz_bytes(counts: dict[str, int], flat_labels: bool = False) -> bytes:
    """A file as medmnist writes it: 8 x 8 grey, two classes."""
    rng = np.random.default_rng(0)
    arrays = {}
    for split, count in counts.items():
        arrays[f"{split}_images"] = rng.integers(0, 256, (count, 8, 8), dtype=np.uint8)
        labels = (np.arange(count) % 2).astype(np.uint8)
        arrays[f"{split}_labels"] = labels if flat_labels else labels[:, None]
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()
