"""Hidden checks of masks.py."""

import re
from itertools import combinations

import numpy as np
import pytest
import torch
from oracle import (
    CODES,
    complaint,
    decoded,
    expect_classes,
    expect_even,
    expect_share,
    names_number,
    seed_that_decides,
    short,
    some_codes,
)

from grader.probes import image_files, image_masks, partitions, recording, seeds, transforms
from grader.verdicts.circumstances import during
from grader.verdicts.imports import expect_quiet_import
from grader.verdicts.pictures import rearranged, rescaled
from grader.verdicts.values import as_array, expect_close, expect_list, expect_tensor, expect_unchanged, kind_of

DTYPES = ("uint8", "int16", "int32", "int64")


# decode_mask


@pytest.mark.points(2)
def test_every_code_has_its_class_in_any_shape(student, rng):
    """decode_mask keeps the shape of a mask, whatever it is, and gives int64 classes."""
    for shape in ((8, 9), (1, 7), (7, 1), (1, 1), (17,), (3, 4, 5), (2, 1, 6, 4)):
        expect_decoded(student, some_codes(rng, *shape), f"a mask of shape {shape}")


def expect_decoded(student, mask, which, given=None):
    """decode_mask gives the classes of a mask; of `given`, where the mask is handed over in another form."""
    __tracebackhide__ = True
    what = f"decode_mask of {which}"
    with during(what):
        classes = student.masks.decode_mask(mask if given is None else given)
    expect_classes(classes, mask, what)


@pytest.mark.points(2)
@pytest.mark.parametrize("dtype", DTYPES)
def test_any_integer_type_will_do(student, rng, dtype):
    """decode_mask takes arrays and tensors of any integer type."""
    mask = some_codes(rng, 6, 7, dtype=dtype)
    for given, kind in ((mask, "array"), (torch.from_numpy(mask), "tensor")):
        expect_decoded(student, mask, f"{'an' if kind == 'array' else 'a'} {dtype} {kind}", given)


@pytest.mark.points(2)
def test_masks_with_few_codes(student):
    """decode_mask does not depend on which other codes a mask holds."""
    for mask in ([[216, 216]], [[36]], [[180, 72]], [[144, 180]], [[108, 216], [108, 108]], [[72, 144, 72]]):
        expect_decoded(student, np.array(mask, dtype=np.uint8), str(mask))


@pytest.mark.points(3)
def test_unknown_codes_are_named(student, rng):
    """decode_mask raises a ValueError that names the code, for every value that is none of the six codes."""
    others = sorted(set(range(256)) - set(CODES.tolist()))
    tried = {0, 1, 2, 3, 4, 6, 18, 35, 37, 71, 73, 107, 109, 143, 145, 179, 181, 215, 217, 252, 255}
    tried |= set(rng.choice(others, 20).tolist())
    for code in sorted(tried):
        mask = some_codes(rng, 5, 6)
        mask[tuple(rng.integers(5, size=2))] = code
        given = torch.from_numpy(mask) if rng.random() < 0.5 else mask
        what = f"decode_mask of a mask with a single pixel {code}"
        expect_named(student, mask, code, what, given)


def expect_named(student, mask, code, what, given=None):
    """decode_mask ends in a ValueError that names the code; if it gives something instead, the message says what."""
    __tracebackhide__ = True

    def what_becomes_of_it(given):
        classes = student.masks.decode_mask(given)
        there = as_array(classes, what)
        return f"the class {there[mask == code][0]:g}" if there.shape == mask.shape else classes

    text = complaint(ValueError, what, what_becomes_of_it, mask if given is None else given)
    assert names_number(text, code), f"{what}: the ValueError does not name {code}, it says {text[:120]!r}"


