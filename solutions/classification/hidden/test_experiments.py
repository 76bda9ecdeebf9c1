"""Hidden checks of experiments.py.

One recorded run on tiny data serves most of them. Every image carries a number (see `recording.tag`), so that the
recording tells which images the networks saw, in which mode, and before or after which optimiser steps.
"""

from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch

from grader.probes import models, recording
from grader.verdicts.circumstances import during
from grader.verdicts.imports import expect_quiet_import
from grader.verdicts.training import expect_no_fault, global_seeds_touched
from grader.verdicts.values import expect_close, expect_float, expect_unchanged

ARMS = ("scratch", "feature_extraction", "fine_tuning")
TRAIN, VAL, TEST = range(9), range(20, 28), range(40, 64)  # the images' numbers
CLASSES, EPOCHS, BATCH = 6, 2, 5


@dataclass
class Recorded:
    """A run of `run_experiments`: what it returned, and what was noted meanwhile."""

    results: dict[str, Any]
    events: list[dict[str, Any]]
    optimizers: list[list[tuple[int, ...]]]
    weights: Counter
    train_labels: np.ndarray
    test_labels: np.ndarray
    changed: dict[str, tuple[Any, Any]]
    random: dict[str, Any]

    def passes(self, images):
        """Forward passes that some of these images took part in."""
        return [event for event in self.events if event["kind"] == "forward" and set(event["images"]) & set(images)]

    def trained(self):
        """The training passes of each model that was trained as a whole."""
        return training_passes(self.events)

    def starts_from_weights(self, event):
        """Whether all that a model held then, its head aside, is what the state dict holds."""
        return not self.weights - Counter(map(_key, event["state"]))

    def steps_are_over(self, position):
        """How many optimisers make no step after an event."""
        last = {event["optimizer"]: i for i, event in enumerate(self.events) if event["kind"] == "step"}
        return sum(i < position for i in last.values())


def training_passes(events):
    """Those of each model, the model first that was trained first."""
    by_model = {}
    for event in events:
        if event["kind"] == "forward" and event["grad"]:
            by_model.setdefault(event["model"], []).append(event)
    return list(by_model.values())


def _key(entry):
    return tuple(entry["shape"]), tuple(entry["values"])


def _trainable(event):
    """How many parameters of the model required a gradient then."""
    return sum(entry["trainable"] is True for entry in event["state"])


def draw_split(rng, numbers):
    """Images of different colours, so that networks take them for different things, and labels (N, 1)."""
    tints = rng.uniform(0.1, 1, size=(len(numbers), 1, 1, 3))
    images = (rng.integers(0, 256, size=(len(numbers), 28, 28, 3)) * tints).astype(np.uint8)
    return recording.tag(images, numbers.start), rng.integers(0, 4, size=(len(numbers), 1), dtype=np.uint8)


@pytest.fixture(scope="module")
def memory():
    """Keeps the recorded run for the checks that share it."""
    return {}


@pytest.fixture
def recorded(student, rng, memory):
    if "run" not in memory:
        memory["run"] = record(student, rng)
    return memory["run"]


def record(student, rng, epochs=EPOCHS):
    splits = [draw_split(rng, numbers) for numbers in (TRAIN, VAL, TEST)]
    held = [tuple(student.hold(array.copy()) for array in split) for split in splits]
    seed, places = int(rng.integers(2**31)), int(rng.integers(2**31))
    state_dict = student.keep(models.resnet18_weights, seed)
    options = {"epochs": epochs, "device": "cpu", "batch_size": BATCH}
    run = student.experiments.run_experiments
    noted = student.run(recording.journal, run, *held, CLASSES, state_dict, **options)
    weights = models.resnet18_weights(seed)
    changed = {"the state dict": (models.samples(weights, places), student.run(models.samples, state_dict, places))}
    for name, split, there in zip(("train", "val", "test"), splits, held, strict=True):
        changed[f"the {name} images"] = split[0], student.fetch(there[0])
        changed[f"the {name} labels"] = split[1], student.fetch(there[1])
    entries = [
        {"shape": tuple(value.shape), "values": value.flatten()[:4].tolist()}
        for name, value in weights.items()
        if value.is_floating_point() and not name.startswith("fc.")
    ]
    return Recorded(
        noted["result"],
        noted["events"],
        noted["optimizers"],
        Counter(map(_key, entries)),
        splits[0][1][:, 0],
        splits[2][1][:, 0],
        changed,
        noted["random"],
    )


