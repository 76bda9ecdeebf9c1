"""Hidden checks of training.py.

Training is deterministic once weights, data and order are known, so most checks repeat it in float64 and compare:
losses, parameters and buffers. How weighted losses of several batches make up an epoch's loss is left open, so
reported losses are compared with weights only where there is one batch.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import oracle_training as oracle
import pytest
import torch
from torch.nn import functional as F

from grader.errors import AuthorError
from grader.probes import devices, loaders, models, recording, seeds, segmenters
from grader.probes import training as traces
from grader.probes.regressors import dirty_gradients
from grader.verdicts.devices import expect_device_respected
from grader.verdicts.imports import expect_quiet_import
from grader.verdicts.training import not_the_best_epoch, wrong_samples
from grader.verdicts.trajectories import differing, expect_trajectory, follow, listed_names
from grader.verdicts.values import expect_close, expect_float, expect_list, expect_tensor, expect_unchanged

LOOP_HINT = "For every batch: zero the gradients, forward, loss, backward, step. Which of these happens when?"
CLEAR = 1e-4  # how far the two largest logits of a pixel have to be apart for rounding not to matter
CLASSES = 4


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
        wanted = oracle.evaluation(here, batches, CLASSES)
        if wanted.margin > CLEAR:
            return Case(student.run(models.seeded, build, seed, **options), here), wanted
    raise AuthorError("no model with clear predictions was found in 60 draws")


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


@pytest.mark.points(3)
@pytest.mark.hint("Count pixels, not images, and only then think about frequencies.")
def test_weights_are_inverse_frequencies(student, rng):
    """class_weights is inverse to the pixels of each class in all masks together, whatever their sizes."""
    sizes = [(3, 4), (20, 31), (1, 1), (9, 9)]
    masks = [*draw_masks(rng, sizes, [8, 4, 0.6, 9]), np.arange(4).reshape(2, 2)]
    masks[0][:] = 3  # a small one that would count too much if each mask counted the same
    for kind, convert in (("tensors", torch.from_numpy), ("arrays", np.asarray)):
        for container in (list, tuple):
            weights = student.training.class_weights(container(convert(mask) for mask in masks), 4)
            what = f"class_weights of {kind} of different sizes"
            expect_tensor(weights, (4,), torch.float32, what=what)
            expect_close(weights, oracle.class_weights(masks, 4), rtol=1e-5, what=what)


@pytest.mark.points(2)
def test_weights_of_classes_that_are_absent(student, rng):
    """class_weights gives absent classes 0, wherever they are, and the others a mean of 1."""
    for num_classes, present in ((6, [1, 2, 4]), (4, [0, 3]), (3, [1]), (5, [4, 0, 2])):
        masks = [rng.choice(present, size=(6, 7)) for _ in range(2)] + [np.array([present])]
        weights = student.training.class_weights([torch.from_numpy(mask) for mask in masks], num_classes)
        what = f"class_weights of masks with {len(present)} of {num_classes} classes"
        expect_tensor(weights, (num_classes,), torch.float32, what=what)
        expect_close(weights, oracle.class_weights(masks, num_classes), rtol=1e-5, atol=0, what=what)


@pytest.mark.points(2)
def test_weights_for_any_integer_type(student, rng):
    """class_weights takes masks of any integer type, however many pixels they have."""
    big = np.zeros((300, 310), dtype=np.int64)
    big[:150] = 2
    big[7, 11], big[0, :9] = 1, 3
    for dtype in (np.uint8, np.int8, np.int16, np.int32, np.int64):
        for kind, convert in (("arrays", np.asarray), ("tensors", torch.from_numpy)):
            masks = [big.astype(dtype), np.array([[3, 0, 3]], dtype=dtype)]
            weights = student.training.class_weights([convert(mask) for mask in masks], 4)
            what = f"class_weights of {np.dtype(dtype)} {kind}, the largest with 93,000 pixels"
            expect_tensor(weights, (4,), torch.float32, what=what)
            expect_close(weights, oracle.class_weights(masks, 4), rtol=1e-5, what=what)


def test_masks_are_left_alone(student, rng):
    """class_weights does not change the masks that it is given."""
    for convert in (torch.from_numpy, np.asarray):
        masks = [convert(rng.integers(4, size=(5, 6))) for _ in range(3)]
        held = student.hold([mask.copy() if isinstance(mask, np.ndarray) else mask.clone() for mask in masks])
        student.keep(student.training.class_weights, held, 4)
        expect_unchanged(masks, student.fetch(held), "the list of masks given to class_weights")


# train_one_epoch


@pytest.mark.points(4)
@pytest.mark.hint(LOOP_HINT)
def test_every_step_is_exact(student, rng):
    """train_one_epoch makes the right step for every batch, in this and the next epoch."""
    images, masks = draw_data(7)
    case, size = make_case(student, rng), 4
    loader = student.run(loaders.counted_loader, images, masks, size)
    options = {"lr": 0.1, "momentum": 0.6, "weight_decay": 0.01}
    optimizer = sgd_there(student, case.there, **options)
    wanted = follow(case.here, oracle.training(oracle.split(images, masks, size), sgd(**options), epochs=2))
    epoch = student.training.train_one_epoch
    arguments = (case.there, loader, cross_entropy(student), optimizer, torch.device("cpu"))
    found = student.run(segmenters.traced_epochs, epoch, 2, arguments, case.there, {"train": images})
    seen = wrong_samples(found["trace"], "train_one_epoch", epochs=2, batch_size=size)
    expect_trajectory(found, wanted, "train_one_epoch", others=[seen])


@pytest.mark.points(3)
@pytest.mark.hint("How many pixels does each of the criterion's values stand for?")
def test_loss_is_the_mean_per_pixel(student, rng):
    """train_one_epoch returns the mean loss per pixel, a small last batch counting less."""
    for count, size in ((5, 4), (3, 2), (4, 3)):
        images, masks = draw_data(count)
        images[-(count % size) :] *= 5  # the last batch is harder
        batches = oracle.split(images, masks, size)
        case = make_case(student, rng, norm=False)
        loader = student.run(loaders.counted_loader, images, masks, size)
        optimizer = sgd_there(student, case.there, lr=0.05)
        loss = student.training.train_one_epoch(case.there, loader, cross_entropy(student), optimizer, "cpu")
        expect_float(loss, "what train_one_epoch returns")
        wanted = oracle.per_pixel(follow(case.here, oracle.training(batches, sgd(lr=0.05))).losses, batches)
        what = f"the loss that train_one_epoch returns for {count} images in batches of {size}"
        expect_close(loss, wanted, rtol=1e-4, atol=1e-5, what=what)


@pytest.mark.points(2)
def test_loss_of_batches_with_different_sizes(student, rng):
    """train_one_epoch and evaluate weigh every pixel the same when images of one batch are larger than others."""
    batches = [draw_data(1, (9, 8)), draw_data(2, (3, 2)), draw_data(1, (1, 5))]
    batches[0][0].mul_(4)
    case, evaluated = make_clear_case(student, rng, batches, norm=False)
    loader = student.run(segmenters.batched, batches)
    found = student.training.evaluate(case.there, loader, "cpu", CLASSES)
    what = "of evaluate on batches of different sizes"
    expect_close(found["loss"], evaluated.loss, rtol=1e-4, atol=1e-5, what=f"the loss {what}")
    expect_close(found["accuracy"], evaluated.accuracy, atol=1e-6, what=f"the accuracy {what}")
    optimizer = sgd_there(student, case.there, lr=0.05)
    loss = student.training.train_one_epoch(case.there, loader, cross_entropy(student), optimizer, "cpu")
    wanted = oracle.per_pixel(follow(case.here, oracle.training(batches, sgd(lr=0.05))).losses, batches)
    expect_close(
        loss, wanted, rtol=1e-4, atol=1e-5, what="the loss that train_one_epoch returns for batches of different sizes"
    )


@pytest.mark.points(2)
def test_loss_counts_the_images_seen(student, rng):
    """Losses and accuracy are about the images that the loader gives, not about all that its data set has."""
    images, masks = draw_data(9)
    order = rng.permutation(9)[:5].tolist()
    batches = oracle.split(images[order], masks[order], 2)
    case, evaluated = make_clear_case(student, rng, batches, norm=False)
    loader = student.run(loaders.counted_loader, images, masks, 2, order)
    found = student.training.evaluate(case.there, loader, "cpu", CLASSES)
    expect_close(found["loss"], evaluated.loss, rtol=1e-4, what="the loss of evaluate on a part of a data set")
    expect_close(
        found["accuracy"], evaluated.accuracy, atol=1e-6, what="the accuracy of evaluate on a part of a data set"
    )
    optimizer = sgd_there(student, case.there, lr=0.05)
    loss = student.training.train_one_epoch(case.there, loader, cross_entropy(student), optimizer, "cpu")
    wanted = oracle.per_pixel(follow(case.here, oracle.training(batches, sgd(lr=0.05))).losses, batches)
    expect_close(loss, wanted, rtol=1e-4, what="the loss that train_one_epoch returns for a part of a data set")


@pytest.mark.points(2)
def test_criterion_and_optimizer_are_those_given(student, rng):
    """train_one_epoch uses the criterion and the optimiser it is given."""
    images, masks = draw_data(6)
    smooth = {"label_smoothing": 0.3}
    for name, there, here in (
        ("a smoothed loss", cross_entropy(student, **smooth), torch.nn.CrossEntropyLoss(**smooth)),
        ("the Brier score", student.run(segmenters.Brier), segmenters.Brier()),
    ):
        case = make_case(student, rng)
        rates = {"lr": 0.2, "momentum": 0.5, "nesterov": True}
        optimizer = student.worker("torch.optim").SGD(case.there.head.parameters(), **rates)
        loader = student.run(loaders.counted_loader, images, masks, 3)
        loss = student.training.train_one_epoch(case.there, loader, there, optimizer, "cpu")
        batches = oracle.split(images, masks, 3)
        loop = oracle.training(batches, lambda model: torch.optim.SGD(model.head.parameters(), **rates), 1, here)  # noqa: B023
        wanted = follow(case.here, loop)
        what = f"the loss that train_one_epoch returns with {name}"
        expect_close(loss, oracle.per_pixel(wanted.losses, batches), rtol=1e-4, what=what)
        expect_state(student, case.there, wanted, f"an epoch with {name} and an optimiser of the last layer alone")


@pytest.mark.points(2)
def test_gradients_left_by_somebody_else_do_not_count(student, rng):
    """train_one_epoch starts every step from fresh gradients, also the first one."""
    images, masks = draw_data(4)
    case = make_case(student, rng)
    student.run(dirty_gradients, case.there)
    loader = student.run(loaders.counted_loader, images, masks, 2)
    optimizer = sgd_there(student, case.there, lr=0.05)
    student.training.train_one_epoch(case.there, loader, cross_entropy(student), optimizer, "cpu")
    wanted = follow(case.here, oracle.training(oracle.split(images, masks, 2), sgd(lr=0.05)))
    expect_state(student, case.there, wanted, "train_one_epoch of a model that had gradients already")


@pytest.mark.points(2)
def test_training_mode_is_set_at_the_start(student, rng):
    """train_one_epoch trains in training mode, dropout and batch norm included, also after an evaluation."""
    images, masks = draw_data(6)
    case = make_case(student, rng, segmenters.ModeSegmenter)
    loader = student.run(loaders.counted_loader, images, masks, 3)
    optimizer = sgd_there(student, case.there, lr=0.1)
    wanted = follow(case.here, oracle.training(oracle.split(images, masks, 3), sgd(lr=0.1), epochs=2))
    for _ in range(2):
        case.there.eval()
        student.training.train_one_epoch(case.there, loader, cross_entropy(student), optimizer, "cpu")
    expect_state(student, case.there, wanted, "train_one_epoch of a model that came in evaluation mode")


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
    wanted = follow(case.here, oracle.training(oracle.split(images[order], masks[order], 2), sgd(lr=0.1)))
    expect_state(student, case.there, wanted, "train_one_epoch with a shuffled loader")


def expect_state(student, model, wanted, when):
    """Parameters and buffers are those at the end of a trajectory."""
    __tracebackhide__ = True
    wrong = differing(student.run(models.snapshot, model), wanted.states[-1], wanted.tolerances[-1])
    assert not wrong, f"after {when} some values are wrong: {listed_names(wrong)}"


# evaluate


def expect_evaluation(found, wanted, what):
    """The loss, the accuracy and the IoU are those wanted, and of the right types."""
    __tracebackhide__ = True
    for key in ("loss", "accuracy", "iou"):
        assert key in found, f"{what} lacks {key!r}"
    expect_close(expect_float(found["loss"], f"the loss of {what}"), wanted.loss, 1e-4, 1e-5, f"the loss of {what}")
    accuracy = expect_float(found["accuracy"], f"the accuracy of {what}")
    expect_close(accuracy, wanted.accuracy, atol=1e-6, what=f"the accuracy of {what}")
    values = expect_list(found["iou"], len(wanted.iou), f"the IoU of {what}")
    for number, value in enumerate(values):
        expect_float(value, f"the IoU of class {number} in {what}")
    expect_close(values, wanted.iou, atol=1e-6, what=f"the IoU of {what}")


@pytest.mark.points(4)
@pytest.mark.hint("Three numbers, all of them about all pixels of the loader together.")
def test_evaluation_is_exact(student, rng):
    """evaluate gives loss, accuracy and IoU over all pixels, a small last batch counting less."""
    for count, size, shape in ((5, 4, (5, 6)), (4, 1, (3, 4)), (3, 5, (7, 2)), (3, 2, (1, 6)), (2, 1, (6, 1))):
        images, masks = draw_data(count, shape)
        images[-(count % size) :] *= 4
        masks[0] = 2
        batches = oracle.split(images, masks, size)
        case, wanted = make_clear_case(student, rng, batches)
        loader = student.run(loaders.counted_loader, images, masks, size)
        found = student.training.evaluate(case.there, loader, "cpu", CLASSES)
        expect_evaluation(found, wanted, f"evaluate on {count} images of {shape[0]}×{shape[1]} in batches of {size}")


@pytest.mark.points(2)
def test_classes_that_are_nowhere(student, rng):
    """evaluate gives NaN for the IoU of a class neither predicted nor there, 0 where it is only one of both."""
    images, masks = draw_data(4, classes=2)
    case, _ = make_clear_case(student, rng, oracle.split(images, masks, 3))
    shift = torch.tensor([0.0, 0.0, 50.0, -50.0])  # class 2 nearly everywhere, class 3 nowhere
    case.here.head.bias.data += shift
    student.run(segmenters.shift_logits, case.there, shift)
    wanted = oracle.evaluation(case.here, oracle.split(images, masks, 3), CLASSES)
    loader = student.run(loaders.counted_loader, images, masks, 3)
    found = student.training.evaluate(case.there, loader, "cpu", CLASSES)
    expect_evaluation(found, wanted, "evaluate where only class 2 is predicted and only classes 0 and 1 are there")


@pytest.mark.points(2)
def test_evaluation_with_a_criterion(student, rng):
    """evaluate uses the criterion it is given, and the cross-entropy of the logits when it is given none."""
    images, masks = draw_data(5)
    batches = oracle.split(images, masks, 3)
    case, wanted = make_clear_case(student, rng, batches)
    loader = student.run(loaders.counted_loader, images, masks, 3)
    evaluate = student.training.evaluate
    wanted.loss = oracle.evaluation(case.here, batches, CLASSES, segmenters.Brier()).loss
    criterion = student.run(segmenters.Brier)
    expect_evaluation(evaluate(case.there, loader, "cpu", CLASSES, criterion), wanted, "evaluate with the Brier score")
    wanted.loss = oracle.evaluation(case.here, batches, CLASSES).loss
    expect_evaluation(
        evaluate(case.there, loader, "cpu", CLASSES, criterion=None), wanted, "evaluate without criterion"
    )


def test_weighted_evaluation_of_one_batch(student, rng):
    """evaluate with class weights in its criterion gives the weighted loss and the plain accuracy of a batch."""
    images, masks = draw_data(4)
    weights = torch.tensor([0.2, 3.0, 0.0, 1.0])
    case, wanted = make_clear_case(student, rng, [(images, masks)])
    wanted.loss = oracle.evaluation(case.here, [(images, masks)], CLASSES, weighted(weights)).loss
    loader = student.run(loaders.counted_loader, images, masks, 4)
    criterion = cross_entropy(student, weight=weights)
    found = student.training.evaluate(case.there, loader, torch.device("cpu"), CLASSES, criterion)
    expect_evaluation(found, wanted, "evaluate with class weights")


def test_large_logits(student, rng):
    """evaluate gives a finite loss for logits of any size."""
    images, masks = draw_data(3)
    case = make_case(student, rng)
    student.run(segmenters.scale_logits, case.there, 1000.0)
    loader = student.run(loaders.counted_loader, images, masks, 3)
    segmenters.scale_logits(case.here, 1000.0)
    wanted = oracle.evaluation(case.here, [(images, masks)], CLASSES).loss
    loss = student.training.evaluate(case.there, loader, "cpu", CLASSES)["loss"]
    expect_close(loss, wanted, rtol=1e-3, what="the loss of evaluate for large logits")


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
        student.keep(function, *arguments)
        after = student.run(models.modes, case.there)
        changed = [part or "the model itself" for part in names if after[part] != before[part]]
        assert not changed, f"{name} changed the mode of {', '.join(changed)}"


@pytest.mark.points(2)
@pytest.mark.parametrize("name", EVALUATING)
def test_evaluation_leaves_no_trace(student, rng, name):
    """evaluate and segment work without gradients and in evaluation mode, and change nothing in the model."""
    images, masks = draw_data(3)
    case = make_case(student, rng, segmenters.ModeSegmenter)
    before = student.run(models.snapshot, case.there)
    case.there.train()
    function, arguments = evaluating(student, name, case.there, images, masks)
    seen = student.run(recording.uses_of, case.there, function, *arguments)
    assert seen, f"{name} did not run the model"
    assert not any(use["grad"] for use in seen), f"{name} records gradients while the model runs"
    in_training = sorted({use["module"] or "the model itself" for use in seen if use["training"]})
    assert not in_training, f"in {name} these run in training mode: {', '.join(in_training)}"
    after = student.run(models.snapshot, case.there)
    moved = [part for part, value in before.items() if not torch.equal(value, after[part])]
    assert not moved, f"{name} changed values in the model: {listed_names(moved)}"


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

    def fit(self, student, lr, device="cpu", **options):
        return student.training.fit(self.model, self.train, self.val, len(self.history), device, lr=lr, **options)

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
        batches, checks = oracle.split(*train, size), oracle.split(*val, other)
        criterion = F.cross_entropy if weights is None else weighted(weights)
        loop = oracle.training(batches, oracle.adam(lr), epochs, criterion, factor)
        moving = models.seeded(segmenters.TinySegmenter, seed).double()
        models.set_trainable(moving, dict.fromkeys(frozen, False))
        history = oracle.epochs(moving, loop(moving), batches, checks, epochs)
        masks = oracle.masks_for(history, best, rng) if min(oracle.margin(e.logits) for e in history) > CLEAR else None
        if masks is None or (weights is not None and weighted_best(history, masks, weights) != best):
            continue
        model = student.run(models.seeded, segmenters.TinySegmenter, seed)
        student.run(models.set_trainable, model, dict.fromkeys(frozen, False))
        loader = student.run(loaders.counted_loader, *train, size)
        checked = student.run(loaders.counted_loader, val[0], torch.cat(masks), other)
        return Run(model, loader, checked, val[0], batches, here, loop, history, masks, best)
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


@pytest.mark.points(3)
@pytest.mark.hint(LOOP_HINT)
def test_history_is_exact(student, rng):
    """fit reports the right training loss, validation loss and validation accuracy of every epoch."""
    run = make_run(student, rng, best=int(rng.integers(4)), sizes=((5, 3), (5, 3)))
    history = expect_list(run.fit(student, 0.05), 4, "what fit returns for 4 epochs")
    for number, (entry, wanted) in enumerate(zip(history, run.history, strict=True), start=1):
        pixels = [mask.numel() for mask in run.masks]
        accuracy = np.average(
            [(o.argmax(1) == m).double().mean().item() for o, m in zip(wanted.logits, run.masks, strict=True)],
            weights=pixels,
        )
        for key, value in (
            ("train_loss", wanted.train_loss),
            ("val_loss", validation_loss(wanted, run.masks)),
            ("val_accuracy", accuracy),
        ):
            assert key in entry, f"an entry of the history that fit returns lacks {key!r}"
            what = f"the {key} of epoch {number} that fit reports"
            expect_close(expect_float(entry[key], what), value, rtol=5e-4, atol=2e-5, what=what)


@pytest.mark.points(4)
@pytest.mark.hint("One optimiser, made before the first epoch. Which one, and with which settings?")
def test_steps_of_adam_are_exact(student, rng):
    """fit makes Adam's steps on the cross-entropy of the logits, with one optimiser for all epochs."""
    run = make_run(student, rng, best=3)
    images = torch.cat([images for images, _ in run.batches])
    outcome = student.run(
        traces.traced,
        student.training.fit,
        *(run.model, run.train, run.val, 4, "cpu"),
        lr=0.05,
        splits={"train": images, "val": run.images},
        course_of=run.model,
    )
    seen = wrong_samples(outcome["trace"], "fit", epochs=4, batch_size=4)
    expect_trajectory(outcome, run.state(run.batches), "fit", others=[seen])


