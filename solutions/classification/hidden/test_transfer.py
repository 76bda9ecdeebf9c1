"""Hidden checks of transfer.py."""

import numpy as np
import pytest
import torch
import torchvision

from grader.probes import models, recording
from grader.verdicts.circumstances import during
from grader.verdicts.imports import expect_quiet_import
from grader.verdicts.sgd_steps import expect_sgd_steps
from grader.verdicts.surroundings import expect_nothing_left_behind
from grader.verdicts.values import expect_close, expect_tensor, expect_unchanged


def draw_seed(rng):
    return int(rng.integers(2**31))


def some_of(rng, names):
    """About half of them."""
    return {name: bool(rng.random() < 0.5) for name in names}


def tiny(student, rng, **options):
    """The same random TinyResNet there and here."""
    seed = draw_seed(rng)
    there = student.run(models.seeded, models.TinyResNet, seed, **options)
    return there, models.seeded(models.TinyResNet, seed, **options)


# freeze


@pytest.mark.points(2)
def test_freeze_reaches_every_parameter(student, rng):
    """freeze reaches every parameter, however deep it is, and whatever was frozen before."""
    model = student.run(models.NormZoo)
    names = student.run(models.trainable, model)
    for before in (dict.fromkeys(names, True), some_of(rng, names)):
        student.run(models.set_trainable, model, before)
        student.transfer.freeze(model)
        after = student.run(models.trainable, model)
        assert list(after) == list(names), "freeze changed which parameters the model has"
        still = [name for name, requires_grad in after.items() if requires_grad]
        how = "is trainable" if all(before.values()) else "is frozen in parts"
        assert not still, (
            f"after freeze of a model that {how}, {len(still)} of {len(after)} parameters still require a gradient: "
            + ", ".join(still[:5])
        )


def test_freeze_changes_nothing_else(student, rng):
    """freeze changes neither values nor modes."""
    model, here = tiny(student, rng)
    wanted = some_of(rng, models.modes(here))
    student.run(models.set_modes, model, wanted)
    student.transfer.freeze(model)
    after = student.run(models.snapshot, model)
    for name, value in here.state_dict().items():
        expect_close(after[name], value, atol=0, what=f"{name} after freeze")
    modes = student.run(models.modes, model)
    changed = [name or "the model itself" for name, training in wanted.items() if modes[name] != training]
    kinds = sorted({"training" if modes[name] else "evaluation" for name in wanted if modes[name] != wanted[name]})
    assert not changed, f"freeze changed the mode of {', '.join(changed[:4])}, to {' and '.join(kinds)} mode"


# replace_head


@pytest.mark.points(2)
def test_head_has_the_old_input_width(student, rng):
    """replace_head takes the input width from the old head."""
    for width, num_classes in ((3, 2), (8, 11)):
        model, _ = tiny(student, rng, width=width, num_classes=5)
        student.transfer.replace_head(model, num_classes)
        what = f"after replace_head(model, {num_classes}) of a model whose fc has {2 * width} inputs"
        weight = student.run(models.snapshot, model)["fc.weight"]
        expect_tensor(weight, (num_classes, 2 * width), what=f"the weight of fc {what}")
        with during(f"a forward pass {what}"):
            output = model(torch.randn(3, 3, 9, 9))
        expect_tensor(output, (3, num_classes), what=f"the model's output {what}")


