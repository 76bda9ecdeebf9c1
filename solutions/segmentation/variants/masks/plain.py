"""Every step on a line of its own, NumPy inside."""

from pathlib import Path
import imageio.v3 as iio
import numpy as np
import torch

CODES = {36: 0, 72: 1, 108: 0, 144: 0, 180: 2, 216: 3}


def decode_mask(mask):
    codes = np.array(mask).astype(np.int64)
    out = np.full(codes.shape, -1, dtype=np.int64)
    for code, label in CODES.items():
        out[codes == code] = label
    if (out < 0).any():
        raise ValueError(f"unknown code {codes[out < 0].ravel()[0]}")
    return torch.from_numpy(out)


def list_pairs(folder):
    folder = Path(folder)
    images = {p.stem: p for p in (folder / "images").iterdir() if p.suffix.lower() in (".tif", ".tiff")}
    masks = {p.stem: p for p in (folder / "masks").iterdir() if p.suffix.lower() in (".tif", ".tiff")}
    for stem in images:
        if stem not in masks:
            raise FileNotFoundError(f"no mask for {stem}")
    for stem in masks:
        if stem not in images:
            raise FileNotFoundError(f"no image for {stem}")
    return [(images[s], masks[s]) for s in sorted(images)]


def load_pair(image_path, mask_path):
    image = iio.imread(image_path)
    image = torch.from_numpy(np.array(image)).permute(2, 0, 1).float() / 255
    mask = torch.as_tensor(decode_mask(iio.imread(mask_path)))
    return image, mask


def split_indices(n, fractions=(0.7, 0.2, 0.1), generator=None):
    order = torch.randperm(n, generator=generator).tolist()
    n_val, n_test = int(n * fractions[1]), int(n * fractions[2])
    n_train = n - n_val - n_test
    return order[:n_train], order[n_train:n_train + n_val], order[n_train + n_val:]