@pytest.mark.points(2)
def test_rate_is_used(student, rng):
    """fit trains with the learning rate given, 0.001 by default."""
    for options in ({}, {"lr": 0.02}, {"lr": 0.0001}):
        case, train = make_case(student, rng), draw_data(4)
        loader = student.run(loaders.counted_loader, *train, 2)
        student.training.fit(case.there, loader, loader, 1, torch.device("cpu"), **options)
        wanted = follow(case.here, oracle.training(oracle.split(*train, 2), oracle.adam(options.get("lr", 0.001))))
        expect_state(student, case.there, wanted, f"one epoch of fit with {options or 'the default rate'}")


@pytest.mark.points(3)
@pytest.mark.hint("state_dict() gives the very tensors that the next epoch will change.")
def test_best_epoch_is_restored(student, rng):
    """After fit the model holds parameters and buffers of the epoch with the lowest validation loss."""
    for best in (0, 1 + int(rng.integers(2))):
        run = make_run(student, rng, best=best)
        arguments = (run.model, run.train, run.val, 4, "cpu")
        outcome = student.run(traces.traced, student.training.fit, *arguments, lr=0.05, splits={"val": run.images})
        wanted = run.state(run.batches)
        if differing(student.run(models.snapshot, run.model), wanted.states[-1], wanted.tolerances[-1]):
            losses = [validation_loss(epoch, run.masks) for epoch in run.history]
            fault = not_the_best_epoch(outcome["trace"], "fit", losses, "min", "val")
            assert fault is None, fault
        expect_state(student, run.model, wanted, f"fit, whose validation loss is lowest in epoch {best + 1} of 4,")


