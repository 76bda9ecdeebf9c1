"""What masks.py must do, shown without the suite."""

import contextlib
import io
import itertools
import random
import re
import tempfile
from collections import Counter
from pathlib import Path

import imageio.v3 as imageio
import numpy as np
import torch

CLASS_OF = {36: 0, 72: 1, 108: 0, 144: 0, 180: 2, 216: 3}


def _expect(result, expected, what):
    assert str(result.dtype).endswith("int64"), f"{what}: {result.dtype}"
    assert tuple(result.shape) == expected.shape, f"{what}: shape {tuple(result.shape)} instead of {expected.shape}"
    assert np.array_equal(np.asarray(result), expected), f"{what}: wrong classes"


def _complaint(kind, function, argument):
    """What a function complains of, or None."""
    try:
        function(argument)
    except kind as error:
        return str(error)
    return None


def codes_become_classes(program):
    """Six codes become four classes, in arrays and tensors of every shape and integer type, which stay as they are."""
    every = np.array(list(CLASS_OF) * 4).reshape(4, 6)
    shapes = [every, every[:1], every[:, :1], every.T, every[0], every.reshape(2, 1, 2, 6), every[2, 4]]
    shapes += [np.full((3, 3), code) for code in CLASS_OF]
    for codes in map(np.asarray, shapes):
        expected = np.vectorize(CLASS_OF.get, otypes=[np.int64])(codes)
        for kind in (np.uint8, np.int16, np.int32, np.int64, np.uint16):
            given = codes.astype(kind)
            tensor = torch.tensor(given)
            _expect(program.masks.decode_mask(given), expected, f"array {codes.shape}, {kind.__name__}")
            _expect(program.masks.decode_mask(tensor), expected, f"tensor {codes.shape}, {kind.__name__}")
            assert np.array_equal(given, codes), "the array was changed"
            assert np.array_equal(tensor.numpy(), codes), "the tensor was changed"


def other_codes_are_refused(program):
    """Any other value is a ValueError with that value in its message."""
    for value in [*range(256), -1, -36, -220, 292, 328, 512, 1000, 32767]:
        if value in CLASS_OF:
            continue
        mask = np.full((7, 5), 216, dtype=np.uint8 if 0 <= value < 256 else np.int16)
        mask[0, 0], mask[-1, 2:] = 36, value
        for given in (mask, torch.tensor(mask)):
            message = _complaint(ValueError, program.masks.decode_mask, given)
            assert message is not None, f"{value} is accepted"
            assert str(value) in re.findall(r"-?\d+", message), f"{value} is not in: {message}"


@contextlib.contextmanager
def _folder(images, masks):
    """A folder with empty files of these names."""
    with tempfile.TemporaryDirectory() as name:
        for part, names in (("images", images), ("masks", masks)):
            (Path(name) / part).mkdir()
            for file in names:
                (Path(name) / part / file).parent.mkdir(exist_ok=True)
                (Path(name) / part / file).touch()
        yield Path(name)


def _expect_pairs(program, images, masks, expected):
    with _folder(images, masks) as folder:
        wanted = [(folder / "images" / image, folder / "masks" / mask) for image, mask in expected]
        for given in (folder, str(folder)):
            pairs = program.masks.list_pairs(given)
            assert isinstance(pairs, list), type(pairs)
            assert all(isinstance(path, Path) for pair in pairs for path in pair), "not paths"
            assert [tuple(pair) for pair in pairs] == wanted, [(a.name, b.name) for a, b in pairs]


def pairs_have_one_stem(program):
    """Image and mask of one stem, sorted by stem as text, whatever their suffixes; other files do not count."""
    images = ["skin_10.tif", "skin_2.TIF", "a-b.tif", "a.tiff", "a.1.tif", "a.2.tif", "B.TifF", "Skin_2.tif"]
    masks = ["skin_10.TIFF", "skin_2.tif", "a-b.tif", "a.tif", "a.1.TIFF", "a.2.tif", "B.tif", "Skin_2.tif"]
    others = ["x.png", "tif", "x.tif.txt", "x.tif.bak", "xtif", "x.atiff", "x.tiffs", "x.npy", "x_tiff.csv"]
    stems = ["B", "Skin_2", "a", "a-b", "a.1", "a.2", "skin_10", "skin_2"]

    def named(names, stem):
        return next(name for name in names if Path(name).stem == stem)

    expected = [(named(images, stem), named(masks, stem)) for stem in stems]
    _expect_pairs(program, images, masks, expected)
    _expect_pairs(program, images + others, masks + [f"y{name}" for name in others], expected)
    _expect_pairs(program, others, [], [])
    _expect_pairs(program, [*images, "further/down.tif"], masks, expected)
    _expect_pairs(
        program, ["le.tif", "left.tif"], ["le.tif", "left.tiff"], [("le.tif",) * 2, ("left.tif", "left.tiff")]
    )


