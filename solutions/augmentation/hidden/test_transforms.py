"""Hidden checks of transforms.py.

Random transforms are judged by what hundreds of calls give. An assertion about chance fails a right program in at most
one of 10^8 gradings (see oracle.py).
"""

import numpy as np
import pytest
import torch
from oracle import (
    brightened_how,
    contrasted_how,
    corners_aligned,
    covered,
    expect_afresh,
    expect_even,
    expect_share,
    expect_uniform,
    expect_unrelated,
    extents,
    numbered,
    numbers_of,
    ramp,
    steps,
    turned,
    turns,
)
from torch.nn.functional import pad

from grader.probes import recording, seeds, transforms
from grader.verdicts.circumstances import during, told_by
from grader.verdicts.imports import expect_quiet_import
from grader.verdicts.transforms import composed_how, cropped_how, flipped_how, places_of, rounded_how
from grader.verdicts.values import expect_close, expect_tensor, expect_unchanged

FLIPS = {"RandomHorizontalFlip": -1, "RandomVerticalFlip": -2}
RANDOM = {  # with arguments under which two draws in a row are hardly ever the same
    "RandomHorizontalFlip": (0.5,),
    "RandomVerticalFlip": (0.5,),
    "RandomCrop": (5, 1),
    "RandomResizedCrop": (8, (0.2, 0.5)),
    "RandomRotation": (40.0,),
    "ColorJitter": (0.4, 0.4),
}
STILL = {  # with arguments under which nothing is left to chance, and an image of side 6 stays as it is
    "RandomHorizontalFlip": (0.0,),
    "RandomVerticalFlip": (0.0,),
    "RandomCrop": (6, 0),
    "RandomResizedCrop": (6, (1.0, 1.0), (1.0, 1.0)),
    "RandomRotation": (0,),
    "ColorJitter": (0.0, 0.0),
}


def made(student, name, *args, seed=None):
    """A transform, with a generator of its own where a seed is given."""
    kwargs = {} if seed is None else {"generator": student.worker("torch").Generator().manual_seed(seed)}
    return getattr(student.transforms, name)(*args, **kwargs)


def some_seed(rng):
    return int(rng.integers(2**31))


# Flips


@pytest.mark.points(2)
def test_flips_mirror_the_right_axis(student):
    """With p=1 the flips mirror left and right, or top and bottom, for any number of channels and any size."""
    for name, axis in FLIPS.items():
        flip = made(student, name, 1.0)
        for shape in ((1, 4, 7), (3, 7, 4), (5, 3, 3), (2, 1, 6), (4, 9, 1)):
            for dtype in (torch.float32, torch.float64):
                image = numbered(*shape, dtype)
                for result in student.run(transforms.draws, flip, image, 12):
                    expect_tensor(result, shape, dtype, what=f"{name}(p=1.0) of an image of shape {shape}")
                    same = result.equal(image.flip(axis))
                    assert same, f"{name}(p=1.0) of an image of shape {shape} {flipped_how(result, image)}"


def test_flips_with_probability_zero_do_nothing(student):
    """With p=0 the flips give the image as it is."""
    for name in FLIPS:
        image = numbered(3, 4, 5)
        results = student.run(transforms.draws, made(student, name, 0.0), image, 40)
        for result in expect_tensor(results, (40, *image.shape), image.dtype, what=f"40 results of {name}(p=0.0)"):
            assert result.equal(image), f"{name}(p=0.0) {flipped_how(result, image)}"


@pytest.mark.points(2)
def test_flips_happen_with_probability_p(student, rng):
    """The flips mirror the whole image in a share p of the calls, one half unless told otherwise."""
    image = numbered(3, 4, 5)
    for name, axis in FLIPS.items():
        known = {image.numpy().tobytes(): 0, image.flip(axis).contiguous().numpy().tobytes(): 1}
        for p in (None, 0.03, float(rng.uniform(0.12, 0.3)), float(rng.uniform(0.7, 0.88))):
            flip = made(student, name) if p is None else made(student, name, p)
            what = f"{name}({'' if p is None else f'p={p:.2f}'})"
            with during(what):
                results = student.run(transforms.draws, flip, image, 1000)
            expect_tensor(results, (1000, *image.shape), image.dtype, what=f"1000 results of {what}")
            drawn = numbers_of(results, known)
            how = flipped_how(results[int(drawn.argmin())], image)
            assert (drawn >= 0).all(), f"{what} gives something else than the image and its mirror image: it {how}"
            expect_share(int(drawn.sum()), 1000, 0.5 if p is None else p, f"{what} mirrored the image")
            if p is None:
                expect_afresh(drawn.astype(float), what)


# RandomCrop