@pytest.mark.points(2)
def test_earliest_of_equally_good_epochs(student, rng):
    """fit keeps the earliest of epochs with the same validation loss."""
    case = make_case(student, rng, segmenters.CountingSegmenter)
    train, val = draw_data(4), draw_data(3)
    loaders_there = [student.run(loaders.counted_loader, *data, 2) for data in (train, val)]
    history = student.training.fit(case.there, *loaders_there, 4, "cpu", lr=0.0)  # no epoch changes anything
    losses = [entry["val_loss"] for entry in history]
    assert len(set(losses)) == 1, f"with lr=0 the validation loss should stay the same, fit reports {losses}"
    passes = int(student.run(models.snapshot, case.there)["passes"])
    counted = f"a buffer that counts 2 training batches per epoch says {passes} after fit"
    assert passes == 2, f"when all 4 epochs are equally good, {counted}: it is not that of the earliest of them"


@pytest.mark.points(2)
@pytest.mark.hint("How does NaN compare with a number? And min() of a list that begins with NaN?")
def test_nan_is_never_best(student, rng):
    """fit does not take an epoch for the best whose validation loss is NaN, be it the first, the last or another."""
    for bad in ((1,), (1, 2), (4,), (2, 4), (1, 3, 4)):
        seed, train, val = draw_seed(rng), draw_data(4), draw_data(3)
        options = {"num_classes": CLASSES, "nan_after": [2 * epoch for epoch in bad]}
        here, again = (models.seeded(segmenters.CountingSegmenter, seed, **options) for _ in range(2))
        batches, loop = oracle.split(*train, 2), oracle.training(oracle.split(*train, 2), oracle.adam(0.05), 4)
        running = loop(again.double())
        losses = [validation_loss(epoch, [val[1]]) for epoch in oracle.epochs(again, running, batches, [val], 4)]
        good = [epoch for epoch in range(4) if epoch + 1 not in bad]
        best = min(good, key=lambda epoch: losses[epoch])
        if sum(abs(losses[epoch] - losses[best]) < 1e-4 for epoch in good) > 1:
            continue  # too close to tell in float32
        there = student.run(models.seeded, segmenters.CountingSegmenter, seed, **options)
        pair = [student.run(loaders.counted_loader, *data, 2) for data in (train, val)]
        history = student.training.fit(there, *pair, 4, "cpu", lr=0.05)
        assert len(history) == 4, f"fit of 4 epochs should give 4 entries, got {len(history)}"
        count = 2 * (best + 1)
        wanted = follow(here, lambda model: (x for x, _ in zip(loop(model), range(count), strict=False)))  # noqa: B023
        when = f"fit, in which the validation loss of epoch {' and '.join(map(str, bad))} of 4 is NaN,"
        expect_state(student, there, wanted, when)


