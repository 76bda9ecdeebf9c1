"""Codes in groups, exact fractions, colours stacked one by one."""

from fractions import Fraction
from math import floor
from pathlib import Path
import imageio
import numpy as np
import torch


def decode_mask(mask):
    t = mask if isinstance(mask, torch.Tensor) else torch.from_numpy(np.array(mask))
    t = t.long()
    groups = ((36, 108, 144), (72,), (180,), (216,))
    onehot = torch.stack([sum((t == c).long() for c in g) for g in groups])
    seen = onehot.sum(0)
    if not bool((seen == 1).all()):
        first = t.reshape(-1)[(seen.reshape(-1) != 1).nonzero()[0, 0]]
        raise ValueError(f"grey value {first.item()} is not in {groups}")
    return onehot.argmax(0)


def list_pairs(folder):
    def files(part):
        return sorted((p for p in Path(folder, part).glob("*.[tT][iI][fF]*") if p.suffix.lower() in [".tif", ".tiff"]), key=lambda p: p.stem)

    images, masks = files("images"), files("masks")
    for mine, others in ((images, masks), (masks, images)):
        stems = [p.stem for p in others]
        for p in mine:
            if p.stem not in stems:
                raise FileNotFoundError(2, "no partner for", p.stem)
    return list(zip(images, masks))


def load_pair(image_path, mask_path):
    with open(image_path, "rb") as f, open(mask_path, "rb") as g:
        image = imageio.v3.imread(f, extension=".tif")
        mask = imageio.v3.imread(g, extension=".tif")
    x = torch.tensor(image, dtype=torch.float32).div_(255.0)
    return torch.stack([x[..., c] for c in range(3)]), decode_mask(mask.astype("int32"))


def split_indices(n, fractions=(0.7, 0.2, 0.1), generator=None):
    sizes = [floor(n * f) for f in fractions[1:]]
    keys = torch.rand(n, generator=generator, dtype=torch.float64).tolist()
    order = sorted(range(n), key=keys.__getitem__)
    out = []
    for s in sizes:
        out.append([order.pop() for _ in range(s)])
    return order, *out
