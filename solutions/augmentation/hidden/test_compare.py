"""Hidden checks of compare.py.

Every image carries a number and says whether it is augmented (see `grader.probes.arms`). `train_arm` is told the order
of its batches from what the model was given, and its training is repeated on them in float64. `compare_arms` is
recorded once for most of its checks.
"""

import contextlib
import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import oracle_compare as oracle
import pytest
import torch
from wrong_reports import accuracy_mistakes, auroc_mistakes
from wrong_training import what_it_does

from grader.probes import arguments, arms, devices, models, recording, seeds, training
from grader.probes.regressors import dirty_gradients
from grader.verdicts.arms import difference_between, repeated_augmentations, steps_how
from grader.verdicts.circumstances import during
from grader.verdicts.devices import expect_device_respected
from grader.verdicts.imports import expect_quiet_import
from grader.verdicts.likeness import likeness
from grader.verdicts.loops import free, training_loop
from grader.verdicts.training import optimizer_rebuilt, training_faults, wrong_hyper_parameters
from grader.verdicts.trajectories import differing, follow, parting
from grader.verdicts.values import expect_close, expect_float, expect_unchanged

SIDE = 8  # of the images that train_arm is tried on


def draw_seed(rng):
    return int(rng.integers(2**31))


# train_arm


@dataclass
class Case:
    """A model and a data set there (the student's side), and the same ones here, the model in float64."""

    make: Callable[[Callable[..., Any]], Any]  # makes the model, with `student.run` or here
    dataset: Any
    images: torch.Tensor
    labels: torch.Tensor
    when: str  # what is special about it
    there: Any
    here: torch.nn.Module

    def train(self, student, steps, **options):
        """Calls `train_arm`, and repeats what it did here; the batches, as images' numbers."""
        __tracebackhide__ = True
        size, count = options.get("batch_size", 16), len(self.images)
        with during(f"train_arm{self.shown}"):
            batches = self.journal(student, self.there, steps, options, arms.journal)
        how = "" if len(batches) == steps else steps_how(batches, steps, count, size)
        what = f"train_arm with steps={steps}, batch_size={size} and {count} images"
        assert len(batches) == steps, f"{what} ran the model on {len(batches)} batches{how}"
        fault = oracle.pass_fault(batches, count, size) if batches else None
        assert fault is None, f"{what}: {fault}"
        self.steps, self.options = steps, options
        for _ in self.right(batches)(self.here):
            pass
        return batches

    def right(self, batches):
        """The loop that makes one step of SGD on each of these batches."""
        lr, momentum = rates(self.options)
        given = [(self.images[batch], self.labels[batch]) for batch in batches]
        return training_loop(given, lambda model: torch.optim.SGD(free(model), lr=lr, momentum=momentum))

    def journal(self, student, model, steps, options, probe, *args, **more):
        """Batches, as images' numbers, of a call of `train_arm` on a model there."""
        call = (student.compare.train_arm, model, self.dataset, steps, "cpu")
        self.seen = student.run(probe, *args, *call, size=(SIDE, SIDE), **options, **more)
        events = self.seen["events"] if "events" in self.seen else self.seen["result"]["events"]
        return [arms.numbers(event["codes"]) for event in events]

    @property
    def shown(self):
        return f" ({self.when})" if self.when else ""

    def faults(self, student):
        """What can be seen of a call that is known to leave wrong weights behind, told by doing it once more."""
        model, start = self.make(student.run), self.make(operator.call)
        batches = self.journal(student, model, self.steps, self.options, training.traced, arms.journal, course_of=model)
        trace, course = self.seen["trace"], self.seen["course"]
        yield from training_faults(trace, "train_arm")
        lr, momentum = rates(self.options)
        settings = {"lr": lr, "momentum": momentum, "weight_decay": 0, "nesterov": False, "dampening": 0}
        used = [group["lr"] for event in trace["events"] if event["kind"] == "step" for group in event["groups"][:1]]
        if len(set(used)) > 1:
            shown = ", ".join(f"{rate:.3g}" for rate in used[:5])
            yield f"train_arm does not train with one rate: its steps have {shown}{', …' if len(used) > 5 else ''}"
        yield wrong_hyper_parameters(trace, "train_arm", settings, "SGD")
        yield optimizer_rebuilt(trace, "train_arm")
        if len(batches) == self.steps:
            wanted, end = follow(start, self.right(batches)), course["states"][-1]
            words = what_it_does(start, end, wanted.states[-1], self.images, self.labels, batches, lr, momentum)
            yield f"train_arm {words}" if words else None
            if differing(end, wanted.states[-1], wanted.tolerances[-1]):
                yield parting(course, wanted, "train_arm")