@pytest.mark.points(3)
@pytest.mark.hint("Of which loss is the validation loss, if training minimises a weighted one?")
def test_weights_count_in_training_and_validation(student, rng):
    """fit uses the class weights in the training and in the validation loss, and leaves the accuracy alone."""
    weights = torch.tensor([0.1, 2.5, 0.3, 1.1])[torch.from_numpy(rng.permutation(4))]
    run = make_run(student, rng, best=3, weights=weights, sizes=((6, 3), (4, 4)))
    held = student.hold(weights.clone())
    history = run.fit(student, 0.05, weights=held)
    expect_unchanged(weights, student.fetch(held), "the tensor of class weights given to fit")
    for number, (entry, epoch) in enumerate(zip(history, run.history, strict=True), start=1):
        what = f"the val_loss of epoch {number} that fit reports with class weights"
        expect_close(entry["val_loss"], validation_loss(epoch, run.masks, weights), rtol=5e-4, atol=2e-5, what=what)
        right = (epoch.logits[0].argmax(1) == run.masks[0]).double().mean().item()
        expect_close(
            entry["val_accuracy"],
            right,
            atol=1e-6,
            what=f"the val_accuracy of epoch {number} that fit reports with class weights",
        )
    expect_state(student, run.model, run.state(run.batches), "fit with class weights")


