"""What metrics.py must do, shown without the suite."""

import math

import numpy as np
import torch

KINDS = (np.uint8, np.int8, np.int16, np.int32, np.int64)


def _maps(shape, classes, seed=0):
    rng = np.random.default_rng(seed)
    target = rng.integers(0, classes, size=shape)
    return np.where(rng.random(shape) < 0.6, target, rng.integers(0, classes, size=shape)), target


def _count(prediction, target, classes):
    matrix = np.zeros((classes, classes), dtype=np.int64)
    for t, p in zip(np.ravel(target).tolist(), np.ravel(prediction).tolist(), strict=True):
        matrix[t, p] += 1
    return matrix


def _overlap(prediction, target, classes, which):
    values = []
    for c in range(classes):
        p, t = np.asarray(prediction) == c, np.asarray(target) == c
        both, either, sizes = (p & t).sum(), (p | t).sum(), p.sum() + t.sum()
        above, below = (both, either) if which == "iou" else (2 * both, sizes)
        values.append(math.nan if either == 0 else above / below)
    return np.array(values)


def _given(prediction, target):
    """The two maps as arrays and tensors of every type, and mixed."""
    for kind in KINDS:
        p, t = prediction.astype(kind), target.astype(kind)
        yield p, t
        yield torch.tensor(p), torch.tensor(t)
        yield p, torch.tensor(t)
        yield torch.tensor(p), t
    yield prediction.astype(np.uint8), torch.tensor(target, dtype=torch.int64)
    yield torch.tensor(prediction, dtype=torch.int32), torch.tensor(target, dtype=torch.uint8)


def _unchanged(function, prediction, target, *more):
    before = np.array(prediction), np.array(target)
    result = function(prediction, target, *more)
    assert np.array_equal(prediction, before[0]), "the prediction was changed"
    assert np.array_equal(target, before[1]), "the target was changed"
    return result


SHAPES = ((4, 6), (24,), (2, 3, 4), (2, 1, 3, 4), (2, 2, 1, 2, 3), (1, 1), ())


def pixels_are_counted(program):
    """Rows are targets, columns predictions, for every shape and type, also with many classes and many pixels."""
    cases = [(shape, 4) for shape in SHAPES] + [((40, 40), 3), ((30,), 100), ((5, 5), 2), ((6, 6), 12), ((50, 50), 20)]
    for shape, classes in cases:
        prediction, target = _maps(shape, classes)
        for p, t in _given(prediction, target):
            matrix = _unchanged(program.metrics.confusion_matrix, p, t, classes)
            assert str(matrix.dtype).endswith("int64"), matrix.dtype
            assert tuple(matrix.shape) == (classes, classes), f"shape {tuple(matrix.shape)}"
            assert np.array_equal(np.asarray(matrix), _count(p, t, classes)), f"other counts for shape {shape}"
    for prediction, target in (([0, 0], [2, 2]), ([3, 3], [3, 3]), ([1, 0], [0, 1])):
        matrix = program.metrics.confusion_matrix(np.array(prediction), np.array(target), 4)
        assert np.array_equal(np.asarray(matrix), _count(prediction, target, 4)), f"{prediction} and {target}"


def share_of_right_pixels(program):
    """A Python float: right pixels by all pixels, whatever the shape and type."""
    for shape in (*SHAPES, (1000,), (40, 40)):
        for classes in (2, 4, 100):
            prediction, target = _maps(shape, classes, seed=classes)
            for p, t in _given(prediction, target):
                share = _unchanged(program.metrics.pixel_accuracy, p, t)
                assert isinstance(share, float), type(share)
                assert abs(share - np.mean(prediction == target)) < 1e-6, (
                    f"{share}, not {np.mean(prediction == target)}"
                )
    share = program.metrics.pixel_accuracy(np.array([[1, 258]]), np.array([[1, 2]]))
    assert abs(share - 0.5) < 1e-6, f"{share} where class 258 stands for class 2"


def _overlaps(program, which):
    function = getattr(program.metrics, which)
    for shape in (*SHAPES, (40, 40)):
        for classes in (4, 2, 7, 100):
            prediction, target = _maps(shape, min(classes, 4))
            for p, t in _given(prediction, target):
                values = _unchanged(function, p, t, classes)
                expected = _overlap(p, t, classes, which)
                assert str(values.dtype).endswith("float64"), values.dtype
                assert tuple(values.shape) == (classes,), tuple(values.shape)
                found = np.asarray(values)
                assert np.allclose(found, expected, rtol=1e-12, atol=0, equal_nan=True), f"{found}, not {expected}"


def iou_of_every_class(program):
    """Intersection over union, pooled over all pixels, in double precision."""
    _overlaps(program, "iou")


def dice_of_every_class(program):
    """Twice the intersection over the sum of both sizes, pooled over all pixels, in double precision."""
    _overlaps(program, "dice")


def nan_for_a_class_in_neither(program):
    """NaN only where a class is in neither map; 0 where it is in one, 1 where both are equal."""
    nan = math.nan
    cases = [([0, 0], [1, 1], [0, 0, nan, nan]), ([2, 2], [2, 2], [nan, nan, 1, nan]), ([3], [0], [0, nan, nan, 0])]
    cases += [([0, 1, 2, 3], [0, 1, 2, 3], [1, 1, 1, 1]), ([0, 1], [0, 3], [1, 0, nan, 0])]
    for prediction, target, expected in cases:
        for function in (program.metrics.iou, program.metrics.dice):
            found = np.asarray(function(np.array(prediction), np.array(target), 4))
            assert np.array_equal(found, expected, equal_nan=True), f"{found}, not {expected}"


def batches_are_pooled(program):
    """A batch counts as one large picture: scores are those of the flat maps."""
    prediction, target = _maps((3, 4, 5), 4, seed=3)
    target[0], prediction[1] = 1, 2
    for function in (program.metrics.iou, program.metrics.dice):
        batch = np.asarray(function(prediction, target, 4))
        flat = np.asarray(function(prediction.ravel(), target.ravel(), 4))
        assert np.allclose(batch, flat, equal_nan=True), f"{batch}, and {flat} of the same pixels in a row"