@pytest.mark.points(2)
def test_codes_beyond_a_byte_are_unknown(student, rng):
    """decode_mask does not take a number for a code that it only resembles, below 0 or above 255."""
    for dtype, codes in (("int16", (-36, -40, 292, 328, 472)), ("int32", (65536 + 72, -184)), ("int64", (-76, 436))):
        for code in codes:
            mask = some_codes(rng, 4, 5, dtype=dtype)
            mask[3, 1] = code
            for given in (mask, torch.from_numpy(mask)):
                expect_named(student, mask, code, f"decode_mask of {kind_of(given)} with a single pixel {code}", given)


@pytest.mark.points(1)
def test_a_mask_of_nothing_but_an_unknown_code(student):
    """decode_mask raises a ValueError also when all pixels have the same unknown code, and for a single pixel."""
    for code in (0, 5, 255):
        for shape in ((3, 4), ()):
            what = f"decode_mask of a mask of shape {shape} that is {code} everywhere"
            expect_named(student, np.full(shape, code, dtype=np.uint8), code, what)


@pytest.mark.points(1)
def test_a_single_code_has_no_axes(student):
    """decode_mask takes a single code without any axis, as an array or a tensor."""
    for code in CODES:
        for mask in (np.array(code, dtype=np.uint8), torch.tensor(code, dtype=torch.uint8)):
            expect_decoded(student, np.asarray(code), f"{kind_of(mask)}, the code {code}", mask)


@pytest.mark.points(1)
def test_the_mask_given_is_left_alone(student, rng):
    """decode_mask does not modify its argument."""
    for dtype in ("uint8", "int64"):
        for mask in (some_codes(rng, 4, 6, dtype=dtype), torch.from_numpy(some_codes(rng, 4, 6, dtype=dtype))):
            held = student.hold(mask)
            student.keep(student.masks.decode_mask, held)
            expect_unchanged(mask, student.fetch(held), "the mask given to decode_mask")


@pytest.mark.points(1)
def test_masks_laid_out_otherwise_in_memory(student, rng):
    """decode_mask takes arrays and tensors whose memory is laid out column by column."""
    mask = some_codes(rng, 5, 8)
    for given in (mask, torch.from_numpy(mask)):
        turned = student.keep(image_masks.transposed, given)
        expect_decoded(student, mask, f"{kind_of(given)} whose memory is laid out column by column", turned)


# list_pairs


def stems(rng, count):
    """Stems that no message holds by chance."""
    letters = list("bcdfghjkmnpqrstvwxz")
    return ["".join(rng.choice(letters, 7)) + str(number) for number in rng.permutation(count)]


def listing(student, images, masks, as_text=False):
    """What list_pairs finds in a folder with these names, as names."""
    __tracebackhide__ = True
    with during(f"list_pairs of a folder with images {some(images)} and masks {some(masks)}"):
        found = student.run(image_files.listed, student.masks.list_pairs, images, masks, as_text)
    assert found["kind"] == "list", f"list_pairs should return a list, got a {found['kind']}"
    assert set(found["kinds"]) <= {"Path"}, f"list_pairs should return paths, got {', '.join(found['kinds'])}"
    pairs = expect_list(found["pairs"], len(found["pairs"]), "what list_pairs returns")
    assert all(len(pair) == 2 for pair in pairs), "list_pairs should return pairs"
    return [tuple(pair) for pair in pairs]


def some(names):
    return ", ".join(names[:3]) + f" and {len(names) - 3} more" * (len(names) > 3)


def expect_pairs(got, wanted):
    """The pairs wanted, in that order; each wanted pair is (image, mask) by name."""
    __tracebackhide__ = True
    wanted = [(f"images/{image}", f"masks/{mask}") for image, mask in wanted]
    missing = [pair for pair in wanted if pair not in got]
    extra = [pair for pair in got if pair not in wanted]
    swapped = "; it gives every mask first, then its image" if [pair[::-1] for pair in wanted] == got else ""
    mixed = f", and gives {' and '.join(extra[0])} instead" if extra and not swapped else ""
    assert not missing, f"list_pairs does not find the pair {' and '.join(missing[0])}{mixed}{swapped}"
    assert not extra, f"list_pairs gives {' and '.join(extra[0])}, which should not be among the pairs"
    assert len(got) == len(wanted), "list_pairs gives a pair more than once"
    order = ", ".join(image.removeprefix("images/") for image, _ in got[:8])
    assert got == wanted, f"list_pairs gives the right pairs in the wrong order{sorted_by(got)}: {order}"


