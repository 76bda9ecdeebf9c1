"""Hidden checks of metrics.py."""

import numpy as np
import pytest
import torch
from oracle import confusion, expect_integers, expect_scores, overlaps

from grader.probes import image_masks, recording
from grader.verdicts.circumstances import during
from grader.verdicts.class_maps import mistaken_accuracies, mistaken_matrices, mistaken_overlaps
from grader.verdicts.imports import expect_quiet_import
from grader.verdicts.likeness import likeness
from grader.verdicts.values import expect_close, expect_float, expect_unchanged, kind_of

OVERLAPS = ["iou", "dice"]
SHAPES = ((7, 9), (23,), (1,), (4, 5, 3), (2, 1, 6, 5), (3, 1))


def some_maps(rng, *shape, classes=4, dtype="int64"):
    """A target in which some classes are rare, and a prediction that is right in about two thirds of the pixels."""
    target = rng.choice(classes, shape, p=rng.dirichlet(np.ones(classes)))
    wrong = rng.random(shape) < 0.35
    prediction = np.where(wrong, rng.choice(classes, shape, p=rng.dirichlet(np.ones(classes))), target)
    return prediction.astype(dtype), target.astype(dtype)


def expect_matrix(student, prediction, target, classes, what):
    __tracebackhide__ = True
    what = f"confusion_matrix of {what}"
    with during(what):
        matrix = student.metrics.confusion_matrix(prediction, target, classes)
    wanted = confusion(np.asarray(prediction), np.asarray(target), classes)
    got = expect_integers(matrix, (classes, classes), what)
    if not np.array_equal(got, wanted):
        known = likeness(got.astype(float), wanted.astype(float), mistaken_matrices(prediction, target, classes))
        because = f"; {known}" if known else ""
        assert got.sum() == wanted.sum(), f"{what} counts {got.sum()} pixels of {wanted.sum()}{because}"
        assert np.array_equal(np.diag(got), np.diag(wanted)), f"{what}: the diagonal is wrong{because}"
        raise AssertionError(f"{what} is wrong beside the diagonal{because}")


def expect_accuracy(student, prediction, target, what):
    __tracebackhide__ = True
    what = f"pixel_accuracy of {what}"
    with during(what):
        value = expect_float(student.metrics.pixel_accuracy(prediction, target), what)
    wanted, mistakes = np.mean(np.asarray(prediction) == np.asarray(target)), mistaken_accuracies(prediction, target)
    expect_close(value, wanted, atol=1e-6, what=what, mistakes=mistakes)


def expect_overlap(student, name, prediction, target, classes, what):
    __tracebackhide__ = True
    wanted = overlaps(np.asarray(prediction), np.asarray(target), classes)[name]
    what = f"{name} of {what}"
    with during(what):
        values = getattr(student.metrics, name)(prediction, target, classes)
    expect_scores(values, wanted, what, mistaken_overlaps(name, prediction, target, classes))


def expect_all(student, prediction, target, classes, what):
    """All four measures."""
    __tracebackhide__ = True
    expect_matrix(student, prediction, target, classes, what)
    expect_accuracy(student, prediction, target, what)
    for name in OVERLAPS:
        expect_overlap(student, name, prediction, target, classes, what)


@pytest.mark.points(2)
def test_arguments_are_left_alone(student, rng):
    """The measures modify none of their arguments."""
    for dtype in ("int64", "uint8"):
        for wrap in (np.asarray, torch.from_numpy):
            prediction, target = map(wrap, some_maps(rng, 4, 5, dtype=dtype))
            for name in ("confusion_matrix", "pixel_accuracy", "iou", "dice"):
                held = student.hold(prediction), student.hold(target)
                with during(f"{name} of {kind_of(prediction)} and another one like it"):
                    student.keep(getattr(student.metrics, name), *held, *([] if name == "pixel_accuracy" else [4]))
                expect_unchanged(prediction, student.fetch(held[0]), f"the prediction given to {name}")
                expect_unchanged(target, student.fetch(held[1]), f"the target given to {name}")


# confusion_matrix and pixel_accuracy


@pytest.mark.points(2)
def test_classes_that_do_not_occur_have_their_place(student, rng):
    """confusion_matrix has a row and a column for every class, also for those that do not occur."""
    for maps in (([0, 0], [0, 0]), ([1, 1], [2, 2]), ([5, 0, 5], [0, 0, 0]), ([3, 3], [3, 3])):
        prediction, target = map(np.array, maps)
        expect_matrix(student, prediction, target, 6, f"{maps[0]} and {maps[1]} with 6 classes")
    prediction, target = some_maps(rng, 6, 6, classes=3)
    expect_matrix(student, prediction, target, 30, "maps of 3 of 30 classes")


