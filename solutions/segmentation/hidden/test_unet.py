"""Hidden checks of unet.py.

The main evidence needs no names: a small network of the student and the plain one in `oracle_networks` get the same
weights and have to compute the same, in float64, at sizes that need padding and at sizes that do not.
"""

from collections import Counter
from itertools import product

import oracle_networks as oracle
import pytest
import torch
from wrong_networks import blocks, mistake, networks

from grader.probes import encoder_decoders, models, recording
from grader.verdicts.circumstances import during
from grader.verdicts.equivalence import compare, expect_same
from grader.verdicts.imports import expect_quiet_import
from grader.verdicts.surroundings import expect_nothing_left_behind
from grader.verdicts.values import expect_close, expect_tensor, expect_unchanged

SHAPE_HINT = "Write down the shape of every map for an image of 7×5 pixels and depth 2, on the way down and up."
DEPTHS = (1, 2, 3, 5)


def draw_seed(rng):
    return int(rng.integers(2**31))


def expect_shapes(found, wanted, what):
    """The parameters have the shapes wanted."""
    __tracebackhide__ = True
    found, wanted = Counter(found), Counter(wanted)
    extra, missing = (", ".join((one - other).elements()) for one, other in ((found, wanted), (wanted, found)))
    assert not extra, f"{what} has parameters that do not belong there; as matrices they are {extra[:100]}"
    assert not missing, f"{what} lacks parameters; as matrices they are {missing[:100]}"


def difference(found, wanted, kind):
    """The largest relative difference of outputs or gradients for each batch; 0 where rounding explains it."""
    room = 1e-9 if found["precision"] == "float64" else 1e-4
    apart = []
    for mine, right in zip(found[kind], wanted[kind], strict=True):
        if tuple(mine.shape) != tuple(right.shape):
            apart.append(float("inf"))
            continue
        size = float(right.abs().max()) or 1.0  # of a single pixel all may be cut off
        off = float((mine.double() - right).abs().max()) / size
        apart.append(float("inf") if off != off else off * (off > room))
    return apart


def expect_same_numbers(student, build, reference, wrong, rng, images, what, depth=0, training=False):
    """With the same weights both compute the same, whichever comes first in each concatenation.

    Args:
        wrong: networks with one mistake each, by sentences: the message is that of one that computes what was found.
    """
    __tracebackhide__ = True
    seed = draw_seed(rng)
    images = [*images, 100 * images[0]]  # large values show a limit that small ones never reach
    wanted = encoder_decoders.filled_outputs(reference, seed, images, training=training)
    mode = "training" if training else "evaluation"
    sizes = [f"{batch.shape[2]}×{batch.shape[3]}" for batch in images]
    tried = []
    for orders in sorted(product((True, False), repeat=depth), key=lambda each: len(set(each))):
        with during(f"{what} of images of {', '.join(sizes[:-1])} pixels, with gradients for them, in {mode} mode"):
            found = student.run(encoder_decoders.filled_outputs, build(), seed, images, orders, training)
        expect_shapes(found["shapes"], wanted["shapes"], what)
        for mine, right in zip(found["outputs"], wanted["outputs"], strict=True):
            expect_tensor(mine, tuple(right.shape), what=f"the output of {what}")
        # in float32 rounding may carry a ReLU over its kink, where the gradient jumps
        kinds = ("outputs", "gradients") if found["precision"] == "float64" else ("outputs",)
        apart = {kind: difference(found, wanted, kind) for kind in kinds}
        if not any(map(any, apart.values())):
            return
        tried.append((max(max(values) for values in apart.values()), apart, found))
    closest, apart, _ = min(tried, key=lambda each: each[0])
    again = student.run(encoder_decoders.filled_outputs, build(), seed, images, orders, training)
    if any(difference(again, tried[-1][-1], "outputs")):
        why = "two passes of the same images give different outputs"
    else:
        why = mistake([found for *_, found in tried], wrong, seed, images, training) or (
            where_wrong(apart, [*sizes[:-1], f"{sizes[0]} with 100 times the values"])
            + first_wrong(student, build(), reference, images[0].shape)
        )
    raise AssertionError(
        f"{what} does not compute what it should in {mode} mode with given weights: {why} (off by {closest:.2g})"
    )