def sorted_by(pairs):
    """What pairs of files are sorted by, if anything, as the end of a sentence."""
    names = [image.removeprefix("images/") for image, _ in pairs]
    stems = [name.rpartition(".")[0] for name in names]
    for by, keys, backwards in (
        ("by stem, but backwards", stems, True),
        ("by file name, with the suffix", names, False),
        ("by file name, with the suffix, and backwards", names, True),
        ("by file name, whatever the capitals", [name.lower() for name in names], False),
        ("by stem, whatever the capitals", [stem.lower() for stem in stems], False),
        ("by the length of the stem", [(len(stem), stem) for stem in stems], False),
        ("by the length of the stem alone", [len(stem) for stem in stems], False),
        ("by the numbers in the stem", [list(map(int, re.findall(r"\d+", stem))) for stem in stems], False),
        (
            "by words and numbers",
            [[(p.isdigit(), int(p) if p.isdigit() else 0, p) for p in re.split(r"(\d+)", stem)] for stem in stems],
            False,
        ),
        ("by the name of the mask", [mask for _, mask in pairs], False),
    ):
        if keys == sorted(keys, reverse=backwards):
            return f", sorted {by}"
    return ""


@pytest.mark.points(2)
@pytest.mark.parametrize("as_text", [False, True], ids=["path", "text"])
def test_pairs_come_sorted_by_stem(student, rng, as_text):
    """list_pairs sorts by stem as text, in whatever order the folder lists its files, and gives paths."""
    names = [f"skin_{number}" for number in (1, 2, 3, 9, 10, 11, 20, 100)] + stems(rng, 6)
    files = [f"{name}.tif" for name in names]
    got = listing(student, list(rng.permutation(files)), list(rng.permutation(files)), as_text)
    expect_pairs(got, [(f"{name}.tif", f"{name}.tif") for name in sorted(names)])


@pytest.mark.points(2)
def test_all_spellings_of_the_suffix(student, rng):
    """list_pairs takes .tif and .tiff in upper and lower case, and pairs files whose suffixes differ."""
    suffixes = [".tif", ".tiff", ".TIF", ".TIFF", ".Tif", ".Tiff", ".tiFF"]
    names = sorted(stems(rng, 2 * len(suffixes)))
    images = [name + suffix for name, suffix in zip(names, rng.permutation(suffixes * 2), strict=True)]
    masks = [name + suffix for name, suffix in zip(names, rng.permutation(suffixes * 2), strict=True)]
    got = listing(student, list(rng.permutation(images)), list(rng.permutation(masks)))
    expect_pairs(got, list(zip(images, masks, strict=True)))


@pytest.mark.points(2)
def test_stems_decide_not_file_names(student, rng):
    """list_pairs sorts and pairs by the name without its last suffix, dots and hyphens in it included."""
    name = stems(rng, 1)[0]
    images = [f"{name}.tif", f"{name}-b.tif", f"{name}.Q.tif", f"{name}.1.tiff", f"{name}.10.tif", f"{name} c.tif"]
    masks = [f"{name}.TIFF", f"{name}-b.tiff", f"{name}.Q.TIF", f"{name}.1.tif", f"{name}.10.tiff", f"{name} c.tif"]
    images, masks = [*images, f"{name}fit.tif"], [*masks, f"{name}fit.tiff"]  # letters of the suffix are in the stem
    pairs = sorted(zip(images, masks, strict=True), key=lambda pair: pair[0].rpartition(".")[0])
    expect_pairs(listing(student, list(rng.permutation(images)), list(rng.permutation(masks))), pairs)


