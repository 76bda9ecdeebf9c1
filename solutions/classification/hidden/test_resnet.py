"""Hidden checks of resnet.py.

Two ways lead to the main verdict, and neither needs names. In one, all tensors of one shape are given the same random
values, in the student's network and in torchvision's, and both must then compute the same; that every parameter takes
part is a check of its own. In the other (`grader.verdicts.equivalence`), each tensor is found by what is done with it,
and has random values of its own; where that fails, the first way decides alone.
"""

from collections import Counter
from functools import partial

import oracle
import pytest
import torch
from wrong_networks import blocks, mistake, networks

from grader.probes import models, recording
from grader.verdicts.circumstances import during
from grader.verdicts.equivalence import compare, expect_same
from grader.verdicts.imports import expect_quiet_import
from grader.verdicts.inventories import difference, expect_parameters
from grader.verdicts.surroundings import expect_nothing_left_behind
from grader.verdicts.values import expect_close, expect_tensor, expect_unchanged


def draw_seed(rng):
    return int(rng.integers(2**31))


def fill(student, model, seed, images, expected, build_reference, what):
    """Fills the student's model by shape; its learned tensors must have the shapes expected."""
    __tracebackhide__ = True
    with during(f"{what} of maps of shape {tuple(images.shape)}" if images is not None else what):
        found = Counter(learned_shapes(student.run(models.fill_by_shape, model, seed, images)))
    if found == expected:
        return
    why = difference(student.run(models.parameter_roles, model), models.parameter_roles(build_reference()))
    assert not why, f"{what} has other parameters than it should{why}"
    extra, missing = (", ".join((one - other).elements()) for one, other in ((found, expected), (expected, found)))
    assert not extra, f"{what} has parameters that do not belong there, of the shapes {extra[:100]}"
    assert not missing, f"{what} lacks parameters (or are they in a plain list?) of the shapes {missing[:100]}"


def learned_shapes(shapes):
    """Those of the parameters, without those of the buffers."""
    return [shape.removeprefix("parameter ") for shape in shapes if shape.startswith("parameter")]


def same_outputs(student, build, build_reference, candidates, seed, images, training, what):
    """Both compute the same once tensors of one shape hold the same values.

    Args:
        candidates: networks with one mistake each, by sentences: the message is that of one that computes what was
            found.
    """
    __tracebackhide__ = True
    model, reference = build(), build_reference().double()
    expected = Counter(learned_shapes(models.fill_by_shape(reference, seed)))
    with torch.no_grad():
        wanted = reference.train(training)(images.double())
    model.train(training)
    fill(student, model, seed, images, expected, build_reference, what)
    try:
        student.run(models.in_float64, model)
        fill(student, model, seed, None, expected, build_reference, what)
        outputs, precision = model(images.double()), 1e-9
    except RuntimeError:  # it cannot work in float64, which nobody asked for
        student.run(models.in_float64, model, False)
        fill(student, model, seed, None, expected, build_reference, what)
        outputs, precision = model(images), 1e-4
    scale = wanted.abs().max().item()
    mode = "training" if training else "evaluation"
    found = expect_tensor(outputs, tuple(wanted.shape), what=f"the output of {what} in {mode} mode")
    if (found.double() - wanted).abs().max() > precision * scale:
        why = mistake_in(model, found, candidates, seed, images, training)
        assert not why, f"{what} does not compute what it should in {mode} mode with given weights: {why}"
        comparison = compare(build_reference(), build(), torch.zeros_like(images), run=student.run)
        expect_same(student, comparison, what)  # it may know where the first wrong values are
    expect_close(outputs, wanted, rtol=0, atol=precision * scale, what=f"the output of {what} in {mode} mode")


def mistake_in(model, found, candidates, seed, images, training):
    """What is wrong with outputs that are not what they should be; empty when nothing is known."""
    again = model(images.to(found.dtype))
    apart = not isinstance(again, torch.Tensor) or again.shape != found.shape or (again - found).abs().max()
    if apart > 1e-6 * found.abs().max():
        return "two passes of the same images give different outputs, as if chance took part"
    return mistake(found, candidates, seed, images, training)


def both_blocks(student, *shape):
    """How to make the student's block and the right one."""
    return (lambda: student.resnet.BasicBlock(*shape)), (lambda: oracle.BasicBlock(*shape))


def both_networks(student, num_classes, **options):
    """How to make the student's network and the right one."""
    return (lambda: student.resnet.ResNet18(num_classes, **options)), (lambda: oracle.resnet18(num_classes, **options))


# BasicBlock


@pytest.mark.points(3)
@pytest.mark.hint("Write down, in order, what happens to x on its two ways through the block.")
def test_block_with_identity_shortcut(student, rng):
    """A block that keeps the shape computes what torchvision's does."""
    images = torch.randn(3, 6, 9, 8)
    what = "the output of BasicBlock(6, 6) for maps of shape (3, 6, 9, 8)"
    expect_tensor(student.resnet.BasicBlock(6, 6)(images), (3, 6, 9, 8), what=what)
    for training in (False, True):
        both, wrong = both_blocks(student, 6, 6), blocks(6, 6)
        same_outputs(student, *both, wrong, draw_seed(rng), images, training, "BasicBlock(6, 6)")