@pytest.mark.points(3)
def test_crops_lie_everywhere_equally_often(student, rng):
    """RandomCrop gives every window of the padded image, corners and edges included, equally often."""
    for (height, width), size, padding in (((4, 6), 3, 0), ((6, 4), 2, 0), ((4, 3), 3, 1), ((3, 4), 5, 2)):
        image = numbered(int(rng.integers(1, 4)), height, width)
        crop = made(student, "RandomCrop", size, padding) if padding else made(student, "RandomCrop", size)
        what = f"RandomCrop({f'{size}, padding={padding}' if padding else size}) of {height}x{width} images"
        with during(what):
            student.run(transforms.draws, crop, numbered(1, height + 2, width + 3), 2)  # images may differ in size
            results = student.run(transforms.draws, crop, image, 1600)
        expect_tensor(results[0], (len(image), size, size), torch.float32, what=what)
        drawn = places_of(results, pad(image, [padding] * 4), size)
        how = "" if (drawn >= 0).all() else cropped_how(results, image, size, padding)
        fault = f"{what} gives something that is no window of the image with its border of zeros"
        assert (drawn >= 0).all(), f"{fault}; {how}" if how else fault
        rows, columns = (side + 2 * padding - size + 1 for side in (height, width))
        expect_even(drawn // columns, [f"row {k}" for k in range(rows)], f"{what}: the rows where windows begin")
        expect_even(drawn % columns, [f"column {k}" for k in range(columns)], f"{what}: the columns where they begin")
        places = [f"({i}, {j})" for i in range(rows) for j in range(columns)]
        expect_even(drawn, places, f"{what}: pairs of row and column where windows begin")


def test_a_crop_of_the_whole_image_is_the_image(student):
    """RandomCrop of the padded image's own size gives the padded image."""
    for dtype in (torch.float32, torch.float64):
        for channels, side, padding in ((1, 5, 0), (5, 4, 1), (3, 3, 3), (3, 1, 0)):
            image = numbered(channels, side, side, dtype)
            size = side + 2 * padding
            result = made(student, "RandomCrop", size, padding)(image)
            what = f"RandomCrop({size}, padding={padding}) of a {side}x{side} image"
            expect_tensor(result, (channels, size, size), dtype, what=what)
            wanted = torch.zeros(channels, size, size, dtype=dtype)
            wanted[:, padding : padding + side, padding : padding + side] = image
            how = "" if result.equal(wanted) else cropped_how(result[None], image, size, padding)
            fault = f"{what} is not the image with a border of {padding} zeros on each side"
            assert result.equal(wanted), f"{fault}; {how.replace('they are windows of', 'it is')}" if how else fault


def test_windows_without_content_are_windows(student):
    """RandomCrop gives windows that hold nothing but zeros as often as others."""
    image = torch.zeros(1, 4, 6)
    image[..., ::2] = 0.5
    results = student.run(transforms.draws, made(student, "RandomCrop", 1), image, 600)
    expect_tensor(results[0], (1, 1, 1), torch.float32, what="RandomCrop(1) of a 4x6 image")
    seen = (results > 0).flatten().long().numpy()
    expect_even(seen, ("a black pixel", "a bright one"), "RandomCrop(1) of an image with as many black pixels: windows")


def test_where_a_crop_lies_is_drawn_afresh(student):
    """RandomCrop draws row and column independently, and afresh at every call."""
    image = numbered(1, 5, 5)
    drawn = places_of(student.run(transforms.draws, made(student, "RandomCrop", 4), image, 800), image, 4)
    assert (drawn >= 0).all(), "RandomCrop(4) of a 5x5 image gives something that is no window of it"
    expect_unrelated(drawn // 2, drawn % 2, "RandomCrop: row and column of the window depend on each other")
    expect_afresh((drawn // 2).astype(float), "RandomCrop, the window's row")
    expect_afresh((drawn % 2).astype(float), "RandomCrop, the window's column")


# RandomResizedCrop


@pytest.mark.points(2)
def test_resized_crops_have_the_size_asked_for(student, rng):
    """RandomResizedCrop gives (C, size, size) of the same dtype, for small and for large boxes."""
    for dtype in (torch.float32, torch.float64):
        for channels, height, width, size in ((1, 20, 26, 8), (3, 26, 20, 31), (5, 21, 21, 1), (2, 28, 28, 28)):
            image = torch.rand(channels, height, width, dtype=dtype)
            result = made(student, "RandomResizedCrop", size)(image)
            what = f"RandomResizedCrop({size}) of an image of shape {tuple(image.shape)}"
            expect_tensor(result, (channels, size, size), dtype, what=what)
            inside = image.min() - 1e-5 <= result.min() and result.max() <= image.max() + 1e-5
            assert inside, f"{what} has values beyond those of the image"


@pytest.mark.points(2)
def test_a_box_of_everything_is_the_image(student):
    """RandomResizedCrop with scale and ratio (1, 1) takes the whole of a square image."""
    for channels, side, dtype in ((1, 7, torch.float32), (3, 12, torch.float64), (5, 28, torch.float32)):
        image = torch.rand(channels, side, side, dtype=dtype)
        what = f"RandomResizedCrop({side}, (1, 1), (1, 1)) of a {side}x{side} image"
        with during(what):
            result = made(student, "RandomResizedCrop", side, (1.0, 1.0), (1.0, 1.0))(image)
        expect_tensor(result, image.shape, dtype, what=what)
        with told_by(sides_how, student, side, what=what):
            expect_close(result, image, atol=1e-4, what=what)


def sides_how(student, side):
    """What boxes are taken that should be the whole image, in words; nothing when they are."""
    _, _, across, down = boxes(student, side, (1.0, 1.0), (1.0, 1.0), side, side, 20)
    if min(across.min(), down.min()) > side - 0.5 or max(across.max(), down.max()) > side + 0.5:
        return ""
    wide, high = (f"{round(some.min())} to {round(some.max())}" for some in (across, down))
    return f"does not take the whole of it: in 20 calls boxes were {wide} columns wide and {high} rows high"


@pytest.mark.points(2)
def test_resizing_is_bilinear(student):
    """RandomResizedCrop interpolates linearly between pixels, straight on a straight slope, in rows and columns."""
    crop = made(student, "RandomResizedCrop", 61, (0.1, 0.3), (0.6, 1.6))
    results = student.run(transforms.draws, crop, ramp(24, 30), 40)
    for line, what in ((results[:, 0, 30], "rows"), (results[:, 1, :, 30], "columns")):
        uneven, level = steps(line)[2].max(), (line.diff(dim=-1).abs() < 1e-6).double().mean()
        shape = "stairs" if level > 0.3 else "curves"
        assert uneven < 0.01, f"RandomResizedCrop turns a straight slope into {shape} along the {what}"
    across = np.ptp(results[:, 0].numpy(), axis=1).max(), np.ptp(results[:, 1].numpy(), axis=2).max()
    assert max(across) < 0.01, "RandomResizedCrop mixes rows and columns"
    assert (results[:, 2] - 1).abs().max() < 1e-3, "RandomResizedCrop changes an image that is 1 everywhere"
    edge = (torch.arange(24) >= 12).float().expand(1, 24, 24)
    flat = student.run(transforms.draws, made(student, "RandomResizedCrop", 61, (0.3, 0.4)), edge, 40)
    between = ((flat > 0.02) & (flat < 0.98)).float().mean((1, 2, 3))
    assert flat.min() > -1e-4, "RandomResizedCrop goes below the darkest value of the image"
    assert flat.max() < 1 + 1e-4, "RandomResizedCrop goes above the brightest value of the image"
    assert between.max() > 0.02, "RandomResizedCrop does not interpolate between dark and bright pixels"


def boxes(student, size, scale, ratio, height, width, n):
    """Left, top, width and height of the boxes of `n` calls, read off an image of slopes."""
    aligned = is_aligned(student)
    image, crop = ramp(height, width, torch.float64), made(student, "RandomResizedCrop", size, scale, ratio)
    shown = ", ".join(f"({low:.3g}, {high:.3g})" for low, high in (scale, ratio))
    with during(f"RandomResizedCrop({size}, {shown}) of a {height}x{width} image"):
        rows, columns = student.run(transforms.middles, crop, image[:2], n)
    expect_tensor(rows, (n, 2, size), what="the middle rows of RandomResizedCrop's results")
    left, across = extents(rows[:, 0], aligned)
    top, down = extents(columns[:, 1], aligned)
    return left, top, across, down


def is_aligned(student):
    """How the program's interpolation places its output pixels, which is open."""
    full = made(student, "RandomResizedCrop", 60, (1.0, 1.0), (1.0, 1.0))(ramp(20, 20, torch.float64))
    expect_tensor(full, (3, 60, 60), what="RandomResizedCrop(60, (1, 1), (1, 1)) of a 20x20 image")
    return corners_aligned(full[0, 30], 20)


def other_areas(covers, low, high, height, width):
    """What else the share of the area might be drawn as, each brought to numbers from 0 to 1."""
    side, short, long = np.sqrt(covers), min(height, width), max(height, width)
    return {
        "the side of the box, not its area, that is uniform": (
            (side - np.sqrt(low)) / (np.sqrt(high) - np.sqrt(low)), 0.03
        ),
        "a share of each side, not of the area": ((side - low) / (high - low), 0.03),
        "a share from 0.08 to 1, whatever scale is": ((covers - 0.08) / 0.92, 0.03),
        "a share from the lower end of scale up to 1": ((covers - low) / (1 - low), 0.03),
        "a share from 0 up to the upper end of scale": (covers / high, 0.05),
        "a share of the shorter side squared": ((covers * long / short - low) / (high - low), 0.03),
        "a share of the longer side squared": ((covers * short / long - low) / (high - low), 0.03),
    }  # fmt: skip


def other_aspects(aspect, low, high):
    """The same for the aspect."""
    log = np.log(aspect)
    return {
        "height over width": ((-log - np.log(low)) / np.log(high / low), 0.08),
        "the aspect itself, not its logarithm, that is uniform": ((aspect - low) / (high - low), 0.08),
        "an aspect from 3:4 to 4:3, whatever ratio is": ((log - np.log(3 / 4)) / np.log(16 / 9), 0.15),
        "a decimal logarithm that meets a natural exponential": ((log - np.log10(low)) / np.log10(high / low), 0.15),
        "the square root of the aspect asked for": ((2 * log - np.log(low)) / np.log(high / low), 0.08),
        "the square of the aspect asked for": ((log / 2 - np.log(low)) / np.log(high / low), 0.08),
        "the aspect of the image times the one asked for": ((log - np.log(1.25 * low)) / np.log(high / low), 0.08),
    }


@pytest.mark.points(3)
@pytest.mark.limits(cpu_seconds=60)  # of 2,500 calls, with an interpolation of the student's own
@pytest.mark.needs("test_resized_crops_have_the_size_asked_for")
def test_area_and_aspect_of_the_box(student):
    """RandomResizedCrop: the box's area is uniform in scale, its aspect log-uniform in ratio, width over height."""
    height, width, scale, ratio = 80, 100, (0.02, 0.3), (0.6, 2.5)  # every such box fits
    _, _, across, down = boxes(student, 80, scale, ratio, height, width, 2500)
    small = min(across.min(), down.min())
    seen = f"RandomResizedCrop(80, {scale}, {ratio}) of a {height}x{width} image"
    assert small > 1, f"{seen} shows boxes that are less than a pixel wide or high"
    # A box may be brought to whole pixels, so each side is known to within one pixel.
    covers, span = across * down / (height * width), scale[1] - scale[0]
    share = (covers - scale[0]) / span
    expect_uniform(
        share,
        f"RandomResizedCrop: the box's share of the area, with scale={scale},",
        (across + down + 1) / (height * width) / span,
        shown=lambda u: scale[0] + span * u,
        instead=other_areas(covers, *scale, height, width),
    )
    aspect, span = across / down, np.log(ratio[1] / ratio[0])
    position = np.log(aspect / ratio[0]) / span
    expect_uniform(
        position,
        f"RandomResizedCrop: the aspect (width over height; its logarithm is to be uniform), with ratio={ratio},",
        (1 / (across - 1) + 1 / (down - 1)) / span,
        shown=lambda u: ratio[0] * np.exp(span * u),
        instead=other_aspects(aspect, *ratio),
    )
    expect_unrelated(share, position, "RandomResizedCrop: area and aspect of the box depend on each other", slack=0.05)


@pytest.mark.points(2)
@pytest.mark.limits(cpu_seconds=40)
@pytest.mark.needs("test_resized_crops_have_the_size_asked_for")
def test_place_of_the_box(student):
    """RandomResizedCrop puts the box at a uniformly drawn place, in both directions, and afresh at every call."""
    height, width = 90, 120
    left, top, across, down = boxes(student, 40, (0.05, 0.1), (0.8, 1.25), height, width, 1500)
    u, v = left / (width - across), top / (height - down)
    what = "RandomResizedCrop: the place of the box, from {} (0) to {} (1),"
    expect_uniform(u, what.format("the left", "the right"), slack=0.03)
    expect_uniform(v, what.format("the top", "the bottom"), slack=0.03)
    expect_unrelated(u, v, "RandomResizedCrop: the box's row and column depend on each other", slack=0.03)
    expect_unrelated(u[1:], u[:-1], "RandomResizedCrop: the place depends on that of the call before", slack=0.03)
    share = (across * down / (height * width) - 0.05) / 0.05
    expect_unrelated(u, share, "RandomResizedCrop: place and area of the box depend on each other", slack=0.08)


@pytest.mark.points(2)
@pytest.mark.needs("test_resized_crops_have_the_size_asked_for")
def test_boxes_reach_every_border(student):
    """RandomResizedCrop reaches the first and the last row and column, also where there are few places."""
    # A box of 3.02 x 3.02 pixels, so 3 x 3 however it is rounded. Each border has a chance of at least 1/8 per call,
    # also where a place is drawn as a fraction and then rounded: missed by 400 calls with probability below 1e-23.
    height, width, side = 7, 8, 3.02
    scale = side**2 / (height * width)
    left, top, across, down = boxes(student, 24, (scale, scale), (1.0, 1.0), height, width, 400)
    for start, length, total, what in ((left, across, width, "column"), (top, down, height, "row")):
        assert start.min() > -0.7, f"RandomResizedCrop: boxes begin before the first {what} of the image"
        assert (start + length).max() < total + 0.7, f"RandomResizedCrop: boxes go on after the last {what}"
        assert start.min() < 0.7, f"RandomResizedCrop: no box contains the first {what} of the image"
        assert (start + length).max() > total - 0.7, f"RandomResizedCrop: no box contains the last {what} of the image"


def test_default_scale_and_ratio(student):
    """RandomResizedCrop takes 8 to 100 % of the area and aspects from 3:4 to 4:3 unless told otherwise."""
    aligned = is_aligned(student)
    image = ramp(60, 60, torch.float64)
    rows, columns = student.run(transforms.middles, made(student, "RandomResizedCrop", 64), image[:2], 800)
    across, down = extents(rows[:, 0], aligned)[1], extents(columns[:, 1], aligned)[1]
    area = across * down / 3600
    # Boxes that do not fit are open; below 60 % of the area all of them fit, above they may be drawn again.
    # A share below 0.2 has a chance of 0.13, or more; not one such box in 800 calls has one below 1e-48.
    seen = f"in 800 calls RandomResizedCrop(64) took boxes of {area.min():.0%} to {area.max():.0%} of the area"
    assert (area >= 0.08 - (across + down) / 3600).all(), f"{seen}, some below 8 %"
    assert area.min() < 0.2, f"{seen}, none below 20 %"
    assert area.max() > 0.7, f"{seen}, none above 70 %"
    # A share below 0.3 has a chance of 0.24, or of 0.28 if all boxes that do not fit are drawn again; 0.03 is for
    # boxes rounded to whole pixels. Outside of these bounds a right program is in fewer than one of 1e8 gradings.
    share = int((area < 0.3).sum())
    assert share >= 100, f"RandomResizedCrop(64) took only {share} boxes below 30 % of the area in 800 calls"
    assert share <= 330, f"RandomResizedCrop(64) took as many as {share} boxes below 30 % of the area in 800 calls"
    small = area < 0.6
    log, slack = np.log(across / down)[small], (1.1 / across + 1.1 / down)[small]
    aspects = np.exp(log)
    seen = f"in 800 calls RandomResizedCrop(64) took aspects from {aspects.min():.2f} to {aspects.max():.2f}"
    assert (abs(log) <= np.log(4 / 3) + slack).all(), f"{seen}, beyond 3:4 and 4:3"
    assert log.min() < -0.18, f"{seen}, none clearly taller than wide"
    assert log.max() > 0.18, f"{seen}, none clearly wider than tall"


# RandomRotation


@pytest.mark.points(2)
def test_rotation_turns_about_the_centre(student):
    """RandomRotation turns the image as a whole about its centre, keeps its size, and fills up with zeros."""
    rotation = made(student, "RandomRotation", 180)
    for height, width in ((29, 37), (36, 30)):
        image = ramp(height, width)
        what = f"RandomRotation(180) of {height}x{width} images"
        with during(what):
            results = student.run(transforms.draws, rotation, image, 40)
        expect_tensor(results, (40, 3, height, width), torch.float32, what=what)
        read = [turned(result) for result in results]
        about = turning_point(read, height, width)
        for factor, shift, error in read:
            # Nearest-neighbour interpolation is allowed: every source may be off by half a pixel in both directions,
            # and the factor read off by as much again towards the rim: 0.99 is the most that any angle gives.
            size = f"the result shows it {1 / max(abs(factor), 1e-3):.2f} times as large"
            assert abs(abs(factor) - 1) < 0.012, f"{what} stretches or shrinks the image: {size}"
            assert abs(shift) < 0.6, f"{what}: the image's centre does not stay where it is{about}"
            assert error < 1.1, f"{what} distorts the image"
        factors, shifts = (np.array([row[k] for row in read]) for k in (0, 1))
        # A fixed point other than the centre shifts every source by (1 - factor) times its distance from the centre.
        distance = (shifts * (1 - factors).conj()).sum() / (abs(1 - factors) ** 2).sum()
        assert abs(distance) < 0.15, f"{what} does not turn the image about its centre{about}"
        for result, factor in zip(results, factors, strict=True):
            inside, outside = covered(height, width, factor)
            ones, corners = result[2].numpy()[inside], result.numpy()[:, outside]
            assert abs(ones - 1).max() < 1e-3, f"{what} loses a part of the image that should stay in the frame"
            level = f"; there it is up to {abs(corners).max():.3g}" if corners.any() else ""
            assert not corners.any(), f"{what}: what the turned image does not cover is not zero{level}"


def turning_point(read, height, width):
    """About which point images were turned, in words; nothing when about no single one."""
    away = np.array([shift / (1 - factor) for factor, shift, _ in read if abs(1 - factor) > 0.3])
    away = away[np.isfinite(away)]
    if len(away) < 5 or max(np.ptp(np.percentile(part, [25, 75])) for part in (away.real, away.imag)) > 1:
        return ""
    column, row = np.median(away.real) + (width - 1) / 2, np.median(away.imag) + (height - 1) / 2
    centre = f"({(height - 1) / 2:g}, {(width - 1) / 2:g})"
    return f"; it is turned about row and column ({row:.1f}, {column:.1f}), while its centre is at {centre}"


@pytest.mark.points(2)
def test_angles_are_uniform(student):
    """RandomRotation draws the angle uniformly between -degrees and degrees, afresh at every call."""
    image, degrees = ramp(31, 31)[:1], 40
    results = student.run(transforms.draws, made(student, "RandomRotation", degrees), image, 1500)
    expect_tensor(results, (1500, 1, 31, 31), what="the results of RandomRotation")
    angles = turns(results[:, 0])
    assert abs(angles).max() <= degrees + 2, (
        f"RandomRotation({degrees}) turned an image by {abs(angles).max():.0f} degrees"
    )
    u = (angles / degrees + 1) / 2
    # With nearest-neighbour interpolation angles below two degrees cannot be told from none.
    expect_uniform(
        u,
        f"RandomRotation({degrees}): the angle in degrees",
        slack=0.03,
        shown=lambda u: (2 * u - 1) * degrees,
        instead={
            "an angle between 0 and degrees, always the same way round": (angles / degrees, 0.06),
            "an angle between -degrees and 0, always the same way round": (-angles / degrees, 0.06),
            "an angle between -degrees/2 and degrees/2": (angles / degrees + 0.5, 0.06),
        },
    )
    expect_unrelated(u[1:], u[:-1], "RandomRotation: the angle depends on that of the call before", slack=0.03)


def test_angles_need_not_be_whole_numbers(student):
    """RandomRotation draws angles between whole degrees too, and takes degrees that are no whole number."""
    image = numbered(1, 45, 45)
    for degrees in (6, 2.5):
        results = student.run(transforms.draws, made(student, "RandomRotation", degrees), image, 200)
        different = len({result.contiguous().numpy().tobytes() for result in results})
        # Turned by nearest neighbours, such an image has hundreds of versions within a degree.
        assert different > 40, f"RandomRotation({degrees}) gave only {different} different results in 200 calls"


def test_no_degrees_no_rotation(student):
    """RandomRotation(0) gives the image as it is."""
    for shape, dtype in (((1, 9, 6), torch.float32), ((5, 8, 8), torch.float64), ((3, 7, 1), torch.float32)):
        image = torch.rand(*shape, dtype=dtype)
        for result in student.run(transforms.draws, made(student, "RandomRotation", 0), image, 10):
            expect_tensor(result, shape, dtype, what=f"RandomRotation(0) of an image of shape {shape}")
            what = f"RandomRotation(0) of an image of shape {shape}"
            with told_by(rounded_how, result, what=what):
                expect_close(result, image, atol=1e-3, what=what)


# ColorJitter


def soft_image(channels, middle, spread, dtype=torch.float64):
    """An image whose values stay within [0, 1] under moderate changes, its channels on different levels."""
    levels = torch.linspace(-spread, spread, channels, dtype=dtype) if channels > 1 else torch.zeros(1, dtype=dtype)
    return middle + levels[:, None, None] + spread * (torch.rand(channels, 5, 6, dtype=dtype) - 0.5)


def factors(results, image, limits):
    """Factors of brightness and contrast, by least squares, and how far the results are from what they give.

    An image made brighter may keep its distance to its own mean or to that of the image given: the second reading is
    taken where the first one leaves the limits.
    """
    x, y = image.double().flatten().numpy(), results.double().flatten(1).numpy()
    level = y.mean(axis=1) / x.mean()
    slope = (y * (x - x.mean())).sum(axis=1) / ((x - x.mean()) ** 2).sum()
    error = abs(y - level[:, None] * x.mean() - slope[:, None] * (x - x.mean())).max()
    readings = (
        (level, slope / np.maximum(level, 1e-6)),
        (slope / np.maximum(1 + slope - level, 1e-6), 1 + slope - level),
    )
    for reading in readings:
        if all((abs(factor - 1) <= limit + 1e-4).all() for factor, limit in zip(reading, limits, strict=True)):
            return *reading, error
    return *readings[0], error


def expect_factor(factor, strength, what):
    """Factors are uniform between max(0, 1 - strength) and 1 + strength."""
    __tracebackhide__ = True
    low, high = max(0.0, 1 - strength), 1 + strength
    log = np.log(np.maximum(factor, 1e-9)) / np.log(high)
    expect_uniform(
        (factor - low) / (high - low),
        what,
        slack=1e-4,
        shown=lambda u: low + (high - low) * u,
        instead={
            "a factor between 1 and 1 + x": ((factor - 1) / strength, 1e-3),
            "a factor between 1 - x and 1": ((factor - 1 + strength) / strength, 1e-3),
            "a factor between 0 and x": (factor / strength, 1e-3),
            "a factor between 0 and 1": (factor, 1e-3),
            "a factor between 0 and 1 + x": (factor / high, 1e-3),
            "a factor between 1 - x/2 and 1 + x/2": ((factor - 1) / strength + 0.5, 1e-3),
            "a factor between 1 and 1 + x, or its inverse": (log / 2 + 0.5, 0.1),
        },
    )


@pytest.mark.points(2)
def test_brightness_alone_multiplies(student, rng):
    """ColorJitter with brightness alone multiplies every value by one factor and clamps to [0, 1]."""
    image = torch.rand(3, 4, 7)
    image[0, 0, 0], image[1, 1, 1], image[2, 2, 2] = 0.2, 0.0, 1.0
    strength = float(rng.uniform(0.5, 0.9))
    what = f"ColorJitter(brightness={strength:.2f})"
    with during(what):
        results = student.run(transforms.draws, made(student, "ColorJitter", strength), image, 300)
    expect_tensor(results, (300, *image.shape), torch.float32, what=f"300 results of {what}")
    factor = results[:, 0, 0, 0].double() / 0.2
    wanted = (factor[:, None, None, None] * image).clamp(0, 1)
    with told_by(brightened_how, results, image, what=what):
        how = "the values are not all multiplied by one factor and cut off at 0 and 1"
        expect_close(results, wanted, atol=1e-5, what=what, hint=how)
    expect_factor(factor.numpy(), strength, f"{what}: the factor")


@pytest.mark.points(2)
def test_contrast_alone_keeps_the_mean(student, rng):
    """ColorJitter with contrast alone scales the distance to the mean of all values, in all channels alike."""
    strength = float(rng.uniform(0.4, 0.8))
    for channels in (1, 3, 4):
        image = soft_image(channels, middle=0.5, spread=0.15, dtype=torch.float32)
        what = f"ColorJitter(contrast={strength:.2f}) of {channels} channel(s)"
        with during(what):
            results = student.run(transforms.draws, made(student, "ColorJitter", 0.0, strength), image, 300)
        expect_tensor(results, (300, *image.shape), torch.float32, what=f"300 results of {what}")
        mean = image.double().mean()
        slope = ((results - mean) * (image - mean)).sum((1, 2, 3)) / ((image - mean) ** 2).sum()
        wanted = mean + slope[:, None, None, None] * (image - mean)
        with told_by(contrasted_how, results, image, what=what):
            how = "the distance to the mean of all values is not scaled by one factor"
            expect_close(results, wanted, atol=1e-5, what=what, hint=how)
        expect_factor(slope.numpy(), strength, f"{what}: the factor")


def test_black_counts_in_the_mean(student):
    """ColorJitter with contrast alone keeps the mean of an image that is black in part."""
    image = torch.cat([torch.zeros(1, 6, 4), torch.linspace(0.4, 0.6, 24).reshape(1, 6, 4)], dim=2)
    results = student.run(transforms.draws, made(student, "ColorJitter", 0.0, 0.8), image, 60)
    expect_tensor(results, (60, *image.shape), torch.float32, what="60 results of ColorJitter(contrast=0.8)")
    grey = results[results.amin((1, 2, 3)) > 1e-3]  # less contrast, nothing clamped
    assert len(grey) > 5, "ColorJitter(contrast=0.8) lifts black, by less contrast, in hardly any of 60 calls"
    means, what = grey.double().mean((1, 2, 3)), "ColorJitter(contrast=0.8): the mean of an image that is half black"
    expect_close(means, image.double().mean().expand(len(grey)), atol=1e-4, what=what, hint="the mean of which values?")


@pytest.mark.points(2)
def test_both_factors_are_uniform_and_independent(student, rng):
    """ColorJitter draws a factor of brightness and one of contrast, uniform, independent, afresh at every call."""
    a, other = (float(x) for x in rng.uniform(0.25, 0.4, size=2))
    for channels, b in ((1, other), (3, a)):
        image = soft_image(channels, middle=0.35, spread=0.08)  # nothing is clamped, in any order
        results = student.run(transforms.draws, made(student, "ColorJitter", a, b), image, 1200)
        expect_tensor(results, (1200, *image.shape), torch.float64, what="the results of ColorJitter")
        brightness, contrast, error = factors(results, image, (a, b))
        what = f"ColorJitter(brightness={a:.2f}, contrast={b:.2f}) of {channels} channel(s)"
        assert error < 1e-5, f"{what}: the result is not the image with one factor of brightness and one of contrast"
        u, v = (brightness - 1 + a) / (2 * a), (contrast - 1 + b) / (2 * b)
        expect_factor(brightness, a, f"ColorJitter(brightness={a:.2f}, contrast={b:.2f}): the factor of brightness")
        expect_factor(contrast, b, f"ColorJitter(brightness={a:.2f}, contrast={b:.2f}): the factor of contrast")
        expect_unrelated(u, v, "ColorJitter: the factors of brightness and contrast depend on each other")
        expect_afresh(u, "ColorJitter, brightness")
        expect_afresh(v, "ColorJitter, contrast")


@pytest.mark.points(2)
def test_large_strengths_stop_at_factor_zero(student):
    """ColorJitter draws factors from 0 up, never below, when a strength is above one."""
    dim = soft_image(1, middle=0.25, spread=0.1)  # the brightest value is 0.3
    results = student.run(transforms.draws, made(student, "ColorJitter", 1.8), dim, 1200)
    factor = results.mean((1, 2, 3)) / dim.mean()
    expect_factor(factor.numpy(), 1.8, "ColorJitter(brightness=1.8): the factor")
    middle = soft_image(1, middle=0.5, spread=0.2)
    results = student.run(transforms.draws, made(student, "ColorJitter", 0.0, 1.8), middle, 1200)
    change = middle - middle.mean()
    factor = (results * change).sum((1, 2, 3)) / (change**2).sum()
    expect_factor(factor.numpy(), 1.8, "ColorJitter(contrast=1.8): the factor")


def test_results_are_clamped(student):
    """ColorJitter keeps the result within [0, 1], and gets there where the factors ask for more."""
    image = torch.rand(3, 6, 6)
    image[:, 0, 0], image[:, 0, 1] = 0.0, 1.0
    for args in ((0.9, 0.0), (0.0, 0.9), (0.9, 0.9)):
        results = student.run(transforms.draws, made(student, "ColorJitter", *args), image, 200)
        assert results.min() >= 0, f"ColorJitter{args} gives values down to {results.min():.3g}"
        assert results.max() <= 1, f"ColorJitter{args} gives values up to {results.max():.3g}"
        assert (results == 1).any(), f"ColorJitter{args} never reaches 1, whatever the factor; are values rescaled?"
    result = made(student, "ColorJitter")(image)
    expect_close(result, image, atol=1e-5, what="ColorJitter() of an image between 0 and 1")


# Compose


@pytest.mark.points(2)
def test_compose_applies_in_order(student):
    """Compose applies its transforms in the order given, each one once, at every call."""
    compose, image = student.transforms.Compose, torch.rand(2, 3, 4, dtype=torch.float64)
    add, tenfold, square = transforms.plus_one, transforms.times_ten, transforms.squared
    for parts, wanted in (
        ([add, tenfold], (image + 1) * 10),
        ([tenfold, add], image * 10 + 1),
        ([square, add, tenfold, add], (image**2 + 1) * 10 + 1),
        ([add], image + 1),
    ):
        composed = compose(parts)
        for call in ("first", "second", "third"):
            names = ", ".join(part.__name__ for part in parts)
            what = f"Compose([{names}]), when it is called for the {call} time,"
            result = expect_tensor(composed(image), image.shape, what=f"what {what} returns")
            with told_by(composed_how, result, image, parts, what=what):
                expect_close(result, wanted, rtol=1e-9, what=what)


def test_composed_transforms_draw_afresh(student):
    """Compose leaves its transforms random: every call draws again."""
    parts = [made(student, name, *RANDOM[name]) for name in ("RandomHorizontalFlip", "RandomCrop", "ColorJitter")]
    results = student.run(transforms.draws, student.transforms.Compose(parts), torch.rand(3, 9, 9), 30)
    expect_tensor(results, (30, 3, 5, 5), torch.float32, what="the results of a flip, a crop and a jitter")
    different = len({r.numpy().tobytes() for r in results})
    what = "Compose of a flip, a crop and a jitter"
    assert different > 20, f"{what} gave only {different} different results in 30 calls with the same image"


# What holds for all of them


@pytest.mark.points(2)
def test_results_are_new_and_arguments_unchanged(student):
    """Every transform returns a new tensor, also when nothing changes, and leaves the image it was given as it is."""
    image = torch.rand(3, 6, 6)
    calls = [*RANDOM.items(), *STILL.items(), ("RandomHorizontalFlip", (1.0,)), ("RandomVerticalFlip", (1.0,))]
    for name, args in [*calls, ("RandomCrop", (4, 0)), ("RandomCrop", (8, 1)), ("ColorJitter", (0.5, 0.0))]:
        transform = made(student, name, *args)
        for _ in range(4):
            before = image.clone()
            seen = student.run(transforms.once, transform, image)
            what = f"{name}{args if len(args) > 1 else f'({args[0]})'}"
            expect_unchanged(before, seen["image"], f"the image given to {what}")
            assert not seen["shares"], f"{what} returns a tensor that shares memory with the image it was given"
        first = student.keep(transform, image)
        before = student.fetch(first).clone()
        student.keep(transform, torch.rand(3, 6, 6))
        expect_unchanged(before, student.fetch(first), f"after {what} was called for another image, its first result")


@pytest.mark.points(3)
def test_the_generator_decides(student, rng):
    """A transform draws from its generator alone: equal generators give equal results, others different ones."""
    image, seed, there = torch.rand(3, 9, 9), some_seed(rng), student.worker("torch")
    for name, args in RANDOM.items():

        def drawn(own_seed, global_seed, name=name, args=args):
            there.manual_seed(global_seed)
            return student.run(transforms.draws, made(student, name, *args, seed=own_seed), image, 64)

        touched = student.run(transforms.moved, transforms.draws, made(student, name, *args, seed=seed), image, 8)
        whose = " and ".join(touched)
        assert not touched, f"{name} with a generator of its own draws from the global one of {whose}, or seeds it"
        one, same, other = drawn(seed, 1), drawn(seed, 2), drawn(seed + 1, 1)
        assert one.equal(same), f"{name}: generators with equal seeds gave different results"
        assert not one.equal(other), f"{name}: generators with different seeds gave equal results"
        assert len({r.numpy().tobytes() for r in one}) > 1, f"{name} with a generator gave 64 equal results in a row"


@pytest.mark.points(2)
def test_a_generator_is_shared_not_copied(student, rng):
    """A transform moves the generator it was given on, so that two that share one draw different numbers."""
    generator = student.worker("torch").Generator().manual_seed(some_seed(rng))
    image = torch.rand(3, 9, 9)
    for name, args in RANDOM.items():
        before = generator.get_state()
        one, two = (getattr(student.transforms, name)(*args, generator=generator) for _ in range(2))
        a, b = (student.run(transforms.draws, transform, image, 64) for transform in (one, two))
        assert not before.equal(generator.get_state()), (
            f"{name} leaves the generator it was given as it was: it draws from a copy, or elsewhere"
        )
        assert not a.equal(b), f"two transforms {name} that share a generator gave the same results"


@pytest.mark.points(2)
def test_without_a_generator_torch_s_global_one_decides(student, rng):
    """Without a generator a transform draws from torch's global one, and sets no seed."""
    image, seed, there = torch.rand(3, 9, 9), some_seed(rng), student.worker("torch")
    for name, args in RANDOM.items():

        def drawn(transform, global_seed):
            there.manual_seed(global_seed)
            return student.run(transforms.draws, transform, image, 64)

        transform = made(student, name, *args)
        touched = set(student.run(transforms.moved, transforms.draws, transform, image, 8))
        assert touched <= {"torch"}, f"{name} draws from the global generator of {' and '.join(touched - {'torch'})}"
        found = student.run(seeds.reseeded, transforms.draws, transform, image, 8)
        assert "torch" not in found, f"{name} sets the global seed of torch when it is called"
        one, same, other = drawn(transform, seed), drawn(transform, seed), drawn(transform, seed + 1)
        fresh = drawn(made(student, name, *args), seed)
        again = f"{name} without a generator gives other results after the same torch.manual_seed"
        if not touched:
            again = f"{name} without a generator does not draw from torch's global one"
            newest = drawn(made(student, name, *args), seed + 1)
            again += ": every new one gives the same results" if fresh.equal(newest) else ""
        assert one.equal(same), again
        assert not one.equal(other), (
            f"{name} without a generator gives the same results after another torch.manual_seed"
        )
        assert fresh.equal(one), f"{again}, if it is a new one"


@pytest.mark.points(2)
def test_any_number_of_channels_any_dtype_any_layout(student, rng):
    """Every transform takes any number of channels, both float types, and images that are not contiguous."""
    for name, args in RANDOM.items():
        for channels, dtype in ((1, torch.float32), (2, torch.float64), (3, torch.float64), (5, torch.float32)):
            image, seed = torch.rand(channels, 9, 11, dtype=dtype), some_seed(rng)
            plain, *odd = (
                student.run(transforms.once, made(student, name, *args, seed=seed), image, layout, seed)["result"]
                for layout in ((0, 1, 2), (2, 0, 1), (1, 2, 0))
            )
            side = (channels, args[0], args[0]) if "Crop" in name else tuple(image.shape)
            what = f"{name} of a {channels}-channel image of dtype {str(dtype).removeprefix('torch.')}"
            expect_tensor(plain, side, dtype, what=what)
            for result in odd:
                expect_tensor(result, side, dtype, what=what)
                same = (plain - result).abs().max() < 1e-5
                assert same, f"{what}: the result is another one when the same image is not contiguous in memory"
    for name, args in (("RandomRotation", (20,)), ("ColorJitter", (0.3, 0.3))):
        for shape in ((1, 12, 1), (3, 1, 7)):
            result = made(student, name, *args)(torch.rand(*shape))
            expect_tensor(result, shape, torch.float32, what=f"{name} of an image of shape {shape}")


@pytest.mark.points(2)
def test_flips_are_independent_of_each_other(student, rng):
    """A horizontal and a vertical flip give all four orientations equally often, also when they share a generator."""
    image = numbered(1, 4, 5)
    pictures = (image, image.flip(-1), image.flip(-2), image.flip(-1, -2))
    known = {picture.contiguous().numpy().tobytes(): number for number, picture in enumerate(pictures)}
    for kwargs in ({}, {"generator": student.worker("torch").Generator().manual_seed(some_seed(rng))}):
        flips = [getattr(student.transforms, name)(p=0.5, **kwargs) for name in FLIPS]
        chain = student.run(transforms.Chain, *flips)
        drawn = numbers_of(student.run(transforms.draws, chain, image, 1200), known)
        assert (drawn >= 0).all(), "a horizontal and a vertical flip in a row do more than mirror the image"
        shared = ", which share a generator," if kwargs else ""
        names = ("no flip", "horizontal alone", "vertical alone", "both")
        expect_even(drawn, names, f"what RandomHorizontalFlip and RandomVerticalFlip in a row{shared} do")


def test_making_a_transform_sets_no_seed(student):
    """Making a transform sets no global seed."""
    for name, args in RANDOM.items():
        found = student.run(seeds.reseeded, getattr(student.transforms, name), *args)
        assert not found, f"making a {name} sets the global seed of {', '.join(found)}"


def test_workers_of_a_loader_draw_different_numbers(student):
    """In a loader with two worker processes, the workers draw independently of each other."""
    image = torch.rand(1, 30, 30)
    parts = [made(student, "RandomCrop", 12), made(student, "ColorJitter", 0.4, 0.4)]
    chain = student.run(transforms.Chain, *parts)
    results = student.run(transforms.draws_in_workers, chain, image, 40)
    different = len({result.numpy().tobytes() for result in results})
    what = "RandomCrop and ColorJitter in a row, in a loader with two worker processes,"
    assert different == 40, f"{what} gave only {different} different results in 40 calls"


def test_the_random_classes_of_torchvision_are_not_used(student):
    """The transforms are your own: the random classes of torchvision.transforms are not used."""
    for name, args in RANDOM.items():
        used = student.run(transforms.torchvision_used, made(student, name, *args), torch.rand(3, 9, 9), 6)
        assert not used, f"{name} uses torchvision's {', '.join(used)}"


def test_images_stay_on_the_cpu(student):
    """Transforms leave images on the CPU, also where there is an accelerator."""
    for name, args in RANDOM.items():
        found = student.run(recording.devices_of, made(student, name, *args), torch.rand(3, 9, 9))
        assert found == ["cpu"], f"on a machine with a GPU, {name} gives tensors on {', '.join(found)}"


@pytest.mark.needs("test_flips_mirror_the_right_axis")
def test_importing_does_nothing_else(student):
    """Importing transforms prints nothing and sets no seed."""
    expect_quiet_import(student, "transforms")
