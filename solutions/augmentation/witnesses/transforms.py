"""What transforms.py must do, shown without the suite."""

import contextlib
import io
import random

import numpy as np
import torch
from torch.nn import functional as F


def _image(channels=3, height=5, width=7, dtype=torch.float32):
    return torch.rand(channels, height, width, dtype=dtype) * 0.8 + 0.1


def _random(t, generator=None):
    """One of each random transform."""
    return {
        "RandomHorizontalFlip": t.RandomHorizontalFlip(generator=generator),
        "RandomVerticalFlip": t.RandomVerticalFlip(generator=generator),
        "RandomCrop": t.RandomCrop(4, padding=3, generator=generator),
        "RandomResizedCrop": t.RandomResizedCrop(6, generator=generator),
        "RandomRotation": t.RandomRotation(30, generator=generator),
        "ColorJitter": t.ColorJitter(0.4, 0.4, generator=generator),
    }


def flips_mirror_one_side(program):
    """p = 1 mirrors one axis, p = 0 none, any other p that share of the calls."""
    t = program.transforms
    for flip, axis in ((t.RandomHorizontalFlip, 2), (t.RandomVerticalFlip, 1)):
        for shape in ((3, 5, 7), (1, 4, 4), (7, 3, 3)):
            image = _image(*shape)
            for dtype in (torch.float32, torch.float64):
                assert torch.equal(flip(p=1)(image.to(dtype)), image.to(dtype).flip(axis)), "p = 1 does not mirror"
            assert all(torch.equal(flip(1.0)(image), image.flip(axis)) for _ in range(50)), "p = 1 sometimes rests"
            assert all(torch.equal(flip(p=0)(image), image) for _ in range(50)), "p = 0 changes the image"
        for p, args in ((0.5, ()), (0.25, (0.25,)), (0.8, (0.8,)), (0.03, (0.03,))):
            one = flip(*args)
            seen = [one(image) for _ in range(2000)]
            mirrored = [torch.equal(result, image.flip(axis)) for result in seen]
            assert all(m or torch.equal(result, image) for m, result in zip(mirrored, seen, strict=True)), (
                "a third image"
            )
            assert abs(np.mean(mirrored) - p) < (0.06 if p > 0.1 else 0.03), f"{np.mean(mirrored)} mirrored, {p} asked"
            assert (
                np.mean([a == b for a, b in zip(mirrored, mirrored[1:], strict=False)]) / (p**2 + (1 - p) ** 2) > 0.5
            ), "the decisions take turns"


def crops_are_equally_likely(program):
    """Every window of the padded image, all as often as each other."""
    t = program.transforms
    for (channels, height, width), size, padding in (
        ((2, 5, 7), 4, 1),
        ((1, 3, 4), 4, 2),
        ((3, 4, 4), 4, 0),
        ((1, 6, 4), 3, 0),
    ):
        image = torch.rand(channels, height, width, dtype=torch.float64) + 1
        padded = F.pad(image, [padding] * 4)
        rows, columns = height + 2 * padding - size + 1, width + 2 * padding - size + 1
        windows = {}
        for top in range(rows):
            for left in range(columns):
                windows.setdefault(padded[:, top : top + size, left : left + size].numpy().tobytes(), []).append(
                    (top, left)
                )
        crop = t.RandomCrop(size, padding=padding) if padding else t.RandomCrop(size)
        counts = dict.fromkeys(windows, 0)
        crop(torch.rand(1, height + 2, width + 3))  # what it sees first is no promise of what follows
        for _ in range(200 * rows * columns):
            result = crop(image)
            assert result.shape == (channels, size, size), tuple(result.shape)
            key = result.double().numpy().tobytes()
            assert key in windows, "no window of the padded image"
            counts[key] += 1
        for key, places in windows.items():
            expected = 200 * len(places)
            assert abs(counts[key] - expected) < 6 * expected**0.5, f"{places} came {counts[key]} times, not {expected}"


def _spans(lines, aligned):
    """Middle and length, in pixels, of what lines `(n, size)` of a ramp were cut from."""
    size = lines.shape[1]
    slope = (lines[:, -2] - lines[:, 1]).mean() / (size - 3)
    return lines.mean() + 0.5, slope * (size - 1) + 1 if aligned else slope * size