@pytest.mark.points(3)
def test_counts_of_random_maps(student, rng):
    """confusion_matrix counts the pixels of every true class (row) and predicted class (column), in any shape."""
    for shape in SHAPES:
        for classes in (2, 4, 7):
            prediction, target = some_maps(rng, *shape, classes=classes)
            expect_matrix(student, prediction, target, classes, f"maps of shape {shape} with {classes} classes")
    prediction = np.zeros((4, 4), dtype=int)
    expect_matrix(student, prediction, prediction, 1, "maps with a single class")


@pytest.mark.points(2)
def test_accuracy_of_random_maps(student, rng):
    """pixel_accuracy is the share of all pixels whose class is right, in any shape."""
    for shape in SHAPES:
        for _ in range(2):
            expect_accuracy(student, *some_maps(rng, *shape), f"maps of shape {shape}")
    same = rng.integers(0, 4, (5, 6))
    expect_accuracy(student, same, same, "equal maps")
    expect_accuracy(student, (same + 1) % 4, same, "maps that agree nowhere")
    expect_accuracy(student, torch.tensor(same), torch.zeros(5, 6, dtype=torch.int64), "a map against background")


# iou and dice


@pytest.mark.points(2)
@pytest.mark.parametrize("name", OVERLAPS)
def test_classes_in_one_map_or_in_none(student, name):
    """iou and dice are 0 for a class that only one map has, and NaN for one that neither has."""
    cases = (
        ([2, 1, 2], [1, 2, 1]),  # classes 1 and 2 are in both, and never right
        ([0, 0, 1], [0, 0, 0]),  # class 1 is in the prediction only
        ([0, 0, 0], [0, 2, 0]),  # class 2 is in the target only
        ([3, 3, 3], [0, 0, 0]),
        ([0, 0, 0], [0, 0, 0]),
        ([4, 4, 1], [4, 4, 4]),
    )
    for prediction, target in cases:
        for wrap in (np.array, torch.tensor):
            what = f"{prediction} and {target} with 5 classes"
            expect_overlap(student, name, wrap(prediction), wrap(target), 5, what)


@pytest.mark.points(3)
@pytest.mark.parametrize("name", OVERLAPS)
def test_overlap_of_random_maps(student, rng, name):
    """iou and dice of every class of random maps, in any shape."""
    for shape in SHAPES:
        for classes in (2, 4, 6):
            prediction, target = some_maps(rng, *shape, classes=classes)
            what = f"maps of shape {shape} with {classes} classes"
            expect_overlap(student, name, prediction, target, classes, what)


@pytest.mark.points(2)
@pytest.mark.parametrize("name", OVERLAPS)
def test_images_are_pooled(student, rng, name):
    """iou and dice of a batch are those of all its pixels together, not a mean over images."""
    prediction, target = some_maps(rng, 4, 6, 7, classes=3)
    prediction[0], target[0] = 0, 0
    prediction[1, :5], target[1, :5] = 1, 2
    target[2] = 1
    expect_overlap(student, name, prediction, target, 3, "a batch of four maps")
    flat = prediction.reshape(-1), target.reshape(-1)
    expect_overlap(student, name, torch.from_numpy(flat[0]), torch.from_numpy(flat[1]), 3, "the same pixels in a row")


@pytest.mark.points(1)
@pytest.mark.parametrize("name", OVERLAPS)
def test_no_class_is_left_out_or_added(student, rng, name):
    """iou and dice treat class 0, the last class and rare classes like all others."""
    for _ in range(3):
        order = rng.permutation(5)
        prediction, target = some_maps(rng, 8, 8, classes=5)
        target[0, 0] = prediction[0, 1] = 4
        expect_overlap(student, name, order[prediction], order[target], 5, "maps whose classes were renamed")


@pytest.mark.points(1)
def test_small_classes_weigh_as_much_as_large_ones(student, rng):
    """iou and dice of a class do not depend on how large the other classes are."""
    target = np.zeros((40, 50), dtype=int)
    target[3, 4:16] = 2
    prediction = target.copy()
    prediction[3, 4 : 4 + int(rng.integers(3, 9))] = 0
    for name in OVERLAPS:
        expect_overlap(student, name, prediction, target, 4, "a thin hair on a large background")
    expect_accuracy(student, prediction, target, "a thin hair on a large background")


# Types and memory


