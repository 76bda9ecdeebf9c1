"""Hidden checks of training.py.

Training is deterministic once weights, data and order are known, so most checks repeat it in float64 and compare:
losses, parameters and buffers.
"""

import copy
import operator
from dataclasses import dataclass
from functools import partial
from typing import Any

import calibrated
import numpy as np
import oracle
import pytest
import torch
from mistaken_training import mistaken_epoch_loss, wrong_loops
from reported import mistaken_reports, which_epoch

from grader.errors import AuthorError
from grader.probes import loaders, models, recording, training
from grader.probes.regressors import dirty_gradients
from grader.verdicts.circumstances import during, told_by
from grader.verdicts.class_scores import mistaken_accuracy, mistaken_probabilities
from grader.verdicts.imports import expect_quiet_import
from grader.verdicts.loops import free, frozen_norm_in_evaluation, steps_of, training_loop
from grader.verdicts.surroundings import expect_nothing_left_behind
from grader.verdicts.thresholds import expect_learned
from grader.verdicts.training import (
    evaluation_in_training_mode,
    expect_no_fault,
    explained_by,
    frozen_parameters_moved,
    frozen_statistics_moved,
    gradients_during_evaluation,
    graph_kept_alive,
    optimizer_rebuilt,
    trainable_parameters_did_not_move,
    training_faults,
    wrong_evaluation_samples,
    wrong_hyper_parameters,
    wrong_parameters_optimised,
    wrong_samples,
)
from grader.verdicts.trajectories import Trajectory, differing, follow, listed_names, parting
from grader.verdicts.values import expect_close, expect_float, expect_list, expect_tensor, expect_unchanged

LOOP_HINT = "What happens for every batch, and in which order? What happens once in an epoch only?"


@dataclass
class Case:
    """One model there (the student's side) and the same one here, in float64."""

    there: Any
    here: torch.nn.Module


def make_case(student, rng, build=models.TinyResNet, **options):
    seed = int(rng.integers(2**31))
    return Case(student.run(models.seeded, build, seed, **options), models.seeded(build, seed, **options).double())


def draw_data(count, classes=5, shape=(3, 6, 6)):
    return torch.randn(count, *shape), torch.randint(classes, (count,))


def sgd(student, model, **options):
    """SGD on the student's side."""
    return student.worker("torch.optim").SGD(model.parameters(), **options)


def cross_entropy(student):
    return student.worker("torch.nn").CrossEntropyLoss()


def expect_same_state(student, model, wanted, when, atol=1e-4, hint=""):
    """Parameters and buffers are those wanted."""
    __tracebackhide__ = True
    found = student.run(models.snapshot, model)
    for name, value in wanted.items():
        expect_close(found[name], value, rtol=1e-3, atol=atol, what=f"{name} {when}", hint=hint)


# train_one_epoch