@pytest.mark.points(2)
def test_head_is_new_also_with_as_many_classes(student, rng):
    """replace_head starts at random, also when the number of classes stays the same."""
    model, here = tiny(student, rng, width=6, num_classes=5)
    student.transfer.replace_head(model, 7)
    rows = student.run(models.snapshot, model)["fc.weight"]
    expect_tensor(rows, (7, 12), what="the weight of fc after replace_head(model, 7) of a model whose fc has 12 inputs")
    kept = sum(bool((row == old).float().mean() > 0.5) for row, old in zip(rows, here.fc.weight, strict=False))
    assert not kept, (
        f"replace_head(model, 7) of a model with 5 classes takes over {kept} rows of the old head's weights"
    )
    model, here = tiny(student, rng, width=6, num_classes=7)
    student.run(models.set_trainable, model, {"fc.weight": False, "fc.bias": False})
    seen, free = [here.fc.weight], []
    for _ in range(2):
        student.transfer.replace_head(model, 7)
        seen.append(student.run(models.snapshot, model)["fc.weight"])
        free.append(student.run(models.trainable, model))
    what = "after replace_head(model, 7) of a model with 7 classes, whose head is frozen,"
    expect_tensor(seen[1], (7, 12), what=f"the weight of fc {what}")
    old, one, two = (weight.detach().numpy() for weight in seen)
    kept = np.mean(one == old)
    assert kept < 1, f"{what} the head's weights are still the old ones"
    assert kept < 0.1, f"{what} {kept:.0%} of the head's weights are still the old ones"
    assert {names[part] for names in free for part in ("fc.weight", "fc.bias")} == {True}, (
        f"{what} the new head is not trainable"
    )
    assert np.ptp(one) > 0, f"replace_head: all weights of the new head are {one.flat[0]:g}, they should be random"
    assert len(np.unique(one)) > one.size // 2, "after replace_head the new head's weights are not random"
    assert not (one == two).all(), "replace_head called twice gives the same weights twice: each head should be drawn"


def test_heads_are_drawn_by_torch(student, rng):
    """replace_head sets no global seed, and draws from torch's generator if from any."""
    model, _ = tiny(student, rng)
    expect_nothing_left_behind(student, "replace_head", student.transfer.replace_head, model, 4)


def expect_body(student, model, here, when):
    """All but the head of a model holds what it holds here."""
    __tracebackhide__ = True
    after = student.run(models.snapshot, model)
    for name, value in here.state_dict().items():
        if not name.startswith("fc."):
            assert name in after, f"{when} there is no {name}"
            expect_close(after[name], value, atol=0, what=f"{name} {when}")


def test_nothing_but_the_head_changes(student, rng):
    """replace_head leaves the rest of the model as it was: values, and what is frozen."""
    model, here = tiny(student, rng)
    names = models.trainable(here)
    for wanted in (dict.fromkeys(names, True), dict.fromkeys(names, False), some_of(rng, names)):
        student.run(models.set_trainable, model, wanted)
        student.transfer.replace_head(model, 3)
        expect_body(student, model, here, "after replace_head")
        free = student.run(models.trainable, model)
        changed = [name for name in free if not name.startswith("fc.") and free[name] != wanted[name]]
        now = "froze" if changed and wanted[changed[0]] else "made trainable again"
        assert not changed, f"replace_head {now} what is not the head: {', '.join(changed[:5])}"
    for build, where in ((models.ModeSwitch, "before fc"), (models.WithAuxiliary, "after fc")):
        seed = draw_seed(rng)
        model = student.run(models.seeded, build, seed)
        student.transfer.replace_head(model, 3)
        when = f"after replace_head of a model with another linear layer {where}"
        expect_body(student, model, models.seeded(build, seed), when)


# build_finetune_model


def test_the_state_dict_given_is_left_alone(student, rng):
    """build_finetune_model leaves the caller's state dict as it was."""
    seed, places = draw_seed(rng), draw_seed(rng)
    weights, expected = student.keep(models.resnet18_weights, seed), models.resnet18_weights(seed)
    with during("build_finetune_model with the state dict of a resnet18"):
        model = student.transfer.build_finetune_model(3, weights, bool(rng.random() < 0.5))
    expected = models.samples(expected, places)
    after = student.run(models.samples, weights, places)
    gone = [name for name in expected if name not in after]
    assert not gone, f"build_finetune_model took keys out of the state dict it was given: {', '.join(gone[:4])}"
    expect_unchanged(expected, after, "the state dict given to build_finetune_model")
    student.run(models.disturb, model)  # as training would
    after = student.run(models.samples, weights, places)
    what = "training of a model made by build_finetune_model changes the state dict too: what was given"
    expect_unchanged(expected, after, what)


@pytest.mark.points(3)
def test_weights_are_loaded_and_kept(student, rng):
    """build_finetune_model has all the given weights and statistics in their places, except in the head."""
    seed, places = draw_seed(rng), draw_seed(rng)
    weights = student.keep(models.resnet18_weights, seed)
    expected = models.samples(models.resnet18_weights(seed), places)
    for feature_extract in (True, False):
        build, quickly = student.transfer.build_finetune_model, recording.without_initial_weights
        with during("build_finetune_model with the state dict of a resnet18"):
            model = student.run(recording.call_inside, quickly, build, 9, weights, feature_extract)
        found = student.run(models.samples, student.keep(model.state_dict), places)
        assert set(found) == set(expected), "build_finetune_model does not give torchvision's resnet18"
        expect_loaded(found, expected, f"build_finetune_model(9, state_dict, feature_extract={feature_extract})")