def _boxes(t, size=12, shape=(200, 120), n=600, **options):
    """Rows of (top, left, height, width) of boxes in pixels, read off ramps that the crop cuts."""
    whole = t.RandomResizedCrop(size, scale=(1.0, 1.0), ratio=(1.0, 1.0))(torch.arange(60.0).expand(1, 60, 60))
    step = float(whole[0, 0, -2] - whole[0, 0, 1]) / (size - 3)
    aligned = abs(step - 59 / (size - 1)) < abs(step - 60 / size)
    y, x = (torch.arange(side, dtype=torch.float32) for side in shape)
    crop, boxes = t.RandomResizedCrop(size, **options), []
    for _ in range(n):
        rows, columns = crop(torch.stack([y[:, None].expand(shape), x.expand(shape)])).double()
        assert rows.shape == (size, size), "the result has another size"
        (middle, tall), (centre, wide) = _spans(rows.T, aligned), _spans(columns, aligned)
        boxes.append([middle - tall / 2, centre - wide / 2, tall, wide])
    return np.array(boxes)


def _is_uniform(values, low, high, what):
    ranks = (np.sort(values) - low) / (high - low)
    grid = np.arange(1, len(values) + 1) / len(values)
    distance = np.abs(ranks - grid + 0.5 / len(values)).max()
    assert distance < 2.1 / len(values) ** 0.5, (
        f"{what} is not uniform between {low} and {high}: distance {distance:.3f}"
    )
    middle = np.mean(np.abs(ranks - 0.5) < 0.25)
    assert abs(middle - 0.5) < 2.5 / len(values) ** 0.5, f"{what} is in the middle half in {middle:.0%} of the calls"


def empty_windows_count(program):
    """A window that holds nothing but zeros comes as often as another."""
    image = torch.tensor([[[0.0, 1.0], [1.0, 0.0]]])
    crop = program.transforms.RandomCrop(1)
    bright = sum(float(crop(image).sum()) for _ in range(1000))
    assert abs(bright - 500) < 100, f"{bright:.0f} of 1000 windows show a bright pixel, where half of the pixels are"


def boxes_have_the_area_and_aspect(program):
    """Area uniform, aspect log-uniform, place uniform; the box is resampled bilinearly to size x size."""
    t = program.transforms
    for scale, ratio, shape in (((0.1, 0.3), (0.5, 1.0), (200, 120)), ((0.2, 0.4), (0.6, 1.8), (160, 200))):
        boxes = _boxes(t, shape=shape, scale=scale, ratio=ratio)
        tall, wide = boxes[:, 2], boxes[:, 3]
        _is_uniform(tall * wide / np.prod(shape), *scale, "the share of the area")
        _is_uniform(np.log(wide / tall), *np.log(ratio), "the logarithm of the aspect")
        _is_uniform(boxes[:, 0] / (shape[0] - tall), 0, 1, "the top of the box")
        _is_uniform(boxes[:, 1] / (shape[1] - wide), 0, 1, "the left of the box")
        rows, columns = boxes[:, 0] / (shape[0] - tall), boxes[:, 1] / (shape[1] - wide)
        assert abs(np.corrcoef(rows, columns)[0, 1]) < 0.2, "row and column depend on each other"
        area, aspect = tall * wide, np.log(wide / tall)
        assert abs(np.corrcoef(area, aspect)[0, 1]) < 0.2, "area and aspect depend on each other"
    boxes = _boxes(t, shape=(200, 200), n=3000)
    area, aspect = boxes[:, 2] * boxes[:, 3] / 40000, boxes[:, 3] / boxes[:, 2]
    low = area < 0.6
    assert area.min() > 0.07, f"a box of {area.min():.3f} of the area by default"
    assert 0.08 + 0.92 * 0.1 - 0.04 < np.quantile(area, 0.1) < 0.08 + 0.92 * 0.1 + 0.04, "default scale"
    assert area.max() > 0.9, "the default never takes nearly the whole image"
    assert 0.70 < aspect[low].min() < 0.78, "default ratio"
    assert 1.27 < aspect[low].max() < 1.4, "default ratio"


def crops_are_resized_bilinearly(program):
    """A box as large as the result is copied; doubled in size, its values lie between neighbours."""
    t = program.transforms
    for channels, dtype in ((1, torch.float32), (4, torch.float64)):
        image = _image(channels, 9, 9, dtype)
        same = t.RandomResizedCrop(9, scale=(1.0, 1.0), ratio=(1.0, 1.0))(image)
        assert same.dtype == dtype, same.dtype
        assert torch.allclose(same, image, atol=1e-6), "the whole image at its own size changes"
        double = t.RandomResizedCrop(18, scale=(1.0, 1.0), ratio=(1.0, 1.0))(image)
        choices = [
            F.interpolate(image[None], (18, 18), mode="bilinear", align_corners=corners)[0] for corners in (False, True)
        ]
        assert any(torch.allclose(double, choice, atol=2e-3) for choice in choices), "not a bilinear resize"
    wide = t.RandomResizedCrop(5, scale=(0.2, 0.5), ratio=(1.0, 1.0))(_image(2, 11, 16))
    assert wide.shape == (2, 5, 5), tuple(wide.shape)


