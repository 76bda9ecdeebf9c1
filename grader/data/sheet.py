"""Contact sheets: a few labelled examples of every class on one picture."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from .dataset import DataSet, Split

if TYPE_CHECKING:
    from PIL.Image import Image

MARGIN = 8
LINE = 16  # height of a line of text
SMALLEST = 72  # pixels that a thumbnail's side is brought to


def contact_sheet(data: DataSet, split: str = "train", columns: int = 12) -> Image:
    """A picture with one row of examples for each class or label; for masks, pairs of image and mask.

    The first line is the data set's notice, so that the picture itself says whether it shows real data.
    """
    from PIL import Image, ImageDraw

    part = data.splits[split]
    zoom = max(1, round(SMALLEST / part.images.shape[1]))
    tile_h, tile_w = (side * zoom + 2 for side in part.images.shape[1:3])
    rows = list(_rows(data, part, columns))
    left = MARGIN + max(_width(title) for title, _ in rows) + MARGIN
    width = max(left + columns * tile_w + MARGIN, 640)
    heading = _wrap(f"{data.notice} Split: {split}.", width - 2 * MARGIN)
    top = MARGIN + LINE * len(heading) + MARGIN
    sheet = Image.new("RGB", (width, top + len(rows) * (tile_h + 2) + MARGIN), "white")
    pen = ImageDraw.Draw(sheet)
    for number, line in enumerate(heading):
        pen.text((MARGIN, MARGIN + number * LINE), line, fill="black")
    for number, (title, pictures) in enumerate(rows):
        y = top + number * (tile_h + 2)
        pen.text((MARGIN, y + (tile_h - LINE) // 2), title, fill="black")
        for place, picture in enumerate(pictures):
            tile = Image.fromarray(picture).convert("RGB").resize((tile_w - 2, tile_h - 2), Image.Resampling.NEAREST)
            sheet.paste(tile, (left + place * tile_w, y))
    return sheet


def _rows(data: DataSet, part: Split, columns: int) -> Iterator[tuple[str, list[np.ndarray]]]:
    if part.labels.ndim == 3:  # masks
        for start in range(0, min(len(part.images), 2 * columns), columns):
            yield "image", list(part.images[start : start + columns])
            yield "mask", list(part.labels[start : start + columns])
        return
    if part.labels.ndim == 2:
        yield "no finding", list(part.images[part.labels.sum(1) == 0][:columns])
    for label, name in enumerate(data.class_names):
        chosen = part.labels[:, label] == 1 if part.labels.ndim == 2 else part.labels == label
        yield f"{label} {name} ({int(np.count_nonzero(chosen))})", list(part.images[chosen][:columns])


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