@pytest.mark.points(2)
@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "int32", "int64"])
def test_any_integer_type_will_do(student, rng, dtype):
    """The measures take arrays and tensors of any integer type, and do not overflow with narrow ones."""
    classes = 30  # 30 * 29 + 29 fits neither into 8 bits with sign nor without
    prediction, target = some_maps(rng, 14, 15, classes=classes, dtype=dtype)
    target[0, : classes // 2] = prediction[0, : classes // 2] = np.arange(classes - 15, classes)
    expect_all(student, prediction, target, classes, f"{dtype} arrays with {classes} classes")
    prediction, target = torch.from_numpy(prediction), torch.from_numpy(target)
    expect_all(student, prediction, target, classes, f"{dtype} tensors with {classes} classes")


@pytest.mark.points(1)
def test_classes_beyond_a_byte_are_told_apart(student, rng):
    """pixel_accuracy tells classes apart whose numbers differ by 256."""
    prediction, target = some_maps(rng, 9, 7)
    prediction += 256 * (rng.random((9, 7)) < 0.5)
    for wrap in (np.asarray, torch.from_numpy):
        expect_accuracy(student, wrap(prediction), wrap(target), "maps with classes from 0 to 259")


@pytest.mark.points(2)
def test_many_pixels_do_not_overflow_narrow_types(student, rng):
    """The measures count more pixels of a class than the maps' own type can hold."""
    for dtype in ("uint8", "int8", "int16"):
        target = np.ones((200, 200), dtype=dtype)
        prediction = target.copy()
        prediction[rng.random((200, 200)) < 0.1] = 2
        target[:, 0] = 3
        expect_all(student, prediction, target, 4, f"40,000 pixels of type {dtype}")
        expect_all(
            student, torch.from_numpy(prediction), torch.from_numpy(target), 4, f"40,000 pixels in {dtype} tensors"
        )


@pytest.mark.points(2)
def test_prediction_and_target_of_different_types(student, rng):
    """The measures take a prediction of one integer type and a target of another, an array and a tensor."""
    for first, second in (("int64", "uint8"), ("uint8", "int32"), ("int32", "int64"), ("int8", "uint8")):
        prediction, target = some_maps(rng, 6, 7, classes=20)
        prediction, target = prediction.astype(first), target.astype(second)
        what = f"a prediction of type {first} and a target of type {second}"
        expect_all(student, prediction, target, 20, f"{what} (arrays)")
        expect_all(student, torch.from_numpy(prediction), torch.from_numpy(target), 20, f"{what} (tensors)")
    for first, second in (("int64", "int64"), ("int64", "uint8")):
        prediction, target = some_maps(rng, 6, 7)
        prediction, target = prediction.astype(first), target.astype(second)
        expect_all(student, torch.from_numpy(prediction), target, 4, f"a tensor and a {second} array")
        expect_all(student, prediction, torch.from_numpy(target), 4, f"an array and a {second} tensor")


@pytest.mark.points(1)
def test_maps_laid_out_otherwise_in_memory(student, rng):
    """The measures take arrays and tensors whose memory is laid out column by column."""
    prediction, target = some_maps(rng, 5, 8)
    for wrap in (np.asarray, torch.from_numpy):
        turned, upright = student.keep(image_masks.transposed, wrap(prediction)), wrap(target)
        what = f"{kind_of(upright)}, of which one is laid out column by column,"
        wanted = overlaps(prediction, target, 4)
        with during(f"confusion_matrix of {what}"):
            matrix = student.metrics.confusion_matrix(turned, upright, 4)
        matrix = expect_integers(matrix, (4, 4), f"confusion_matrix of {what}")
        assert np.array_equal(matrix, confusion(prediction, target, 4)), f"confusion_matrix of {what} is wrong"
        with during(f"pixel_accuracy of {what}"):
            accuracy = expect_float(student.metrics.pixel_accuracy(turned, upright), f"pixel_accuracy of {what}")
        expect_close(accuracy, (prediction == target).mean(), atol=1e-6, what=f"pixel_accuracy of {what}")
        for name in OVERLAPS:
            with during(f"{name} of {what}"):
                values = getattr(student.metrics, name)(turned, upright, 4)
            expect_scores(values, wanted[name], f"{name} of {what}")


@pytest.mark.points(1)
def test_results_stay_on_the_cpu(student, rng):
    """The measures give results on the CPU, also where there is an accelerator."""
    prediction, target = map(torch.from_numpy, some_maps(rng, 4, 5))
    for name in ("confusion_matrix", "iou", "dice"):
        found = student.run(recording.devices_of, getattr(student.metrics, name), prediction, target, 4)
        assert set(found) <= {"cpu"}, f"on a machine with a GPU, {name} gives tensors on {', '.join(found)}"


@pytest.mark.points(1)
@pytest.mark.needs("test_rows_are_targets")
def test_importing_does_nothing_else(student):
    """Importing metrics.py prints nothing and sets no seed."""
    expect_quiet_import(student, "metrics")