@pytest.mark.points(2)
def test_other_files_are_ignored(student, rng):
    """list_pairs ignores files that are no TIFF by their suffix, and files in folders further down."""
    names = sorted(stems(rng, 3))
    junk = ["notes.txt", "Thumbs.db", ".DS_Store", "preview.png", "old.tif.bak", "mytif", "tiff", "x.atif", "x.tifx"]
    junk += ["further/down.tif", f"{names[0]}.png", f"{names[1]}.tif.txt", f"{names[2]}.tif~"]
    files = [f"{name}.tif" for name in names]
    got = listing(student, list(rng.permutation([*files, *junk])), list(rng.permutation([*files, *junk[::2]])))
    expect_pairs(got, [(file, file) for file in files])
    got = listing(student, junk, junk[::3])
    assert got == [], f"list_pairs of a folder without any TIFF should give an empty list, got {got[:3]}"


@pytest.mark.points(2)
@pytest.mark.parametrize("part", ["image", "mask"])
def test_a_missing_partner_is_named(student, rng, part):
    """list_pairs raises a FileNotFoundError that names the stem, for images without mask and masks without image."""
    for count in (1, 2, 5):
        names = stems(rng, count)
        lonely = names[int(rng.integers(count))]
        whole = [f"{name}.tif" for name in names]
        lacking = [file for file in whole if file != f"{lonely}.tif"]
        for companion in ([], [f"{lonely}.png"], [f"{lonely}.1.tif"], [f"{lonely}_{part}.tif"]):
            short = [*lacking, *companion]
            long = [*whole, *(file for file in companion if file.endswith("1.tif"))]
            images, masks = (short, long) if part == "image" else (long, short)
            what = f"list_pairs of a folder in which the {part} {lonely} is missing"
            text = complaint(
                FileNotFoundError, what, student.run, image_files.listed, student.masks.list_pairs, images, masks
            )
            assert lonely in text, f"{what}: the FileNotFoundError does not name {lonely}, it says {text[:150]!r}"


@pytest.mark.points(1)
def test_equal_numbers_of_files_do_not_make_pairs(student, rng):
    """list_pairs raises a FileNotFoundError when there are as many images as masks, but of other names."""
    for count in (1, 4):
        names = stems(rng, count + 1)
        images, masks = [f"{name}.tif" for name in names[1:]], [f"{name}.tif" for name in names[:-1]]
        what = f"list_pairs of {count} images and {count} masks of which one each has no partner"
        text = complaint(
            FileNotFoundError, what, student.run, image_files.listed, student.masks.list_pairs, images, masks
        )
        assert names[0] in text or names[-1] in text, f"{what}: the error names neither, it says {text[:150]!r}"


@pytest.mark.points(1)
def test_capitals_make_another_stem(student, rng):
    """list_pairs raises a FileNotFoundError when the names of image and mask differ in a capital letter."""
    for change in (str.upper, str.capitalize):
        names = stems(rng, 2)
        other = change(names[0])
        images, masks = [f"{names[0]}.tif", f"{names[1]}.tif"], [f"{other}.tif", f"{names[1]}.tif"]
        what = f"list_pairs of an image {images[0]} and a mask {masks[0]}"
        text = complaint(
            FileNotFoundError, what, student.run, image_files.listed, student.masks.list_pairs, images, masks
        )
        assert names[0] in text or other in text, f"{what}: the error names neither, it says {text[:150]!r}"


# load_pair


def some_picture(rng, height, width):
    return rng.integers(0, 256, (height, width, 3), dtype=np.uint8)


def expect_loaded(student, image, mask, which, **options):
    """Image and mask as load_pair has to give them."""
    __tracebackhide__ = True
    height, width = mask.shape
    with during(f"load_pair of {which}"):
        x, y = student.run(image_files.loaded, student.masks.load_pair, image, mask, **options)
    what = f"the image from load_pair of {which}"
    expect_tensor(x, (3, height, width), torch.float32, what=what)
    wanted = np.moveaxis(image, -1, 0) / 255
    expect_close(x, wanted, atol=1e-6, what=what, mistakes=lambda: [*rescaled(wanted), *rearranged(wanted)])
    what = f"the mask from load_pair of {which}"
    expect_classes(expect_tensor(y, (height, width), torch.int64, what=what), mask, what)


