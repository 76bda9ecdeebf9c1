"""Hidden checks of training.py.

Training is deterministic once weights, data and order are known, so most checks repeat it in float64 and compare:
losses, parameters and buffers. How weighted losses of several batches make up an epoch's loss is left open, so
reported losses are compared with weights only where there is one batch.
"""

import copy
import re
from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import oracle_training as oracle
import pytest
import torch
from torch.nn import functional as F
from wrong_reports import logits_in_training_mode, mistaken_epochs, mistaken_evaluations, mistaken_history
from wrong_training import cut, wrong_loops

from grader.errors import AuthorError
from grader.probes import devices, loaders, models, recording, segmenters
from grader.probes import training as traces
from grader.probes.regressors import dirty_gradients
from grader.verdicts.circumstances import during
from grader.verdicts.class_weights import mistaken_weights
from grader.verdicts.devices import expect_device_respected
from grader.verdicts.imports import expect_quiet_import
from grader.verdicts.loops import batched, steps_of, training_loop
from grader.verdicts.pictures import rearranged, rescaled
from grader.verdicts.runs import read
from grader.verdicts.surroundings import expect_nothing_left_behind
from grader.verdicts.training import expect_no_fault, not_the_best_epoch, training_faults, wrong_samples
from grader.verdicts.trajectories import differing, expect_trajectory, follow, listed_names
from grader.verdicts.values import expect_close, expect_float, expect_list, expect_tensor, expect_unchanged, kind_of

LOOP_HINT = "What happens for every batch, and in which order? What happens once in an epoch only?"
CLEAR = 1e-4  # how far the two largest logits of a pixel have to be apart for rounding not to matter
CLASSES = 4
LEANING = "a loss in which pixels on the right count more"  # a plain function, which has to know where a pixel is


def draw_data(count, size=(5, 6), classes=CLASSES):
    return torch.randn(count, 3, *size), torch.randint(classes, (count, *size))


def draw_seed(rng):
    return int(rng.integers(2**31))


@dataclass
class Case:
    """One model there (the student's side) and the same one here."""

    there: Any
    here: torch.nn.Module


def make_case(student, rng, build=segmenters.TinySegmenter, **options):
    seed = draw_seed(rng)
    return Case(student.run(models.seeded, build, seed, **options), models.seeded(build, seed, **options))


def make_clear_case(student, rng, batches, build=segmenters.TinySegmenter, **options):
    """A case whose predictions on the batches do not hang on rounding, and what `evaluate` should give."""
    for _ in range(60):
        seed = draw_seed(rng)
        here = models.seeded(build, seed, **options)
        shift = shift_to_zero(here, batches)
        segmenters.shift_logits(here, shift)
        wanted = oracle.evaluation(here, batches, CLASSES)
        if wanted.margin > CLEAR:
            there = student.run(models.seeded, build, seed, **options)
            student.run(segmenters.shift_logits, there, shift)
            return Case(there, here), wanted
    raise AuthorError("no model with clear predictions was found in 60 draws")


def shift_to_zero(model, batches):
    """What the logits of each class lack to be 0 on average over all pixels; most pixels would be of one class else."""
    pixels = [each.movedim(1, -1).flatten(0, 2) for each in oracle.logits(model, batches)]
    return -torch.cat(pixels).mean(0).float()


def sgd(**options):
    """SGD here."""
    return lambda model: torch.optim.SGD(model.parameters(), **options)


def sgd_there(student, model, **options):
    return student.worker("torch.optim").SGD(model.parameters(), **options)


def cross_entropy(student, **options):
    return student.worker("torch.nn").CrossEntropyLoss(**options)


# class_weights


def draw_masks(rng, sizes, shares):
    return [rng.choice(len(shares), p=np.array(shares) / sum(shares), size=size) for size in sizes]


def expect_weights_of(student, masks, num_classes, what, given=None, atol=1e-8):
    """class_weights of masks, or of `given`, which are the same in another form."""
    __tracebackhide__ = True
    what = f"class_weights of {what}"
    with during(what):
        weights = student.training.class_weights(masks if given is None else given, num_classes)
    expect_tensor(weights, (num_classes,), torch.float32, what=what, finite=False)
    wanted, mistakes = oracle.class_weights(masks, num_classes), mistaken_weights(masks, num_classes)
    expect_close(weights, wanted, rtol=1e-5, atol=atol, what=what, mistakes=mistakes)


def test_masks_are_left_alone(student, rng):
    """class_weights does not change the masks that it is given."""
    for convert in (torch.from_numpy, np.asarray):
        masks = [convert(rng.integers(4, size=(5, 6))) for _ in range(3)]
        held = student.hold([mask.copy() if isinstance(mask, np.ndarray) else mask.clone() for mask in masks])
        with during("class_weights of three masks"):
            student.keep(student.training.class_weights, held, 4)
        expect_unchanged(masks, student.fetch(held), "the list of masks given to class_weights")


@pytest.mark.points(3)
@pytest.mark.hint("What is counted here, images or pixels, and over which masks?")
def test_weights_are_inverse_frequencies(student, rng):
    """class_weights is inverse to the pixels of each class in all masks together, whatever their sizes."""
    sizes = [(3, 4), (20, 31), (1, 1), (9, 9)]
    masks = [*draw_masks(rng, sizes, [8, 4, 0.6, 9]), np.arange(4).reshape(2, 2)]
    masks[0][:] = 3  # a small one that would count too much if each mask counted the same
    for kind, convert in (("tensors", torch.from_numpy), ("arrays", np.asarray)):
        for container in (list, tuple):
            given = container(convert(mask) for mask in masks)
            expect_weights_of(student, masks, 4, f"a {container.__name__} of {kind} of different sizes", given)


@pytest.mark.points(2)
def test_weights_of_classes_that_are_absent(student, rng):
    """class_weights gives absent classes 0, wherever they are, and the others a mean of 1."""
    for num_classes, present in ((6, [1, 2, 4]), (4, [0, 3]), (3, [1]), (5, [4, 0, 2])):
        masks = [rng.choice(present, size=(6, 7)) for _ in range(2)] + [np.array([present])]
        there = ", ".join(map(str, sorted(present)))
        what = f"masks with classes {there} of {num_classes}"
        expect_weights_of(student, masks, num_classes, what, [torch.from_numpy(mask) for mask in masks], atol=0)


@pytest.mark.points(2)
def test_weights_for_any_integer_type(student, rng):
    """class_weights takes masks of any integer type, however many pixels they have."""
    big = np.zeros((300, 310), dtype=np.int64)
    big[:150] = 2
    big[7, 11], big[0, :9] = 1, 3
    for dtype in (np.uint8, np.int8, np.int16, np.int32, np.int64):
        for kind, convert in (("arrays", np.asarray), ("tensors", torch.from_numpy)):
            masks = [big.astype(dtype), np.array([[3, 0, 3]], dtype=dtype)]
            what = f"{np.dtype(dtype)} {kind}, the largest with 93,000 pixels"
            expect_weights_of(student, masks, 4, what, [convert(mask) for mask in masks])


# train_one_epoch


@pytest.mark.points(4)
@pytest.mark.hint(LOOP_HINT)
def test_every_step_is_exact(student, rng):
    """train_one_epoch makes the right step for every batch, in this and the next epoch."""
    images, masks = draw_data(8)
    case, size = make_case(student, rng), 3
    loader = student.run(loaders.counted_loader, images, masks, size)
    options = {"lr": 0.1, "momentum": 0.6, "weight_decay": 0.01}
    optimizer = sgd_there(student, case.there, **options)
    wanted = follow(case.here, training_loop(batched(images, masks, size), sgd(**options), epochs=2))
    epoch = student.training.train_one_epoch
    arguments = (case.there, loader, cross_entropy(student), optimizer, torch.device("cpu"))
    found = student.run(segmenters.traced_epochs, epoch, 2, arguments, case.there, {"train": images})
    seen = wrong_samples(found["trace"], "train_one_epoch", epochs=2, batch_size=size)
    loops = wrong_loops(batched(images, masks, size), sgd(**options), epochs=2)
    expect_steps(found, wanted, "train_one_epoch", case.here, loops, [seen, wrong_order(found["trace"], 8)])