def _angles(transform, n, side=64):
    """The angles, in degrees and of either sign, by which a stripe is turned; and how far its centre moves."""
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    blob = np.exp(-((y / 3) ** 2) - (((x - 16) / 3) ** 2)) + np.exp(-((y / 3) ** 2) - (((x + 16) / 3) ** 2)) * 0.5
    image = torch.from_numpy(blob).float()[None]
    angles = []
    for _ in range(n):
        turned = transform(image)[0].double().numpy()
        assert turned.shape == (side, side), turned.shape
        bright = turned * (turned > 0.55)
        angles.append(np.degrees(np.arctan2((bright * y).sum(), (bright * x).sum())))
    return np.array(angles)


def turns_about_the_centre(program):
    """Angles uniform in +-degrees; constant discs about the centre stay where they are; zeros come in."""
    t = program.transforms
    for degrees in (20, 60):
        _is_uniform(_angles(t.RandomRotation(degrees), 500), -degrees, degrees, "the angle")
    for height, width in ((41, 41), (30, 50), (51, 28)):
        y, x = np.mgrid[:height, :width].astype(float)
        y, x = y - (height - 1) / 2, x - (width - 1) / 2
        disc = torch.from_numpy(np.exp(-(y**2 + x**2) / 30)).float()[None].expand(2, -1, -1).clone()
        for _ in range(20):
            turned = t.RandomRotation(90)(disc)
            assert turned.shape == disc.shape, tuple(turned.shape)
            # A pixel's width of error would show as 0.15; nearest neighbours as 0.08.
            moved = (turned - disc).double().numpy().mean(0)
            mass = turned.double().numpy().mean(0)
            centre = [(mass * y).sum() / mass.sum(), (mass * x).sum() / mass.sum()]
            assert np.abs(centre).max() < 0.2, f"the centre moves by {centre}"
            assert np.abs(moved).max() < 0.15, f"a round image changes by {np.abs(moved).max():.2f}"
    ones = torch.ones(2, 40, 40, dtype=torch.float64)
    corners = []
    for _ in range(40):
        turned = t.RandomRotation(45)(ones)
        assert turned.dtype == torch.float64, turned.dtype
        assert 0 <= turned.min() <= turned.max() <= 1 + 1e-6, "values beyond those of the image"
        corners.append(turned[:, 0, 0].max().item())
    assert np.mean(np.array(corners) == 0) > 0.7, "the corners are not filled with zeros"
    image = _image(3, 6, 8)
    assert torch.allclose(t.RandomRotation(0)(image), image, atol=1e-4), "no degrees change the image"