@pytest.mark.points(3)
@pytest.mark.hint("When input and output differ in shape, what has to happen to x before the addition, and where?")
def test_block_with_projection_shortcut(student, rng):
    """A block that changes the shape computes what torchvision's does."""
    images = torch.randn(3, 6, 9, 8)
    for channels, stride in ((10, 2), (10, 1), (6, 2)):
        for training in (False, True):
            both, wrong = both_blocks(student, 6, channels, stride), blocks(6, channels, stride)
            what = f"BasicBlock(6, {channels}, stride={stride})"
            same_outputs(student, *both, wrong, draw_seed(rng), images, training, what)


@pytest.mark.points(2)
@pytest.mark.hint("Go through forward from the place named in the message, with the drawing of the block beside you.")
def test_block_with_any_weights(student, rng):
    """With any weights BasicBlock computes what torchvision's does, in both modes, and learns the same."""
    for channels, stride in ((6, 1), (10, 2), (10, 1), (6, 2)):
        what = f"BasicBlock(6, {channels}, stride={stride})"
        build, build_reference = both_blocks(student, 6, channels, stride)
        comparison = compare(build_reference(), build(), torch.zeros(2, 6, 9, 8), run=student.run)
        if not expect_same(student, comparison, what):
            for training in (False, True):
                wrong, images = blocks(6, channels, stride), torch.randn(3, 6, 9, 8)
                same_outputs(student, build, build_reference, wrong, draw_seed(rng), images, training, what)


def test_block_leaves_its_input_alone(student):
    """BasicBlock does not overwrite the map it is given."""
    for channels in (4, 7):
        block = student.resnet.BasicBlock(4, channels)
        for mode in (True, False):
            block.train(mode)
            maps = torch.randn(2, 4, 5, 5)
            held = student.hold(maps.clone())
            student.keep(block, held)
            what = f"the input of BasicBlock(4, {channels}) in {'training' if mode else 'evaluation'} mode"
            expect_unchanged(maps, student.fetch(held), what)


# ResNet18


@pytest.mark.points(2)
def test_classes_and_channels_are_honoured(student):
    """ResNet18 has as many outputs and input channels as asked for, and the right number of parameters."""
    for num_classes, in_channels, wanted in ((2, 1, 11_171_266), (7, 4, 11_183_239)):
        model = student.resnet.ResNet18(num_classes, in_channels=in_channels)
        model.eval()
        what = f"ResNet18({num_classes}, in_channels={in_channels})"
        with during(f"{what} of images of shape (2, {in_channels}, 30, 30)"):
            logits = model(torch.randn(2, in_channels, 30, 30))
        expect_tensor(logits, (2, num_classes), what=f"the output of {what}")
        expect_parameters(student, model, wanted, partial(oracle.resnet18, num_classes, in_channels), what)


@pytest.mark.points(2)
def test_images_of_any_size_from_28_on(student):
    """ResNet18 takes images of any side from 28 on, square or not, also one at a time."""
    model = student.resnet.ResNet18(5)
    model.eval()
    for shape in ((1, 3, 28, 28), (2, 3, 29, 29), (1, 3, 33, 47), (2, 3, 64, 28), (1, 3, 28, 270), (1, 3, 97, 97)):
        with during(f"ResNet18(5) of images of shape {shape}"):
            logits = model(torch.randn(shape))
        expect_tensor(logits, (shape[0], 5), what=f"ResNet18(5) of images of shape {shape}")


@pytest.mark.points(5)
@pytest.mark.hint("If BasicBlock passes its checks, look at the stem, the strides of the stages, and the pooling.")
def test_same_as_torchvision_in_evaluation_mode(student, rng):
    """With the same weights ResNet18 computes what torchvision's resnet18 does, in evaluation mode."""
    images = 20 * torch.randn(2, 3, 70, 45)  # whatever their range
    same_outputs(student, *both_networks(student, 6), networks(6), draw_seed(rng), images, False, "ResNet18(6)")


@pytest.mark.points(3)
def test_same_as_torchvision_in_training_mode(student, rng):
    """With the same weights ResNet18 computes what torchvision's resnet18 does, in training mode."""
    images, both = torch.randn(3, 1, 40, 66), both_networks(student, 4, in_channels=1)
    same_outputs(student, *both, networks(4, 1), draw_seed(rng), images, True, "ResNet18(4, in_channels=1)")