def expect_loaded(found, expected, what):
    """All tensors of the body are those expected."""
    __tracebackhide__ = True
    body = [name for name in expected if not name.startswith("fc.")]
    wrong = [name for name in body if not torch.equal(found[name], expected[name])]
    if not wrong:
        return
    statistics = [name for name in body if name.endswith(("running_mean", "running_var", "num_batches_tracked"))]
    if set(wrong) == set(body):
        told = "none of the given weights is in the model"
    elif set(wrong) <= set(statistics):
        told = f"the parameters are those given, but not the running statistics of batch norm, such as {wrong[0]}"
    elif not set(wrong) & set(statistics):
        told = f"the statistics are those given, but not {len(wrong)} of the parameters, such as {wrong[0]}"
    else:
        told = f"{len(wrong)} of {len(body)} tensors of the body differ from those given, such as {wrong[0]}"
    raise AssertionError(f"{what}: {told}")


def test_it_computes_what_torchvisions_network_does(student, rng):
    """build_finetune_model's network computes what torchvision's resnet18 does with these weights and this head."""
    seed, images = draw_seed(rng), torch.randn(2, 3, 40, 33)
    weights, here = student.keep(models.resnet18_weights, seed), torchvision.models.resnet18(num_classes=4).eval()
    model = student.transfer.build_finetune_model(4, weights, bool(rng.random() < 0.5))
    model.eval()
    head = {f"fc.{name}": value for name, value in student.run(models.snapshot, model.fc).items()}
    here.load_state_dict({"fc.bias": torch.zeros(4)} | models.resnet18_weights(seed) | head)
    what = "in evaluation mode, the output of build_finetune_model's network"
    with torch.no_grad():
        wanted = here(images)
    expect_close(model(images), wanted, 0, 1e-4 * wanted.abs().max().item(), what)


@pytest.mark.points(2)
def test_pretrained_head_is_thrown_away(student, rng):
    """build_finetune_model has a new head with the classes asked for, even if there are 1000 of them."""
    seed = draw_seed(rng)
    weights, old = student.keep(models.resnet18_weights, seed), models.resnet18_weights(seed)["fc.weight"]
    for num_classes, feature_extract in ((9, False), (1000, True)):
        model = student.transfer.build_finetune_model(num_classes, weights, feature_extract)
        what = f"the weight of build_finetune_model's head for {num_classes} classes"
        head = expect_tensor(student.fetch(model.fc.weight), (num_classes, 512), what=what)
        kept = (head == old[:num_classes]).double().mean().item()
        assert kept < 0.01, f"build_finetune_model: the head for {num_classes} classes holds weights of the old task"


def test_what_is_trainable(student, rng):
    """build_finetune_model leaves the head alone trainable for feature extraction, else everything."""
    weights = student.keep(models.resnet18_weights, draw_seed(rng))
    for feature_extract, wanted in ((True, 4_617), (False, 11_181_129)):
        build, quickly = student.transfer.build_finetune_model, recording.without_initial_weights
        model = student.run(recording.call_inside, quickly, build, 9, weights, feature_extract)
        free = student.run(models.trainable_count, model)
        assert free == wanted, (
            f"build_finetune_model, feature_extract={feature_extract}: {free:,} numbers are trainable, not {wanted:,}"
        )


