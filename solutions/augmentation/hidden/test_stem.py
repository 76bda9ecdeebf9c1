"""Hidden checks of stem.py."""

import operator
from functools import partial

import pytest
import torch

from grader.probes import models, seeds, stems
from grader.verdicts.circumstances import during
from grader.verdicts.imports import expect_quiet_import
from grader.verdicts.stems import expect_same_model, expect_weight, explained_by_stem, modes_changed
from grader.verdicts.training import expect_no_fault
from grader.verdicts.values import expect_close, expect_tensor

RESNET = {"kernel_size": 7, "stride": 2, "padding": 3, "bias": False}
PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


def draw_seed(rng):
    return int(rng.integers(2**31))


def expect_equivalent(student, rng, in_channels, settings, what, **options):
    """The new convolution, and the model, give on grey images what the old ones gave on their repetition."""
    __tracebackhide__ = True
    seed = draw_seed(rng)
    there, here = (run(stems.build, seed, in_channels, settings, **options) for run in (student.run, operator.call))
    grey = torch.randn(2, 1, 17, 14, dtype=torch.float64)
    repeated = grey.expand(-1, in_channels, -1, -1)
    with during(f"to_grayscale of a model ({what})"):
        student.stem.to_grayscale(there)
    with explained_by_stem(stems.look(here), partial(student.run, stems.look, there), what):
        for name, new, old in (("conv1", there.conv1, here.conv1), ("the model", there, here)):
            wanted = old(repeated)
            result = expect_tensor(new(grey), wanted.shape, what=f"the output of {name} after to_grayscale ({what})")
            expect_close(result, wanted, rtol=1e-9, atol=1e-10, what=f"the output of {name} on grey images ({what})")


@pytest.mark.points(3)
@pytest.mark.hint("A convolution is linear: what does it make of an image whose channels are all the same?")
def test_grey_gives_what_repetition_gave(student, rng):
    """to_grayscale changes nothing for grey images: they give exactly what their repetition gave."""
    for in_channels in (5, 2, 3, 1):
        expect_equivalent(student, rng, in_channels, RESNET, f"{in_channels} channels before")


@pytest.mark.points(3)
@pytest.mark.hint("Which settings does a convolution have besides its channels?")
def test_all_settings_are_kept(student, rng):
    """to_grayscale keeps kernel size, stride, padding and its mode, dilation and bias."""
    plain = {"kernel_size": 3, "bias": False}
    for settings in (
        {"kernel_size": (3, 5), "bias": False},
        {"kernel_size": (4, 1), "bias": False},
        plain | {"stride": (2, 1)},
        plain | {"stride": 3},
        plain | {"padding": (0, 2)},
        plain | {"padding": "same"},
        plain | {"dilation": (1, 3)},
        plain | {"dilation": 2},
        {"kernel_size": 3, "bias": True},
        *(plain | {"padding": 2, "padding_mode": mode} for mode in PADDING_MODES),
    ):
        shown = ", ".join(f"{name}={value!r}" for name, value in settings.items())
        expect_equivalent(student, rng, 3, settings, shown)
    everything = {
        "kernel_size": tuple(rng.integers(2, 5, 2).tolist()),
        "stride": tuple(rng.permutation([1, 2]).tolist()),
        "padding": tuple(rng.permutation([1, 2]).tolist()),
        "dilation": tuple(rng.permutation([1, 2]).tolist()),
        "padding_mode": str(rng.choice(PADDING_MODES)),
        "bias": True,
    }
    expect_equivalent(student, rng, 4, everything, "many settings at once")


def test_conv1_is_what_changes(student, rng):
    """to_grayscale replaces conv1, wherever the model lists it among its modules."""
    shown = "of a model that lists other convolutions before conv1"
    model = student.run(stems.build, draw_seed(rng), 3, RESNET, last=True)
    student.stem.to_grayscale(model)
    weight = student.run(models.snapshot, model).get("conv1.weight")
    same = weight is not None and tuple(weight.shape) == (4, 3, 7, 7)
    assert not same, f"to_grayscale {shown} does not replace conv1: its weight still has the shape (4, 3, 7, 7)"
    expect_equivalent(student, rng, 3, RESNET, shown, last=True)