@pytest.mark.points(3)
def test_images_and_masks_of_any_size(student, rng):
    """load_pair gives (3, H, W) and (H, W), with rows, columns and colours in their places, square or not."""
    for height, width in ((7, 12), (12, 7), (3, 9), (9, 3), (8, 8), (1, 5), (5, 1), (1, 1), (3, 3)):
        image, mask = some_picture(rng, height, width), some_codes(rng, height, width)
        expect_loaded(student, image, mask, f"a picture of {height}×{width} pixels")


@pytest.mark.points(2)
def test_the_scale_is_the_same_for_every_image(student, rng):
    """load_pair divides by 255, however dark or bright an image is."""
    for low, high in ((0, 256), (100, 140), (0, 2), (200, 256), (0, 1), (255, 256)):
        image = rng.integers(low, high, (6, 5, 3), dtype=np.uint8)
        expect_loaded(student, image, some_codes(rng, 6, 5), f"a picture whose values are {low} to {high - 1}")


@pytest.mark.points(1)
def test_every_brightness_is_kept(student, rng):
    """load_pair keeps all 256 brightnesses of all three colours apart."""
    ramp = np.stack([rng.permutation(256).astype(np.uint8) for _ in range(3)], axis=1).reshape(16, 16, 3)
    expect_loaded(student, ramp, some_codes(rng, 16, 16), "a picture with all 256 values")


@pytest.mark.points(1)
def test_any_path_of_a_tiff_can_be_loaded(student, rng):
    """load_pair takes paths as paths or as text, with any spelling of the suffix."""
    image, mask = some_picture(rng, 6, 4), some_codes(rng, 6, 4)
    for suffixes in ((".tif", ".tiff"), (".TIFF", ".TIF"), (".Tiff", ".tif")):
        for as_text in (False, True):
            which = f"files called {suffixes[0]} and {suffixes[1]}, given as {'text' if as_text else 'paths'}"
            expect_loaded(student, image, mask, which, suffixes=suffixes, as_text=as_text)


@pytest.mark.points(1)
def test_files_are_read_at_every_call(student, rng):
    """load_pair gives what the files hold at the call, whatever was read from them before."""
    images, masks = [some_picture(rng, 5, 4) for _ in range(2)], [some_codes(rng, 5, 4) for _ in range(2)]
    what = "load_pair of files that were written anew after a first call"
    with during(what):
        pairs = student.run(image_files.loaded_twice, student.masks.load_pair, images, masks)
    for image, mask, (x, y) in zip(images, masks, pairs, strict=True):
        expect_close(x, np.moveaxis(image, -1, 0) / 255, atol=1e-6, what=f"the image from {what}")
        expect_classes(expect_tensor(y, (5, 4), what=f"the mask from {what}"), mask, f"the mask from {what}")


@pytest.mark.points(1)
def test_masks_with_unknown_codes_cannot_be_loaded(student, rng):
    """load_pair raises a ValueError that names the code when the mask file holds an unknown one."""
    for code in (0, 3, 100, 255):
        mask = some_codes(rng, 5, 6)
        mask[2, 3] = code
        args = image_files.loaded, student.masks.load_pair, some_picture(rng, 5, 6), mask
        what = f"load_pair of a mask with a pixel {code}"
        text = complaint(ValueError, what, student.run, *args)
        assert names_number(text, code), f"{what}: the ValueError does not name that code, it says {text[:120]!r}"


