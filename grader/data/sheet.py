"""Contact sheets: labelled examples of every class on one picture, masks overlaid, and augmented versions of some."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .augmented import versions
from .dataset import DataSet, Split
from .overlay import colour, coloured, overlay

if TYPE_CHECKING:
    from PIL.Image import Image

MARGIN = 8
LINE = 16  # height of a line of text
SMALLEST = 72  # pixels that a thumbnail's side is brought to
AUGMENTED = 3  # pictures that are shown in augmented versions


class Row(NamedTuple):
    """One line of pictures: uint8 `(H, W)` or `(H, W, 3)` each."""

    title: str
    pictures: list[np.ndarray]


def contact_sheet(
    data: DataSet, split: str = "train", columns: int = 12, augmented: bool = True, seed: int = 0
) -> Image:
    """A picture with one row of examples for each class or label; for masks, rows of images, masks and overlays.

    With `augmented` the last rows show one picture each and what augmentation makes of it, drawn from `seed`. The
    first line is the data set's notice, so that the picture itself says whether it shows real data; masks have a
    legend with the share of pixels of each class in the split.
    """
    from PIL import Image, ImageDraw

    part = data.splits[split]
    zoom = max(1, round(SMALLEST / part.images.shape[1]))
    tile_h, tile_w = (side * zoom + 2 for side in part.images.shape[1:3])
    rows = list(_examples(data, part, columns))
    if augmented and columns > 1:
        rows += _augmented(data, part, columns, seed)
    legend = list(_legend(data, part))
    left = MARGIN + max(_width(row.title) for row in rows) + MARGIN
    width = max(left + columns * tile_w + MARGIN, 640)
    heading = _wrap(f"{data.notice} Split: {split}.", width - 2 * MARGIN)
    places, legend_lines = _flow([2 * LINE + _width(text) for _, text in legend], width - 2 * MARGIN)
    top = MARGIN + LINE * (len(heading) + legend_lines) + MARGIN
    sheet = Image.new("RGB", (width, top + len(rows) * (tile_h + 2) + MARGIN), "white")
    pen = ImageDraw.Draw(sheet)
    for number, line in enumerate(heading):
        pen.text((MARGIN, MARGIN + number * LINE), line, fill="black")
    for (row, start), (fill, text) in zip(places, legend, strict=True):
        x, y = MARGIN + start, MARGIN + (len(heading) + row) * LINE
        pen.rectangle((x, y + 2, x + 10, y + 12), fill=fill, outline="black")
        pen.text((x + LINE, y), text, fill="black")
    for number, shown in enumerate(rows):
        y = top + number * (tile_h + 2)
        pen.text((MARGIN, y + (tile_h - LINE) // 2), shown.title, fill="black")
        for place, picture in enumerate(shown.pictures):
            tile = Image.fromarray(picture).convert("RGB").resize((tile_w - 2, tile_h - 2), Image.Resampling.NEAREST)
            sheet.paste(tile, (left + place * tile_w, y))
    return sheet


def _is_masks(part: Split) -> bool:
    return part.labels.ndim == 3


def _examples(data: DataSet, part: Split, columns: int) -> Iterator[Row]:
    if _is_masks(part):
        for start in range(0, min(len(part.images), 2 * columns), columns):
            images, masks = (array[start : start + columns] for array in part)
            yield Row("image", list(images))
            yield Row("mask", [coloured(mask, data.codes) for mask in masks])
            yield Row("overlay", [overlay(image, mask, data.codes) for image, mask in zip(images, masks, strict=True)])
        return
    if part.labels.ndim == 2:
        yield Row("no finding", list(part.images[part.labels.sum(1) == 0][:columns]))
    for label, name in enumerate(data.class_names):
        chosen = part.labels[:, label] == 1 if part.labels.ndim == 2 else part.labels == label
        yield Row(f"{label} {name} ({int(np.count_nonzero(chosen))})", list(part.images[chosen][:columns]))


def _augmented(data: DataSet, part: Split, columns: int, seed: int) -> Iterator[Row]:
    """The first pictures, each followed by versions of it."""
    for index in range(min(AUGMENTED, len(part.images))):
        image = part.images[index]
        if _is_masks(part):
            mask = part.labels[index]
            drawn = versions(image, columns - 1, seed + index, mask)
            pictures = [overlay(picture, masks, data.codes) for picture, masks in [(image, mask), *drawn]]
        else:
            pictures = [image, *(version for (version,) in versions(image, columns - 1, seed + index))]
        yield Row("one, then augmented", pictures)


def _legend(data: DataSet, part: Split) -> Iterator[tuple[tuple[int, int, int], str]]:
    """Colour and name of each class of a mask, with the share of pixels that it has."""
    if _is_masks(part):
        for index, (name, code) in enumerate(zip(data.class_names, data.codes, strict=True)):
            yield colour(index), f"{code} {name} {np.mean(part.labels == code):.1%}"


def _flow(widths: list[int], available: int) -> tuple[list[tuple[int, int]], int]:
    """Line and left edge of each item when they are set one after the other, and the number of lines."""
    places, line, x = [], 0, 0
    for width in widths:
        if x and x + width > available:
            line, x = line + 1, 0
        places.append((line, x))
        x += width
    return places, line + 1 if widths else 0


def _width(text: str) -> int:
    from PIL import ImageFont

    return int(ImageFont.load_default().getlength(text)) + 1


def _wrap(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if lines[-1] and _width(f"{lines[-1]} {word}") > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