@pytest.mark.points(2)
def test_weighted_loss_of_a_single_batch(student, rng):
    """fit reports the weighted training loss, and picks the epoch by the weighted validation loss."""
    weights = torch.tensor([4.0, 0.05, 0.0, 0.7])
    run = make_weighted_run(student, rng, weights)
    history = run.fit(student, 0.05, weights=weights)
    for number, (entry, epoch) in enumerate(zip(history, run.history, strict=True), start=1):
        what = f"the train_loss of epoch {number} that fit reports with class weights and a single batch"
        expect_close(entry["train_loss"], epoch.train_loss, rtol=5e-4, atol=2e-5, what=what)
    when = f"fit, whose weighted validation loss is lowest in epoch {run.best + 1} of 3 and whose plain one is not,"
    expect_state(student, run.model, run.state(run.batches), when)


def make_weighted_run(student, rng, weights):
    """A run whose best epoch is another one with the weights than without them."""
    for _ in range(200):
        run = make_run(student, rng, best=int(rng.integers(3)), epochs=3, weights=None, sizes=((3, 3), (3, 3)))
        loop = oracle.training(run.batches, oracle.adam(0.05), 3, weighted(weights))
        moving = models.seeded(segmenters.TinySegmenter, 0)
        moving.load_state_dict(run.here.state_dict())
        moving.double()
        history = oracle.epochs(moving, loop(moving), run.batches, [(run.images, torch.cat(run.masks))], 3)
        best = weighted_best(history, run.masks, weights)
        plain = [validation_loss(epoch, run.masks) for epoch in history]
        if best is not None and plain[best] > min(plain) + 1e-3:
            run.loop, run.history, run.best = loop, history, best
            return run
    raise AuthorError("no suitable weighted run was found in 200 draws")