def lonely_files_are_named(program):
    """A file without a partner is a FileNotFoundError with its stem."""
    both = ["one.tif", "two.tif"]
    cases = [([*both, "lonely.tif"], both, "lonely"), (both, [*both, "lonely.TIFF"], "lonely")]
    cases += [(["one.tif"], [], "one"), ([], ["two.tiff"], "two"), (["a.1.tif"], ["a.2.tif"], "a.")]
    cases += [(["Skin.tif"], ["skin.tif"], "kin"), ([*both, "l.1.tif"], [*both, "l.2.tif"], "l.")]
    cases += [(["cut.tif"], ["cut_mask.tif"], "cut"), (["cut_image.tif"], ["cut.tif"], "cut")]
    cases += [(["x.tif"], ["x.png"], "x"), (["solo.tif", "two.tif"], ["two.tif", "x.png"], "solo")]
    for images, masks, stem in cases:
        with _folder(images, masks) as folder:
            message = _complaint(FileNotFoundError, program.masks.list_pairs, folder)
            assert message is not None, f"no complaint about {images} and {masks}"
            assert stem in message.replace(str(folder), ""), f"{stem} is not in: {message}"


def files_become_tensors(program):
    """An image divided by 255, whatever its brightness, and the classes of its mask."""
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as name:
        for height, width, brightest in ((5, 7, 256), (7, 5, 100), (1, 4, 2), (4, 1, 2), (3, 3, 256), (4, 4, 1)):
            image = rng.integers(0, brightest, size=(height, width, 3), dtype=np.uint8)
            mask = rng.choice(list(CLASS_OF), size=(height, width)).astype(np.uint8)
            files = Path(name) / "image.tif", Path(name) / "mask.TIFF"
            imageio.imwrite(files[0], image)
            imageio.imwrite(files[1], mask)
            pixels, classes = program.masks.load_pair(*files)
            assert isinstance(pixels, torch.Tensor), type(pixels)
            assert isinstance(classes, torch.Tensor), type(classes)
            assert pixels.dtype == torch.float32, pixels.dtype
            assert tuple(pixels.shape) == (3, height, width), tuple(pixels.shape)
            assert np.allclose(pixels.numpy(), image.transpose(2, 0, 1) / 255, atol=1e-6), "other values"
            _expect(classes, np.vectorize(CLASS_OF.get, otypes=[np.int64])(mask), "the mask of a pair")


def _split(program, *arguments):
    parts = program.masks.split_indices(*arguments)
    assert len(parts) == 3, f"{len(parts)} parts"
    assert all(isinstance(part, list) for part in parts), [type(part) for part in parts]
    assert all(isinstance(index, int | np.integer) for part in parts for index in part), "not plain integers"
    return parts


def parts_have_their_sizes(program):
    """A partition; the last two parts have n * fraction entries, rounded down."""
    for n in (0, 1, 2, 3, 4, 5, 9, 10, 16, 19, 731):
        for fractions in (None, (0.5, 0.25, 0.25), (0.6, 0.3, 0.1), (0.25, 0.25, 0.5), (1.0, 0.0, 0.0)):
            parts = _split(program, n) if fractions is None else _split(program, n, fractions)
            _, val, test = fractions or (0.7, 0.2, 0.1)
            sizes = [n - int(n * val) - int(n * test), int(n * val), int(n * test)]
            assert [len(part) for part in parts] == sizes, f"{n} images: {[len(part) for part in parts]}, not {sizes}"
            assert sorted(itertools.chain(*parts)) == list(range(n)), "no partition"


def partitions_are_equally_likely(program):
    """Each of the 12 partitions of four indices comes up about as often, with a generator and without."""
    for generator in (torch.Generator().manual_seed(5), None):
        found = Counter()
        for _ in range(2400):
            found[tuple(map(frozenset, _split(program, 4, (0.5, 0.25, 0.25), generator)))] += 1
        assert len(found) == 12, f"{len(found)} partitions of 12"
        assert all(120 < count < 290 for count in found.values()), f"found {sorted(found.values())} times"


def drawn_from_the_generator(program):
    """Equal generators give equal parts and later ones others; without one, torch's global generator decides."""

    def parts(world, seed=None):
        torch.manual_seed(world)
        np.random.seed(world)
        random.seed(world)
        generator = None if seed is None else torch.Generator().manual_seed(seed)
        return [_split(program, 60, (0.7, 0.2, 0.1), generator) for _ in range(2)]

    assert parts(1, 7) == parts(2, 7), "equal generators, other parts"
    assert parts(1, 7) != parts(1, 8), "other generators, equal parts"
    assert parts(1, 7)[0] != parts(1, 7)[1], "the same parts again from one generator"
    torch.manual_seed(3)
    state = torch.get_rng_state()
    _split(program, 60, (0.7, 0.2, 0.1), torch.Generator())
    assert torch.equal(state, torch.get_rng_state()), "the global generator moved, though there is another"
    torch.manual_seed(3)
    first = _split(program, 60)
    np.random.seed(99)
    random.seed(99)
    torch.manual_seed(3)
    assert first == _split(program, 60), "something else than torch's generator decides"
    assert first != _split(program, 60), "the same parts again"


def a_quiet_import(program):
    """Importing the module prints nothing and sets no seed."""
    torch.manual_seed(3)
    state = torch.get_rng_state()
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        _ = program.masks
    assert printed.getvalue() == "", f"it prints {printed.getvalue()!r}"
    assert torch.equal(state, torch.get_rng_state()), "the global generator was seeded"