def test_result_has_its_form(recorded):
    """Every arm has a history with one entry per epoch, and a test accuracy."""
    missing = ", ".join(arm for arm in ARMS if arm not in recorded.results)
    assert not missing, (
        f"with a state dict run_experiments returned only {sorted(recorded.results)}; {missing} is missing"
    )
    for arm in ARMS:
        history = recorded.results[arm]["history"]
        assert len(history) == EPOCHS, f"{arm}: {EPOCHS} epochs gave a history of {len(history)} entries"
        for entry in history:
            for key in ("train_loss", "val_loss", "val_accuracy"):
                assert key in entry, f"{arm}: an entry of the history lacks {key!r}"
                assert np.isfinite(expect_float(entry[key], f"{arm}: {key}")), f"{arm}: {key} is {entry[key]}"
            counted = expect_float(entry["val_accuracy"], f"{arm}: val_accuracy") * len(VAL)
            whole = abs(counted - round(counted)) < 1e-4 and 0 <= round(counted) <= len(VAL)
            assert whole, f"{arm}: val_accuracy is {entry['val_accuracy']:.4g}, {share_of(entry['val_accuracy'])}"


def share_of(accuracy):
    """Which split's images an accuracy counts, if not those of the validation images."""
    told = f"no share of the {len(VAL)} validation images"
    for name, numbers in (("test", TEST), ("training", TRAIN)):
        counted = accuracy * len(numbers)
        if abs(counted - round(counted)) < 1e-4 and 0 <= round(counted) <= len(numbers):
            return f"{told}, but {round(counted)} of the {len(numbers)} {name} images"
    return told


@pytest.mark.points(2)
def test_training_sees_the_training_images_alone(recorded):
    """Gradients come from training images alone; validation and test images are only evaluated."""
    learned_from = {number for event in recorded.events if event.get("grad") for number in event["images"]}
    assert learned_from, "run_experiments ran no network with gradients on the training images"
    others = learned_from & {*VAL, *TEST}
    unknown = learned_from - {*TRAIN, *VAL, *TEST}  # a changed image shows another number, or none
    assert not (others and unknown), (
        "run_experiments trained on images that are not as they were given: those of train are to be used as they are"
    )
    assert not learned_from & set(VAL), "run_experiments trained on validation images, or evaluated them with gradients"
    assert not learned_from & set(TEST), "run_experiments trained on test images, or evaluated them with gradients"
    for name, numbers in (("validation", VAL), ("test", TEST)):
        training = [event for event in recorded.passes(numbers) if event["training"]]
        assert not training, f"run_experiments: {name} images went through a network in training mode"


@pytest.mark.points(2)
def test_every_epoch_is_shuffled_and_in_batches(recorded):
    """In every epoch all training images come once, in a new order, in batches of the size asked for."""
    orders = []
    for passes in recorded.trained():
        sizes = [len(event["images"]) for event in passes]
        assert sizes == [5, 4] * EPOCHS, (
            f"run_experiments: 9 training images in batches of 5, {EPOCHS} epochs: one network was trained in batches "
            f"of {sizes}{too_long(sizes)}"
        )
        order = [number for event in passes for number in event["images"]]
        epochs = [order[: len(TRAIN)], order[len(TRAIN) :]]
        for epoch in epochs:
            assert sorted(epoch) == list(TRAIN), "run_experiments: an epoch did not use every training image once"
        orders.append(epochs)
    unshuffled = all(epoch == list(TRAIN) for epochs in orders for epoch in epochs)
    assert not unshuffled, "run_experiments: in all epochs the training images came in the order of the data"
    assert any(one != two for one, two in orders), "run_experiments: all epochs had the same order"


@pytest.mark.needs("test_every_epoch_is_shuffled_and_in_batches")
def test_orders_differ_from_call_to_call(recorded, student, rng):
    """run_experiments draws the order of the training images afresh in every call."""

    def first_order(events):
        return [number for event in training_passes(events)[0] for number in event["images"]][: len(TRAIN)]

    for _ in range(2):  # a right program may draw the same order twice, once in 9! calls, but hardly three times
        splits = [draw_split(rng, numbers) for numbers in (TRAIN, VAL[:2], TEST[:2])]
        student.worker("torch").manual_seed(int(rng.integers(2**31)))
        options = {"epochs": 1, "device": "cpu", "batch_size": BATCH}
        with during("run_experiments for a second time, with 2 images for validation and 2 for the test"):
            run = student.experiments.run_experiments
            noted = student.run(recording.journal, run, *splits, CLASSES, None, **options)
        if first_order(noted["events"]) != first_order(recorded.events):
            return
    raise AssertionError(
        "run_experiments takes the training images in the same order in every call, whatever torch's global seed is"
    )