@pytest.mark.points(3)
@pytest.mark.hint("A scheduler is made once, for the optimiser that makes the steps; it counts epochs, not batches.")
def test_scheduler_steps_once_per_epoch(student, rng):
    """fit makes one scheduler for its optimiser and steps it once after the training of each epoch."""
    for epochs, best in ((1, 0), (3, 2), (3, 0)):  # the validation loss falls, or rises
        run = make_run(student, rng, best=best, epochs=epochs, factor=0.3) if epochs > 1 else None
        maker = student.run(segmenters.SchedulerMaker, 0.3)
        if run is None:
            case, (images, masks) = make_case(student, rng), draw_data(6)
            loader = student.run(loaders.counted_loader, images, masks, 4)
            student.training.fit(case.there, loader, loader, 1, "cpu", scheduler=maker)
        else:
            run.fit(student, 0.05, scheduler=maker)
            expect_state(student, run.model, run.state(run.batches), "fit with a scheduler that lowers the rate")
        notes = student.run(segmenters.notes, maker)
        made = sum(note["kind"] == "made" for note in notes)
        assert made == 1, f"with epochs={epochs} fit made {made} schedulers instead of one"
        steps = [note["updates"] for note in notes if note["kind"] == "step"]
        wanted = [2 * (epoch + 1) for epoch in range(epochs)]
        assert len(steps) == epochs, (
            f"with epochs={epochs} and 2 batches in each fit stepped the scheduler {len(steps)} times"
        )
        assert steps == wanted, f"with 2 batches per epoch fit stepped the scheduler after {steps} updates"