def where_wrong(apart, sizes):
    """Which of outputs and gradients are wrong, and for which sizes of images they are."""
    if not any(apart["outputs"]):
        return "its outputs are right, but not the gradients that go back through it"
    wrong = [size for size, off in zip(sizes, apart["outputs"], strict=True) if off]
    right = [size for size, off in zip(sizes, apart["outputs"], strict=True) if not off]
    return f"its outputs are wrong on images of {', '.join(wrong)}" + f" and right on {', '.join(right)}" * bool(right)


def first_wrong(student, model, reference, shape):
    """Where a comparison of the two networks sees the first wrong values, as the end of a sentence."""
    found = compare(reference, model, torch.zeros(shape), run=student.run)
    return f" ({found.why})" if found.verdict == "different" else ""


def unet(student, in_channels, num_classes, base, depth):
    """How to make the student's network, the plain one, what to call it, and networks that are wrong in one way each.

    With as many classes as channels nobody could tell which way round the last layer's matrix is stored.
    """
    options = {"in_channels": in_channels, "num_classes": num_classes, "base": base, "depth": depth}
    what = f"UNet({', '.join(f'{name}={value}' for name, value in options.items())})"
    return (lambda: student.unet.UNet(**options)), oracle.UNet(**options), what, networks(**options)


# DoubleConv


def test_double_conv_leaves_its_input_alone(student):
    """DoubleConv does not overwrite the map it is given."""
    maps = torch.randn(2, 4, 5, 5)
    held = student.hold(maps.clone())
    student.keep(student.unet.DoubleConv(4, 4), held)
    expect_unchanged(maps, student.fetch(held), "the input of DoubleConv(4, 4)")


@pytest.mark.points(3)
@pytest.mark.hint("Write down, in order, the four things that happen to x.")
def test_double_conv_is_exact(student, rng):
    """DoubleConv computes two padded 3×3 convolutions with bias, each followed by ReLU."""
    for channels, shapes in (
        ((3, 5), ((2, 3, 6, 9), (1, 3, 7, 5))),
        ((3, 5), ((1, 3, 1, 1),)),
        ((4, 4), ((3, 4, 5, 1),)),
    ):
        images = [torch.randn(shape) for shape in shapes]
        what = f"DoubleConv({channels[0]}, {channels[1]})"
        for training in (False, True):
            reference = oracle.double_conv(*channels)
            build = lambda channels=channels: student.unet.DoubleConv(*channels)  # noqa: E731
            wrong = blocks(*channels)
            expect_same_numbers(student, build, reference, wrong, rng, images, what, training=training)


@pytest.mark.points(2)
def test_double_conv_with_any_weights(student):
    """DoubleConv agrees with two padded convolutions and ReLUs whatever the weights, in outputs and gradients."""
    example = torch.zeros(2, 3, 6, 7)
    comparison = compare(oracle.double_conv(3, 6), student.unet.DoubleConv(3, 6), example, run=student.run)
    expect_same(student, comparison, "DoubleConv(3, 6)")


# UNet: sizes and options


@pytest.mark.points(3)
@pytest.mark.hint(SHAPE_HINT)
@pytest.mark.parametrize("depth", DEPTHS)
def test_any_size_from_two_to_the_depth_on(student, rng, depth):
    """UNet gives logits of the image's size for every size from 2^depth on, odd, oblong or as small as it gets."""
    model = student.unet.UNet(num_classes=3, base=2, depth=depth)
    least = 2**depth
    sizes = [(least, least), (least + 1, least), (least, 2 * least - 1), (2 * least, 3 * least)]
    sizes += [tuple(int(n) for n in rng.integers(least, 4 * least, size=2)) for _ in range(4)]
    shapes = [(1 + number % 2, 3, *size) for number, size in enumerate(sizes)]
    for shape, found in zip(shapes, student.run(encoder_decoders.output_shapes, model, shapes), strict=True):
        what = f"UNet(num_classes=3, base=2, depth={depth}) of images {shape}"
        assert not isinstance(found, str), f"{what} ends in an error: {found}"
        assert tuple(found) == (shape[0], 3, *shape[2:]), f"{what} gives a result of shape {tuple(found)}"