@pytest.mark.points(2)
def test_weights_are_summed(student, rng):
    """The new weights (one input channel) are the sum of the old ones over the channels, the bias is the old one."""
    for in_channels, bias, zero in ((3, True, False), (4, False, False), (3, True, True)):
        seed, settings = draw_seed(rng), RESNET | {"bias": bias}
        model, old = student.run(stems.build, seed, in_channels, settings), stems.build(seed, in_channels, settings)
        if zero:
            student.run(stems.clear_bias, model)
            stems.clear_bias(old)
        student.stem.to_grayscale(model)
        after, before = student.run(models.snapshot, model), old.state_dict()
        with explained_by_stem(stems.look(old), partial(student.run, stems.look, model)):
            other = sorted(set(after) ^ set(before))
            assert not other, f"to_grayscale adds or removes parameters or buffers of the model: {', '.join(other)}"
            weight = expect_weight(after, (4, 1, 7, 7), "to_grayscale")
            expect_close(weight, before["conv1.weight"].sum(1, keepdim=True), rtol=1e-12, what="conv1.weight")
            if bias:
                expect_close(after["conv1.bias"], before["conv1.bias"], atol=0, what="conv1.bias after to_grayscale")
        channels = model.conv1.in_channels
        assert channels == 1, f"after to_grayscale conv1 says that it has {channels} input channels"
        assert bias or model.conv1.bias is None, "to_grayscale gave a bias to a convolution that had none"


@pytest.mark.points(2)
def test_frozen_stays_frozen(student, rng):
    """requires_grad of conv1's weight and bias is what it was, each for itself."""
    for weight, bias in ((True, True), (False, True), (True, False), (False, False)):
        model = student.run(stems.build, draw_seed(rng), 3, RESNET | {"bias": True})
        wanted = {"conv1.weight": weight, "conv1.bias": bias}
        student.run(models.set_trainable, model, wanted)
        student.stem.to_grayscale(model)
        free = student.run(models.trainable, model)
        for name, before in wanted.items():
            assert name in free, f"after to_grayscale {name} is none of the model's parameters, so nothing can train it"
            after = free[name]
            assert after is before, f"requires_grad of {name} was {before} before to_grayscale and is {after} after it"
    model = student.run(stems.build, draw_seed(rng), 3, RESNET)
    student.run(models.set_trainable, model, {"conv1.weight": False})
    student.stem.to_grayscale(model)
    free = student.run(models.trainable, model)
    assert free["conv1.weight"] is False, "to_grayscale makes a frozen conv1 without bias trainable"


def test_new_convolution_learns(student, rng):
    """After to_grayscale gradients reach the weight and the bias of conv1."""
    model = student.run(stems.build, draw_seed(rng), 3, RESNET | {"bias": True}, torch.float32)
    student.stem.to_grayscale(model)
    gradients = student.run(models.gradients, model.conv1, torch.randn(4, 1, 12, 12))
    shapes = sorted(tuple(entry["shape"]) for entry in gradients if entry["largest"])
    assert shapes == [(4,), (4, 1, 7, 7)], f"gradients reach only {len(shapes)} of conv1's weight and bias"