@pytest.mark.points(2)
def test_a_state_dict_that_does_not_fit_is_an_error(student, rng):
    """build_finetune_model refuses a state dict with a missing or an unexpected key, or a tensor of another shape."""
    weights = student.keep(models.resnet18_weights, draw_seed(rng))
    build, quickly = student.transfer.build_finetune_model, recording.without_initial_weights
    student.keep(build, 4, weights, True)
    for key in ("layer2.0.downsample.1.running_var", "fc.bias"):
        damaged = student.run(models.without, weights, key)
        refused = student.run(
            recording.call_inside, quickly, recording.refuses, build, 4, damaged, bool(rng.random() < 0.5)
        )
        assert refused, f"build_finetune_model accepted a state dict without {key}"
    damaged = student.run(models.with_extra, weights, "layer5.0.conv1.weight")
    assert student.run(recording.call_inside, quickly, recording.refuses, build, 4, damaged, False), (
        "build_finetune_model accepted a state dict with an unknown key"
    )
    damaged = student.run(models.with_one_channel, weights, "conv1.weight")
    assert student.run(recording.call_inside, quickly, recording.refuses, build, 4, damaged, False), (
        "build_finetune_model accepted a state dict whose conv1.weight has another shape"
    )
    damaged = student.run(models.with_prefix, weights, "module.")
    assert student.run(recording.call_inside, quickly, recording.refuses, build, 4, damaged, False), (
        "build_finetune_model accepted a state dict with other key names"
    )
    assert student.run(recording.call_inside, quickly, recording.refuses, build, 4, {}, True), (
        "build_finetune_model accepted an empty state dict"
    )


@pytest.mark.points(2)
def test_without_weights_it_starts_at_random(student, rng):
    """build_finetune_model(state_dict=None) draws its weights afresh each time and downloads nothing."""
    places, drawn = draw_seed(rng), []
    for feature_extract in (False, True):
        build = student.transfer.build_finetune_model
        model = student.run(recording.call_inside, recording.without_downloads, build, 5, None, feature_extract)
        drawn.append(student.run(models.samples, student.keep(model.state_dict), places))
    for name in ("conv1.weight", "layer4.1.conv2.weight", "fc.weight"):
        assert not torch.equal(drawn[0][name], drawn[1][name]), (
            f"build_finetune_model: two models built without weights share {name}"
        )


# make_optimizer


def expect_steps(student, model, free, optimizer, lr, momentum, name="make_optimizer's SGD"):
    """Three steps along random gradients of all parameters, frozen or not."""
    __tracebackhide__ = True
    before = student.run(models.snapshot, model)
    before = {name: before[name] for name in student.run(models.trainable, model)}
    gradients = [{name: torch.randn(value.shape) for name, value in before.items()} for _ in range(3)]
    after = student.run(models.planted_steps, model, optimizer, gradients)
    expect_sgd_steps(before, after, gradients, free, name, lr, momentum)


@pytest.mark.points(3)
def test_steps_are_those_of_sgd_with_momentum(student, rng):
    """make_optimizer's steps are those of SGD with the given rate and momentum and no weight decay."""
    for options in ({}, {"lr": 0.3, "momentum": 0.5}, {"lr": 0.05, "momentum": 0.0}):
        model, here = tiny(student, rng)
        with during(f"make_optimizer with {options or 'its defaults'}"):
            optimizer = student.transfer.make_optimizer(model, **options)
        sgd = student.worker("torch.optim").SGD
        assert student.worker("builtins").isinstance(optimizer, sgd), "make_optimizer should return a torch.optim.SGD"
        lr, momentum = options.get("lr", 0.001), options.get("momentum", 0.9)
        if not options:  # small steps show at zero
            student.run(models.zero, model)
        name = f"make_optimizer(model{''.join(f', {key}={value}' for key, value in options.items())})"
        expect_steps(student, model, list(models.trainable(here)), optimizer, lr, momentum, name)


@pytest.mark.points(3)
def test_exactly_the_trainable_parameters_are_optimised(student, rng):
    """make_optimizer covers what is trainable when it is called: not the frozen, and the new head too."""
    model, here = tiny(student, rng)
    wanted = some_of(rng, models.trainable(here)) | {"fc.weight": True, "conv1.weight": False}
    student.run(models.set_trainable, model, wanted)
    with during("make_optimizer of a model that is frozen in parts"):
        optimizer = student.transfer.make_optimizer(model, lr=0.5, momentum=0.4)
    expect_steps(student, model, [name for name, free in wanted.items() if free], optimizer, 0.5, 0.4)

    model, here = tiny(student, rng)
    student.run(models.set_trainable, model, dict.fromkeys(wanted, False))
    student.run(models.new_head, model, 6)
    with during("make_optimizer of a model that is frozen, with a new head"):
        optimizer = student.transfer.make_optimizer(model, lr=0.5, momentum=0.4)
    expect_steps(student, model, ["fc.weight", "fc.bias"], optimizer, 0.5, 0.4)