@pytest.mark.points(2)
@pytest.mark.needs("test_pairs_come_sorted_by_stem[path]")
def test_what_is_listed_can_be_loaded(student, rng):
    """list_pairs and load_pair together bring a folder of pairs into memory, each image with its own mask."""
    images = [some_picture(rng, 6, 5) for _ in range(11)]
    masks = [some_codes(rng, 6, 5) for _ in range(11)]
    with during("list_pairs of a folder with 11 pairs, and load_pair of each of them"):
        pairs = student.run(image_files.both, student.masks.list_pairs, student.masks.load_pair, images, masks)
    expect_list(pairs, 11, "what list_pairs finds in a folder with 11 pairs")
    for number, (x, y) in enumerate(pairs):
        expect_close(
            x,
            np.moveaxis(images[number], -1, 0) / 255,
            atol=1e-6,
            what=f"image {number + 1} of 11 that list_pairs and load_pair bring",
        )
        expect_close(y, decoded(masks[number]), what=f"mask {number + 1} of 11 that list_pairs and load_pair bring")


# split_indices


def uneven(what, got):
    return f"{what} does not have every index exactly once: its parts are {short(got['parts'])}"


@pytest.mark.points(2)
def test_sizes_with_the_usual_fractions(student):
    """split_indices rounds the sizes of validation and test part down; the training part gets the rest."""
    calls = [(n,) for n in range(101)] + [(731,)]
    for (n,), got in zip(calls, student.run(partitions.sizes, student.masks.split_indices, calls), strict=True):
        wanted = [n - n // 5 - n // 10, n // 5, n // 10]
        assert isinstance(got, list), uneven(f"split_indices({n})", got)
        assert got == wanted, f"split_indices({n}) should have parts of {wanted} indices, got {got}"


@pytest.mark.points(2)
def test_sizes_with_other_fractions(student, rng):
    """split_indices takes any three fractions: the first is what the other two leave."""
    choices = [(0.5, 0.25, 0.25), (0.5, 0.375, 0.125), (0.25, 0.5, 0.25), (0.125, 0.25, 0.625), (0.75, 0.0, 0.25)]
    choices += [(1.0, 0.0, 0.0), (0.0, 0.5, 0.5), (0.5, 0.5, 0.0), (0.0, 0.0, 1.0)]  # n * f is exact
    calls = [(n, fractions) for fractions in choices for n in (1, 2, 3, 7, 8, 15, 33, 64, 97)]
    calls += [(n, (0.6, 0.3, 0.1)) for n in (11, 13, 19, 58, 99)]  # n * f is no whole number
    for (n, fractions), got in zip(
        calls, student.run(partitions.sizes, student.masks.split_indices, calls), strict=True
    ):
        second, third = int(n * fractions[1]), int(n * fractions[2])
        what = f"split_indices({n}, {fractions})"
        assert isinstance(got, list), uneven(what, got)
        assert got == [n - second - third, second, third], f"{what}: the parts have {got} indices"


@pytest.mark.points(1)
def test_parts_are_lists_of_plain_numbers(student):
    """split_indices returns three lists of whole numbers."""
    for n in (0, 3, 30):
        parts = student.masks.split_indices(n)
        expect_list(list(parts), 3, f"split_indices({n})")
        for part in parts:
            assert isinstance(part, list), f"split_indices({n}): each part should be a list, got {kind_of(part)}"
            strange = [index for index in part if not isinstance(index, int | np.integer)]
            assert not strange, f"split_indices({n}): the lists should hold plain integers, got {kind_of(strange[0])}"


@pytest.mark.points(2)
def test_every_partition_is_equally_likely(student):
    """split_indices gives every possible partition with the same probability."""
    for n, fractions, cells in ((5, (0.6, 0.2, 0.2), 20), (6, (0.5, 0.375, 0.125), 15), (4, (0.5, 0.25, 0.25), 12)):
        parts = student.run(partitions.drawn, student.masks.split_indices, 1200, n, fractions)
        outcomes = [str(sorted(validation)) + str(sorted(test)) for _, validation, test in parts]
        expect_even(outcomes, cells, f"split_indices({n}, {fractions})", "partitions")


@pytest.mark.points(2)
def test_neighbours_are_as_likely_as_others(student):
    """split_indices gives every index, and every two indices, the same chance to be in a part."""
    times, n = 600, 10
    there = np.zeros((3, times, n), dtype=int)
    for time, parts in enumerate(student.run(partitions.drawn, student.masks.split_indices, times, n)):
        for number, part in enumerate(parts):
            there[number, time, part] = 1
    for number, name, size in ((0, "training", 7), (1, "validation", 2), (2, "test", 1)):
        for index in range(n):
            what = f"split_indices({n}): the index {index} is in the {name} part"
            expect_share(int(there[number, :, index].sum()), times, size / n, what, among=3 * n)
    for one, other in combinations(range(n), 2):
        together = int((there[1, :, one] & there[1, :, other]).sum())
        what = f"split_indices({n}): the indices {one} and {other} are the validation part"
        expect_share(together, times, 1 / 45, what, among=45)


@pytest.mark.points(2)
def test_the_generator_decides(student, rng):
    """split_indices draws from the generator given, and from nothing else; the next split is another one."""
    torch_there, seed = student.worker("torch"), int(rng.integers(2**31))

    def splits(offset=0):
        generator = torch_there.Generator().manual_seed(seed + offset)
        return student.run(partitions.drawn, student.masks.split_indices, 2, 40, generator=generator)

    drawn = []
    for global_seed, offset in ((1, 0), (2, 0), (1, 1)):
        torch_there.manual_seed(global_seed)
        drawn.append(splits(offset))
    if drawn[0] != drawn[1]:
        where = seed_that_decides(student, splits)
        raise AssertionError(f"split_indices: generators with the same seed gave different splits; {where}")
    assert drawn[0] != drawn[2], "split_indices: generators with different seeds gave the same splits"
    assert drawn[0][0] != drawn[0][1], "split_indices: two splits from one generator are the same"


@pytest.mark.points(2)
def test_without_generator_torchs_global_one_decides(student, rng):
    """split_indices without a generator follows torch's global one; the next split is another one."""
    torch_there, seed = student.worker("torch"), int(rng.integers(2**31))
    drawn = []
    for offset in (0, 0, 1):
        torch_there.manual_seed(seed + offset)
        drawn.append(student.run(partitions.drawn, student.masks.split_indices, 2, 40))
    assert drawn[0] == drawn[1], "split_indices: without a generator, torch.manual_seed does not settle the split"
    assert drawn[0] != drawn[2], "split_indices: without a generator, the split is the same under another global seed"
    assert drawn[0][0] != drawn[0][1], "split_indices: without a generator, two splits are the same"


# The rules that hold everywhere


@pytest.mark.points(1)
def test_global_randomness_is_left_alone(student, rng):
    """split_indices sets no global seed, and with a generator it does not draw from global ones either."""
    split = student.masks.split_indices
    generator = student.worker("torch").Generator().manual_seed(int(rng.integers(2**31)))
    for args in ((20,), (20, (0.7, 0.2, 0.1), generator)):
        found = student.run(seeds.reseeded, split, *args)
        assert not found, f"split_indices sets the global seed of {', '.join(found)}"
    found = student.run(transforms.moved, split, 20, (0.7, 0.2, 0.1), generator)
    assert not found, f"split_indices with a generator draws from (or sets) the global one of {', '.join(found)}"


@pytest.mark.points(1)
def test_data_stay_on_the_cpu(student, rng):
    """load_pair gives tensors on the CPU, also where there is an accelerator."""
    args = image_files.loaded, student.masks.load_pair, some_picture(rng, 4, 5), some_codes(rng, 4, 5)
    found = student.run(recording.devices_of, *args)
    assert found == ["cpu"], f"on a machine with a GPU, load_pair gives tensors on {', '.join(found)}"


@pytest.mark.points(1)
@pytest.mark.needs("test_six_codes_become_four_classes")
def test_importing_does_nothing_else(student):
    """Importing masks.py prints nothing and sets no seed."""
    expect_quiet_import(student, "masks")