@pytest.mark.points(2)
def test_precision_is_kept(student, rng):
    """The new convolution has the old one's dtype."""
    for dtype in (torch.float64, torch.float16, torch.bfloat16, torch.float32):
        seed, settings = draw_seed(rng), RESNET | {"bias": True}
        model, old = student.run(stems.build, seed, 3, settings, dtype), stems.build(seed, 3, settings, dtype)
        student.stem.to_grayscale(model)
        after, weight = student.run(models.snapshot, model), old.state_dict()["conv1.weight"].double()
        what = f"conv1.weight, after to_grayscale of a model in {str(dtype).removeprefix('torch.')},"
        expect_tensor(expect_weight(after, (4, 1, 7, 7), "to_grayscale"), dtype=dtype, what=what)
        rounding = 3 * torch.finfo(dtype).eps * weight.abs().sum(1, keepdim=True)  # of two additions, in any order
        off = (after["conv1.weight"].double() - weight.sum(1, keepdim=True)).abs()
        assert bool((off <= rounding).all()), f"{what} is no sum of the old weights"
        bias = expect_tensor(after["conv1.bias"], (4,), dtype, what=what.replace("weight", "bias"))
        expect_close(bias, old.state_dict()["conv1.bias"], atol=0, what=what.replace("weight", "bias"))


def test_device_is_kept(student, rng):
    """The new convolution is on the old one's device."""
    for device in ("cuda:1", "cuda:0"):
        model = student.run(stems.build, draw_seed(rng), 3, RESNET | {"bias": True}, torch.float32)
        found = student.run(stems.moved, student.stem.to_grayscale, model, torch.randn(2, 1, 9, 9), device)
        elsewhere = ", ".join(f"{name} is on {place}" for name, place in found["elsewhere"].items())
        assert not elsewhere, f"after to_grayscale of a model on {device} {elsewhere}"
        assert found["output"] == device, f"after to_grayscale the output is on {found['output']}, not on {device}"


@pytest.mark.points(2)
def test_nothing_else_changes(student, rng):
    """to_grayscale leaves all else in the model as it was: values, modes, and what is frozen."""
    for training in (True, False):
        seed = draw_seed(rng)
        model, old = student.run(stems.build, seed, 3, RESNET), stems.build(seed, 3, RESNET)
        wanted = {name: bool(rng.random() < 0.5) for name in models.trainable(old)} | {"fc.bias": not training}
        modes = {name: bool(rng.random() < 0.5) for name in models.modes(old)} | {"": training}
        student.run(models.set_trainable, model, wanted)
        student.run(models.set_modes, model, modes)
        found = student.run(stems.replaced, student.stem.to_grayscale, model)
        other = [name for name in [*found["new"], *found["gone"]] if not name.startswith("conv1.")]
        assert not other, f"to_grayscale replaced {', '.join(other)} as well"
        froze = [name for name in found["frozen"] if wanted[name]]
        assert not froze, f"to_grayscale freezes other parameters as well: {', '.join(froze)}"
        assert not found["frozen"], f"to_grayscale makes frozen parameters trainable: {', '.join(found['frozen'])}"
        expect_no_fault(*modes_changed(modes, student.run(models.modes, model)))
        after = student.run(models.snapshot, model)
        for name, value in old.state_dict().items():
            if not name.startswith("conv1."):
                expect_close(after[name], value, atol=0, what=f"{name} after to_grayscale")


def test_torchvision_resnet(student):
    """to_grayscale works on torchvision's own ResNet-18 and returns the same model."""
    model = student.worker("torchvision.models").resnet18(num_classes=2)
    with during("to_grayscale of torchvision's resnet18"):
        expect_same_model(student.stem.to_grayscale(model), model)
    count = student.run(models.parameter_count, model)
    assert count == 11_171_266, f"a grey resnet18 for 2 classes has 11,171,266 parameters, not {count:,}"
    model.eval()
    expect_tensor(model(torch.randn(1, 1, 28, 28)), (1, 2), what="the output for a grey image")


def test_import_and_seeds(student, rng):
    """stem.py does nothing when it is imported, and to_grayscale sets no global seed."""
    expect_quiet_import(student, "stem")
    model = student.run(stems.build, draw_seed(rng), 3, RESNET | {"bias": True})
    seeded = student.run(seeds.reseeded, student.stem.to_grayscale, model)
    assert not seeded, f"to_grayscale sets the global seed of {', '.join(seeded)}"