def jitter_keeps_its_formula(program):
    """Factors fitted to the result lie where they should, uniformly, and explain it."""
    t = program.transforms
    image = _image(3, 5, 6, torch.float64) * 0.3 + 0.3
    flat = image.numpy().ravel()
    mean = flat.mean()
    for brightness, contrast in ((0.4, 0.0), (0.0, 0.5), (0.3, 0.4), (0.4, 0.4)):
        bright, contrasts = [], []
        jitter = t.ColorJitter(brightness, contrast)
        for _ in range(1500):
            result = jitter(image).numpy().ravel()
            factor = result.mean() / mean
            slope = np.polyfit(flat, result, 1)[0] / factor
            expected = factor * (mean + (flat - mean) * slope)
            assert np.abs(result - expected).max() < 1e-5, "no brightness and contrast explain the result"
            bright.append(factor)
            contrasts.append(slope)
        for x, values, what in ((brightness, bright, "brightness"), (contrast, contrasts, "contrast")):
            if brightness and contrast:
                continue  # the mean may be that of the image before or after brightness
            if x:
                _is_uniform(np.array(values), 1 - x, 1 + x, what)
            else:
                assert max(np.ptp(values), abs(values[0] - 1)) < 1e-6, f"{what} changes at strength 0"
        if brightness and contrast:
            slopes = np.multiply(bright, contrasts)
            rest = slopes - np.polyval(np.polyfit(bright, slopes, 3), bright)
            assert rest.std() > 0.05, "one factor follows from the other"
    dark = torch.full((1, 3, 3), 0.3, dtype=torch.float64)
    seen = np.array([t.ColorJitter(brightness=1.5)(dark).mean().item() / 0.3 for _ in range(800)])
    _is_uniform(seen, 0, 2.5, "strong brightness")
    black = torch.zeros(1, 4, 4, dtype=torch.float64)
    black[0, 0, 0] = 0.16
    slopes = [t.ColorJitter(contrast=2.0)(black + 0.4).numpy() for _ in range(400)]
    slopes = np.array([s[0, 0, 0] - s[0, 1, 1] for s in slopes]) / 0.16
    _is_uniform(slopes, 0, 3, "strong contrast")
    wild = torch.tensor([[[0.0, 0.02], [0.9, 1.0]]], dtype=torch.float64)
    many = torch.stack([t.ColorJitter(0.9, 0.9)(wild) for _ in range(300)])
    assert (many.min(), many.max()) == (0, 1), f"values from {many.min()} to {many.max()}"
    assert many.shape[1:] == wild.shape
    halves = torch.tensor([[[0.0, 0.4], [0.0, 0.6]]], dtype=torch.float64)
    for result in (t.ColorJitter(contrast=0.5)(halves) for _ in range(40)):
        assert result.min() == 0 or abs(result.mean() - 0.25) < 1e-5, f"the mean of 0, 0.4, 0 and 0.6: {result.mean()}"
    plain = t.ColorJitter()(wild)
    assert torch.allclose(plain, wild, atol=1e-6), "no strength changes the image"


def results_are_new(program):
    """Results share no memory with the image, keep its dtype and their values, and leave it as it was."""
    t = program.transforms
    everything = _random(t) | {
        "flip 0": t.RandomHorizontalFlip(0), "flip 1": t.RandomHorizontalFlip(1),
        "vertical 0": t.RandomVerticalFlip(0), "vertical 1": t.RandomVerticalFlip(1),
        "crop": t.RandomCrop(3), "whole crop": t.RandomCrop(4), "rotation 0": t.RandomRotation(0),
        "box": t.RandomResizedCrop(4, (1.0, 1.0), (1.0, 1.0)), "jitter": t.ColorJitter(), "light": t.ColorJitter(0.3),
        "contrast": t.ColorJitter(contrast=0.3),
    }  # fmt: skip
    for name, transform in everything.items():
        for dtype in (torch.float32, torch.float64):
            for channels in (1, 3, 4):
                image = _image(channels, 4, 4, dtype)
                before = image.clone()
                result = transform(image)
                assert result.dtype == dtype, f"{name}: {result.dtype}"
                assert len(result) == channels, f"{name}: {len(result)} channels"
                assert torch.equal(image, before), f"{name} modifies the image"
                assert result.untyped_storage().data_ptr() != image.untyped_storage().data_ptr(), (
                    f"{name} shares memory"
                )
                first = result.clone()
                transform(_image(channels, 4, 4, dtype))
                assert torch.equal(result, first), f"{name}: a second call changes the first result"
                result.fill_(7)
                assert torch.equal(image, before), f"{name} shares memory"
                last = image.permute(1, 2, 0).contiguous().permute(2, 0, 1)  # as images in files are laid out
                assert transform(last).shape == result.shape, f"{name} of an image that is not contiguous"


def fresh_at_every_call(program):
    """One object, called often, does different things; one generator shared by two does not repeat itself."""
    image = _image(3, 6, 6)
    for generator in (None, torch.Generator().manual_seed(3)):
        for name, transform in _random(program.transforms, generator).items():
            results = [transform(image) for _ in range(40)]
            assert any(not torch.equal(results[0], other) for other in results[1:]), f"{name} repeats itself"


def same_for_all_channels(program):
    """Channels that are alike stay alike."""
    image = _image(1, 6, 6).expand(3, -1, -1).clone()
    for name, transform in _random(program.transforms).items():
        for _ in range(40):
            result = transform(image)
            assert torch.allclose(result[0], result[1], atol=1e-6), f"{name} treats channels differently"