def wrong_order(trace, count):
    """Whether train_one_epoch took the samples in another order than the loader's, which is theirs."""
    taken = [index[1] for event in read(trace).fed() for index in event["indices"] if index is not None]
    if len(taken) % count or taken == list(range(count)) * (len(taken) // count):
        return None
    return f"train_one_epoch takes the images in the order {taken[:count]}, not in that of the loader"


def expect_steps(outcome, wanted, name, model, loops, others=(), at_the_end=None):
    """A traced function leaves behind what it should; if not, the message says what is wrong about its steps.

    Args:
        loops: wrong ones, of which one may lead through the states that were seen.
        others: what verdicts said that know more of the exercise.
        at_the_end: what they said of a function that brings back an earlier state at its end.
    """
    __tracebackhide__ = True
    states = outcome["course"]["states"]
    if not differing(states[-1], wanted.states[-1], wanted.tolerances[-1]):
        return
    on_the_way = zip(states[:-1], wanted.states, wanted.tolerances, strict=False)
    if len(states) == len(wanted.states) and not any(
        differing(state, {part: right[part] for part in wanted.parameters}, room) for state, right, room in on_the_way
    ):
        assert at_the_end is None, at_the_end
        known = steps_of(states[1:], model, loops, wanted)
        assert not known, f"the steps of {name} {known}"
    expect_no_fault(*training_faults(outcome["trace"], name), *others)
    known = steps_of(states[1:], model, loops, wanted) or steps_of(states[1:-1], model, loops, wanted)
    assert not known, f"the steps of {name} {known}"
    expect_trajectory(outcome, wanted, name)


@pytest.mark.points(3)
@pytest.mark.hint("How many pixels does each of the criterion's values stand for?")
def test_loss_is_the_mean_per_pixel(student, rng):
    """train_one_epoch returns the mean loss per pixel, a small last batch counting less."""
    for count, size in ((5, 4), (3, 2), (4, 3)):
        images, masks = draw_data(count)
        images[-(count % size) :] *= 5  # the last batch is harder
        batches = batched(images, masks, size)
        case = make_case(student, rng, norm=False)
        loader = student.run(loaders.counted_loader, images, masks, size)
        optimizer = sgd_there(student, case.there, lr=0.05)
        with during(f"train_one_epoch with {count} images in batches of {size}"):
            loss = student.training.train_one_epoch(case.there, loader, cross_entropy(student), optimizer, "cpu")
        expect_epoch_loss(loss, case.here, batches, f"{count} images in batches of {size}")


def expect_epoch_loss(loss, here, batches, what, in_the_data_set=None, criterion=F.cross_entropy, optimizer=None):
    """The mean loss per pixel of an epoch with that optimiser, by default SGD with the rate 0.05."""
    __tracebackhide__ = True
    what = f"the loss that train_one_epoch returns for {what}"
    optimizer = optimizer or sgd(lr=0.05)
    right = training_loop(batches, optimizer, 1, criterion)
    loops = wrong_loops(batches, optimizer, 1, criterion)
    mistakes = mistaken_epochs(here, batches, right, loops, criterion, in_the_data_set)
    wanted = oracle.per_pixel(follow(here, right).losses, batches)
    expect_close(expect_float(loss, what), wanted, rtol=1e-4, atol=1e-5, what=what, mistakes=mistakes)


def uneven_batches():
    """Batches whose images have different sizes; the largest is the hardest."""
    batches = [draw_data(1, (9, 8)), draw_data(2, (3, 2)), draw_data(1, (1, 5))]
    batches[0][0].mul_(4)
    return batches


def test_loss_of_batches_with_different_sizes(student, rng):
    """train_one_epoch weighs every pixel the same when images of one batch are larger than those of others."""
    batches = uneven_batches()
    case = make_case(student, rng, norm=False)
    loader = student.run(segmenters.batched, batches)
    optimizer = sgd_there(student, case.there, lr=0.05)
    with during("train_one_epoch with batches of different sizes"):
        loss = student.training.train_one_epoch(case.there, loader, cross_entropy(student), optimizer, "cpu")
    expect_epoch_loss(loss, case.here, batches, "batches of different sizes", 4)


def test_loss_counts_the_images_seen(student, rng):
    """The loss of train_one_epoch is about the images that the loader gives, not about all that its data set has."""
    images, masks = draw_data(9)
    order = rng.permutation(9)[:5].tolist()
    case = make_case(student, rng, norm=False)
    loader = student.run(loaders.counted_loader, images, masks, 2, order)
    optimizer = sgd_there(student, case.there, lr=0.05)
    with during("train_one_epoch with a loader that gives 5 of the 9 images of its data set"):
        loss = student.training.train_one_epoch(case.there, loader, cross_entropy(student), optimizer, "cpu")
    expect_epoch_loss(loss, case.here, batched(images[order], masks[order], 2), "5 of 9 images of a data set", 9)


@pytest.mark.points(2)
def test_criterion_and_optimizer_are_those_given(student, rng):
    """train_one_epoch uses the criterion and the optimiser it is given."""
    images, masks = draw_data(6)
    smooth = {"label_smoothing": 0.3}
    for name, there, here in (
        ("a smoothed loss", cross_entropy(student, **smooth), torch.nn.CrossEntropyLoss(**smooth)),
        ("the Brier score", student.run(segmenters.Brier), segmenters.Brier()),
        (LEANING, segmenters.leaning_cross_entropy, segmenters.leaning_cross_entropy),
    ):
        case = make_case(student, rng)
        rates = {"lr": 0.2, "momentum": 0.5, "nesterov": True}
        optimizer = student.worker("torch.optim").SGD(case.there.head.parameters(), **rates)
        loader = student.run(loaders.counted_loader, images, masks, 3)
        with during(f"train_one_epoch with {name} and an optimiser of the last layer alone"):
            loss = student.training.train_one_epoch(case.there, loader, there, optimizer, "cpu")
        batches = batched(images, masks, 3)
        of_the_head = lambda model: torch.optim.SGD(model.head.parameters(), **rates)  # noqa: B023,E731
        when = f"train_one_epoch with {name} and an optimiser of the last layer alone"
        wanted = follow(case.here, training_loop(batches, of_the_head, 1, here))
        expect_state(student, case.there, wanted, when, case.here, wrong_loops(batches, of_the_head, 1, here))
        expect_epoch_loss(loss, case.here, batches, f"6 images with {name}", 6, here, of_the_head)


@pytest.mark.points(2)
def test_gradients_left_by_somebody_else_do_not_count(student, rng):
    """train_one_epoch starts every step from fresh gradients, also the first one."""
    images, masks = draw_data(4)
    case = make_case(student, rng)
    student.run(dirty_gradients, case.there)
    loader = student.run(loaders.counted_loader, images, masks, 2)
    optimizer = sgd_there(student, case.there, lr=0.05)
    student.training.train_one_epoch(case.there, loader, cross_entropy(student), optimizer, "cpu")
    batches = batched(images, masks, 2)
    wanted = follow(case.here, training_loop(batches, sgd(lr=0.05)))
    loops = wrong_loops(batches, sgd(lr=0.05), first_gradients=3.0)  # as `dirty_gradients` leaves them
    expect_state(student, case.there, wanted, "train_one_epoch of a model that had gradients already", case.here, loops)


@pytest.mark.points(2)
def test_training_mode_is_set_at_the_start(student, rng):
    """train_one_epoch trains in training mode, dropout and batch norm included, also after an evaluation."""
    images, masks = draw_data(6)
    batches = batched(images, masks, 3)
    loader = student.run(loaders.counted_loader, images, masks, 3)
    names = list(models.modes(segmenters.ModeSegmenter()))
    some = dict.fromkeys(names, True) | {"inner.0": False}
    for came, modes in (("in evaluation mode", dict.fromkeys(names, False)), ("with a part in evaluation mode", some)):
        case = make_case(student, rng, segmenters.ModeSegmenter)
        student.run(models.set_modes, case.there, modes)
        optimizer = sgd_there(student, case.there, lr=0.1)
        student.training.train_one_epoch(case.there, loader, cross_entropy(student), optimizer, "cpu")
        wanted = follow(case.here, training_loop(batches, sgd(lr=0.1)))
        as_they_came = training_loop(batches, sgd(lr=0.1), mode=partial(models.set_modes, wanted=modes))
        loops = wrong_loops(batches, sgd(lr=0.1)) | {"are made in the modes in which its parts came": as_they_came}
        when = f"train_one_epoch of a model that came {came}"
        expect_state(student, case.there, wanted, when, case.here, loops)


def test_one_pass_in_the_loaders_order(student, rng):
    """train_one_epoch goes through the loader once, in its order."""
    images, masks = draw_data(6)
    order = rng.permutation(6).tolist()
    case = make_case(student, rng)
    loader = student.run(loaders.counted_loader, images, masks, 2, order)
    optimizer = sgd_there(student, case.there, lr=0.1)
    student.training.train_one_epoch(case.there, loader, cross_entropy(student), optimizer, "cpu")
    asked = student.run(loaders.asked, loader)
    assert len(asked) == 6, f"train_one_epoch over 6 images asked the loader for {len(asked)}"
    assert asked == order, "train_one_epoch did not take the images in the loader's order"
    batches = batched(images[order], masks[order], 2)
    wanted = follow(case.here, training_loop(batches, sgd(lr=0.1)))
    loops = wrong_loops(batches, sgd(lr=0.1))
    expect_state(student, case.there, wanted, "train_one_epoch with a shuffled loader", case.here, loops)


def expect_state(student, model, wanted, when, here, loops):
    """Parameters and buffers are those at the end of a trajectory of the model `here`.

    Args:
        loops: wrong ones, of which one may end where the student's does.
    """
    __tracebackhide__ = True
    state = student.run(models.snapshot, model)
    wrong = differing(state, wanted.states[-1], wanted.tolerances[-1])
    if not wrong:
        return
    known = steps_of([state], here, loops, wanted)
    assert not known, f"the steps of {when} {known}"
    if not set(wrong) & set(wanted.parameters):
        raise AssertionError(f"after {when} the parameters are right, but not the buffers: {listed_names(wrong)}")
    still = all(
        torch.equal(state[name].double(), wanted.states[0][name].float().double()) for name in wanted.parameters
    )
    assert not still, f"after {when} the parameters are what they were before"
    raise AssertionError(f"after {when} some values are wrong: {listed_names(wrong)}")


# evaluate


EVALUATING = ("evaluate", "segment")


def evaluating(student, name, model, images, masks):
    """The function and its arguments."""
    if name == "segment":
        return student.training.segment, (model, images[0], "cpu")
    return student.training.evaluate, (model, student.run(loaders.counted_loader, images, masks, 2), "cpu", CLASSES)


@pytest.mark.points(2)
@pytest.mark.parametrize("name", EVALUATING)
def test_modes_come_back(student, rng, name):
    """evaluate and segment give every submodule its own mode back."""
    images, masks = draw_data(3)
    case = make_case(student, rng, segmenters.ModeSegmenter)
    names = list(models.modes(case.here))
    mixed = {part: bool(rng.random() < 0.5) for part in names} | {"": True, "inner": False, "inner.0": True}
    function, arguments = evaluating(student, name, case.there, images, masks)
    for before in (dict.fromkeys(names, True), dict.fromkeys(names, False), mixed, mixed | {"": False}):
        student.run(models.set_modes, case.there, before)
        with during(f"{name} of a model with parts in different modes"):
            student.keep(function, *arguments)
        after = student.run(models.modes, case.there)
        changed = [part or "the model itself" for part in names if after[part] != before[part]]
        modes = "training" if changed and after[changed[0].replace("the model itself", "")] else "evaluation"
        assert not changed, f"{name} changed the mode of {', '.join(changed)}: it leaves {changed[0]} in {modes} mode"


@pytest.mark.points(2)
@pytest.mark.parametrize("name", EVALUATING)
def test_evaluation_leaves_no_trace(student, rng, name):
    """evaluate and segment work without gradients and in evaluation mode, and change nothing in the model."""
    images, masks = draw_data(3)
    case = make_case(student, rng, segmenters.ModeSegmenter)
    before = student.run(models.snapshot, case.there)
    function, arguments = evaluating(student, name, case.there, images, masks)
    names = list(models.modes(case.here))
    some = dict.fromkeys(names, False) | {"inner.0": True, "everything": True}
    for came, modes in (("in training mode", dict.fromkeys(names, True)), ("with parts in training mode", some)):
        student.run(models.set_modes, case.there, modes)
        seen = student.run(recording.uses_of, case.there, function, *arguments)
        assert seen, f"{name} did not run the model"
        assert not any(use["grad"] for use in seen), f"{name} records gradients while the model runs"
        in_training = ", ".join(sorted({use["module"] or "the model itself" for use in seen if use["training"]}))
        assert not in_training, f"in {name} of a model that came {came}, these run in training mode: {in_training}"
        after = student.run(models.snapshot, case.there)
        moved = [part for part, value in before.items() if not torch.equal(value, after[part])]
        assert not moved, f"{name} changed values in the model: {listed_names(moved)}"
    expect_nothing_left_behind(student, name, function, *arguments, looks_at=case.there)


KEYS = ("loss", "accuracy", "iou")


def expect_evaluation(found, wanted, what, mistakes, keys=KEYS):
    """The loss, the accuracy and the IoU are those wanted, and of the right types.

    Args:
        mistakes: of each key, as `expect_close` takes them.
    """
    __tracebackhide__ = True
    assert isinstance(found, dict), f"{what} should be a dict, got {kind_of(found)}"
    for key in keys:
        assert key in found, f"{what} lacks {key!r}, it has {', '.join(map(repr, found))}"
    told = f"the loss of {what}"
    expect_close(expect_float(found["loss"], told), wanted.loss, 1e-4, 1e-5, told, mistakes=mistakes["loss"])
    told = f"the accuracy of {what}"
    expect_close(
        expect_float(found["accuracy"], told), wanted.accuracy, atol=1e-6, what=told, mistakes=mistakes["accuracy"]
    )
    if "iou" in keys:
        told = f"the IoU of {what}"
        values = expect_list(found["iou"], len(wanted.iou), told)
        for number, value in enumerate(values):
            expect_float(value, f"the IoU of class {number} in {what}")
        expect_close(values, wanted.iou, atol=1e-6, what=told, mistakes=mistakes["iou"])


def evaluated(student, model, loader, what, *options, device="cpu"):
    """What evaluate gives."""
    __tracebackhide__ = True
    with during(what):
        return student.training.evaluate(model, loader, device, CLASSES, *options)


@pytest.mark.points(4)
@pytest.mark.hint("Three numbers, all of them about all pixels of the loader together.")
def test_evaluation_is_exact(student, rng):
    """evaluate gives loss, accuracy and IoU over all pixels, a small last batch counting less."""
    for count, size, shape in ((5, 4, (5, 6)), (4, 1, (3, 4)), (3, 5, (7, 2)), (3, 2, (1, 6)), (2, 1, (6, 1))):
        images, masks = draw_data(count, shape)
        images[-(count % size) :] *= 4
        masks[0] = 2
        batches = batched(images, masks, size)
        case, wanted = make_clear_case(student, rng, batches)
        loader = student.run(segmenters.turned_loader, images, masks, size)
        what = f"evaluate on {count} images of {shape[0]}×{shape[1]} in batches of {size}"
        mistakes = mistaken_evaluations(case.here, batches, CLASSES)
        expect_evaluation(evaluated(student, case.there, loader, what), wanted, what, mistakes)


def test_evaluation_of_batches_with_different_sizes(student, rng):
    """evaluate weighs every pixel the same when images of one batch are larger than those of others."""
    batches = uneven_batches()
    case, wanted = make_clear_case(student, rng, batches, norm=False)
    what = "evaluate on batches of different sizes"
    found = evaluated(student, case.there, student.run(segmenters.batched, batches), what)
    expect_evaluation(found, wanted, what, mistaken_evaluations(case.here, batches, CLASSES), ("loss", "accuracy"))


def test_evaluation_counts_the_images_seen(student, rng):
    """What evaluate gives is about the images that the loader gives, not about all that its data set has."""
    images, masks = draw_data(9)
    order = rng.permutation(9)[:5].tolist()
    batches = batched(images[order], masks[order], 2)
    case, wanted = make_clear_case(student, rng, batches, norm=False)
    loader = student.run(loaders.counted_loader, images, masks, 2, order)
    what = "evaluate on 5 of the 9 images of a data set"
    mistakes = mistaken_evaluations(case.here, batches, CLASSES, in_the_data_set=9)
    expect_evaluation(evaluated(student, case.there, loader, what), wanted, what, mistakes, ("loss", "accuracy"))


@pytest.mark.points(2)
def test_classes_that_are_nowhere(student, rng):
    """evaluate gives NaN for the IoU of a class neither predicted nor there, 0 where it is only one of both."""
    images, masks = draw_data(4, classes=2)
    case, _ = make_clear_case(student, rng, batched(images, masks, 3))
    shift = torch.tensor([0.0, 0.0, 50.0, -50.0])  # class 2 nearly everywhere, class 3 nowhere
    case.here.head.bias.data += shift
    student.run(segmenters.shift_logits, case.there, shift)
    batches = batched(images, masks, 3)
    wanted = oracle.evaluation(case.here, batches, CLASSES)
    loader = student.run(loaders.counted_loader, images, masks, 3)
    what = "evaluate where only class 2 is predicted and only classes 0 and 1 are there"
    mistakes = mistaken_evaluations(case.here, batches, CLASSES)
    expect_evaluation(evaluated(student, case.there, loader, what), wanted, what, mistakes)


@pytest.mark.points(2)
def test_evaluation_with_a_criterion(student, rng):
    """evaluate uses the criterion it is given, and the cross-entropy of the logits when it is given none."""
    images, masks = draw_data(5)
    batches = batched(images, masks, 3)
    case, wanted = make_clear_case(student, rng, batches)
    loader = student.run(loaders.counted_loader, images, masks, 3)
    for name, criterion, here in (
        ("with the Brier score as criterion", student.run(segmenters.Brier), segmenters.Brier()),
        (f"with {LEANING}", segmenters.leaning_cross_entropy, segmenters.leaning_cross_entropy),
        ("without criterion", None, F.cross_entropy),
    ):
        wanted.loss = oracle.evaluation(case.here, batches, CLASSES, here).loss
        mistakes = mistaken_evaluations(case.here, batches, CLASSES, here)
        found = evaluated(student, case.there, loader, f"evaluate {name}", criterion)
        expect_evaluation(found, wanted, f"evaluate {name}", mistakes)


def test_weighted_evaluation_of_one_batch(student, rng):
    """evaluate with class weights in its criterion gives the weighted loss and the plain accuracy of a batch."""
    images, masks = draw_data(4)
    weights = torch.tensor([0.2, 3.0, 0.0, 1.0])
    case, wanted = make_clear_case(student, rng, [(images, masks)])
    wanted.loss = oracle.evaluation(case.here, [(images, masks)], CLASSES, weighted(weights)).loss
    loader = student.run(loaders.counted_loader, images, masks, 4)
    criterion = cross_entropy(student, weight=weights)
    what = "evaluate with a criterion that has class weights"
    found = evaluated(student, case.there, loader, what, criterion, device=torch.device("cpu"))
    mistakes = mistaken_evaluations(case.here, [(images, masks)], CLASSES, weighted(weights), weights)
    expect_evaluation(found, wanted, what, mistakes)


def test_large_logits(student, rng):
    """evaluate gives a finite loss, and segment the right classes, for logits of any size."""
    images, masks = draw_data(3)
    case, _ = make_clear_case(student, rng, [(images, masks)])
    student.run(segmenters.scale_logits, case.there, 1000.0)
    loader = student.run(loaders.counted_loader, images, masks, 3)
    segmenters.scale_logits(case.here, 1000.0)
    wanted = oracle.evaluation(case.here, [(images, masks)], CLASSES)
    found = evaluated(student, case.there, loader, "evaluate with logits of some thousands")
    expect_close(found["loss"], wanted.loss, rtol=1e-3, what="the loss of evaluate with logits of some thousands")
    what = "the accuracy of evaluate with logits of some thousands"
    expect_close(found["accuracy"], wanted.accuracy, atol=1e-6, what=what)
    found = student.training.segment(case.there, images[0], "cpu")
    outputs = oracle.logits(case.here, [(images[:1], None)])[0][0]
    expect_close(found, outputs.argmax(0), atol=0, what="segment of an image with logits of some thousands")


# fit


def weighted(weights):
    """Cross-entropy with class weights here, in the precision of the logits."""
    return lambda logits, masks: F.cross_entropy(logits, masks, weight=weights.to(logits.dtype))


@dataclass
class Run:
    """A call of `fit`, and what should come of it; `best` is the number of the best epoch."""

    model: Any
    train: Any
    val: Any
    images: torch.Tensor
    batches: list[Any]
    here: torch.nn.Module
    loop: Any
    history: list[oracle.Epoch]
    masks: list[torch.Tensor]
    best: int
    wrong: dict[str, Any]  # loops that make one mistake each

    @property
    def checks(self):
        """The validation batches."""
        return list(zip(self.images.split([len(mask) for mask in self.masks]), self.masks, strict=True))

    def fit(self, student, lr, device="cpu", **options):
        return student.training.fit(self.model, self.train, self.val, len(self.history), device, lr=lr, **options)

    def traced(self, student, what, **options):
        """What fit does with the rate 0.05, and what it returns."""
        __tracebackhide__ = True
        images = torch.cat([images for images, _ in self.batches])
        with during(what):
            return student.run(
                traces.traced,
                student.training.fit,
                *(self.model, self.train, self.val, len(self.history), "cpu"),
                lr=0.05,
                splits={"training": images, "validation": self.images},
                course_of=self.model,
                **options,
            )

    def expect_steps(self, outcome, losses):
        """What was traced ended with the best epoch, whose validation losses are given."""
        __tracebackhide__ = True
        seen = wrong_samples(outcome["trace"], "fit", len(self.history), len(self.batches[0][0]), "training")
        restored = self.wrongly_restored(outcome, losses)
        expect_steps(outcome, self.state(self.batches), "fit", self.here, self.loops(), [seen], restored)

    def wrongly_restored(self, outcome, losses):
        """Which other epoch than the best a traced fit ended with, and what may have been taken for best about it."""
        fault = not_the_best_epoch(outcome["trace"], "fit", losses, "min", "validation")
        number = re.search(r"weights of epoch (\d+) instead", fault or "")
        if not number:
            return fault
        kept = int(number[1]) - 1
        right = [
            sum((o.argmax(1) == m).sum().item() for o, m in zip(epoch.logits, self.masks, strict=True))
            for epoch in self.history
        ]
        told = [
            f"its {what}"
            for what, values in (
                ("validation accuracy is the highest", right),
                ("training loss is the lowest", [-epoch.train_loss for epoch in self.history]),
                ("validation loss is the highest", losses),
            )
            if values[kept] == max(values)
        ]
        return f"{fault}; of the epoch kept, {' and '.join(told)}" if told else fault

    def loops(self):
        """Wrong ones, up to the best epoch."""
        return cut(self.wrong, (self.best + 1) * len(self.batches))

    def expect_best(self, student, when):
        """The model is what it was after the best epoch."""
        __tracebackhide__ = True
        expect_state(student, self.model, self.state(self.batches), when, self.here, self.loops())

    def state(self, train):
        """The trajectory up to the best epoch."""
        loop = self.loop
        count = (self.best + 1) * len(train)
        return follow(self.here, lambda model: (loss for loss, _ in zip(loop(model), range(count), strict=False)))


def make_run(student, rng, best, epochs=4, frozen=(), lr=0.05, factor=1.0, weights=None, sizes=((6, 4), (5, 3))):
    """A run in which the validation loss is lowest in epoch `best`, and no prediction hangs on rounding.

    Args:
        frozen: parameters that do not require a gradient.
        weights: of the classes, in training; the validation loss is compared without them.
        sizes: of training and validation: number of images, batch size.
    """
    for _ in range(200):
        seed = draw_seed(rng)
        (count, size), (others, other) = sizes
        train, val = draw_data(count), draw_data(others, (4, 5))
        here = models.seeded(segmenters.TinySegmenter, seed)
        models.set_trainable(here, dict.fromkeys(frozen, False))
        batches, checks = batched(*train, size), batched(*val, other)
        shift = shift_to_zero(here, checks)
        segmenters.shift_logits(here, shift)
        criterion = F.cross_entropy if weights is None else weighted(weights)
        loop = training_loop(batches, oracle.adam(lr), epochs, criterion, factor)
        moving = copy.deepcopy(here).double()
        history = oracle.epochs(moving, loop(moving), batches, checks, epochs)
        masks = oracle.masks_for(history, best, rng) if min(oracle.margin(e.logits) for e in history) > CLEAR else None
        if masks is None or (weights is not None and weighted_best(history, masks, weights) != best):
            continue
        model = student.run(models.seeded, segmenters.TinySegmenter, seed)
        student.run(segmenters.shift_logits, model, shift)
        student.run(models.set_trainable, model, dict.fromkeys(frozen, False))
        loader = student.run(loaders.counted_loader, *train, size)
        checked = student.run(loaders.counted_loader, val[0], torch.cat(masks), other)
        wrong = wrong_loops(batches, oracle.adam(lr), epochs, criterion, factor, lr, weights)
        return Run(model, loader, checked, val[0], batches, here, loop, history, masks, best, wrong)
    raise AuthorError("no suitable training run was found in 200 draws")


def validation_loss(epoch, masks, weights=None):
    """The mean per pixel; with weights, of a single batch."""
    logits, classes = (
        torch.cat([each.movedim(1, -1).flatten(0, 2) for each in epoch.logits]),
        torch.cat(masks).flatten(),
    )
    return F.cross_entropy(logits, classes, None if weights is None else weights.to(logits.dtype)).item()


def weighted_best(history, masks, weights):
    """The epoch whose weighted validation loss is lowest by a clear margin; None if there is none."""
    losses = [validation_loss(epoch, masks, weights) for epoch in history]
    first, second = sorted(losses)[:2]
    return losses.index(first) if second - first > 1e-3 else None


@pytest.mark.points(4)
@pytest.mark.hint("How many optimisers are made in all? Which one, and with which settings?")
def test_steps_of_adam_are_exact(student, rng):
    """fit makes Adam's steps on the cross-entropy of the logits, with one optimiser for all epochs."""
    run = make_run(student, rng, best=3)
    outcome = run.traced(student, "fit with 4 epochs")
    run.expect_steps(outcome, [validation_loss(epoch, run.masks) for epoch in run.history])


@pytest.mark.points(3)
@pytest.mark.hint(LOOP_HINT)
def test_history_is_exact(student, rng):
    """fit reports the right training loss, validation loss and validation accuracy of every epoch."""
    run = make_run(student, rng, best=int(rng.integers(4)), sizes=((5, 3), (5, 3)))
    run.val = student.run(segmenters.turned_loader, run.images, torch.cat(run.masks), 3)
    with during("fit with 4 epochs"):
        returned = run.fit(student, 0.05)
    history = expect_list(returned, 4, "what fit returns for 4 epochs")
    for number, (entry, wanted) in enumerate(zip(history, run.history, strict=True), start=1):
        pixels = [mask.numel() for mask in run.masks]
        accuracy = np.average(
            [(o.argmax(1) == m).double().mean().item() for o, m in zip(wanted.logits, run.masks, strict=True)],
            weights=pixels,
        )
        mistakes = mistaken_history(run.history, number - 1, run.here, run.batches, run.checks, CLASSES)
        for key, value in (
            ("train_loss", wanted.train_loss),
            ("val_loss", validation_loss(wanted, run.masks)),
            ("val_accuracy", accuracy),
        ):
            assert key in entry, f"an entry of the history that fit returns lacks {key!r}"
            what = f"the {key} of epoch {number} that fit reports"
            found = expect_float(entry[key], what)
            expect_close(found, value, rtol=5e-4, atol=2e-5, what=what, mistakes=mistakes[key])


@pytest.mark.points(2)
def test_rate_is_used(student, rng):
    """fit trains with the learning rate given, 0.001 by default."""
    for options in ({}, {"lr": 0.02}, {"lr": 0.0001}):
        case, train = make_case(student, rng), draw_data(4)
        loader = student.run(loaders.counted_loader, *train, 2)
        student.training.fit(case.there, loader, loader, 1, torch.device("cpu"), **options)
        lr, batches = options.get("lr", 0.001), batched(*train, 2)
        wanted = follow(case.here, training_loop(batches, oracle.adam(lr)))
        when = f"one epoch of fit {f'with lr={lr}' if options else 'without lr, whose default is 0.001,'}"
        expect_state(student, case.there, wanted, when, case.here, wrong_loops(batches, oracle.adam(lr), lr=lr))


@pytest.mark.points(3)
@pytest.mark.hint("What is in the state that you keep once later epochs have changed the model?")
def test_best_epoch_is_restored(student, rng):
    """After fit the model holds parameters and buffers of the epoch with the lowest validation loss."""
    for best in (0, 1 + int(rng.integers(2))):
        run = make_run(student, rng, best=best)
        arguments = (run.model, run.train, run.val, 4, "cpu")
        splits = {"validation": run.images}
        outcome = student.run(traces.traced, student.training.fit, *arguments, lr=0.05, splits=splits)
        wanted = run.state(run.batches)
        wrong = differing(student.run(models.snapshot, run.model), wanted.states[-1], wanted.tolerances[-1])
        if wrong:
            losses = [validation_loss(epoch, run.masks) for epoch in run.history]
            assert set(wrong) & set(wanted.parameters), (
                f"fit ends with the parameters of epoch {best + 1}, which was the best, but with other buffers "
                f"({listed_names(wrong)})"
            )
            fault = run.wrongly_restored(outcome, losses)
            assert fault is None, fault
        run.expect_best(student, f"fit, whose validation loss is lowest in epoch {best + 1} of 4,")


@pytest.mark.points(2)
def test_earliest_of_equally_good_epochs(student, rng):
    """fit keeps the earliest of epochs with the same validation loss."""
    case = make_case(student, rng, segmenters.CountingSegmenter)
    train, val = draw_data(4), draw_data(3)
    loaders_there = [student.run(loaders.counted_loader, *data, 2) for data in (train, val)]
    history = student.training.fit(case.there, *loaders_there, 12, "cpu", lr=0.0)  # no epoch changes anything
    losses = [entry["val_loss"] for entry in expect_list(history, 12, "fit with 12 epochs and lr=0: the history")]
    assert len(set(losses)) == 1, f"with lr=0 the validation loss should stay the same, fit reports {losses}"
    passes = int(student.run(models.snapshot, case.there)["passes"])
    counted = f"fit leaves a buffer behind that counts {passes} batches: it is that of epoch {passes / 2:g}"
    assert passes == 2, f"when all 12 epochs, of 2 batches each, have the same validation loss, {counted}"


@pytest.mark.hint("Which numbers decide about the best epoch, and how exactly are they compared?")
def test_small_improvements_count(student, rng):
    """fit takes an epoch for the best one however little it improves on the validation loss of those before."""
    seed, rate, data = draw_seed(rng), 1e-4, draw_data(4)
    batches = batched(*data, 2)
    for _ in range(20):
        model = models.seeded(segmenters.CountingSegmenter, seed).double()
        running = training_loop(batches, oracle.adam(rate), 3)(model)
        losses = [validation_loss(epoch, [data[1]]) for epoch in oracle.epochs(model, running, batches, [data], 3)]
        gains = -np.diff(losses)
        if gains.min() > 1.5e-5 and gains.sum() < 9e-5:  # seen in float32, and less than a round number
            break
        rate *= float(np.clip(4e-5 / max(gains.max(), 1e-9), 0.1, 10))
    else:
        raise AuthorError("no rate was found at which the loss falls slowly")
    there = student.run(models.seeded, segmenters.CountingSegmenter, seed)
    loader = student.run(loaders.counted_loader, *data, 2)
    with during("fit with a small rate, validated on the training data"):
        student.training.fit(there, loader, loader, 3, "cpu", lr=rate)
    passes = int(student.run(models.snapshot, there)["passes"])
    fallen = f"the validation loss falls from epoch to epoch, by about {gains.mean():.1g}"
    assert passes == 6, (
        f"{fallen}, and fit ends with a buffer of epoch {passes / 2:g}: it takes such small improvements for none"
    )


@pytest.mark.points(2)
@pytest.mark.hint("How does NaN compare with a number? And min() of a list that begins with NaN?")
def test_nan_is_never_best(student, rng):
    """fit does not take an epoch for the best whose validation loss is NaN, be it the first, the last or another."""
    for bad in ((1,), (1, 2), (4,), (2, 4), (1, 3, 4)):
        seed, train, val = draw_seed(rng), draw_data(4), draw_data(3)
        options = {"num_classes": CLASSES, "nan_after": [2 * epoch for epoch in bad]}
        here, again = (models.seeded(segmenters.CountingSegmenter, seed, **options) for _ in range(2))
        batches, loop = batched(*train, 2), training_loop(batched(*train, 2), oracle.adam(0.05), 4)
        running = loop(again.double())
        losses = [validation_loss(epoch, [val[1]]) for epoch in oracle.epochs(again, running, batches, [val], 4)]
        good = [epoch for epoch in range(4) if epoch + 1 not in bad]
        best = min(good, key=lambda epoch: losses[epoch])
        if sum(abs(losses[epoch] - losses[best]) < 1e-4 for epoch in good) > 1:
            continue  # too close to tell in float32
        there = student.run(models.seeded, segmenters.CountingSegmenter, seed, **options)
        pair = [student.run(loaders.counted_loader, *data, 2) for data in (train, val)]
        which = " and ".join(map(str, bad))
        with during(f"fit of 4 epochs, in which the validation loss of epoch {which} is NaN,"):
            history = student.training.fit(there, *pair, 4, "cpu", lr=0.05)
        expect_list(history, 4, f"what fit returns for 4 epochs, in which the validation loss of epoch {which} is NaN,")
        count = 2 * (best + 1)
        wanted = follow(here, lambda model: (x for x, _ in zip(loop(model), range(count), strict=False)))  # noqa: B023
        when = f"fit of 4 epochs, in which the validation loss of epoch {which} is NaN,"
        passes = int(student.run(models.snapshot, there)["passes"])
        where = f"that of epoch {passes // 2}" if passes in (2, 4, 6, 8) else f"one after {passes} batches"
        assert passes == count, f"{when} leaves a buffer behind that is {where} instead of that of epoch {best + 1}"
        expect_state(student, there, wanted, when, here, {})


@pytest.mark.points(3)
@pytest.mark.hint("Of which loss is the validation loss, if training minimises a weighted one?")
def test_weights_count_in_training_and_validation(student, rng):
    """fit uses the class weights in the training and in the validation loss, and leaves the accuracy alone."""
    weights = torch.tensor([0.1, 2.5, 0.3, 1.1])[torch.from_numpy(rng.permutation(4))]
    run = make_run(student, rng, best=3, weights=weights, sizes=((6, 3), (4, 4)))
    held = student.hold(weights.clone())
    outcome = run.traced(student, "fit with class weights", weights=held)
    expect_unchanged(weights, student.fetch(held), "the tensor of class weights given to fit")
    run.expect_steps(outcome, [validation_loss(epoch, run.masks, weights) for epoch in run.history])
    for number, (entry, epoch) in enumerate(zip(outcome["result"], run.history, strict=True), start=1):
        mistakes = mistaken_history(
            run.history, number - 1, run.here, run.batches, run.checks, CLASSES, weighted(weights), weights
        )
        what = f"the val_loss of epoch {number} that fit reports with class weights"
        wanted = validation_loss(epoch, run.masks, weights)
        expect_close(entry["val_loss"], wanted, rtol=5e-4, atol=2e-5, what=what, mistakes=mistakes["val_loss"])
        right = (epoch.logits[0].argmax(1) == run.masks[0]).double().mean().item()
        what = f"the val_accuracy of epoch {number} that fit reports with class weights"
        known = mistakes["val_accuracy"]
        expect_close(entry["val_accuracy"], right, atol=1e-6, what=what, mistakes=known)


@pytest.mark.points(2)
def test_weighted_loss_of_a_single_batch(student, rng):
    """fit reports the weighted training loss, and picks the epoch by the weighted validation loss."""
    weights = torch.tensor([4.0, 0.05, 0.0, 0.7])
    run = make_weighted_run(student, rng, weights)
    history = run.fit(student, 0.05, weights=weights)
    for number, (entry, epoch) in enumerate(zip(history, run.history, strict=True), start=1):
        what = f"the train_loss of epoch {number} that fit reports with class weights and a single batch"
        mistakes = mistaken_history(
            run.history, number - 1, run.here, run.batches, run.checks, CLASSES, weighted(weights), weights
        )["train_loss"]
        expect_close(entry["train_loss"], epoch.train_loss, rtol=5e-4, atol=2e-5, what=what, mistakes=mistakes)
    when = f"fit, whose weighted validation loss is lowest in epoch {run.best + 1} of 3 and whose plain one is not,"
    run.expect_best(student, when)


def make_weighted_run(student, rng, weights):
    """A run whose best epoch is another one with the weights than without them."""
    for _ in range(200):
        run = make_run(student, rng, best=int(rng.integers(3)), epochs=3, weights=None, sizes=((3, 3), (3, 3)))
        loop = training_loop(run.batches, oracle.adam(0.05), 3, weighted(weights))
        moving = models.seeded(segmenters.TinySegmenter, 0)
        moving.load_state_dict(run.here.state_dict())
        moving.double()
        history = oracle.epochs(moving, loop(moving), run.batches, [(run.images, torch.cat(run.masks))], 3)
        best = weighted_best(history, run.masks, weights)
        plain = [validation_loss(epoch, run.masks) for epoch in history]
        if best is not None and plain[best] > min(plain) + 1e-3:
            run.loop, run.history, run.best = loop, history, best
            run.wrong = wrong_loops(run.batches, oracle.adam(0.05), 3, weighted(weights), lr=0.05, weights=weights)
            return run
    raise AuthorError("no suitable weighted run was found in 200 draws")


@pytest.mark.points(3)
@pytest.mark.hint("When is a scheduler made, for which optimiser, and what does it count?")
def test_scheduler_steps_once_per_epoch(student, rng):
    """fit makes one scheduler for its optimiser and steps it once after the training of each epoch."""
    for epochs, best in ((3, 2), (3, 0), (1, 0)):  # the validation loss falls, or rises
        run = make_run(student, rng, best=best, epochs=epochs, factor=0.3) if epochs > 1 else None
        maker = student.run(segmenters.SchedulerMaker, 0.3)
        with during(f"fit with a scheduler and epochs={epochs}"):
            if run is None:
                case, (images, masks) = make_case(student, rng), draw_data(6)
                loader = student.run(loaders.counted_loader, images, masks, 4)
                student.training.fit(case.there, loader, loader, 1, "cpu", scheduler=maker)
            else:
                run.fit(student, 0.05, scheduler=maker)
        notes = student.run(segmenters.notes, maker)
        made = sum(note["kind"] == "made" for note in notes)
        assert made == 1, f"with epochs={epochs} fit made {made} schedulers instead of one"
        steps = [note["updates"] for note in notes if note["kind"] == "step"]
        told = scheduled_wrongly(steps, epochs)
        assert not told, f"with epochs={epochs} and 2 batches in each {told}"
        if run is not None:
            run.expect_best(student, "fit with a scheduler that lowers the rate")


def scheduled_wrongly(steps, epochs, batches=2):
    """What is wrong about the numbers of optimiser steps after which a scheduler was stepped."""
    if steps == [batches * (epoch + 1) for epoch in range(epochs)]:
        return ""
    if not steps:
        return "fit never steps the scheduler"
    if len(steps) != epochs:
        return f"fit steps the scheduler {len(steps)} times, after {steps} steps of the optimiser"
    if steps == [batches * epoch for epoch in range(epochs)] and epochs > 1:
        return f"fit steps the scheduler before the training of each epoch, after {steps} steps of the optimiser"
    if not any(steps):
        return "the optimiser that fit gave the scheduler has made no step whenever the scheduler is stepped"
    return f"fit steps the scheduler after {steps} steps of the optimiser it was made for"


def test_torchs_own_schedulers_work(student, rng):
    """fit works with a scheduler of torch.optim.lr_scheduler."""
    run = make_run(student, rng, best=2, epochs=3, factor=0.4)
    with during("fit with an exponential schedule"):
        run.fit(student, 0.05, scheduler=segmenters.exponential_schedule)
    run.expect_best(student, "fit with an exponential schedule")


@pytest.mark.points(2)
def test_frozen_stays_frozen(student, rng):
    """fit leaves frozen parameters as they were, and trains the rest."""
    frozen = ["first.weight", "norm.weight", "norm.bias", "second.weight", "second.bias"]
    run = make_run(student, rng, best=2, epochs=3, frozen=frozen)
    before = student.run(models.snapshot, run.model)
    run.fit(student, 0.05)
    after = student.run(models.snapshot, run.model)
    moved = [name for name in frozen if not torch.equal(before[name], after[name])]
    assert not moved, f"fit changed what was frozen: {', '.join(moved)}"
    free = sorted(name for name, learns in student.run(models.trainable, run.model).items() if learns)
    wanted = sorted(name for name, parameter in run.here.named_parameters() if parameter.requires_grad)
    assert free == wanted, f"after fit these are trainable: {', '.join(free)}"
    run.expect_best(student, "fit of a model that is frozen in part")


@pytest.mark.points(2)
def test_modes_and_gradients_in_every_epoch(student, rng):
    """fit trains in training mode and validates in evaluation mode without gradients, in every epoch."""
    run = make_run(student, rng, best=1, epochs=3)
    arguments = (run.model, run.train, run.val, 3, "cpu")
    student.run(models.set_modes, run.model, dict.fromkeys(models.modes(run.here), True) | {"norm": False})
    seen = student.run(recording.uses_of, run.model, student.training.fit, *arguments)
    norms = [use for use in seen if use["module"] == "norm"]
    trained = [use for use in norms if use["grad"]]
    assert len(trained) == 6, f"3 epochs of 2 batches ran the model {len(trained)} times with gradients, not 6"
    assert len(norms) > len(trained), "fit never ran the model without gradients; validation needs none"
    wrong = sorted({use["module"] for use in seen if use["module"] and use["grad"] and not use["training"]})
    assert not wrong, f"while fit trains, these are in evaluation mode: {', '.join(wrong)}"
    wrong = sorted({use["module"] for use in seen if use["module"] and not use["grad"] and use["training"]})
    assert not wrong, f"while fit validates, these are in training mode: {', '.join(wrong)}"


def test_one_pass_over_the_training_data_per_epoch(student, rng):
    """fit goes through the training data once per epoch, and through all validation data after each."""
    run = make_run(student, rng, best=0, epochs=3)
    run.fit(student, 0.05)
    asked = student.run(loaders.asked, run.train)
    assert asked == list(range(6)) * 3, f"in 3 epochs fit asked for {len(asked)} training images, of which there are 6"
    times = Counter(student.run(loaders.asked, run.val))
    least = min(times[number] for number in range(5))
    assert least >= 3, f"in 3 epochs fit asked for some of the validation images only {least} times"


def test_nothing_happens_without_epochs(student, rng):
    """fit with epochs=0 returns an empty list and leaves the model as it was."""
    case = make_case(student, rng)
    loader = student.run(loaders.counted_loader, *draw_data(4), 2)
    before = student.run(models.snapshot, case.there)
    with during("fit with epochs=0"):
        history = student.training.fit(case.there, loader, loader, 0, torch.device("cpu"))
    assert history == [], f"fit with epochs=0 should give an empty list, got {kind_of(history)}: {str(history)[:80]}"
    for name, value in student.run(models.snapshot, case.there).items():
        expect_close(value, before[name], atol=0, what=f"{name} after fit with epochs=0")


# segment


@pytest.mark.points(2)
def test_image_reaches_the_model_as_it_is(student, rng):
    """segment passes the image to the model as it is, in a batch of one, whatever its range."""
    for image in (torch.randn(3, 4, 5) * 40, torch.rand(3, 5, 5), torch.full((3, 2, 3), 0.25)):
        case = make_case(student, rng)
        held = student.hold(image.clone())
        found = student.run(segmenters.inputs_of, case.there, student.training.segment, case.there, held, "cpu")
        expect_unchanged(image, student.fetch(held), "the image given to segment")
        assert found["inputs"], "segment did not run the model"
        for given in found["inputs"]:
            expect_tensor(given, (1, *image.shape), what="what segment gives to the model")
            pixels = image.double().numpy()
            mistakes = lambda pixels=pixels: [*rescaled(pixels), *rearranged(pixels)]  # noqa: E731
            expect_close(given[0], image, atol=0, rtol=0, what="what segment gives to the model", mistakes=mistakes)


@pytest.mark.points(3)
def test_class_map_is_exact(student, rng):
    """segment gives the most likely class at every pixel, int64 and of the image's size, in evaluation mode."""
    for build, size in (
        (segmenters.TinySegmenter, (6, 9)),
        (segmenters.ModeSegmenter, (5, 4)),
        (segmenters.ModeSegmenter, (1, 7)),
        (segmenters.ModeSegmenter, (8, 1)),
    ):
        image = torch.randn(3, *size) * 3
        case, _ = make_clear_case(student, rng, [(image[None], torch.zeros(1, *size, dtype=torch.long))], build)
        case.there.train()
        what = f"segment of an image of {size[0]}×{size[1]}"
        with during(what):
            found = student.training.segment(case.there, image, "cpu")
        expect_tensor(found, size, torch.int64, what=what)
        outputs = oracle.logits(case.here, [(image[None], None)])[0][0]
        expect_close(found, outputs.argmax(0), atol=0, what=what, mistakes=mistaken_maps(case.here, image, outputs))


def mistaken_maps(model, image, outputs):
    """What segment may give instead of the most likely class at every pixel."""

    def known():
        yield "these are the classes with the smallest logits", outputs.argmin(0)
        yield "classes are counted from 1", outputs.argmax(0) + 1
        yield (
            "these are the classes in training mode",
            logits_in_training_mode(model, [(image[None], None)])[0][0].argmax(0),
        )
        yield "this is the first class with a positive logit at every pixel", (outputs > 0).long().argmax(0)
        yield "these are the classes with the second largest logits", outputs.topk(2, 0).indices[1]
        yield "these are positions along the height, not classes", outputs.argmax(1)[: outputs.shape[1]]
        turned = oracle.logits(model, [(image[None].flip(3), None)])[0][0]
        yield "these are classes of the image and of its mirror image together", (outputs + turned.flip(2)).argmax(0)
        for told, other in (*rescaled(image.double().numpy()), *rearranged(image.double().numpy())):
            if other.shape == image.shape:
                given = torch.from_numpy(np.ascontiguousarray(other))[None]
                yield (
                    f"these are the classes of another image: {told}",
                    oracle.logits(model, [(given, None)])[0][0].argmax(0),
                )

    return known


# The rules that hold everywhere

SECOND = torch.device("cuda:1")  # on a simulated machine that has two
DEVICE_HINT = "Model, images and masks all have to be sent to the device that the caller names."


@pytest.mark.points(2)
@pytest.mark.hint(DEVICE_HINT)
def test_training_happens_on_the_device(student, rng):
    """train_one_epoch runs the model on the device given, whatever else the machine has."""
    images, masks = draw_data(6)
    epoch = student.training.train_one_epoch
    two = student.run(devices.two_pass, epoch, segmenters.epoch_arguments, draw_seed(rng), images, masks, 3)
    expect_device_respected(two, "train_one_epoch")
    case = make_case(student, rng)
    loader = student.run(loaders.counted_loader, images, masks, 3)
    arguments = (case.there, loader, cross_entropy(student), sgd_there(student, case.there, lr=0.1), SECOND)
    found = student.run(recording.places, epoch, *arguments)
    assert found["ran_on"] == [str(SECOND)], f"train_one_epoch on {SECOND} ran the model on {found['ran_on']}"
    batches = batched(images, masks, 3)
    wanted = follow(case.here, training_loop(batches, sgd(lr=0.1)))
    when = f"train_one_epoch on {SECOND}"
    expect_state(student, case.there, wanted, when, case.here, wrong_loops(batches, sgd(lr=0.1)))


@pytest.mark.points(2)
@pytest.mark.hint(DEVICE_HINT)
def test_evaluation_happens_on_the_device(student, rng):
    """evaluate and segment run the model on the device given and return their results on the CPU."""
    images, masks = draw_data(5)
    training, seed = student.training, draw_seed(rng)
    options = {"num_classes": CLASSES}
    two = student.run(
        devices.two_pass, training.evaluate, segmenters.evaluation_arguments, seed, images, masks, 3, **options
    )
    expect_device_respected(two, "evaluate")
    two = student.run(devices.two_pass, training.segment, segmenters.image_arguments, seed, images[0])
    expect_device_respected(two, "segment")
    case, wanted = make_clear_case(student, rng, batched(images, masks, 3))
    loader = student.run(loaders.counted_loader, images, masks, 3)
    found = student.run(recording.places, training.evaluate, case.there, loader, SECOND, CLASSES)
    assert found["ran_on"] == [str(SECOND)], f"evaluate on {SECOND} ran the model on {found['ran_on']}"
    mistakes = mistaken_evaluations(case.here, batched(images, masks, 3), CLASSES)
    expect_evaluation(found["result"], wanted, f"evaluate on {SECOND}", mistakes)
    found = student.run(recording.places, training.segment, case.there, images[0], SECOND)
    assert found["ran_on"] == [str(SECOND)], f"segment on {SECOND} ran the model on {found['ran_on']}"
    assert found["result_on"] == "cpu", f"segment on {SECOND} returned its result on {found['result_on']}"
    right = oracle.logits(case.here, [(images[:1], None)])[0].argmax(1)[0]
    expect_close(found["result"], right, atol=0, what=f"segment on {SECOND}")


@pytest.mark.points(3)
@pytest.mark.hint("What else takes part in the loss, besides logits and masks?")
def test_fit_works_on_the_device(student, rng):
    """fit trains and validates on the device given, with and without class weights."""
    images, masks = draw_data(6)
    weights, seed = torch.tensor([0.5, 1.5, 0.2, 1.8]), draw_seed(rng)
    for options in ({}, {"weights": weights, "scheduler": segmenters.exponential_schedule}):
        fit = student.training.fit
        two = student.run(devices.two_pass, fit, segmenters.fit_arguments, seed, images, masks, 3, 2, **options)
        expect_device_respected(two, "fit with class weights" if options else "fit")
    run = make_run(student, rng, best=1, epochs=2, weights=weights, sizes=((4, 2), (3, 3)))
    arguments = (run.model, run.train, run.val, 2, SECOND)
    found = student.run(recording.places, student.training.fit, *arguments, lr=0.05, weights=weights)
    assert found["ran_on"] == [str(SECOND)], f"fit on {SECOND} ran the model on {found['ran_on']}"
    run.expect_best(student, f"fit on {SECOND} with class weights")


def test_no_global_seed_is_set(student, rng):
    """train_one_epoch and fit set no global seed and leave the recording of gradients as it was."""
    case, data = make_case(student, rng), draw_data(4)
    loader = student.run(segmenters.shuffled_loader, *data, 2)
    expect_nothing_left_behind(student, "fit", student.training.fit, case.there, loader, loader, 1, "cpu")
    arguments = (case.there, loader, cross_entropy(student), sgd_there(student, case.there, lr=0.01), "cpu")
    expect_nothing_left_behind(student, "train_one_epoch", student.training.train_one_epoch, *arguments)


def test_nothing_is_left_from_an_earlier_call(student, rng):
    """fit of one model is not influenced by an earlier fit of another one."""
    for _ in range(2):
        train, case = draw_data(4), make_case(student, rng)
        loader = student.run(loaders.counted_loader, *train, 2)
        student.training.fit(case.there, loader, loader, 1, "cpu", lr=0.03)
    batches = batched(*train, 2)
    wanted = follow(case.here, training_loop(batches, oracle.adam(0.03)))
    loops = wrong_loops(batches, oracle.adam(0.03), lr=0.03)
    expect_state(student, case.there, wanted, "the second of two calls of fit", case.here, loops)


@pytest.mark.needs("test_no_epochs_give_an_empty_history")
def test_importing_does_nothing_else(student):
    """Importing training prints nothing and sets no seed."""
    expect_quiet_import(student, "training")
