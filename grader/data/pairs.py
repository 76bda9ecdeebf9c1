"""Image and mask pairs on disk, as the segmentation assignment reads them: `images/*.tif` beside `masks/*.tif`."""

from pathlib import Path

from .dataset import Split


def write_pairs(split: Split, folder: Path, prefix: str = "skin") -> None:
    """Every image (RGB, 8 bit) and its mask (grey codes, 8 bit) under the same name in `images/` and `masks/`."""
    from PIL import Image

    for part, arrays in (("images", split.images), ("masks", split.labels)):
        (folder / part).mkdir(parents=True, exist_ok=True)
        for number, array in enumerate(arrays, start=1):
            Image.fromarray(array).save(folder / part / f"{prefix}_{number:04d}.tif")