def test_a_parameter_that_two_layers_share(student, rng):
    """make_optimizer steps along the gradient of a parameter once, also where two layers share it."""
    model = student.run(models.seeded, models.Tied, draw_seed(rng))
    with during("make_optimizer of a model in which two layers share their weight"):
        optimizer = student.transfer.make_optimizer(model, lr=0.5, momentum=0.4)
    what = "make_optimizer's SGD, where two layers share their weight,"
    expect_steps(student, model, list(models.trainable(models.Tied())), optimizer, 0.5, 0.4, what)


# set_train_mode


@pytest.mark.points(3)
def test_modes_of_every_kind_of_layer(student, rng):
    """set_train_mode finds frozen batch norm of any dimension at any depth, and trains everything else."""
    model, here = student.run(models.NormZoo), models.NormZoo()
    norms = [name for name, module in here.named_modules() if type(module).__name__.startswith("BatchNorm")]
    kinds = rng.permutation(["frozen"] * 4 + ["free weight", "free bias", "free weight and bias"])
    for turn in range(len(norms)):  # every layer is of every kind once
        free = some_of(rng, models.trainable(here))
        for name, kind in zip(norms, np.roll(kinds, turn), strict=True):
            free[f"{name}.weight"], free[f"{name}.bias"] = "weight" in kind, "bias" in kind
        free |= {name: bool(turn % 2) for name in free if name.startswith("others.")}  # no batch norm, if frozen
        student.run(models.set_trainable, model, free)
        before = some_of(rng, models.modes(here))
        student.run(models.set_modes, model, dict.fromkeys(before, bool(turn)) if turn < 2 else before)
        student.transfer.set_train_mode(model)
        for name, training in student.run(models.modes, model).items():
            frozen = name in norms and not free[f"{name}.weight"] and not free[f"{name}.bias"]
            mode = "training" if training else "evaluation"
            assert training != frozen, f"after set_train_mode {described(here, name, free)} is in {mode} mode"


def described(model, name, free):
    """A part of a model: what it is, where it is, and which of its own parameters are frozen."""
    part = model.get_submodule(name)
    own = {which: free[f"{name}.{which}" if name else which] for which, _ in part.named_parameters()}
    frozen = [which for which, trainable in own.items() if not trainable]
    if not own:
        state = "without parameters"
    elif len(frozen) in (0, len(own)):
        state = "that is frozen" if frozen else "that is trainable"
    else:
        state = f"whose {frozen[0]} alone is frozen" if len(own) == 2 else "that is frozen in parts"
    return f"a {type(part).__name__} ({name or 'the model itself'}) {state}"


@pytest.mark.points(2)
def test_frozen_statistics_do_not_drift(student, rng):
    """After set_train_mode a pass moves the statistics of trainable batch norm and leaves frozen ones alone."""
    model, here = tiny(student, rng)
    student.run(models.set_trainable, model, {"bn1.weight": False, "bn1.bias": False})
    student.transfer.set_train_mode(model)
    student.keep(model, torch.randn(6, 3, 8, 8))
    before, after = here.state_dict(), student.run(models.snapshot, model)
    for name in ("running_mean", "running_var", "num_batches_tracked"):
        expect_close(
            after[f"bn1.{name}"],
            before[f"bn1.{name}"],
            atol=0,
            what=f"after set_train_mode and a pass, {name} of a frozen batch norm",
        )
        moved = not torch.equal(after[f"layer1.1.{name}"], before[f"layer1.1.{name}"])
        assert moved, f"{name} of a trainable batch-norm layer did not move in training"


# The rules that hold everywhere


def test_the_model_is_made_on_the_cpu(student):
    """build_finetune_model leaves its model on the CPU, also where there is an accelerator."""
    for feature_extract in (True, False):
        found = student.run(recording.devices_of, student.transfer.build_finetune_model, 3, None, feature_extract)
        assert found == ["cpu"], f"on a machine with a GPU, build_finetune_model gives a model on {', '.join(found)}"


@pytest.mark.needs("test_freeze_reaches_every_parameter")
def test_importing_does_nothing_else(student):
    """Importing transfer.py prints nothing, trains nothing and sets no seed."""
    expect_quiet_import(student, "transfer")
