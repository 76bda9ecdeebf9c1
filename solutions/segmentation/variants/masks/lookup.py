"""A table of 256 entries, arrays out, random_split for the parts."""

import imageio.v2
import numpy as np
import torch
from pathlib import Path
import os

TABLE = {36: 0, 72: 1, 108: 0, 144: 0, 180: 2, 216: 3}


def decode_mask(mask):
    """numpy out, 0-d comes back as a numpy number"""
    a = np.asarray(mask)
    lut = np.full(256, -1, np.int64)
    lut[list(TABLE)] = list(TABLE.values())
    bad = (a < 0) | (a > 255)
    if np.any(bad):
        raise ValueError("unexpected grey value: %d" % a[bad].flat[0])
    out = lut[a]
    if np.any(out < 0):
        raise ValueError("mask has grey values %s, known are %s" % (sorted(set(a[out < 0].ravel().tolist())), sorted(TABLE)))
    return out


def list_pairs(folder):
    parts = []
    for part in ("images", "masks"):
        found = {}
        with os.scandir(os.path.join(folder, part)) as entries:
            for e in entries:
                root, ext = os.path.splitext(e.name)
                if e.is_file() and ext.casefold() in {".tif", ".tiff"}:
                    found[root] = Path(e.path).resolve()
        parts.append(found)
    images, masks = parts
    lonely = sorted(set(images).symmetric_difference(masks))
    if lonely:
        raise FileNotFoundError("no partner: " + ", ".join(lonely))
    return sorted(((images[k], masks[k]) for k in images), key=lambda pair: pair[0].stem)


def load_pair(image_path, mask_path):
    rgb = imageio.v2.imread(image_path)
    image = torch.from_numpy(np.ascontiguousarray(rgb.transpose(2, 0, 1)) * np.float32(1 / 255))
    return (image.to(torch.float32), torch.from_numpy(decode_mask(imageio.v2.imread(mask_path))))


def split_indices(n, fractions=(0.7, 0.2, 0.1), generator=None):
    b = int(n * fractions[1])
    c = int(n * fractions[2])
    a = n - b - c
    parts = torch.utils.data.random_split(range(n), [a, b, c], generator=generator if generator is not None else torch.default_generator)
    return tuple(sorted(p.indices) for p in parts)