def too_long(sizes):
    """What a sequence of batches looks like that is not that of the epochs asked for, as the end of a sentence."""
    seen, wanted = sum(sizes), len(TRAIN) * EPOCHS
    if len(sizes) > 2 * EPOCHS and sizes == [5, 4] * (len(sizes) // 2):
        times = len(sizes) // (2 * EPOCHS)
        if len(sizes) == 2 * EPOCHS * times:
            return f": {times * EPOCHS} epochs, as if one network were trained in {times} arms, each in turn"
        return f": {len(sizes) // 2} epochs"
    if seen != wanted:
        return f": {seen} images in all, not {wanted}"
    return ""


@pytest.mark.points(3)
@pytest.mark.hint("Which decisions are still to be made when a network first sees the test images?")
def test_test_images_are_used_once_after_training(recorded):
    """Every arm sees each test image once, when its training is over."""
    seen = Counter(number for event in recorded.passes(TEST) for number in event["images"] if number in TEST)
    assert seen == dict.fromkeys(TEST, 3), (
        f"run_experiments: each of the {len(TEST)} test images should go through a network three times, once per arm; "
        f"{how_often(seen)}{too_early(recorded)}"
    )
    done = 0
    for position, event in enumerate(recorded.events):
        if event["kind"] == "forward" and set(event["images"]) & set(TEST):
            arm = done // len(TEST) + 1
            over = recorded.steps_are_over(position)
            assert over >= arm, "run_experiments: test images were used although an arm still had training to do"
            done += len(event["images"])


def how_often(seen):
    """How often the test images were used, as the end of a sentence."""
    times = Counter(seen[number] for number in TEST)
    if list(times) == [0]:
        return "none did at all"
    names = {0: "never", 1: "once"}
    return ", ".join(
        f"{'all' if images == len(TEST) else images} {names.get(count, f'{count} times')}"
        for count, images in sorted(times.items())
    )


def too_early(recorded):
    """How many test images went through a network that was trained on afterwards, as the end of a sentence."""
    last = {
        event["model"]: i for i, event in enumerate(recorded.events) if event["kind"] == "forward" and event["grad"]
    }
    early = [
        event
        for position, event in enumerate(recorded.events)
        if event["kind"] == "forward" and set(event["images"]) & set(TEST) and position < last.get(event["model"], -1)
    ]
    passes = sum(len(set(event["images"]) & set(TEST)) for event in early)
    return f" ({passes} of these passes through a network whose training was not over)" if early else ""


@pytest.mark.points(3)
@pytest.mark.hint("Two arms are given the same start. Which one has another?")
def test_arms_start_where_they_should(recorded):
    """scratch starts at random; feature extraction and fine-tuning start from the state dict."""
    starts = {}
    for event in recorded.events:
        if event["kind"] == "forward":
            starts.setdefault(event["model"], event)
    given = [recorded.starts_from_weights(starts[passes[0]["model"]]) for passes in recorded.trained()]
    assert not all(given), "run_experiments: every arm started from the state dict; scratch should start at random"
    whole = [passes for passes in recorded.trained() if _trainable(passes[0]) > 2]
    given = sorted(recorded.starts_from_weights(starts[passes[0]["model"]]) for passes in whole)
    assert given == [False, True], (
        f"run_experiments: two networks should be trained as a whole, one from a random start (scratch) and one from "
        f"the state dict (fine_tuning); seen: {len(given)} trained as a whole, {sum(given)} of them from the state dict"
    )
    anywhere = [recorded.starts_from_weights(event) for event in starts.values()]
    assert sum(anywhere) >= 2, "feature extraction did not start from the state dict"


@pytest.mark.points(2)
def test_what_each_arm_trains(recorded):
    """feature extraction trains the head alone; scratch and fine-tuning train all 62 parameters."""
    counts = sorted(len(shapes) for shapes in recorded.optimizers)
    assert counts == [2, 62, 62], (
        f"run_experiments: the optimisers of the three arms should have 2 parameters (feature_extraction), 62 and 62; "
        f"they had {counts}"
    )
    (head,) = [sorted(map(tuple, shapes)) for shapes in recorded.optimizers if len(shapes) == 2]
    assert head == [(CLASSES,), (CLASSES, 512)], (
        f"with num_classes={CLASSES} and labels from 0 to {max(map(int, recorded.train_labels))}, feature extraction "
        f"trained parameters of the shapes {head}"
    )


@pytest.mark.points(2)
def test_frozen_features_do_not_drift(recorded):
    """feature extraction ends with the features it began with, batch-norm statistics included; the others move."""
    same = [recorded.starts_from_weights(event) for event in recorded.passes(TEST) for _ in event["images"]]
    assert sum(same) > 0, "no network had the features and statistics of the state dict when it was tested"
    assert sum(same) == len(TEST), "fine-tuning was tested with the very weights it started from"


@pytest.mark.points(2)
def test_reported_accuracies_are_those_on_the_test_images(recorded):
    """test_accuracy is the share of test images that the trained network classifies correctly."""
    expect_test_accuracies(recorded.results, recorded.passes(TEST), recorded.test_labels)


def expect_test_accuracies(results, passes, test_labels):
    """The accuracies reported are those of the networks' outputs on the test images."""
    __tracebackhide__ = True
    tested = {}
    for event in passes:
        outputs = event.get("outputs")
        if not isinstance(outputs, torch.Tensor) or outputs.ndim != 2 or outputs.shape[1] != CLASSES:
            seen = f", not the shape {tuple(outputs.shape)}" if isinstance(outputs, torch.Tensor) else ""
            raise AssertionError(
                f"run_experiments: the networks should have num_classes={CLASSES} outputs for each test image{seen}"
            )
        labels = [int(test_labels[number - TEST.start]) for number in event["images"]]
        tested.setdefault(event["model"], []).append((outputs.double().numpy(), np.array(labels)))
    wanted = sorted(float(np.mean(hits(*joined(batches)))) for batches in tested.values())
    found = sorted(expect_float(results[arm]["test_accuracy"], f"{arm}: test_accuracy") for arm in ARMS)
    what = "run_experiments: the three test accuracies, sorted,"
    mistakes = partial(mistaken_accuracies, results, list(tested.values()), test_labels)
    expect_close(found, wanted, atol=1e-5, what=what, mistakes=mistakes)


def joined(batches):
    """The scores and labels of some batches in one."""
    return tuple(np.concatenate(each) for each in zip(*batches, strict=True))


def hits(scores, labels):
    """Which rows have their largest score at the label."""
    return scores.argmax(1) == labels


def balanced(scores, labels):
    """The mean of the classes' shares."""
    return np.mean([hits(scores, labels)[labels == label].mean() for label in np.unique(labels)])


def mistaken_accuracies(results, tested, test_labels):
    """What is reported in the place of the share of test images that are classified correctly, by sentences."""
    in_order = [np.concatenate([scores for scores, _ in batches]) for batches in tested]
    labels = np.array([int(label) for label in np.ravel(test_labels)])
    if all(len(scores) == len(labels) for scores in in_order):
        yield (
            "scores and labels do not belong together: the images were tested in another order than the labels have",
            sorted(np.mean(hits(scores, labels)) for scores in in_order),
        )
    for which, of in ((-1, "the last epoch"), (0, "the first epoch")):
        histories = [results[arm]["history"] for arm in ARMS]
        if all(histories):
            yield (
                f"those are the validation accuracies of {of}",
                sorted(each[which]["val_accuracy"] for each in histories),
            )
    if all(histories):
        best = sorted(max(entry["val_accuracy"] for entry in history) for history in histories)
        yield "those are the validation accuracies of the best epoch", best
    for sentence, measure in {
        "those are the shares that are classified wrongly": lambda batches: 1 - np.mean(hits(*joined(batches))),
        "those are means of the batches' accuracies": lambda batches: np.mean(
            [hits(*batch).mean() for batch in batches]
        ),
        "those are the accuracies on the first batch": lambda batches: hits(*batches[0]).mean(),
        "those are the accuracies on the last batch": lambda batches: hits(*batches[-1]).mean(),
        "those are means of the classes' shares": lambda batches: balanced(*joined(batches)),
        "those are percentages": lambda batches: 100 * np.mean(hits(*joined(batches))),
        "those are numbers of images": lambda batches: np.sum(hits(*joined(batches))),
    }.items():
        yield sentence, sorted(float(measure(batches)) for batches in tested)


@pytest.mark.points(2)
@pytest.mark.needs("test_every_epoch_is_shuffled_and_in_batches", "test_arms_start_where_they_should")
def test_histories_belong_to_their_arms(recorded):
    """The training losses in each arm's history are those of the network that was trained for this arm."""
    trained = {arm_of(recorded, passes): losses_of(recorded, passes) for passes in recorded.trained()}
    for arm in ARMS:
        reported = [entry["train_loss"] for entry in recorded.results[arm]["history"]]
        others = [other for other in trained if np.allclose(trained[other], reported, rtol=1e-3)]
        assert not others or arm in others, f"run_experiments: what is reported as {arm} is the history of {others[0]}"
        known = arm in trained  # feature extraction may train its head on features
        assert others or not known, (
            f"{arm}: the training losses reported are not those of the network that was trained for it"
        )


def arm_of(recorded, passes):
    """Which arm a network was trained for, by its start and by what was trainable."""
    if _trainable(passes[0]) == 2:
        return "feature_extraction"
    return "fine_tuning" if recorded.starts_from_weights(passes[0]) else "scratch"


def losses_of(recorded, passes):
    """The mean cross-entropy per sample in each epoch, from the outputs of the training passes."""
    labels = torch.tensor([int(recorded.train_labels[number]) for event in passes for number in event["images"]])
    logits = torch.cat([event["outputs"].double() for event in passes])
    each = torch.nn.functional.cross_entropy(logits, labels, reduction="none")
    return each.reshape(EPOCHS, len(TRAIN)).mean(1).numpy()


def test_no_global_seed_is_set(recorded):
    """run_experiments leaves the seeds of the global generators alone."""
    expect_no_fault(global_seeds_touched({"random": recorded.random}, "run_experiments"))


def test_arguments_are_left_alone(recorded):
    """run_experiments leaves images, labels and state dict as they were."""
    for what, (before, after) in recorded.changed.items():
        expect_unchanged(before, after, what)


@pytest.mark.points(2)
def test_no_weights_and_no_epochs(student, rng):
    """Without a state dict every arm starts at random; without epochs the histories are empty."""
    splits = [draw_split(rng, numbers) for numbers in (TRAIN, VAL, TEST)]
    splits[2] = (splits[2][0], splits[2][1][:, 0].astype(np.int64))
    run = student.experiments.run_experiments
    noted = student.run(recording.journal, run, *splits, CLASSES, None, epochs=0, device=torch.device("cpu"))
    for arm in ARMS:
        entry = noted["result"][arm]
        assert entry["history"] == [], f"{arm}: epochs=0 should give an empty history, got {entry['history']!r}"
    assert not noted["optimizers"], "with epochs=0 a network was trained all the same"
    tested = [event for event in noted["events"] if event["kind"] == "forward" and set(event["images"]) & set(TEST)]
    seen = sum(len(event["images"]) for event in tested)
    assert seen == 3 * len(TEST), f"three arms and {len(TEST)} test images make {3 * len(TEST)} passes, not {seen}"
    expect_test_accuracies(noted["result"], tested, splits[2][1])


def test_device_is_handed_on(student, rng):
    """run_experiments trains and tests on the device given, whatever else the machine has."""
    splits = [draw_split(rng, numbers[:4]) for numbers in (TRAIN, VAL, TEST)]
    run = student.experiments.run_experiments
    device = "cuda:1"  # of a simulated machine that has two
    found = student.run(recording.places, run, *splits, CLASSES, None, 1, device, batch_size=4)
    assert found["ran_on"] == [device], f"run_experiments on {device} ran networks on {', '.join(found['ran_on'])}"


@pytest.mark.points(1)
@pytest.mark.needs("test_result_has_its_form")
def test_batches_of_128_by_default(student):
    """run_experiments trains in batches of 128 unless told otherwise."""
    signature = student.worker("inspect").signature(student.experiments.run_experiments)
    default = signature.parameters["batch_size"].default
    assert default == 128, f"run_experiments: the default batch size should be 128, it is {default}"


@pytest.mark.needs("test_result_has_its_form")
def test_importing_does_nothing_else(student):
    """Importing experiments.py prints nothing, trains nothing and sets no seed."""
    expect_quiet_import(student, "experiments")