def generators_are_used(program):
    """Equal seeds give equal results; nothing else is drawn from, and the very object that was given."""
    t, image = program.transforms, _image(3, 6, 6)
    for name in _random(t):
        runs = []
        for seed, glob in ((5, 1), (5, 2), (6, 1)):
            torch.manual_seed(glob)
            np.random.seed(glob)
            random.seed(glob)
            before = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()
            generator = torch.Generator().manual_seed(seed)
            transform = _random(t, generator)[name]
            runs.append([transform(image) for _ in range(20)])
            assert torch.equal(before[0], torch.get_rng_state()), f"{name} touches torch's global generator"
            assert np.array_equal(before[1], np.random.get_state()[1]), f"{name} touches NumPy's generator"
            assert before[2] == random.getstate(), f"{name} touches Python's generator"
            fresh = torch.Generator().manual_seed(seed).get_state()
            assert not torch.equal(generator.get_state(), fresh), f"{name} does not draw from its generator"
        assert all(map(torch.equal, runs[0], runs[1])), f"{name} depends on more than its generator"
        assert not all(map(torch.equal, runs[0], runs[2])), f"{name} ignores the seed of its generator"


def global_generator_otherwise(program):
    """Without a generator, torch's global one decides, and it is neither seeded nor left out."""
    t, image = program.transforms, _image(3, 6, 6)
    for name in _random(t):
        runs = []
        for seed in (1, 1, 2):
            np.random.seed(len(runs))
            random.seed(len(runs))
            states = np.random.get_state()[1].copy(), random.getstate()
            transform = _random(t)[name]
            torch.manual_seed(seed)
            runs.append([transform(image) for _ in range(20)])
            assert np.array_equal(states[0], np.random.get_state()[1]), f"{name} touches NumPy's generator"
            assert states[1] == random.getstate(), f"{name} touches Python's generator"
        assert all(map(torch.equal, runs[0], runs[1])), f"{name} draws from elsewhere"
        assert not all(map(torch.equal, runs[0], runs[2])), f"{name} does not depend on torch's global generator"


def compose_applies_in_order(program):
    """In order, all of them, at every call; a list stays as it was."""
    steps = [lambda x: x + 1, lambda x: x * 2, lambda x: x - 3]
    compose = program.transforms.Compose(steps)
    image = _image(1, 3, 3)
    for _ in range(3):
        assert torch.allclose(compose(image), (image + 1) * 2 - 3), "not in order"
    assert len(steps) == 3, "the list was changed"
    calls = []
    compose = program.transforms.Compose([lambda x: (calls.append(1), x + len(calls))[1]])
    assert [compose(image * 0)[0, 0, 0].item() for _ in range(3)] == [1, 2, 3], "the first result is kept"


def import_is_quiet(program):
    """Importing neither prints nor seeds."""
    import importlib

    torch.manual_seed(1234)
    before, output = torch.get_rng_state(), io.StringIO()
    with contextlib.redirect_stdout(output):
        importlib.reload(program.transforms)
    assert not output.getvalue(), "the module prints at import"
    assert torch.equal(torch.get_rng_state(), before), "the module draws or seeds at import"


def angles_are_any_number(program):
    """Angles within one degree differ from each other."""
    image = _image(1, 201, 201)  # large enough for its border to move, whatever the interpolation
    results = [program.transforms.RandomRotation(1.0)(image) for _ in range(30)]
    different = {result.numpy().tobytes() for result in results}
    assert len(different) > 15, f"{len(different)} different results of 30 turns by up to one degree"


def turns_any_values(program):
    """Values below 0 and above 1 are turned like others."""
    image = torch.full((2, 15, 15), 3.5, dtype=torch.float64)
    image[1] = -2.0
    turned = program.transforms.RandomRotation(20)(image)
    assert abs(turned[0, 7, 7] - 3.5) < 1e-6, f"3.5 becomes {turned[0, 7, 7]}"
    assert abs(turned[1, 7, 7] + 2) < 1e-6, f"-2 becomes {turned[1, 7, 7]}"


def no_random_class(program):
    """None of torchvision's random classes is made or asked while transforms work."""
    from unittest import mock

    from torchvision import transforms as old
    from torchvision.transforms import v2

    def forbidden(*args, **kwargs):
        raise AssertionError("a random class of torchvision works")

    image = _image(3, 8, 8)
    with contextlib.ExitStack() as stack:
        for package in (old, v2):
            for name in dir(package):
                kind = getattr(package, name)
                if isinstance(kind, type) and (name.startswith("Random") or name == "ColorJitter"):
                    stack.enter_context(mock.patch.object(kind, "__init__", forbidden))
                    for method in ("get_params", "make_params"):
                        if hasattr(kind, method):
                            stack.enter_context(mock.patch.object(kind, method, forbidden))
        for transform in _random(program.transforms).values():
            transform(image)
