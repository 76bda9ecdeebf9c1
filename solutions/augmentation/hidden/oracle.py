"""What a right program computes, and what chance allows, for the hidden checks of this assignment."""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

# Chance. Every random transform is judged by many draws, against bounds that hold for every number of draws, not only
# in the limit: Chernoff's for counts, Hoeffding's for agreement, and that of Dvoretzky, Kiefer and Wolfowitz with
# Massart's constant for distributions.
FALSE_ALARM = 1e-8  # the chance that one of these assertions fails a right program, at most


def expect_share(count: int, n: int, p: float, what: str) -> None:
    """`count` of `n` independent draws fits the probability `p`."""
    __tracebackhide__ = True
    right = math.ceil(n * p - 0.5)
    assert _fits(count, n, p), f"{what}: {count} times in {n} calls, where about {right} were to be expected"


def expect_even(cells: np.ndarray, names: Sequence[str], what: str) -> None:
    """Numbers of cells `0..len(names)-1`, drawn independently, each cell equally likely."""
    __tracebackhide__ = True
    counts = np.bincount(cells, minlength=len(names)).tolist()
    uneven = [count for count in counts if not _fits(count, len(cells), 1 / len(names), among=len(names))]
    if uneven:
        listed = ", ".join(f"{name} {count}" for name, count in zip(names, counts, strict=True))
        raise AssertionError(f"{what} should be equally likely, but came up in {len(cells)} calls so often: {listed}")


def _fits(count: float, n: int, p: float, among: int = 1) -> bool:
    """Whether a count fits a probability, by Chernoff's bound; `among` such questions share one alarm."""
    share = count / n
    parts = [(share, p), (1 - share, 1 - p)]
    surprise = n * sum(got * math.log(got / wanted) for got, wanted in parts if got > 0)
    return surprise <= math.log(2 * among / FALSE_ALARM)


Slack = float | np.ndarray


def expect_uniform(
    u: np.ndarray,
    what: str,
    slack: Slack = 0.0,
    *,
    shown: Callable[[float], float] = float,
    instead: Mapping[str, tuple[np.ndarray, float]] | None = None,
) -> None:
    """Numbers drawn independently and uniformly between 0 and 1, each read off with an error of at most `slack`.

    Args:
        shown: from such a number to what the student knows it as.
        instead: what it might be that is drawn instead, in words, with numbers that would be uniform then, and how
            far these may be off.
    """
    __tracebackhide__ = True
    wrong = _uneven(u, slack, shown)
    if wrong:
        seen = [words for words, (v, room) in (instead or {}).items() if not _uneven(v, room)]
        raise AssertionError(f"{what} {wrong}" + (f"; it looks like {seen[0]}" if seen else ""))


def _uneven(u: np.ndarray, slack: Slack, shown: Callable[[float], float] = float) -> str:
    """What is wrong with numbers that should be uniform between 0 and 1."""
    n, x = len(u), np.linspace(0, 1, 401)
    least, most = np.sort(u - slack), np.sort(u + slack)
    asked = f"where {shown(0.0):.3g} to {shown(1.0):.3g} was asked for"
    if most[0] < -1e-6:
        return f"goes below the range asked for: down to {shown(float(u.min())):.3g}, {asked}"
    if least[-1] > 1 + 1e-6:
        return f"goes above the range asked for: up to {shown(float(u.max())):.3g}, {asked}"
    allowed = math.sqrt(math.log(4 / FALSE_ALARM) / (2 * n))
    surely, maybe = (np.searchsorted(ends, x, side="right") / n for ends in (most, least))  # shares up to x
    off = np.maximum(surely - x, x - maybe)
    worst = int(off.argmax())
    if off[worst] <= allowed:
        return _crowded(u, slack, shown)
    if np.ptp(u) < 0.01 + 2 * float(np.mean(slack)):
        return f"is always about {shown(float(u.mean())):.3g}, {asked}"
    below, bound = (u <= x[worst]).mean(), shown(float(x[worst]))
    return (
        f"is not uniform in the range asked for: in {below:.0%} of {n} calls it was at most {bound:.3g}, "
        f"where {x[worst]:.0%} were to be expected"
    )


def _crowded(u: np.ndarray, slack: Slack, shown: Callable[[float], float]) -> str:
    """Whether too many or too few are in the middle half, which a distribution's greatest distance says little of."""
    n, away = len(u), np.abs(u - 0.5)
    surely, maybe = int((away + slack < 0.25).sum()), int((away - slack < 0.25).sum())
    wrong = [count for count in (max(surely, n / 2), min(maybe, n / 2)) if not _fits(count, n, 0.5, among=2)]
    if not wrong:
        return ""
    seen = f"in {(away < 0.25).mean():.0%} of {n} calls it was from {shown(0.25):.3g} to {shown(0.75):.3g}"
    return f"is not uniform in the range asked for: {seen}, where 50% were to be expected"


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


