"""Folders of TIFF images and masks, written next to the student's objects and read by them."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import imageio.v3 as imageio
import numpy as np

PARTS = ("images", "masks")


def listed(
    list_pairs: Callable[..., Any], images: Sequence[str], masks: Sequence[str], as_text: bool = False
) -> dict[str, Any]:
    """Lists the pairs in a folder where files of these names were written in this order.

    Args:
        as_text: names the folder by a text instead of a `Path`.

    Returns:
        `kind` of the result; `kinds`, of all that its items hold; `pairs` of names relative to the folder, with `/`.
    """
    with TemporaryDirectory() as folder:
        for part, names in zip(PARTS, (images, masks), strict=True):
            _fill(Path(folder) / part, names)
        result = list_pairs(folder if as_text else Path(folder))
        items = [_pair(item, "list_pairs should return pairs of paths") for item in result]
        kinds = sorted({"Path" if isinstance(p, Path) else type(p).__name__ for item in items for p in item})
        pairs = [[_inside(folder, path) for path in item] for item in items]
        return {"kind": type(result).__name__, "kinds": kinds, "pairs": pairs}


def _pair(item: Any, wish: str) -> tuple[Any, Any]:
    if not isinstance(item, tuple | list) or len(item) != 2:
        raise TypeError(f"{wish}, got a {type(item).__name__}")
    return item[0], item[1]


def _inside(folder: str, path: Any) -> str:
    """A path relative to the folder, or as it is if it leads elsewhere."""
    if not isinstance(path, str | Path):
        raise TypeError(f"list_pairs should return pairs of paths, got a {type(path).__name__} in one of them")
    relative = Path(os.path.relpath(os.path.realpath(path), os.path.realpath(folder))).as_posix()
    return str(path) if relative.startswith("..") else relative


def _fill(folder: Path, names: Sequence[str]) -> None:
    """A tiny picture under each name that ends like a TIFF, a text under each other one; a name may hold a folder."""
    folder.mkdir(parents=True)
    pixels = np.full((2, 3, 3) if folder.name == "images" else (2, 3), 36, np.uint8)
    picture = imageio.imwrite("<bytes>", pixels, extension=".tif")
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        is_tiff = name.lower().endswith((".tif", ".tiff"))
        (folder / name).write_bytes(picture if is_tiff else b"no picture")


def loaded(
    load_pair: Callable[..., Any],
    image: np.ndarray,
    mask: np.ndarray,
    suffixes: tuple[str, str] = (".tif", ".tif"),
    as_text: bool = False,
) -> tuple[Any, Any]:
    """Writes an image and its mask as TIFF files, and reads them with `load_pair`."""
    with TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{part}{suffix}" for part, suffix in zip(PARTS, suffixes, strict=True)]
        for path, array in zip(paths, (image, mask), strict=True):
            path.write_bytes(imageio.imwrite("<bytes>", array, extension=".tif"))
        pair = load_pair(*(str(path) if as_text else path for path in paths))
        return _pair(pair, "load_pair should return a pair (image, mask)")


def loaded_twice(
    load_pair: Callable[..., Any], images: list[np.ndarray], masks: list[np.ndarray]
) -> list[tuple[Any, Any]]:
    """Writes one image and its mask after another to the same two files, and reads each pair with `load_pair`."""
    pairs = []
    with TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{part}.tif" for part in PARTS]
        for arrays in zip(images, masks, strict=True):
            for path, array in zip(paths, arrays, strict=True):
                path.write_bytes(imageio.imwrite("<bytes>", array, extension=".tif"))
            pairs.append(_pair(load_pair(*paths), "load_pair should return a pair (image, mask)"))
    return pairs


def both(list_pairs: Callable[..., Any], load_pair: Callable[..., Any], images: Any, masks: Any) -> list[Any]:
    """Writes a folder of numbered pairs, lists it, and loads every pair that was listed."""
    with TemporaryDirectory() as folder:
        for part, arrays in zip(PARTS, (images, masks), strict=True):
            (Path(folder) / part).mkdir()
            for number, array in enumerate(arrays, start=1):
                path = Path(folder) / part / f"skin_{number:04d}.tif"
                path.write_bytes(imageio.imwrite("<bytes>", array, extension=".tif"))
        pairs = list_pairs(Path(folder))
        return [_pair(load_pair(*pair), "load_pair should return a pair (image, mask)") for pair in pairs]