class Epochs:
    """Calls of train_one_epoch on one model, and the course that its weights have to take.

    Args:
        epochs: how many calls there are to be.
        size: of the batches.
        head_only: whether the optimiser has the head's parameters alone.
        order: in which the loader goes through the data.
        shaped: the labels as the loader gives them.
        criterion: from logits and labels to a loss, here.
        rates: settings of SGD.
    """

    def __init__(self, student, case, images, labels, size, *, epochs=1, head_only=False, order=None, shaped=None,
                 criterion=torch.nn.functional.cross_entropy, **rates):  # fmt: skip
        self.student, self.model, self.size, self.rates = student, case.there, size, rates
        self.here, self.epochs, self.criterion, self.head_only = case.here, epochs, criterion, head_only
        rows = list(range(len(images))) if order is None else order
        self.count, self.data = len(rows), (images[rows], labels[rows])
        self.make = lambda model: torch.optim.SGD((model.fc if head_only else model).parameters(), **rates)
        batches, mode = oracle.batches(*self.data, size), frozen_norm_in_evaluation
        self.wanted = follow(case.here, training_loop(batches, self.make, epochs, criterion, mode=mode))
        shaped = labels if shaped is None else shaped
        self.loader = student.run(loaders.counted_loader, images, shaped, size, order)
        trained = case.there.fc if head_only else case.there
        self.optimizer = student.worker("torch.optim").SGD(trained.parameters(), **rates)

    def course(self, epoch):
        """The steps of one call."""
        steps = -(-self.count // self.size)
        return self.wanted.part(epoch * steps, (epoch + 1) * steps)

    def loops(self):
        """Wrong ones."""
        return wrong_loops(*self.data, self.size, self.make, self.epochs, self.criterion)

    def known_steps(self, states):
        """Whose steps led to these states, each after a step or all at the end."""
        if differing(states[-1], self.wanted.states[-1], self.wanted.tolerances[-1]):
            return steps_of(states, self.here, self.loops(), self.wanted)
        return ""

    def check(self, epoch=0, criterion=None, when=""):
        """Makes the next call, compares the weights, and gives back what it returned."""
        __tracebackhide__ = True
        criterion = criterion or cross_entropy(self.student)
        arguments = (self.model, self.loader, criterion, self.optimizer, "cpu")
        call = self.student.training.train_one_epoch
        with during(f"train_one_epoch {when}".rstrip()):
            outcome = self.student.run(training.traced, call, *arguments, course_of=self.model)
        states, wanted = outcome["course"]["states"], self.course(epoch)
        if differing(states[-1], wanted.states[-1], wanted.tolerances[-1]):
            expect_no_fault(*self.faults(outcome["trace"]))
            known = steps_of(states[1:], self.here, self.loops(), wanted) if epoch == 0 else ""
            assert not known, f"the steps of train_one_epoch {when} {known}".replace("  ", " ")
            raise AssertionError(parting(outcome["course"], wanted, f"train_one_epoch {when}".rstrip()))
        return outcome["result"]

    def faults(self, evidence):
        """What can be said about the way in which train_one_epoch trained."""
        given = [wrong_parameters_optimised, trainable_parameters_did_not_move] if self.head_only else []
        yield from training_faults(evidence, "train_one_epoch", leave_out=given)
        settings = wrong_hyper_parameters(evidence, "train_one_epoch", self.rates)
        given = self.optimizer.param_groups[0]
        unused = settings and all(given[key] == value for key, value in self.rates.items())
        yield f"{settings}, so it does not use the optimiser it is given" if unused else settings

    def check_state(self, what):
        """The model is where all calls should have led it."""
        __tracebackhide__ = True
        state = self.student.run(models.snapshot, self.model)
        wrong = differing(state, self.wanted.states[-1], self.wanted.tolerances[-1])
        if wrong:
            known = self.known_steps([state])
            assert not known, f"{what}: the steps {known}"
            same = [
                name
                for name in self.wanted.parameters
                if torch.equal(state[name].double(), self.wanted.states[0][name])
            ]
            assert len(same) < len(self.wanted.parameters), f"{what} no parameter has changed"
            kind = "" if set(wrong) & set(self.wanted.parameters) else "the parameters are right, but "
            raise AssertionError(f"{what} {kind}there are wrong values in {listed_names(wrong)}")

    def check_loss(self, loss, what, in_the_data_set=None):
        """The loss returned is the mean per sample of the first epoch."""
        __tracebackhide__ = True
        course = self.course(0)
        wanted = oracle.mean_loss(course.losses, self.count, self.size)
        loops = wrong_loops(*self.data, self.size, self.make, 1, self.criterion)
        mistakes = mistaken_epoch_loss(self.here, course, *self.data, self.size, loops, self.criterion, in_the_data_set)
        expect_close(expect_float(loss, what), wanted, rtol=1e-4, atol=1e-5, what=what, mistakes=mistakes)


@pytest.mark.points(2)
@pytest.mark.hint(LOOP_HINT)
def test_every_batch_has_its_step(student, rng):
    """train_one_epoch makes one step for every batch, in training mode and from fresh gradients."""
    images, labels = draw_data(11)
    model = student.run(models.seeded, models.TinyResNet, int(rng.integers(2**31)))
    loader = student.run(loaders.counted_loader, images, labels, 4)
    arguments = (model, loader, cross_entropy(student), sgd(student, model, lr=0.1), "cpu")
    call, splits = student.training.train_one_epoch, {"train": images}
    evidence = student.run(training.traced, recording.twice, call, *arguments, splits=splits)["trace"]
    allowed = (evaluation_in_training_mode, gradients_during_evaluation, graph_kept_alive)
    expect_no_fault(
        *training_faults(evidence, "train_one_epoch", leave_out=allowed),
        wrong_samples(evidence, "train_one_epoch", epochs=2, batch_size=4),
    )


@pytest.mark.points(4)
@pytest.mark.hint(LOOP_HINT)
def test_every_step_is_exact(student, rng):
    """train_one_epoch makes the right step for every batch, in this and the next epoch."""
    rates = {"lr": 0.1, "momentum": 0.6, "weight_decay": 0.01}
    epochs = Epochs(student, make_case(student, rng), *draw_data(11), 4, epochs=2, **rates)
    for epoch, when in enumerate(("", "in its second call")):
        epochs.check(epoch, when=when)


@pytest.mark.points(2)
def test_loss_is_the_mean_per_sample(student, rng):
    """train_one_epoch returns the mean loss per sample, a small last batch counting less."""
    for count, size in ((11, 4), (5, 8), (9, 3)):
        images, labels = draw_data(count, shape=(4,))
        images[-(count % size or size) :] *= 4  # the last batch is harder
        case = make_case(student, rng, models.TinyMLP, in_features=4, num_classes=5)
        epochs = Epochs(student, case, images, labels, size, lr=0.05)
        arguments = (case.there, epochs.loader, cross_entropy(student), epochs.optimizer, "cpu")
        with during(f"train_one_epoch with {count} samples in batches of {size}"):
            loss = student.training.train_one_epoch(*arguments)
        epochs.check_loss(loss, f"the loss that train_one_epoch returns for {count} samples in batches of {size}")


@pytest.mark.points(2)
def test_gradients_left_by_somebody_else_do_not_count(student, rng):
    """train_one_epoch starts every step from fresh gradients, also the first one."""
    case = make_case(student, rng, models.TinyMLP, in_features=4, num_classes=5)
    epochs = Epochs(student, case, *draw_data(8, shape=(4,)), 4, lr=0.05)
    student.run(dirty_gradients, case.there)
    epochs.check(when="of a model that had gradients already")


@pytest.mark.points(1)
def test_loss_counts_the_samples_seen(student, rng):
    """train_one_epoch averages over the samples that the loader gave, not over all the data set has."""
    images, labels = draw_data(10, shape=(4,))
    case = make_case(student, rng, models.TinyMLP, in_features=4, num_classes=5)
    epochs = Epochs(student, case, images[:8], labels[:8], 4, lr=0.05)
    dataset = student.run(loaders.CountedDataset, images, labels)
    loader = student.worker("torch.utils.data").DataLoader(dataset, batch_size=4, drop_last=True)
    arguments = (case.there, loader, cross_entropy(student), epochs.optimizer, "cpu")
    with during("train_one_epoch with a loader that drops its last batch"):
        loss = student.training.train_one_epoch(*arguments)
    what = "the loss that train_one_epoch returns for 8 of 10 samples, where the loader drops the last batch,"
    epochs.check_loss(loss, what, 10)


@pytest.mark.points(2)
def test_labels_of_any_shape_and_integer_type(student, rng):
    """train_one_epoch and fit accept labels (B,) and (B, 1) of any integer type, and a last batch of one."""
    for dtype, column in ((torch.uint8, True), (torch.int32, False), (torch.int64, True), (torch.int16, True)):
        images, labels = draw_data(9, shape=(4,))
        shaped = labels.to(dtype).view(-1, 1) if column else labels.to(dtype)
        case = make_case(student, rng, models.TinyMLP, in_features=4, num_classes=5)
        epochs = Epochs(student, case, images, labels, 4, shaped=shaped, lr=0.1)
        when = f"with {str(dtype).removeprefix('torch.')} labels {tuple(shaped[:4].shape)}"
        epochs.check(when=when)
        with during(f"fit {when}"):
            (entry,) = student.training.fit(case.there, epochs.loader, epochs.loader, 1, "cpu", lr=0.0)  # goes nowhere
        case.here.load_state_dict(epochs.wanted.states[-1])
        logits = oracle.logits(case.here, images)
        right = (logits.argmax(1) == labels).double().mean().item()
        what, mistakes = f"val_accuracy of fit {when}", mistaken_accuracy(logits, labels, 4)
        expect_close(entry["val_accuracy"], right, atol=1e-5, what=what, mistakes=mistakes)


@pytest.mark.points(2)
def test_criterion_and_optimizer_are_those_given(student, rng):
    """train_one_epoch uses the criterion and the optimiser it is given."""
    images, labels = draw_data(8)
    for name, options, here in (
        ("CrossEntropyLoss", {"label_smoothing": 0.3}, torch.nn.CrossEntropyLoss(label_smoothing=0.3)),
        ("MultiMarginLoss", {"p": 2}, torch.nn.MultiMarginLoss(p=2)),
    ):
        rates = {"lr": 0.2, "momentum": 0.5, "nesterov": True}
        case = make_case(student, rng)
        epochs = Epochs(student, case, images, labels, 4, head_only=True, criterion=here, **rates)
        criterion = getattr(student.worker("torch.nn"), name)(**options)
        loss = epochs.check(criterion=criterion, when=f"with {name} and an optimiser of the head alone")
        epochs.check_loss(loss, f"the loss that train_one_epoch returns with {name}")


@pytest.mark.points(2)
def test_training_mode_is_set_at_the_start(student, rng):
    """train_one_epoch trains in training mode, dropout and batch norm included, also after an evaluation."""
    case = make_case(student, rng, models.ModeSwitch)
    epochs = Epochs(student, case, *draw_data(10, classes=4, shape=(6,)), 5, epochs=2, lr=0.1)
    for epoch in range(2):
        case.there.eval()
        epochs.check(epoch, when="of a model that came in evaluation mode")


@pytest.mark.points(2)
def test_frozen_batch_norm_keeps_its_statistics(student, rng):
    """train_one_epoch leaves frozen parameters and frozen batch norm's statistics as they were, and uses these."""
    case = make_case(student, rng)
    frozen = dict.fromkeys(["conv1.weight", "bn1.weight", "bn1.bias"], False)
    for model, set_there in ((case.there, student.run), (case.here, operator.call)):
        set_there(models.set_trainable, model, frozen)
    epochs = Epochs(student, case, *draw_data(10), 4, lr=0.1)
    epochs.check(when="of a model whose first two layers are frozen")


def test_one_pass_in_the_loaders_order(student, rng):
    """train_one_epoch goes through the loader once, in its order."""
    order = rng.permutation(12).tolist()
    case = make_case(student, rng)
    epochs = Epochs(student, case, *draw_data(12), 5, order=order, lr=0.1)
    student.training.train_one_epoch(case.there, epochs.loader, cross_entropy(student), epochs.optimizer, "cpu")
    asked = student.run(loaders.asked, epochs.loader)
    assert len(asked) == 12, f"train_one_epoch: one epoch over 12 samples asked the loader for {len(asked)}"
    assert asked == order, "train_one_epoch does not take the samples in the loader's order"
    epochs.check_state("after train_one_epoch on a loader with an order of its own")


DEVICES = ("cpu", torch.device("cuda:1"))  # on a simulated machine that has two


def test_no_seed_and_no_switch_is_left_behind(student, rng):
    """train_one_epoch and fit set no global seed and leave the recording of gradients as it was."""
    case = make_case(student, rng)
    loader = student.run(loaders.counted_loader, *draw_data(4), 2)
    arguments = (case.there, loader, cross_entropy(student), sgd(student, case.there, lr=0.01), "cpu")
    expect_nothing_left_behind(student, "train_one_epoch", student.training.train_one_epoch, *arguments)
    expect_nothing_left_behind(student, "fit", student.training.fit, case.there, loader, loader, 1, "cpu")


@pytest.mark.points(2)
@pytest.mark.hint("Model, images, labels: which of them are on the device that the caller names, and from when on?")
def test_training_happens_on_the_device(student, rng):
    """train_one_epoch and fit run the model on the device given, whatever else the machine has."""
    images, labels = draw_data(10)
    for device in DEVICES:
        case = make_case(student, rng)
        epochs = Epochs(student, case, images, labels, 4, lr=0.1)
        loader = epochs.loader
        arguments = (case.there, loader, cross_entropy(student), epochs.optimizer, device)
        with during(f"train_one_epoch on {device}"):
            found = student.run(recording.places, student.training.train_one_epoch, *arguments)
        assert found["ran_on"] == [str(device)], f"train_one_epoch on {device} ran the model on {found['ran_on']}"
        epochs.check_state(f"after train_one_epoch on {device}")
        with during(f"fit on {device}"):
            found = student.run(recording.places, student.training.fit, case.there, loader, loader, 2, device)
        assert found["ran_on"] == [str(device)], f"fit on {device} ran the model on {found['ran_on']}"


# predict


def some_free(rng, names):
    """About half of them require a gradient, the first does."""
    return {name: number == 0 or bool(rng.random() < 0.5) for number, name in enumerate(names)}


@pytest.mark.points(2)
def test_prediction_leaves_no_trace(student, rng):
    """predict works without gradients and in evaluation mode throughout, and changes nothing in the model."""
    images, labels = draw_data(7)
    case = make_case(student, rng)
    case.there.train()
    free = some_free(rng, models.trainable(case.here))
    student.run(models.set_trainable, case.there, free)
    loader = student.run(loaders.counted_loader, images, labels, 3)
    call, splits = student.training.predict, {"val": images}
    evidence = student.run(training.traced, call, case.there, loader, "cpu", splits=splits)["trace"]
    expect_no_fault(
        evaluation_in_training_mode(evidence, "predict"),
        gradients_during_evaluation(evidence, "predict"),
        wrong_evaluation_samples(evidence, "predict", 1, 3),
    )
    first = student.keep(student.training.predict, case.there, loader, "cpu")
    scores = student.fetch(first)
    assert not scores.requires_grad, "what predict returns still requires a gradient"
    others = student.run(loaders.counted_loader, images.flip(0), labels, 3)
    student.keep(student.training.predict, case.there, others, "cpu")
    expect_unchanged(scores, student.fetch(first), "after predict of other images, what it returned first")
    expect_nothing_left_behind(student, "predict", call, case.there, loader, "cpu", looks_at=case.there)
    seen = student.run(recording.uses_of, case.there, student.training.predict, case.there, loader, "cpu")
    assert seen, "predict did not run the model"
    assert not any(use["grad"] for use in seen), "predict records gradients while the model runs"
    in_training = sorted({use["module"] or "the model itself" for use in seen if use["training"]})
    assert not in_training, f"in predict these run in training mode: {', '.join(in_training)}"
    expect_same_state(student, case.there, oracle.copied(case.here), "after predict", atol=0)
    other = [name for name, now in student.run(models.trainable, case.there).items() if now != free[name]]
    assert not other, f"predict changes which parameters require a gradient: {listed_names(other)}"


@pytest.mark.points(3)
def test_probabilities_are_exact(student, rng):
    """predict gives the softmax of the logits in evaluation mode, as float32."""
    for build, shape, options in (
        (models.TinyResNet, (3, 6, 6), {"num_classes": 4}),
        (models.ModeSwitch, (6,), {}),
    ):
        images, labels = draw_data(9, classes=4, shape=shape)
        for outermost in (True, False):
            case = make_case(student, rng, build, **options)
            student.run(models.set_modes, case.there, dict.fromkeys(models.modes(case.here), True) | {"": outermost})
            loader = student.run(loaders.counted_loader, images, labels, 4)
            with during("predict of 9 images in batches of 4"):
                scores = student.training.predict(case.there, loader, "cpu")
            mode = "" if outermost else ", itself in evaluation mode, its parts in training mode"
            what = f"what predict returns for 9 images and 4 classes (a {build.__name__}{mode})"
            expect_probabilities(scores, oracle.logits(case.here, images), 4, what, case.here, images)


def expect_probabilities(scores, logits, size, what, model=None, images=None):
    """The softmax of logits, as a float32 tensor.

    Args:
        model, images: where the logits come from, to tell those in training mode.
    """
    __tracebackhide__ = True
    wanted = logits.softmax(1)

    def mistakes():
        in_training = None if model is None else oracle.logits_in_training_mode(model, images, size)
        return mistaken_probabilities(logits, size, in_training)()

    if isinstance(scores, torch.Tensor) and scores.shape != wanted.shape:
        expect_close(scores, wanted, what=what, mistakes=mistakes)
    expect_tensor(scores, wanted.shape, torch.float32, what=what)
    expect_close(scores, wanted, rtol=1e-3, atol=1e-5, what=what, mistakes=mistakes)


@pytest.mark.points(2)
def test_rows_come_in_the_loaders_order(student, rng):
    """predict gives one row per image in the loader's order, a last batch of one included."""
    images, labels = draw_data(9, shape=(4,))
    case = make_case(student, rng, models.TinyMLP, in_features=4, num_classes=5)
    for size, shaped, count in (
        (4, labels.view(-1, 1).to(torch.uint8), 9),
        (1, labels, 9),
        (20, labels, 9),
        (2, labels, 5),
    ):
        order = rng.permutation(9)[:count].tolist()
        loader = student.run(loaders.counted_loader, images, shaped, size, order)
        given = "9 images" if count == 9 else f"a loader that gives {count} of the 9 images of its data set,"
        with during(f"predict of {given} in batches of {size}"):
            scores = student.training.predict(case.there, loader, torch.device("cpu"))
        what = f"what predict returns for {given} in batches of {size}, in an order of the loader's own,"
        expect_probabilities(scores, oracle.logits(case.here, images[order]), size, what)


@pytest.mark.points(2)
def test_modes_come_back(student, rng):
    """predict gives every submodule its own mode back."""
    images, labels = draw_data(5)
    loader = student.run(loaders.counted_loader, images, labels, 3)
    case = make_case(student, rng)
    names = list(models.modes(case.here))
    mixed = {name: bool(rng.random() < 0.5) for name in names} | {"": True, "bn1": False, "layer1.1": True}
    for before in (dict.fromkeys(names, True), dict.fromkeys(names, False), mixed):
        student.run(models.set_modes, case.there, before)
        came = "parts of different modes" if before is mixed else f"{'training' if before[''] else 'evaluation'} mode"
        with during(f"predict of a model in {came}"):
            student.keep(student.training.predict, case.there, loader, "cpu")
        after = student.run(models.modes, case.there)
        changed = [name for name in names if after[name] != before[name]]
        now = " and ".join(sorted({"training" if after[name] else "evaluation" for name in changed}))
        assert not changed, (
            f"predict of a model in {came} leaves {len(changed)} of {len(names)} parts in another mode than before: "
            f"{listed_names([name or 'the model itself' for name in changed])} in {now} mode"
        )


def test_large_logits(student, rng):
    """predict gives probabilities for logits of any size."""
    images, labels = draw_data(6, shape=(4,))
    case = make_case(student, rng, models.TinyMLP, in_features=4, num_classes=5)
    case.here.out.weight.data *= 3000
    case.there.load_state_dict({name: value.float() for name, value in case.here.state_dict().items()})
    loader = student.run(loaders.counted_loader, images, labels, 4)
    with during("predict with logits of some thousands"):
        scores = student.training.predict(case.there, loader, "cpu")
    expect_tensor(scores, (6, 5), what="what predict returns for logits of some thousands")
    expect_close(scores.sum(1), np.ones(6), atol=1e-5, what="the sum of each row of predict, with large logits,")


def test_logits_that_look_like_probabilities(student, rng):
    """predict gives the softmax of the outputs, also of those that are not negative and have the sum one."""
    images = torch.rand(7, 4).softmax(1)
    model = student.worker("torch.nn").Linear(4, 4)
    model.load_state_dict({"weight": torch.eye(4), "bias": torch.zeros(4)})
    loader = student.run(loaders.counted_loader, images, torch.zeros(7, dtype=torch.int64), 3)
    what = "what predict returns for logits between 0 and 1 whose sum is 1 in each row"
    expect_probabilities(student.training.predict(model, loader, "cpu"), images.double(), 3, what)


@pytest.mark.points(2)
@pytest.mark.hint("Where does the model run, and where does the caller need what is returned?")
def test_prediction_on_the_device_comes_back(student, rng):
    """predict runs the model on the device given and returns its result on the CPU."""
    images, labels = draw_data(7)
    for device in DEVICES:
        case = make_case(student, rng)
        loader = student.run(loaders.counted_loader, images, labels, 3)
        with during(f"predict on {device}"):
            found = student.run(recording.places, student.training.predict, case.there, loader, device)
        assert found["ran_on"] == [str(device)], f"predict on {device} ran the model on {found['ran_on']}"
        assert found["result_on"] == "cpu", f"predict on {device} returned its result on {found['result_on']}"
        wanted, what = oracle.logits(case.here, images), f"what predict returns on {device}"
        expect_probabilities(found["result"], wanted, 3, what, case.here, images)


# accuracy


@pytest.mark.points(2)
def test_accuracy_is_exact(student, rng):
    """accuracy counts the rows whose largest score is at the label, for arrays and tensors."""
    kinds = ((17, 4, np.uint8), (3, 9, np.int64), (30, 2, np.int64), (1, 2, np.int32), (40, 5, np.int16))
    kinds += ((50, 30, np.uint8), (50, 30, np.int8))  # the number of a cell in a table of 30 classes by 30 is larger
    for count, classes, dtype in kinds:
        scores = rng.normal(size=(count, classes)).astype(np.float32)
        labels = np.where(rng.random(count) < 0.6, scores.argmax(1), rng.integers(classes, size=count)).astype(dtype)
        wanted = float(np.mean(scores.argmax(1) == labels))
        for shaped in (labels, labels.reshape(-1, 1)):
            for kind, convert in (("arrays", np.asarray), ("tensors", torch.from_numpy)):
                what = f"accuracy of {kind} {scores.shape} and {shaped.shape}, labels {np.dtype(dtype)},"
                with during(what.removesuffix(",")):
                    value = student.training.accuracy(convert(scores), convert(shaped))
                mistakes = mistaken_accuracy(scores, labels)
                expect_close(expect_float(value, what), wanted, atol=1e-5, what=what, mistakes=mistakes)


def test_accuracy_at_its_ends(student, rng):
    """accuracy is 1 when all rows are right and 0 when none is, also for scores below zero."""
    scores = -np.abs(rng.normal(size=(12, 6))) - 1
    right = scores.argmax(1).reshape(-1, 1)
    for labels, wanted in ((right, 1.0), ((right + 1) % 6, 0.0)):
        what = f"accuracy with {'all' if wanted else 'no'} rows right, of scores below zero,"
        value = expect_float(student.training.accuracy(scores, labels), what)
        expect_close(value, wanted, atol=1e-6, what=what, mistakes=mistaken_accuracy(scores, labels))


def test_accuracy_leaves_its_arguments_alone(student, rng):
    """accuracy changes neither the scores nor the labels it is given, nor their shapes."""
    scores, labels = rng.normal(size=(7, 3)).astype(np.float32), rng.integers(3, size=(7, 1))
    for kind, convert in (("arrays", np.copy), ("tensors", torch.tensor)):
        given = {"scores": convert(scores), "labels": convert(labels)}
        held = {name: student.hold(value) for name, value in given.items()}
        student.training.accuracy(*held.values())
        for name, value in given.items():
            expect_unchanged(
                value, student.fetch(held[name]), f"the {name} {tuple(value.shape)} given to accuracy as {kind}"
            )


# fit


@dataclass
class Run:
    """A call of `fit` and what should come of it.

    Attributes:
        model, train, val: on the student's side.
        images: of training and validation.
        start: the model here, as it was before.
        data: images and labels of training and of validation.
        course: of the weights.
        best: the epoch that is to be restored, from 0.
    """

    model: Any
    train: Any
    val: Any
    start: torch.nn.Module
    data: dict[str, tuple[torch.Tensor, torch.Tensor]]
    wanted: list[oracle.Epoch]
    course: Trajectory
    best: int
    options: dict[str, float]

    def fit(self, student):
        return student.training.fit(self.model, self.train, self.val, len(self.wanted), "cpu", **self.options)

    def traced(self, student):
        """The same, with what happened meanwhile."""
        arguments = (self.model, self.train, self.val, len(self.wanted), "cpu")
        splits = {name: images for name, (images, _) in self.data.items()}
        with during(f"fit with {len(self.wanted)} epochs"):
            call = student.training.fit
            return student.run(training.traced, call, *arguments, splits=splits, course_of=self.model, **self.options)

    @property
    def rates(self):
        return {"lr": 0.001, "momentum": 0.9} | self.options

    def faults(self, outcome):
        """Whatever can be said about the way in which fit trained, one after the other."""
        epochs, evidence = len(self.wanted), outcome["trace"]
        yield from training_faults(evidence, "fit")
        yield wrong_samples(evidence, "fit", epochs, 4)
        yield wrong_evaluation_samples(evidence, "fit", epochs, 4)
        yield optimizer_rebuilt(evidence, "fit")
        yield wrong_hyper_parameters(evidence, "fit", self.rates | {"weight_decay": 0, "dampening": 0}, "SGD")
        yield self.wrong_steps(outcome["course"])

    def wrong_steps(self, course):
        """Where the weights, before they are put back at the end, leave the right course."""
        states, per_epoch = course["states"][1:-1], len(self.course.losses) // len(self.wanted)
        if len(states) != len(self.course.losses) - 1 or not states:
            return None
        for step, state in enumerate(states, start=1):
            weights = {name: self.course.states[step][name] for name in self.course.parameters}
            if differing(state, weights, self.course.tolerances[step]):
                break
        else:
            return None
        loops = self.loops()
        known = steps_of(states, self.start, loops, self.course) or steps_of(
            states[: per_epoch - 1], self.start, loops, self.course
        )
        if known:
            return f"the steps of fit {known}"
        steps = self.course.part(0, len(states))
        return parting({"states": course["states"][:-1], "losses": course["losses"][:-1]}, steps, "fit")

    def loops(self):
        """Wrong ones."""

        def make(model):
            return torch.optim.SGD(free(model), **self.rates)

        return wrong_loops(*self.data["train"], 4, make, len(self.wanted), rates=self.rates)

    def expect_best_epoch(self, student, outcome, when=""):
        """The model holds what it held after its best epoch.

        Args:
            outcome: of `traced`; None where the run was not traced.
        """
        __tracebackhide__ = True
        steps = len(self.course.losses) // len(self.wanted)
        step, state = (self.best + 1) * steps, student.run(models.snapshot, self.model)
        wrong = differing(state, self.course.states[step], self.course.tolerances[step])
        if wrong:
            expect_no_fault(*(self.faults(outcome) if outcome else ()))
            what = f"after fit {when}".rstrip()
            known = which_epoch(state, self.course, self.wanted, self.best)
            raise AssertionError(f"{what} {known or 'there are wrong values in ' + listed_names(wrong)}")


def make_run(student, rng, choose, epochs=5, frozen=(), lr=0.2, momentum=0.8, copies=1):
    """A run whose validation labels are chosen when it is known what its epochs predict.

    Args:
        choose: an `oracle.Chooser`.
        frozen: parameters that do not require a gradient.
        copies: how often each validation image comes, with labels of its own.
    """
    for _ in range(40):
        seed = int(rng.integers(2**31))
        train, val = draw_data(11, classes=7), draw_data(9)[0].repeat(copies, 1, 1, 1)
        start = models.seeded(models.TinyResNet, seed, num_classes=7)
        models.set_trainable(start, dict.fromkeys(frozen, False))
        history = oracle.epochs(copy.deepcopy(start).double(), train, val, 4, epochs, lr, momentum)
        if oracle.margin(history) <= 0.002:
            continue
        labels = choose(history, rng)
        if labels is None:
            continue
        model = student.run(models.seeded, models.TinyResNet, seed, num_classes=7)
        student.run(models.set_trainable, model, dict.fromkeys(frozen, False))
        return Run(
            model,
            student.run(loaders.counted_loader, *train, 4),
            student.run(loaders.counted_loader, val, labels, 4 * copies),
            start,
            {"train": train, "val": (val, labels)},
            history,
            follow(start, oracle.training(train, 4, epochs, lr, momentum)),
            oracle.best([epoch.val_accuracy for epoch in history]),
            {"lr": lr, "momentum": momentum},
        )
    raise AuthorError("no suitable training run was found in 40 draws")


@oracle.labels_such_that
def anything(accuracies, losses):
    return len(set(accuracies)) > 2


@oracle.labels_such_that
def up_and_down(accuracies, losses):
    """Both rise and fall again, and epochs differ."""
    return len(set(accuracies)) > 2 and all(min(steps) < 0 < max(steps) for steps in map(np.diff, (accuracies, losses)))


@oracle.labels_such_that
def best_in_the_middle(accuracies, losses):
    """The best accuracy is neither first nor last nor that of the lowest loss, which is not the last one either."""
    position = oracle.best(accuracies)
    inside = 0 < position < len(losses) - 1
    lowest = int(np.argmin(losses))
    return inside and lowest not in (position, len(losses) - 1) and accuracies.count(max(accuracies)) == 1


@oracle.labels_such_that
def best_twice(accuracies, losses):
    """Two epochs share the best accuracy; the first is not the very first epoch, and its loss is the higher one."""
    first, *others = (epoch for epoch, accuracy in enumerate(accuracies) if accuracy == max(accuracies))
    return first > 0 and len(others) == 1 and losses[others[0]] < losses[first]


@oracle.labels_such_that
def sometimes_right(accuracies, losses):
    return max(accuracies) > 0


@oracle.labels_such_that
def never_right(accuracies, losses):
    return max(accuracies) == 0


@pytest.mark.points(2)
def test_modes_and_gradients_in_every_epoch(student, rng):
    """fit trains in training mode and validates in evaluation mode without gradients, in every epoch."""
    run = make_run(student, rng, anything, epochs=3)
    evidence = run.traced(student)["trace"]
    expect_no_fault(*training_faults(evidence, "fit", leave_out=[graph_kept_alive]))
    arguments = (run.model, run.train, run.val, 3, "cpu")
    seen = student.run(recording.uses_of, run.model, student.training.fit, *arguments)
    heads = [use for use in seen if use["module"] == "fc"]
    trained = [use for use in heads if use["grad"]]
    early = ": it ends before the last epoch" if len(trained) in (3, 6) else ""
    assert len(trained) == 9, (
        f"fit: 3 epochs of 3 batches ran the model {len(trained)} times with gradients, not 9{early}"
    )
    assert len(heads) > len(trained), "fit never ran the model without gradients; validation needs none"
    wrong = sorted({use["module"] for use in seen if use["module"] and use["grad"] and not use["training"]})
    assert not wrong, f"while fit trains, these are in evaluation mode: {', '.join(wrong)}"
    wrong = sorted({use["module"] for use in seen if use["module"] and not use["grad"] and use["training"]})
    assert not wrong, f"while fit validates, these are in training mode: {', '.join(wrong)}"


@pytest.mark.points(3)
@pytest.mark.hint(LOOP_HINT)
def test_history_is_exact(student, rng):
    """fit reports the right training loss, validation loss and validation accuracy of every epoch."""
    run = make_run(student, rng, up_and_down)
    outcome = run.traced(student)
    history = outcome["result"]
    assert isinstance(history, list), f"fit should return a list, got {type(history).__name__}"
    assert len(history) == len(run.wanted), f"fit: 5 epochs should give 5 entries, got {len(history)}"
    for entry in history:
        for key in ("train_loss", "val_loss", "val_accuracy"):
            assert key in entry, f"fit: an entry of the history lacks {key!r}"
            expect_float(entry[key], f"fit: {key} in the history")
    for number, (entry, wanted) in enumerate(zip(history, run.wanted, strict=True), start=1):
        with explained_by(run.faults(outcome)):
            for key, value in wanted.reported().items():
                what = f"fit: {key} of epoch {number}"
                mistakes = partial(
                    mistaken_reports, key, number, run.start, run.data, run.wanted, run.course, 4, history
                )
                expect_close(entry[key], value, rtol=2e-3, atol=1e-4, what=what, mistakes=mistakes)


@pytest.mark.points(3)
@pytest.mark.hint("What is in the state that you keep once later epochs have changed the model?")
def test_best_epoch_is_restored(student, rng):
    """After fit the model holds parameters and buffers of the epoch with the best validation accuracy."""
    run = make_run(student, rng, best_in_the_middle)
    run.expect_best_epoch(student, run.traced(student), f"(best epoch: {run.best + 1} of {len(run.wanted)})")


@pytest.mark.points(2)
def test_earliest_of_equally_good_epochs(student, rng):
    """fit keeps the earliest of equally good epochs, also when the accuracy is zero in all of them."""
    for wanted, epochs, how in (
        (best_twice, 4, "two epochs share the best accuracy"),
        (never_right, 12, "no epoch is ever right"),
    ):
        run = make_run(student, rng, wanted, epochs)
        outcome = run.traced(student)
        expect_list(outcome["result"], epochs, f"fit with {epochs} epochs ({how}): the history")
        run.expect_best_epoch(student, outcome, f"({how})")


@pytest.mark.hint("Which numbers decide about the best epoch, and how exactly are they compared?")
def test_one_image_more_is_better(student, rng):
    """fit takes an epoch for the best one that is right about a single image more than those before."""
    run = make_run(student, rng, oracle.labels_with_a_lead, epochs=3, copies=120)
    with during("fit with 3 epochs and 1080 validation images"):
        run.fit(student)
    when = f"(epoch {run.best + 1} is right about one of 1080 images more than those before)"
    run.expect_best_epoch(student, None, when)  # copies of an image cannot be told apart in a trace


@pytest.mark.points(2)
def test_rate_and_momentum_are_used(student, rng):
    """fit trains with the learning rate and momentum given, 0.001 and 0.9 by default."""
    for options in ({}, {"lr": 0.03, "momentum": 0.0}, {"lr": 0.01}):
        rates = {"lr": 0.001, "momentum": 0.9} | options
        run = make_run(student, rng, sometimes_right, epochs=1, **rates)
        run.options = options
        before = student.run(models.snapshot, run.model)
        outcome = run.traced(student)
        after, wanted = student.run(models.snapshot, run.model), run.course.states[-1]
        with explained_by(run.faults(outcome)):
            for name in run.course.parameters:
                moved, should = after[name].double() - before[name], wanted[name] - before[name]
                what = f"the way {name} went in fit with {options or 'the default rate and momentum'}"
                expect_close(moved, should, rtol=0.02, atol=0.02 * should.abs().max().item() + 1e-6, what=what)


def test_the_rate_stays_the_same(student, rng):
    """fit trains with the learning rate given in all epochs, however many."""
    run = make_run(student, rng, sometimes_right, epochs=14, lr=0.05, momentum=0.5)
    outcome = run.traced(student)
    history = expect_list(outcome["result"], 14, "fit with 14 epochs: the history")
    with explained_by(run.faults(outcome)):
        for number, (entry, wanted) in enumerate(zip(history, run.wanted, strict=True), start=1):
            expect_close(entry["train_loss"], wanted.train_loss, 2e-3, 1e-4, f"fit: train_loss of epoch {number} of 14")


@pytest.mark.points(2)
def test_frozen_stays_frozen(student, rng):
    """fit leaves frozen parameters and frozen batch norm's statistics as they were, and trains the rest."""
    frozen = ["conv1.weight", "bn1.weight", "bn1.bias", "layer1.0.weight", "layer1.1.weight", "layer1.1.bias"]
    run = make_run(student, rng, anything, epochs=4, frozen=frozen)
    before = student.run(models.snapshot, run.model)
    outcome = run.traced(student)
    evidence = outcome["trace"]
    expect_no_fault(frozen_parameters_moved(evidence, "fit"), frozen_statistics_moved(evidence, "fit"))
    after = student.run(models.snapshot, run.model)
    moved = [name for name in before if not name.startswith("fc.") and not torch.equal(before[name], after[name])]
    assert not moved, f"fit changed what was frozen: {', '.join(moved[:6])}"
    free = [name for name, requires_grad in student.run(models.trainable, run.model).items() if requires_grad]
    assert sorted(free) == ["fc.bias", "fc.weight"], f"after fit these are trainable: {', '.join(free)}"
    run.expect_best_epoch(student, outcome, "of the head alone")


def test_one_pass_over_the_training_data_per_epoch(student, rng):
    """fit goes through the training data once per epoch, and through all validation data after each."""
    run = make_run(student, rng, anything, epochs=3)
    run.fit(student)
    asked = student.run(loaders.asked, run.train)
    assert asked == list(range(11)) * 3, f"fit: 3 epochs over 11 samples asked for {len(asked)} samples"
    asked = student.run(loaders.asked, run.val)
    assert len(asked) >= 27, f"fit: 3 epochs asked for {len(asked)} of 3 times 9 validation samples"
    assert sorted(asked) == sorted(list(range(9)) * (len(asked) // 9)), "fit left some validation samples out"


def test_validation_data_in_any_order(student):
    """fit reports the same validation loss and accuracy in every epoch when the validation loader shuffles."""
    labels = torch.arange(20) % 5
    images = torch.eye(5)[labels] + 0.1 * torch.rand(20, 5)
    model = student.worker("torch.nn").Linear(5, 5)
    model.load_state_dict({"weight": 5 * torch.eye(5), "bias": torch.zeros(5)})  # right every time
    dataset = student.run(loaders.CountedDataset, images, labels)
    ordered, shuffled = (
        student.worker("torch.utils.data").DataLoader(dataset, batch_size=6, shuffle=shuffle)
        for shuffle in (False, True)
    )
    loss = torch.nn.functional.cross_entropy(5 * images.double(), labels).item()
    wanted = {"val_accuracy": (1.0, {"atol": 1e-6}), "val_loss": (loss, {"rtol": 1e-3, "atol": 1e-5})}

    def compared(key, got):
        (entry,) = student.training.fit(model, ordered, ordered, 1, "cpu", lr=0.0)
        right, _ = wanted[key]
        told = f"is {float(got):.4g} instead of {right:.4g}, while it"
        return f"{told} is right when they come in one order" if abs(entry[key] - right) < 1e-3 else ""

    for entry in student.training.fit(model, shuffled, shuffled, 3, "cpu", lr=0.0):  # goes nowhere
        for key, (right, tolerance) in wanted.items():
            what = f"fit: {key} of a network that is always right, on data that come in a new order in every pass,"
            with told_by(compared, key, entry[key], what=what):
                expect_close(entry[key], right, **tolerance, what=what)


def test_nothing_happens_without_epochs(student, rng):
    """fit with epochs=0 returns an empty list and leaves the model as it was."""
    case = make_case(student, rng)
    loader = student.run(loaders.counted_loader, *draw_data(6), 3)
    with during("fit with epochs=0"):
        history = student.training.fit(case.there, loader, loader, 0, torch.device("cpu"))
    assert history == [], f"fit with epochs=0 should give an empty list, got {history!r}"
    expect_same_state(student, case.there, oracle.copied(case.here), "after fit with epochs=0", atol=0)


def test_validation_loss_of_large_logits(student, rng):
    """fit gives the cross-entropy of the logits, however large they are."""
    images, labels = draw_data(6, shape=(4,))
    case = make_case(student, rng, models.TinyMLP, in_features=4, num_classes=5)
    case.here.out.weight.data *= 1000
    case.there.load_state_dict({name: value.float() for name, value in case.here.state_dict().items()})
    loader = student.run(loaders.counted_loader, images, labels, 4)
    (entry,) = student.training.fit(case.there, loader, loader, 1, "cpu", lr=0.0)  # goes nowhere
    wanted = torch.nn.functional.cross_entropy(oracle.logits(case.here, images), labels).item()
    what = "fit: val_loss of a network with large logits"
    expect_close(entry["val_loss"], wanted, rtol=1e-3, atol=1e-2, what=what)


@pytest.mark.needs("test_every_batch_has_its_step")
def test_importing_does_nothing_else(student):
    """Importing training.py prints nothing, trains nothing and sets no seed."""
    expect_quiet_import(student, "training")


@pytest.mark.points(2)
@pytest.mark.hint("Look at what the model says after a few epochs on data you know, and at the labels it was shown.")
def test_what_fit_teaches_predict_knows(student, rng):
    """A small network trained with fit recognises new images through predict."""
    expect_learned(student, rng, calibrated.fit_finds_lesions)
