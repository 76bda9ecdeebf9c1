"""A dictionary asked pixel by pixel, regular expressions, torch's sampler for the parts."""

from pathlib import Path
import re
import imageio.v3 as iio
import numpy as np
import torch
from torch.utils.data import RandomSampler


def decode_mask(mask):
    flat = np.array(mask, dtype=np.int64).reshape(-1).tolist()
    table = {36: 0, 72: 1, 108: 0, 144: 0, 180: 2, 216: 3}
    try:
        out = [table[c] for c in flat]
    except KeyError as e:
        raise ValueError(f"{e.args[0]}") from None
    return np.array(out, dtype=np.int64).reshape(tuple(mask.shape))


def list_pairs(folder):
    tif = re.compile(r"(.*)\.tiff?", re.I | re.S)
    folder = Path(str(folder))
    sides = []
    for part in ["images", "masks"]:
        side = {}
        for p in (folder / part).iterdir():
            m = tif.fullmatch(p.name)
            if m:
                side[m.group(1)] = p
        sides.append(side)
    pairs = []
    for stem in sorted({*sides[0], *sides[1]}):
        for side, part in zip(sides, ["images", "masks"]):
            if stem not in side:
                raise FileNotFoundError(f"{folder / part}: nothing called {stem}.tif or {stem}.tiff")
        pairs.append((sides[0][stem], sides[1][stem]))
    return pairs


class _Pairs(tuple):
    pass


def load_pair(image_path, mask_path):
    image, mask = (iio.imread(str(p)) for p in (image_path, mask_path))
    x = torch.empty(3, *mask.shape)
    for c in range(3):
        x[c] = torch.as_tensor(image[:, :, c].astype(np.float64) / 255)
    return x, torch.as_tensor(decode_mask(mask))


def split_indices(n, fractions=(0.7, 0.2, 0.1), generator=None):
    _, f, g = fractions
    order = list(RandomSampler(range(n), generator=generator)) if n else []
    if generator is None and n:
        order = [int(i) for i in torch.randperm(n)]
    k, m = n * f // 1, n * g // 1
    return order[:n - int(k) - int(m)], order[n - int(k) - int(m):n - int(m)], order[n - int(m):]