def rates(options):
    """Rate and momentum that `train_arm` is called with."""
    return options.get("lr", 0.001), options.get("momentum", 0.9)


def make_case(student, rng, count=14, build=models.TinyResNet, classes=5, kind="int", when="", prepare=None, **options):
    """A case whose model is made by `build`; `prepare(run, model)` then does something to it."""
    seed, labels, codes = draw_seed(rng), torch.randint(classes, (count,)), arms.numbered(range(count))
    options |= {"num_classes": classes} | ({"in_channels": 1} if build is models.TinyResNet else {})

    def make(run):
        model = run(models.seeded, build, seed, **options)
        if prepare is not None:
            prepare(run, model)
        return model

    dataset = student.run(arms.GridDataset, codes, labels, (SIDE, SIDE), kind)
    return Case(
        make, dataset, arms.draw(codes, SIDE, SIDE), labels, when, make(student.run), make(operator.call).double()
    )


def make_small_case(student, rng, count, **options):
    """A network without batch norm, which may be trained on a single image."""
    return make_case(student, rng, count, models.TinyMLP, in_features=SIDE * SIDE, **options)


def expect_trained(student, case, atol=1e-4):
    """Parameters and buffers are what the training here gave."""
    __tracebackhide__ = True
    found = student.run(models.snapshot, case.there)
    with told_by_trace(student, case):
        for name, value in case.here.state_dict().items():
            expect_close(found[name], value, rtol=1e-3, atol=atol, what=f"{name} after train_arm{case.shown}")


@contextlib.contextmanager
def told_by_trace(student, case):
    """A block in which wrong weights are told by what the training did."""
    __tracebackhide__ = True
    try:
        yield
    except AssertionError:
        for fault in case.faults(student):
            if fault is not None:
                raise AssertionError(f"{fault}{case.shown}") from None
        raise


@pytest.mark.points(3)
@pytest.mark.hint("Which loss, which optimiser with which settings, and what happens in which order for every batch?")
def test_every_step_is_exact(student, rng):
    """train_arm makes the right step of SGD on the cross-entropy for every batch, over several passes."""
    for options in (
        {"lr": 0.1, "momentum": 0.6, "batch_size": 4},
        {"lr": 0.05, "momentum": 0.0, "batch_size": 7},
        {"lr": 0.02, "momentum": 0.95, "batch_size": 5},
    ):
        case = make_case(student, rng, when=", ".join(f"{name}={value}" for name, value in options.items()))
        case.train(student, 9, **options)
        expect_trained(student, case)


@pytest.mark.points(2)
def test_exactly_as_many_steps_as_asked_for(student, rng):
    """train_arm makes exactly `steps` steps: none, one, fewer than a pass has, or those of several passes."""
    for steps in (0, 1, 2, 3, 4, 11):
        case = make_case(student, rng, when=f"steps={steps}")
        result = student.compare.train_arm(case.there, case.dataset, 0, "cpu", lr=0.1, batch_size=4)
        assert result is case.there, "train_arm should return the model it was given, also without any steps"
        case.train(student, steps, lr=0.1, batch_size=4)
        expect_trained(student, case, atol=1e-4 if steps else 0)