def test_torchs_own_schedulers_work(student, rng):
    """fit works with a scheduler of torch.optim.lr_scheduler."""
    run = make_run(student, rng, best=2, epochs=3, factor=0.4)
    run.fit(student, 0.05, scheduler=segmenters.exponential_schedule)
    expect_state(student, run.model, run.state(run.batches), "fit with an exponential schedule")


@pytest.mark.points(2)
def test_frozen_stays_frozen(student, rng):
    """fit leaves frozen parameters as they were, and trains the rest."""
    frozen = ["first.weight", "second.weight", "second.bias"]
    run = make_run(student, rng, best=2, epochs=3, frozen=frozen)
    before = student.run(models.snapshot, run.model)
    run.fit(student, 0.05)
    after = student.run(models.snapshot, run.model)
    moved = [name for name in frozen if not torch.equal(before[name], after[name])]
    assert not moved, f"fit changed what was frozen: {', '.join(moved)}"
    free = sorted(name for name, learns in student.run(models.trainable, run.model).items() if learns)
    wanted = sorted(name for name, parameter in run.here.named_parameters() if parameter.requires_grad)
    assert free == wanted, f"after fit these are trainable: {', '.join(free)}"
    expect_state(student, run.model, run.state(run.batches), "fit of a model that is frozen in part")