@pytest.mark.points(3)
@pytest.mark.hint("Go through forward from the place named in the message, with the table of the network beside you.")
def test_network_with_any_weights(student, rng):
    """With any weights ResNet18 computes what torchvision's resnet18 does, in both modes, and learns the same."""
    sizes = [(int(rng.integers(33, 64)), int(rng.integers(65, 96)))]  # a map of 2×3 in the end
    build, build_reference = both_networks(student, 3)
    comparison = compare(build_reference(), build(), torch.zeros(2, 3, 33, 33), run=student.run, sizes=sizes)
    if not expect_same(student, comparison, "ResNet18(3)"):
        for training in (False, True):
            images = torch.randn(2, 3, 61, 38)
            same_outputs(student, build, build_reference, networks(3), draw_seed(rng), images, training, "ResNet18(3)")


@pytest.mark.points(2)
def test_every_parameter_takes_part(student, rng):
    """A loss on the logits gives every parameter of ResNet18 a gradient."""
    model = student.resnet.ResNet18(5)
    images = torch.randn(2, 3, 40, 40)
    student.run(models.fill_by_shape, model, draw_seed(rng), images)
    model.train()
    found = student.run(models.gradients, model, images)
    assert found, "ResNet18 has no parameters; are its layers in a plain list?"
    without = [str(entry["shape"]) for entry in found if not entry["largest"]]
    assert not without, f"no gradient reaches {len(without)} of {len(found)} parameters: {', '.join(without[:3])}, ..."
    assert all(0 < entry["largest"] < float("inf") for entry in found), "some gradients are NaN or infinite"


@pytest.mark.points(2)
def test_running_statistics_follow_in_training_only(student, rng):
    """A pass in training mode moves every running mean and variance, one in evaluation mode none."""
    model = student.resnet.ResNet18(3)
    images = torch.randn(2, 3, 40, 40)
    student.run(models.fill_by_shape, model, draw_seed(rng), images)
    before = student.run(models.statistics, model)
    student.keep(model.eval(), images)
    assert student.run(models.statistics, model) == before, "a pass in evaluation mode changed running statistics"
    student.keep(model.train(), images)
    after = student.run(models.statistics, model)
    moved = sum(one != other for one, other in zip(before, after, strict=True))
    assert moved >= 40, f"a pass in training mode moved {moved} running means and variances instead of 40"
    twice = student.run(models.moved_in_backward, model, images)
    assert not twice, "the backward pass moves running statistics once more: is the forward pass made a second time?"


def test_an_image_alone_or_in_a_batch(student, rng):
    """In evaluation mode an image's logits depend neither on the other images nor on chance."""
    model = student.resnet.ResNet18(5)
    images = torch.randn(3, 3, 33, 33)
    model.eval()
    student.run(models.fill_by_shape, model, draw_seed(rng), images)
    together = expect_tensor(model(images), (3, 5), what="the logits of three images")
    scale = together.detach().abs().max().item()
    for row in (0, 2):
        alone = model(images[row : row + 1])
        expect_close(alone[0], together[row], rtol=0, atol=1e-4 * scale, what="the logits of an image on its own")


def test_input_is_left_alone(student):
    """ResNet18 does not overwrite the images it is given."""
    images = torch.randn(2, 3, 33, 33)
    held = student.hold(images.clone())
    model = student.resnet.ResNet18(3)
    model.eval()
    student.keep(model, held)
    expect_unchanged(images, student.fetch(held), "the input of ResNet18")


@pytest.mark.points(2)
def test_built_from_parts(student):
    """ResNet18 is built from torch.nn, not taken from torchvision.models."""
    model = student.run(recording.call_inside, recording.without_torchvision_models, student.resnet.ResNet18, 3)
    taken = [name for name in student.run(models.origins, model) if name.startswith("torchvision.models")]
    assert not taken, "ResNet18 contains parts of torchvision.models; build it from the parts in torch.nn"


# The rules that hold everywhere


@pytest.mark.hint("Who decides on which device a network works: the network, or the one who uses it?")
def test_it_works_where_it_is_put(student):
    """ResNet18 is made on the CPU and works on any device that it is moved to."""
    images = torch.randn(2, 3, 33, 33)
    with during("ResNet18 moved to cuda:1"):  # simulated
        found = student.run(recording.moved, student.resnet.ResNet18, 3, images=images, device="cuda:1")
    assert found["made_on"] == ["cpu"], f"on a machine with a GPU, ResNet18 is made on {', '.join(found['made_on'])}"
    assert found["result_on"] == "cuda:1", f"moved to cuda:1, ResNet18 gives logits on {found['result_on']}"


def test_no_global_seed_is_set(student):
    """Making or using a network sets no global seed."""
    make, network = models.made_and_used, student.resnet
    expect_nothing_left_behind(student, "BasicBlock", make, network.BasicBlock, 3, 4, images=torch.ones(2, 3, 5, 5))
    expect_nothing_left_behind(student, "ResNet18", make, network.ResNet18, 2, images=torch.ones(2, 3, 33, 33))


@pytest.mark.needs("test_one_logit_per_class")
def test_importing_does_nothing_else(student):
    """Importing resnet prints nothing and sets no seed."""
    expect_quiet_import(student, "resnet")