@pytest.mark.points(3)
@pytest.mark.hint("What happens to the order when the data run out?")
def test_every_pass_has_an_order_of_its_own(student, rng):
    """train_arm takes every image once per pass, in another order each time."""
    for count, batch_size in ((16, 4), (15, 4), (13, 13)):
        case = make_small_case(student, rng, count)
        batches = case.train(student, 4 * (count // batch_size + 1), batch_size=batch_size)
        taken = [number for batch in batches for number in batch]
        whole = count - count % batch_size
        first, second = taken[:whole], taken[whole : 2 * whole]
        assert first != sorted(first), "train_arm takes the images in the order of the data set in its first pass"
        third = taken[2 * whole : 3 * whole]
        assert first not in (second, third), "train_arm takes the images in the same order in every pass"
        if count % batch_size:
            first, second = taken[:count], taken[count : 2 * count]
            assert first != second, "train_arm takes the images in the same order in every pass"


@pytest.mark.points(2)
@pytest.mark.limits(cpu_seconds=60)  # a loader may start processes anew for every one of a hundred passes
def test_every_order_is_as_likely(student, rng):
    """train_arm shuffles single images: any two may come in the same batch, and in consecutive passes too."""
    count, passes = 6, 100
    case = make_small_case(student, rng, count)
    batches = case.train(student, 2 * passes, batch_size=3, lr=0.0)
    first = np.zeros((passes, count), dtype=bool)
    for row, batch in zip(first, batches[::2], strict=True):
        row[batch] = True
    together = (first[:, :, None] == first[:, None, :]).mean(0)[~np.eye(count, dtype=bool)]
    # Each of these counts is binomial with 100 draws; the bounds are missed with probability 1e-7 in all.
    rare = "train_arm: some images are hardly ever in the same batch; single images should be shuffled"
    assert together.min() > 0.08, rare
    assert together.max() < 0.72, "train_arm: some images are nearly always in the same batch; shuffle single images"
    share = first.mean(0)
    assert 0.2 < share.min() <= share.max() < 0.8, "train_arm: some images nearly always come early, others late"
    again = (first[1:] & first[:-1]).any(0)
    assert again.all(), "train_arm: the order of a pass depends on that of the pass before"


@pytest.mark.points(3)
@pytest.mark.hint("Where does the order come from when there is a generator, and where when there is none?")
def test_order_comes_from_the_generator(student, rng):
    """The order depends on `generator` alone, on torch's global generator without one, and always goes on from it."""
    case = make_small_case(student, rng, 24)
    mine, other, everybodys, elses = (draw_seed(rng) for _ in range(4))
    calls = [(mine, everybodys), (mine, elses), (other, everybodys)]
    calls += [(None, everybodys), (None, everybodys), (None, elses)]
    arguments_ = (case.there, case.dataset, 6, "cpu")
    found = student.run(arms.orders, student.compare.train_arm, calls, *arguments_, size=(SIDE, SIDE), batch_size=8)
    assert found[0] == found[1], "generators with the same seed gave train_arm two different orders"
    assert found[0] != found[2], "generators with different seeds gave train_arm the same order"
    assert found[3] == found[4], "train_arm without a generator: the same torch.manual_seed gave two different orders"
    assert found[3] != found[5], "train_arm without a generator: two different torch.manual_seeds gave the same order"
    probe = arms.orders_with_one_generator
    one, two = student.run(probe, student.compare.train_arm, mine, *arguments_, size=(SIDE, SIDE), batch_size=8)
    assert one != two, "a generator that was used before gave train_arm the order of the first time again"
    assert one == found[0], "generators with the same seed gave train_arm two different orders"


@pytest.mark.points(2)
def test_rate_momentum_and_batch_size_by_default(student, rng):
    """train_arm uses a rate of 0.001, a momentum of 0.9 and batches of 16 unless told otherwise."""
    for options in ({}, {"momentum": 0.5}, {"lr": 0.003}):
        given = " and ".join(f"{name}={value}" for name, value in options.items())
        case = make_small_case(student, rng, 32, when=f"called with {given or 'neither rate nor momentum'}")
        before = case.here.state_dict()
        before = {name: value.clone() for name, value in before.items()}
        case.train(student, 5, **options)
        after = student.run(models.snapshot, case.there)
        with told_by_trace(student, case):
            for name, value in case.here.state_dict().items():
                moved, should = after[name].double() - before[name], value - before[name]
                what = f"the way {name} went in train_arm{case.shown}"
                expect_close(moved, should, rtol=0.02, atol=0.02 * should.abs().max().item() + 1e-6, what=what)


def test_no_weight_decay(student, rng):
    """train_arm leaves weights alone that no gradient reaches: there is no weight decay."""
    case = make_small_case(student, rng, 12)
    case.train(student, 9, lr=0.5, batch_size=4)
    black = (case.images == 0).all(0).flatten()  # no image has anything there
    before, after = (models.snapshot(case.here), student.run(models.snapshot, case.there))
    wanted = before["hidden.weight"][:, black]  # the training here leaves them alone, too
    what = "what train_arm makes of the weights of pixels that are always 0"
    with told_by_trace(student, case):
        expect_close(after["hidden.weight"][:, black], wanted, atol=0, rtol=1e-9, what=what)


KINDS = {
    "int": "numbers",
    "numpy": "NumPy's int64 numbers",
    "array": "uint8 arrays of shape (1,)",
    "tensor": "int32 tensors of shape ()",
    "column": "uint8 tensors of shape (1,)",
}


@pytest.mark.points(2)
def test_labels_of_every_kind(student, rng):
    """train_arm takes labels that are numbers or tensors, of shape () or (1,), of any integer type."""
    for kind in ("int", "numpy", "tensor", "column"):
        case = make_small_case(student, rng, 13, kind=kind, when=f"labels are {KINDS[kind]}")
        case.train(student, 5, lr=0.1, batch_size=4)
        expect_trained(student, case)


@pytest.mark.points(1)
def test_fewer_images_than_a_batch(student, rng):
    """train_arm also makes all its steps on a data set that is smaller than a batch."""
    case = make_small_case(student, rng, 6, when="6 images, batches of up to 16")
    case.train(student, 5, lr=0.1)
    expect_trained(student, case)


@pytest.mark.points(2)
def test_modes_and_gradients_from_before(student, rng):
    """train_arm trains in training mode, whatever mode the model came in, and from fresh gradients."""
    for build, options in ((models.ModeSwitch, {"width": SIDE * SIDE}), (models.TinyResNet, {})):
        root = bool(rng.random() < 0.5)

        def prepare(run, model, root=root):
            run(models.set_modes, model, dict.fromkeys(run(models.modes, model), False) | {"": root})
            run(dirty_gradients, model)

        when = "a model that came in evaluation mode and had gradients"
        case = make_case(student, rng, build=build, when=when, prepare=prepare, **options)
        case.train(student, 5, lr=0.1, batch_size=7)
        expect_trained(student, case)


@pytest.mark.points(2)
def test_frozen_stays_frozen(student, rng):
    """train_arm leaves frozen parameters as they were, and frozen, and trains the others."""
    frozen = dict.fromkeys(["conv1.weight", "bn1.weight", "bn1.bias", "layer1.0.weight", "fc.bias"], False)

    def prepare(run, model):
        run(models.set_trainable, model, frozen)

    case = make_case(student, rng, when="a model that is partly frozen", prepare=prepare)
    case.train(student, 6, lr=0.1, batch_size=7)
    before, after = models.trainable(case.here), student.run(models.trainable, case.there)
    thawed = [name for name, free in after.items() if free and not before.get(name, True)]
    assert not thawed, f"train_arm makes frozen parameters trainable: {', '.join(thawed)}"
    froze = [name for name, free in before.items() if free and not after.get(name, True)]
    assert not froze, f"train_arm freezes parameters that were trainable: {', '.join(froze)}"
    expect_trained(student, case)


@pytest.mark.points(2)
@pytest.mark.hint("How often is an item of the data set read?")
def test_items_are_read_afresh(student, rng):
    """train_arm reads an item whenever it needs it, so that a random item is another one in every pass."""
    codes = arms.numbered(range(8))
    dataset = student.run(arms.GridDataset, codes, torch.randint(3, (8,)), (SIDE, SIDE), augmented=True)
    model = student.run(models.TinyMLP, SIDE * SIDE, 3)
    events = student.run(
        arms.journal, student.compare.train_arm, model, dataset, 12, "cpu", size=(SIDE, SIDE), batch_size=4
    )["events"]
    fresh = [tuple(code) for event in events for code in event["codes"][:, arms.FRESH].tolist()]
    assert len(fresh) == 48, f"train_arm gave the model {len(fresh)} images in 12 batches of 4"
    different = f"only {len(set(fresh))} different images in {len(fresh)} uses of 8 random items"
    assert len(set(fresh)) == len(fresh), f"train_arm gave the model the same random images again: {different}"


@pytest.mark.points(2)
def test_device_is_used(student, rng):
    """train_arm trains on the device given, with the order drawn from a generator that is on the CPU."""
    case = make_case(student, rng)
    generator = student.worker("torch").Generator()
    evidence = student.run(
        devices.two_pass,
        student.compare.train_arm,
        arguments.copied,
        case.there,
        case.dataset,
        3,
        generator=generator,
        batch_size=7,
    )
    expect_device_respected(evidence, "train_arm")
    device = "cuda:1"  # of a simulated machine that has two
    found = student.run(
        recording.places, student.compare.train_arm, case.there, case.dataset, 2, torch.device(device), batch_size=7
    )
    assert found["ran_on"] == [device], f"train_arm on {device} ran the model on {', '.join(found['ran_on'])}"


def test_no_seed_is_set(student, rng):
    """compare.py does nothing when it is imported, and train_arm sets no global seed."""
    expect_quiet_import(student, "compare")
    case = make_small_case(student, rng, 6)
    seeded = student.run(seeds.reseeded, student.compare.train_arm, case.there, case.dataset, 3, "cpu", batch_size=3)
    assert not seeded, f"train_arm sets the global seed of {', '.join(seeded)}"


# compare_arms

ARMS = ("plain", "augmented", "mixed")
TRAIN, TEST = range(24), range(24, 54)
MANY = 499  # a prime, so that a share of some of them is none of all; the last batch is never the size of the others
STEPS = 24
BRIEF = 3  # steps of runs that are made to compare them
slow = pytest.mark.limits(cpu_seconds=40)  # the network is the student's, and may be a large one


@dataclass
class Study:
    """A recorded run of `compare_arms`."""

    results: Any
    events: list[dict[str, Any]]
    codes: torch.Tensor  # of all images
    labels: torch.Tensor
    found: dict[str, Any] = field(default_factory=dict)

    def trainings(self):
        return oracle.trainings(self.events, set(TEST))

    def arms(self):
        """By kind: plain, augmented, mixed."""
        __tracebackhide__ = True
        found = oracle.arms_of(self.events, STEPS, set(TEST))
        lengths = [len(arm.trainings) for arm in found]
        counts = ", ".join(map(str, oracle.batches_by_network(self.events, set(TEST))))
        what = f"compare_arms with steps={STEPS} and three arms"
        assert lengths == [STEPS] * 3, f"{what} trained its networks on so many batches: {counts or 'none'}"
        by_kind = {arm.kind: arm for arm in found}
        missing = [kind for kind in ARMS if kind not in by_kind]
        shares = ", ".join(f"{sum(arm.marked) / len(arm.marked):.0%}" for arm in found)
        assert not missing, (
            f"compare_arms trains no network as {' or '.join(missing)} should be: "
            f"in its three trainings so many of the images were augmented: {shares}"
        )
        return by_kind


def draw_labels(count, share=0.5):
    """A share of them 1, in random order."""
    return (torch.randperm(count) < round(share * count)).long()


def make_splits(student, size=(28, 28), kinds=("int", "int")):
    """Training and test split on the student's side, with codes and labels of all images.

    Class 1 is brighter, though not always, so that trained networks tell some images from others.
    """
    codes = arms.numbered([*TRAIN, *TEST])
    labels = torch.cat([draw_labels(len(TRAIN)), draw_labels(len(TEST), 0.3)])  # tests: classes of unequal size
    bright = labels ^ (torch.rand(len(labels)) < 0.15)
    codes[:, arms.FRESH.start :] = codes[:, arms.FRESH.start :] // 5 + 204 * bright[:, None].to(torch.uint8)
    splits = [
        student.run(arms.GridDataset, codes[list(numbers)], labels[list(numbers)], size, kind)
        for numbers, kind in zip((TRAIN, TEST), kinds, strict=True)
    ]
    return splits, codes, labels


def study(student, rng, splits, transform, steps, seed, start=None, size=(28, 28)):
    """A recorded run from some state of the global generators."""
    return student.run(
        arms.compared,
        student.compare.compare_arms,
        *splits,
        transform,
        steps,
        "cpu",
        seed,
        start=draw_seed(rng) if start is None else start,
        size=size,
    )


@pytest.fixture(scope="module")
def memory():
    """Keeps the recorded run for the checks that share it."""
    return {}


@pytest.fixture
def recorded(student, rng, memory):
    if "study" not in memory:
        splits, codes, labels = make_splits(student)
        found = study(student, rng, splits, arms.mark, STEPS, draw_seed(rng))
        found["images"] = [student.fetch(split.images) for split in splits]
        memory["study"] = Study(found["result"], found["events"], codes, labels, found)
    return memory["study"]


@pytest.fixture
def briefly_recorded(student, rng, memory):
    """Three short runs, the first two with one seed, each with the labels of all images."""
    if "brief" not in memory:
        splits, _, labels = make_splits(student)
        one, other = 0, draw_seed(rng)
        memory["brief"] = [(study(student, rng, splits, arms.mark, BRIEF, seed), labels) for seed in (one, one, other)]
    return memory["brief"]


@slow
def test_result_has_its_form(recorded):
    """compare_arms gives AUROC and accuracy, as shares, for each of the three arms."""
    expect_form(recorded.results, share=False)


def expect_form(results, share=True):
    """AUROC and accuracy for each arm; with `share`, the accuracy is a share of the test images."""
    __tracebackhide__ = True
    assert isinstance(results, dict), f"compare_arms should return a dict, got {type(results).__name__}"
    keys = ", ".join(map(repr, results))
    assert set(ARMS) <= set(results), f"what compare_arms returns has the keys {keys}"
    for arm in ARMS:
        for key in ("auroc", "accuracy"):
            what = f"what compare_arms returns for {arm!r}"
            assert isinstance(results[arm], dict), f"{what} should be a dict, got {type(results[arm]).__name__}"
            assert key in results[arm], f"{what} lacks {key!r}"
            value = expect_float(results[arm][key], f"{what}: {key}")
            assert 0 <= value <= 1, f"{what}: {key} should lie between 0 and 1, got {value:g}"
        right = results[arm]["accuracy"] * len(TEST)
        whole = abs(right - round(right)) < 1e-3
        assert whole or not share, f"the {arm} arm of compare_arms: accuracy is no share of the {len(TEST)} test images"


@slow
@pytest.mark.points(2)
@pytest.mark.hint("How many batches does an epoch have in each of the arms?")
def test_all_arms_make_as_many_steps(recorded):
    """Each arm is trained with exactly the number of steps asked for, each of which changes the weights."""
    for kind, arm in recorded.arms().items():
        states = [event["weights"] for event in arm.trainings]
        assert len(set(states)) == STEPS, (
            f"the {kind} arm of compare_arms: only {len(set(states)) - 1} of the first {STEPS - 1} steps did something"
        )


@slow
@pytest.mark.points(3)
@pytest.mark.hint("What would differ between the arms if there were no augmentation at all?")
def test_arms_start_from_the_same_weights(recorded):
    """All three arms start from the same initial weights."""
    found = recorded.arms()
    first = {kind: arm.trainings[0] for kind, arm in found.items()}
    weights = {kind: (event["weights"], event["buffers"]) for kind, event in first.items()}
    other = [kind for kind in ("augmented", "mixed") if weights[kind] != weights["plain"]]
    names, how = " and ".join(other), oracle.goes_on(found)
    assert not other, f"compare_arms: {names} start from other weights or statistics than plain{how}"


@slow
@pytest.mark.points(3)
def test_each_arm_sees_its_own_images(recorded):
    """plain is trained on the originals, augmented on augmented images alone, mixed on half and half; each on all."""
    for kind, arm in recorded.arms().items():
        seen = {number for event in arm.trainings for number in arms.numbers(event["codes"])}
        what = f"the {kind} arm of compare_arms"
        assert seen <= set(TRAIN), f"{what} was trained on something else than (augmented) training images"
        unused = f"{len(TRAIN) - len(seen)} of the {len(TRAIN)} training images"
        assert seen == set(TRAIN), f"{what} never used {unused} in {STEPS} steps"
        for event in arm.trainings:
            assert event["training"] is True, f"{what} is not in training mode throughout its training"
    marked = recorded.arms()["mixed"].marked
    off = abs(sum(marked) - len(marked) / 2)
    # 5.3 standard deviations of a fair coin thrown for every image; right passes over a fixed mixture are closer
    assert off <= max(8, 2.65 * len(marked) ** 0.5), (
        f"the mixed arm of compare_arms: {sum(marked)} of {len(marked)} training images were augmented; "
        "it should be one half"
    )


@slow
@pytest.mark.points(2)
@pytest.mark.hint("When is the transform called?")
def test_augmentation_is_drawn_afresh(recorded):
    """In the augmented and the mixed arm every use of an image is augmented anew."""
    for kind in ("augmented", "mixed"):
        repeated = repeated_augmentations(recorded.arms()[kind].trainings)
        assert not repeated, f"the {kind} arm of compare_arms uses the same augmented images again{repeated}"


@slow
@pytest.mark.points(2)
def test_images_keep_their_labels(recorded):
    """All arms learn the labels that belong to the images, and nothing else happens to the originals."""
    for kind, arm in recorded.arms().items():
        foreign = oracle.foreign_labels(arm, recorded.labels, len(TRAIN))
        assert not foreign, f"the {kind} arm of compare_arms learns foreign labels: {foreign}"
        for event in arm.trainings:
            numbers = arms.numbers(event["codes"])
            off = event["codes"][:, arms.OWN] - recorded.codes[numbers][:, arms.OWN].long()
            what = f"the {kind} arm of compare_arms"
            assert off.abs().max() <= 3, f"{what} is trained on images that are neither originals nor made by transform"


@slow
@pytest.mark.points(3)
@pytest.mark.hint("What may happen to the test images, and when?")
def test_test_images_stay_untouched(recorded):
    """Each arm is tested on all test images as they are, in evaluation mode, when its training is over."""
    for event in recorded.events:
        both = set(arms.numbers(event["codes"])) & set(TEST)
        asleep = not both or event["training"] is False
        assert asleep, "in compare_arms test images go through a network in training mode"
    for arm_kind, arm in recorded.arms().items():
        kind = f"the {arm_kind} arm of compare_arms"
        assert not arm.early, f"{kind}: test images are used before the training is over"
        seen = [number for event in arm.tests for number in arms.numbers(event["codes"])]
        left = f"{len(set(TEST) - set(seen))} of {len(TEST)} test images are left out"
        other = oracle.tests(recorded.events, set(TRAIN))
        instead = any(not event["trained"] and not event["training"] for event in other)
        where = "; training images go through it in evaluation mode" if instead else ""
        assert set(seen) == set(TEST), f"{kind}: when it is tested {left}{where}"
        for event in arm.tests:
            numbers = arms.numbers(event["codes"])
            off = event["codes"] - recorded.codes[numbers].long()
            assert not (event["codes"][:, arms.MARK] > 128).any(), f"{kind}: test images were augmented"
            assert off.abs().max() <= 3, f"{kind}: test images were changed before they came to the network"
            assert not event["grad"], f"{kind}: gradients are recorded while the network is tested"


@slow
@pytest.mark.points(3)
def test_reported_numbers_are_those_of_the_network(recorded, briefly_recorded):
    """AUROC (of the probability of class 1) and accuracy are those of the arm's trained network on the test images."""
    expect_reported(recorded.results, recorded.arms().values(), recorded.labels)
    for found, labels in briefly_recorded:
        expect_reported(found["result"], oracle.arms_of(found["events"], BRIEF, set(TEST)), labels)


def expect_reported(results, found, labels, when=""):
    """The numbers are those of the outputs for the test images; outputs of an unknown form say nothing.

    Args:
        found: the recorded arms; in a short run one that mixes by chance may not be told from another, and then
            nothing is said.
        labels: of all images.
        when: put behind the message.
    """
    __tracebackhide__ = True
    expect_form(results, share=False)
    labels, found = labels[list(TEST)], list(found)
    told_apart = len(found) == len({arm.kind for arm in found}) == len(ARMS)
    outputs = {arm.kind: oracle.scores(arm.tests, list(TEST)) for arm in found if told_apart}
    for kind, own in outputs.items():
        if own is None:
            continue
        others = {other: theirs for other, theirs in outputs.items() if other != kind and theirs is not None}
        for key, ranges, mistakes in (
            ("auroc", [oracle.auroc_range(own, labels)], auroc_mistakes),
            ("accuracy", oracle.accuracy_ranges(own, labels), accuracy_mistakes),
        ):
            value = results[kind][key]
            off = min(max(low - value, value - high) for low, high in ranges)
            if off > 1e-6:
                known = likeness(np.float64(value), np.float64(ranges[0][0]), lambda: mistakes(own, labels, others))  # noqa: B023
                what = f"the {kind} arm of compare_arms: {key} is {value:.4g}, off by {off:.3g}"
                raise AssertionError(f"{what}{f'; {known}' if known else ''}{f' ({when})' if when else ''}")
    expect_form(results)


@slow
@pytest.mark.points(1)
def test_every_batch_of_a_large_test_split_counts(student, rng):
    """compare_arms reports on all images of a test split that takes several batches."""
    train, test = ([number % 64 for number in range(count)] for count in (16, MANY))
    labels = {count: draw_labels(count, 0.3) for count in (16, MANY)}
    splits = [
        student.run(arms.GridDataset, arms.numbered(numbers), labels[len(numbers)], (28, 28), "int")
        for numbers in (train, test)
    ]
    found = student.run(student.compare.compare_arms, *splits, arms.mark, 1, "cpu", draw_seed(rng))
    for arm in ARMS:
        accuracy = expect_float(found[arm]["accuracy"], f"{arm}: accuracy")
        right, like = accuracy * MANY, Fraction(accuracy).limit_denominator(MANY)
        few = abs(float(like) - accuracy) < 1e-6
        how = f"it is {like}, as if only a part of them counted" if few else "as if some counted more than others"
        assert abs(right - round(right)) < 1e-2, (
            f"the {arm} arm of compare_arms: accuracy is {accuracy:.6g}, no share of {MANY} test images; {how}"
        )


@slow
def test_data_are_left_alone(recorded):
    """compare_arms leaves the images of both splits as they were."""
    for name, numbers, images in zip(("training", "test"), (TRAIN, TEST), recorded.found["images"], strict=True):
        expect_unchanged(arms.draw(recorded.codes[list(numbers)], 28, 28), images, f"the {name} images")


@slow
@pytest.mark.points(3)
@pytest.mark.hint("Which random numbers does compare_arms use, from the first weight to the last order?")
def test_equal_seeds_give_equal_results(briefly_recorded):
    """compare_arms gives equal results for equal seeds, whatever the global generators' states, and uses the seed."""
    first, second, third = (found for found, _ in briefly_recorded)
    how = difference_between(first["events"], second["events"])
    assert first["result"] == second["result"], f"equal seeds (both 0) gave compare_arms different results{how}"
    tested = [oracle.tests(found["events"], set(TEST)) for found in (first, second, third)]
    outputs = [[event["outputs"] for event in events if event["outputs"] is not None] for events in tested]
    same = len(outputs[0]) == len(outputs[1]) and all(
        a.shape == b.shape and torch.allclose(a, b, rtol=1e-4, atol=1e-5) for a, b in zip(*outputs[:2], strict=True)
    )
    assert same, f"equal seeds (both 0) gave compare_arms different networks{how}"
    weights = [[event["weights"] for event in events] for events in tested]
    assert weights[0] != weights[2], "different seeds gave compare_arms the same networks: seed is not used"


@slow
@pytest.mark.points(2)
def test_global_generators_are_left_alone(student, rng):
    """compare_arms leaves torch's global generator as it was found, and sets no seed of NumPy or Python."""
    splits, _, _ = make_splits(student)
    seed, start = draw_seed(rng), draw_seed(rng)
    found = [study(student, rng, splits, arms.mark, 1, seed, start + i) for i in range(2)]
    for one in found:
        assert one["restored"], "compare_arms leaves torch's global generator in another state than it found it in"
    for name in ("numpy", "python"):
        assert found[0][name] != found[1][name], f"compare_arms sets the global seed of {name}"


@slow
@pytest.mark.points(3)
@pytest.mark.hint("Which size do the test images have?")
def test_all_images_have_the_same_size(student, rng):
    """A transform that changes the size leaves all networks with images of the original size, square or not."""
    sides = (int(rng.integers(29, 36)), int(rng.integers(36, 41)))
    for size in (sides, sides[::-1]):
        splits, _, _ = make_splits(student, size)
        sizes = []
        # Of about a hundred images that are augmented the first is hardly ever resized, and some nearly always are.
        rarely = student.worker("torchvision.transforms").RandomApply([arms.mark_and_resize], 0.05)
        for transform, does, steps in (
            (arms.mark, "keeps the size", 2),
            (arms.mark_and_resize, "gives them another size each time", 2),
            (rarely, "gives some of them another size", 6),
        ):
            with during(f"compare_arms with images of {size[0]}×{size[1]} and a transform that {does}"):
                found = study(student, rng, splits, transform, steps, draw_seed(rng), size=size)
            expect_form(found["result"])
            sizes.append({tuple(event["size"]) for event in found["events"]})
        listed = ", ".join(f"{height}×{width}" for height, width in sorted(sizes[0]))
        assert len(sizes[0]) == 1, f"compare_arms gives networks images of several sizes: {listed}"
        changed = sorted((sizes[1] | sizes[2]) - sizes[0])
        assert not changed, (
            f"compare_arms with a transform that changes the size of {size[0]}×{size[1]} images gives networks images "
            f"of {changed[0][0]}×{changed[0][1]}"
        )


@slow
@pytest.mark.points(1)
def test_labels_of_every_kind_in_a_study(student, rng):
    """compare_arms takes labels that are numbers or tensors, of shape () or (1,), of any integer type."""
    for kinds, steps in ((("column", "column"), STEPS), (("tensor", "column"), 1), (("column", "numpy"), 1)):
        splits, _, labels = make_splits(student, kinds=kinds)
        when = f"labels of train are {KINDS[kinds[0]]}, those of test {KINDS[kinds[1]]}"
        with during(f"compare_arms ({when})"):
            found = study(student, rng, splits, arms.mark, steps, draw_seed(rng))
        expect_reported(found["result"], oracle.arms_of(found["events"], steps, set(TEST)), labels, when)


@slow
@pytest.mark.points(2)
def test_study_happens_on_the_device(student, rng):
    """compare_arms trains and tests on the device given."""
    splits, _, _ = make_splits(student)
    evidence = student.run(
        devices.two_pass, student.compare.compare_arms, arguments.copied, *splits, arms.mark, 1, seed=draw_seed(rng)
    )
    expect_device_respected(evidence, "compare_arms")
    device = "cuda:1"  # of a simulated machine that has two
    found = student.run(
        recording.places, student.compare.compare_arms, *splits, arms.mark, 1, torch.device(device), draw_seed(rng)
    )
    assert found["ran_on"] == [device], f"compare_arms on {device} ran networks on {', '.join(found['ran_on'])}"