@pytest.mark.points(2)
def test_modes_and_gradients_in_every_epoch(student, rng):
    """fit trains in training mode and validates in evaluation mode without gradients, in every epoch."""
    run = make_run(student, rng, best=1, epochs=3)
    arguments = (run.model, run.train, run.val, 3, "cpu")
    run.model.eval()
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
    history = student.training.fit(case.there, loader, loader, 0, torch.device("cpu"))
    assert history == [], f"fit with epochs=0 should give an empty list, got {history!r}"
    for name, value in student.run(models.snapshot, case.there).items():
        expect_close(value, before[name], atol=0, what=f"{name} after fit with epochs=0")


# segment


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
        found = student.training.segment(case.there, image, "cpu")
        what = f"segment of an image of {size[0]}×{size[1]}"
        expect_tensor(found, size, torch.int64, what=what)
        expect_close(found, oracle.logits(case.here, [(image[None], None)])[0].argmax(1)[0], atol=0, what=what)


@pytest.mark.points(2)
def test_image_reaches_the_model_as_it_is(student, rng):
    """segment passes the image to the model as it is, in a batch of one, whatever its range."""
    for image in (torch.randn(3, 4, 5) * 40, torch.rand(3, 5, 5), torch.full((3, 2, 3), 0.25)):
        case = make_case(student, rng)
        held = student.hold(image.clone())
        found = student.run(segmenters.inputs_of, case.there, student.training.segment, case.there, held, "cpu")
        assert found["inputs"], "segment did not run the model"
        for given in found["inputs"]:
            expect_tensor(given, (1, *image.shape), what="what segment gives to the model")
            expect_close(given[0], image, atol=0, rtol=0, what="what segment gives to the model")
        expect_unchanged(image, student.fetch(held), "the image given to segment")


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
    wanted = follow(case.here, oracle.training(oracle.split(images, masks, 3), sgd(lr=0.1)))
    expect_state(student, case.there, wanted, f"train_one_epoch on {SECOND}")


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
    case, wanted = make_clear_case(student, rng, oracle.split(images, masks, 3))
    loader = student.run(loaders.counted_loader, images, masks, 3)
    found = student.run(recording.places, training.evaluate, case.there, loader, SECOND, CLASSES)
    assert found["ran_on"] == [str(SECOND)], f"evaluate on {SECOND} ran the model on {found['ran_on']}"
    expect_evaluation(found["result"], wanted, f"evaluate on {SECOND}")
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
    expect_state(student, run.model, run.state(run.batches), f"fit on {SECOND} with class weights")


def test_no_global_seed_is_set(student, rng):
    """fit sets no global seed."""
    case, data = make_case(student, rng), draw_data(4)
    loader = student.run(segmenters.shuffled_loader, *data, 2)
    found = student.run(seeds.reseeded, student.training.fit, case.there, loader, loader, 1, "cpu")
    assert not found, f"fit sets the global seed of {', '.join(found)}"


def test_nothing_is_left_from_an_earlier_call(student, rng):
    """fit of one model is not influenced by an earlier fit of another one."""
    for _ in range(2):
        train, case = draw_data(4), make_case(student, rng)
        loader = student.run(loaders.counted_loader, *train, 2)
        student.training.fit(case.there, loader, loader, 1, "cpu", lr=0.03)
    wanted = follow(case.here, oracle.training(oracle.split(*train, 2), oracle.adam(0.03)))
    expect_state(student, case.there, wanted, "the second of two calls of fit")


@pytest.mark.needs("test_no_epochs_give_an_empty_history")
def test_importing_does_nothing_else(student):
    """Importing training prints nothing and sets no seed."""
    expect_quiet_import(student, "training")