# What a change of brightness or contrast was instead, in words; "" when nothing fits.


def brightened_how(results: Tensor, image: Tensor) -> str:
    """Of images `(n, C, H, W)` that should be multiples of one image, cut off at 0 and 1."""
    pairs = _uncut(results, image)
    if bool((results < -1e-6).any() or (results > 1 + 1e-6).any()):
        return "gives values below 0 or above 1"
    if all(np.ptp(y - x) < 1e-5 for x, y in pairs):
        return "adds one number to all values"
    if all(_is_multiple(*pair) for pair in pairs):
        return ""
    within = [(x > 0.01) & (x < 0.99) & (y > 0.01) & (y < 0.99) for x, y in pairs]
    powers = [np.log(y[i]) / np.log(x[i]) for (x, y), i in zip(pairs, within, strict=True)]
    if all(np.ptp(power) < 1e-3 for power in powers if len(power)):
        return "raises all values to one power"
    if len(image) > 1 and all(_is_multiple(*pair) for part in _channels(results, image) for pair in _uncut(*part)):
        return "multiplies every channel by a factor of its own"
    kept = _kept(pairs)
    return f"leaves values of {kept:.3g} as they are and scales the distance to them" if kept is not None else ""


def contrasted_how(results: Tensor, image: Tensor) -> str:
    """Of images `(n, C, H, W)` whose distance to the image's mean should be scaled."""
    mean = float(image.double().mean())
    if all(_is_multiple(x, y) for x, y in _uncut(results, image)):
        return "multiplies all values, as brightness does"
    kept = _kept(_uncut(results, image))
    if kept is not None:
        own = [k for k, channel in enumerate(image.double()) if len(image) > 1 and abs(channel.mean() - kept) < 1e-4]
        whose = f"the mean of channel {own[0]}" if own else "the median" if abs(image.median() - kept) < 1e-4 else ""
        which = f"{kept:.3g} ({whose})" if whose else f"{kept:.3g}"
        return f"scales the distance to {which}, while the mean of all values is {mean:.3g}"
    each = [_kept(_uncut(part, old)) for part, old in _channels(results, image)]
    means = [float(channel.double().mean()) for channel in image]
    if all(kept is not None and abs(kept - own) < 1e-4 for kept, own in zip(each, means, strict=True)):
        return "scales the distance to a mean of its own in every channel"
    return "changes every channel in another way" if len(image) > 1 and None not in each else ""


def _uncut(results: Tensor, image: Tensor) -> list[tuple[np.ndarray, np.ndarray]]:
    """Old and new values where these lie between 0 and 1, of some of the results."""
    x = image.double().numpy().flatten()
    rows = results[:40].double().flatten(1).numpy()
    return [(x[i], y[i]) for y in rows if (i := (y > 1e-6) & (y < 1 - 1e-6)).sum() > 3]


def _channels(results: Tensor, image: Tensor) -> list[tuple[Tensor, Tensor]]:
    return [(results[:, [k]], image[[k]]) for k in range(len(image))]


def _is_multiple(x: np.ndarray, y: np.ndarray) -> bool:
    return bool(abs(y - (x @ y) / (x @ x) * x).max() < 1e-5)


def _kept(pairs: list[tuple[np.ndarray, np.ndarray]]) -> float | None:
    """The value that all of them leave as it is while they scale the distance to it; None when there is no such."""
    found = []
    for x, y in pairs:
        slope, shift = np.polyfit(x, y, 1)
        if abs(y - shift - slope * x).max() > 1e-5:
            return None
        if abs(1 - slope) > 0.05:
            found.append(shift / (1 - slope))
    return float(np.median(found)) if found and np.ptp(found) < 1e-3 else None


def turns(results: Tensor) -> np.ndarray:
    """Angles in degrees by which an image of column numbers was turned, from results `(n, H, W)`."""
    z, inside = _disc(*results.shape[1:])
    values = results.double().numpy()[:, inside]
    z = z[inside]
    return np.degrees(np.arctan2(-(values * z.imag).sum(axis=1), (values * z.real).sum(axis=1)))


def turned(result: Tensor) -> tuple[complex, complex, float]:
    """Reads a turned `ramp`: factor and shift, about the centre, of the map from places to sources; its worst error."""
    z, inside = _disc(*result.shape[1:])
    x, y, there = result.double().numpy()
    inside &= there > 0.99  # the whole disc, if the image was turned about its centre
    if inside.sum() < 30:
        return 1 + 0j, complex(math.inf, math.inf), 0.0
    centre = complex((result.shape[2] - 1) / 2, (result.shape[1] - 1) / 2)
    source = (x + 1j * y)[inside] - centre
    place = z[inside]
    spread = place - place.mean()
    factor = (source * spread.conj()).sum() / (abs(spread) ** 2).sum()
    shift = source.mean() - factor * place.mean()
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