@pytest.mark.points(2)
def test_options_are_honoured(student):
    """in_channels, num_classes, base and depth set the number of parameters and of logits."""
    for in_channels, num_classes, base, depth in (
        (3, 4, 64, 4),
        (1, 2, 6, 3),
        (5, 7, 3, 1),
        (3, 1, 5, 2),
        (2, 4, 1, 5),
        (3, 4, 513, 1),
    ):
        options = {"in_channels": in_channels, "num_classes": num_classes, "base": base, "depth": depth}
        what = f"UNet({', '.join(f'{name}={value}' for name, value in options.items())})"
        wanted = oracle.parameter_count(**options)
        with during(what):
            count = student.run(encoder_decoders.count_parameters, student.unet.UNet, **options)
        assert count == wanted, f"{what} has {count:,} parameters instead of {wanted:,}"
        if base < 10:
            side = 2**depth + 1
            with during(f"{what} of images with {in_channels} channels and {side}×{side} pixels"):
                logits = student.unet.UNet(**options)(torch.randn(2, in_channels, side, side))
            expect_tensor(logits, (2, num_classes, side, side), what=f"the output of {what}")
    count = student.run(encoder_decoders.count_parameters, student.unet.UNet)
    assert count == 31_379_140, f"UNet() has {count:,} parameters instead of 31,379,140"


def test_options_by_position(student):
    """UNet takes in_channels, num_classes, base and depth in this order."""
    what = "UNet(2, 5, 3, 1) of an image with 2 channels and 4×6 pixels"
    with during(what):
        logits = student.unet.UNet(2, 5, 3, 1)(torch.randn(1, 2, 4, 6))
    expect_tensor(logits, (1, 5, 4, 6), what=what)


def test_input_is_left_alone(student):
    """UNet does not overwrite the images it is given."""
    images = torch.randn(2, 3, 9, 8)
    held = student.hold(images.clone())
    student.keep(student.unet.UNet(base=3, depth=2), held)
    expect_unchanged(images, student.fetch(held), "the input of UNet")


# UNet: numbers


@pytest.mark.points(5)
@pytest.mark.hint("If DoubleConv passes its checks: pooling, up-sampling, which map each skip is, the last layer.")
def test_same_numbers_where_nothing_is_padded(student, rng):
    """With the same weights UNet computes what it should on images whose sides can be halved depth times."""
    for options, shapes in (((3, 4, 5, 2), ((2, 3, 12, 20), (1, 3, 4, 4))), ((1, 2, 3, 3), ((1, 1, 16, 24),))):
        images = [torch.randn(shape) for shape in shapes]
        build, reference, what, wrong = unet(student, *options)
        expect_same_numbers(student, build, reference, wrong, rng, images, what, options[3])


@pytest.mark.points(4)
@pytest.mark.hint(SHAPE_HINT)
def test_same_numbers_where_maps_are_padded(student, rng):
    """With the same weights UNet computes what it should on images of odd size: zeros on the right and bottom."""
    height, width = (int(n) for n in rng.integers(12, 26, size=2))
    shapes = ((2, 3, 13, 19), (1, 3, 15, 8), (1, 3, 8, 11), (1, 3, height, width))
    build, reference, what, wrong = unet(student, 3, 4, 5, 3)
    expect_same_numbers(student, build, reference, wrong, rng, [torch.randn(shape) for shape in shapes], what, 3)


