"""What a right program computes, and what chance allows, for the hidden checks of this assignment."""

import math

import numpy as np
import torch
from torch import Tensor

# Chance. Every random transform is judged by many draws, against bounds that hold for every number of draws, not only
# in the limit: Chernoff's for counts, Hoeffding's for agreement, and that of Dvoretzky, Kiefer and Wolfowitz with
# Massart's constant for distributions.
FALSE_ALARM = 1e-8  # the chance that one of these assertions fails a right program, at most


def expect_share(count: int, n: int, p: float, what: str, among: int = 1) -> None:
    """`count` of `n` independent draws fits the probability `p`; `among` such assertions share one alarm."""
    __tracebackhide__ = True
    share = count / n
    parts = [(share, p), (1 - share, 1 - p)]
    surprise = n * sum(got * math.log(got / wanted) for got, wanted in parts if got > 0)
    assert surprise <= math.log(2 * among / FALSE_ALARM), f"{what}: {count} times in {n} calls"


def expect_even(cells: np.ndarray, n_cells: int, what: str) -> None:
    """Numbers of cells `0..n_cells-1`, drawn independently, each cell equally likely."""
    __tracebackhide__ = True
    for count in np.bincount(cells, minlength=n_cells):
        expect_share(int(count), len(cells), 1 / n_cells, what, among=n_cells)


def expect_uniform(u: np.ndarray, what: str, slack: float | np.ndarray = 0.0) -> None:
    """Numbers drawn independently and uniformly between 0 and 1, each read off with an error of at most `slack`."""
    __tracebackhide__ = True
    n, x = len(u), np.linspace(0, 1, 401)
    least, most = np.sort(u - slack), np.sort(u + slack)
    assert most[0] >= -1e-6, f"{what} goes below the range asked for"
    assert least[-1] <= 1 + 1e-6, f"{what} goes above the range asked for"
    allowed = math.sqrt(math.log(2 / FALSE_ALARM) / (2 * n))
    surely, maybe = (np.searchsorted(ends, x, side="right") / n for ends in (most, least))  # shares up to x
    assert max((surely - x).max(), (x - maybe).max()) <= allowed, f"{what} is not uniform in the range asked for"


def expect_unrelated(u: np.ndarray, v: np.ndarray, what: str, slack: float = 0.0) -> None:
    """Of two numbers uniform between 0 and 1, whether one is large says nothing about the other."""
    __tracebackhide__ = True
    same = ((u < 0.5) == (v < 0.5)).mean()
    assert abs(same - 0.5) <= 2 * slack + math.sqrt(math.log(2 / FALSE_ALARM) / (2 * len(u))), what


def expect_afresh(u: np.ndarray, what: str) -> None:
    """Numbers uniform between 0 and 1, each drawn without regard to the one before."""
    __tracebackhide__ = True
    expect_unrelated(u[1:], u[:-1], f"{what}: what one call draws depends on the call before")


# Pictures from which a place can be read off.


def numbered(channels: int, height: int, width: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """An image `(C, H, W)` in which every value occurs once, and none is 0."""
    return torch.arange(1, channels * height * width + 1, dtype=dtype).reshape(channels, height, width)


def ramp(height: int, width: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """An image `(3, H, W)`: the column's number, the row's number, and 1 everywhere."""
    y, x = torch.meshgrid(torch.arange(height, dtype=dtype), torch.arange(width, dtype=dtype), indexing="ij")
    return torch.stack([x, y, torch.ones_like(x)])


def windows(image: Tensor, size: int, padding: int) -> dict[bytes, int]:
    """Every `size` x `size` window of the zero-padded image, with its number, row by row."""
    channels, height, width = image.shape
    padded = image.new_zeros(channels, height + 2 * padding, width + 2 * padding)
    padded[:, padding : padding + height, padding : padding + width] = image
    found = padded.unfold(1, size, 1).unfold(2, size, 1).permute(1, 2, 0, 3, 4).flatten(0, 1)
    return {window.contiguous().numpy().tobytes(): number for number, window in enumerate(found)}


def numbers_of(results: Tensor, known: dict[bytes, int]) -> np.ndarray:
    """Which of the known pictures each result is, -1 for none of them."""
    return np.array([known.get(result.contiguous().numpy().tobytes(), -1) for result in results])


def steps(lines: Tensor) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of lines `(n, size)` of a ramp: value at their centre, step from one value to the next, and its unevenness.

    Only the middle half counts: towards its ends a box is continued in different ways.
    """
    values = lines.double().numpy()
    n = values.shape[1]
    middle = values[:, n // 4 : n - n // 4]
    difference = np.diff(middle, axis=1)
    return middle.mean(axis=1), difference.mean(axis=1), np.ptp(difference, axis=1)


def corners_aligned(full: Tensor, side: int) -> bool:
    """Whether the first and last output pixel lie at the centres of the box's first and last, given the whole ramp.

    The other way, that of torch's default, spreads `size` pixels over the box's whole width.
    """
    (step,) = steps(full[None])[1]
    return abs(step - (side - 1) / (len(full) - 1)) < abs(step - side / len(full))


def extents(lines: Tensor, aligned: bool) -> tuple[np.ndarray, np.ndarray]:
    """First edge and length of the boxes that lines `(n, size)` of a ramp were cut from, in pixels."""
    centre, step, _ = steps(lines)
    length = step * (lines.shape[1] - 1) + 1 if aligned else step * lines.shape[1]
    return centre + 0.5 - length / 2, length


def turns(results: Tensor) -> np.ndarray:
    """Angles in degrees by which an image of column numbers was turned, from results `(n, H, W)`."""
    z, inside = _disc(*results.shape[1:])
    values = results.double().numpy()[:, inside]
    z = z[inside]
    return np.degrees(np.arctan2(-(values * z.imag).sum(axis=1), (values * z.real).sum(axis=1)))


def turned(result: Tensor) -> tuple[complex, complex, float]:
    """Reads a turned `ramp`: factor and shift, about the centre, of the map from places to sources; its worst error."""
    z, inside = _disc(*result.shape[1:])
    x, y, _ = result.double().numpy()
    centre = complex((result.shape[2] - 1) / 2, (result.shape[1] - 1) / 2)
    source = (x + 1j * y)[inside] - centre
    place = z[inside]
    shift = source.mean() - place.mean()
    factor = ((source - shift) * place.conj()).sum() / (abs(place) ** 2).sum()
    return complex(factor), complex(shift), float(abs(source - shift - factor * place).max())


def covered(height: int, width: int, factor: complex) -> tuple[np.ndarray, np.ndarray]:
    """Places whose source lies well inside the image, and those whose source lies well outside."""
    z, _ = _disc(height, width)
    source = z * factor
    distance = np.minimum((width - 1) / 2 - abs(source.real), (height - 1) / 2 - abs(source.imag))
    return distance > 1.5, distance < -2.5  # as far as bicubic interpolation reaches


def _disc(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Places relative to the centre as complex numbers, and which of them stay inside however the image is turned."""
    y, x = np.meshgrid(np.arange(height) - (height - 1) / 2, np.arange(width) - (width - 1) / 2, indexing="ij")
    z = x + 1j * y
    return z, abs(z) <= (min(height, width) - 1) / 2 - 1.5