@pytest.mark.points(2)
def test_same_numbers_at_other_depths(student, rng):
    """With the same weights UNet computes what it should with one and with five poolings."""
    for options, shapes in (((2, 3, 5, 1), ((2, 2, 2, 3), (1, 2, 9, 6))), ((3, 1, 2, 5), ((1, 3, 32, 47),))):
        images = [torch.randn(shape) for shape in shapes]
        build, reference, what, wrong = unet(student, *options)
        expect_same_numbers(student, build, reference, wrong, rng, images, what, options[3])


@pytest.mark.points(2)
def test_training_mode_makes_no_difference(student, rng):
    """UNet computes the same in training mode: it has neither normalisation nor dropout."""
    build, reference, what, wrong = unet(student, 3, 4, 5, 2)
    expect_same_numbers(student, build, reference, wrong, rng, [torch.randn(3, 3, 12, 13)], what, 2, training=True)


@pytest.mark.points(4)
def test_same_network_with_any_weights(student):
    """UNet agrees with the network described whatever the weights, in outputs and gradients, at several sizes."""
    for options, size, sizes in (((3, 4, 4, 2), (12, 16), [(8, 8), (13, 18)]), ((1, 3, 3, 3), (16, 24), [(17, 23)])):
        build, reference, what, _ = unet(student, *options)
        example = torch.zeros(2, options[0], *size)
        expect_same(student, compare(reference, build(), example, run=student.run, sizes=sizes), what)


@pytest.mark.points(2)
def test_every_parameter_takes_part(student, rng):
    """A loss on the logits gives every parameter of UNet a gradient."""
    model = student.unet.UNet(base=4, depth=3)
    images = torch.randn(2, 3, 24, 24)
    student.run(encoder_decoders.fill, model, draw_seed(rng), images)
    found = student.run(models.gradients, model, images)
    assert found, "UNet has no parameters"
    without = [str(tuple(entry["shape"])) for entry in found if not entry["largest"]]
    assert not without, (
        f"no gradient reaches {len(without)} of {len(found)} parameters of UNet: {', '.join(without[:3])}, ..."
    )


def test_an_image_alone_or_in_a_batch(student, rng):
    """The logits of an image depend neither on the other images of its batch nor on chance."""
    model = student.unet.UNet(base=4, depth=2)
    images = torch.randn(3, 3, 13, 10)
    student.run(encoder_decoders.fill, model, draw_seed(rng), images)
    together = expect_tensor(model(images), (3, 4, 13, 10), what="the logits of UNet for three images").detach()
    for row in (0, 2):
        alone = model(images[row : row + 1])[0]
        what = "the logits of UNet for an image on its own"
        expect_close(alone, together[row], rtol=0, atol=1e-4 * together.abs().max().item(), what=what)


# The rules that hold everywhere


@pytest.mark.hint("Who decides on which device a network works: the network, or the one who uses it?")
def test_it_works_where_it_is_put(student):
    """UNet is made on the CPU and works on any device that it is moved to."""
    images = torch.randn(2, 3, 9, 11)  # odd, so that maps are padded
    with during("UNet moved to cuda:1, with images that are there"):
        found = student.run(recording.moved, student.unet.UNet, 3, 4, 3, 2, images=images, device="cuda:1")  # simulated
    assert found["made_on"] == ["cpu"], f"on a machine with a GPU, UNet is made on {', '.join(found['made_on'])}"
    assert found["result_on"] == "cuda:1", f"moved to cuda:1, UNet gives logits on {found['result_on']}"


def test_no_global_seed_is_set(student):
    """Making or using a network sets no global seed."""
    for name, arguments in (("DoubleConv", (3, 4)), ("UNet", (3, 4, 3, 2))):
        images = torch.ones(2, 3, 9, 9)
        build = getattr(student.unet, name)
        expect_nothing_left_behind(student, name, models.made_and_used, build, *arguments, images=images)


@pytest.mark.needs("test_number_of_parameters")
def test_importing_does_nothing_else(student):
    """Importing unet prints nothing and sets no seed."""
    expect_quiet_import(student, "unet")
