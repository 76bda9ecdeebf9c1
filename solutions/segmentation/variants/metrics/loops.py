"""Lists and loops in plain Python."""

import math


def _pairs(prediction, target):
    return list(zip(_ints(prediction), _ints(target)))


def _ints(m):
    out = []

    def walk(x):
        if isinstance(x, list):
            for y in x:
                walk(y)
        else:
            out.append(int(x))
    walk(m.tolist())
    return out


def confusion_matrix(prediction, target, num_classes):
    import numpy as np
    m = np.zeros((num_classes, num_classes), dtype=np.int64)
    for p, t in _pairs(prediction, target):
        m[t, p] += 1
    return m


def pixel_accuracy(prediction, target):
    pairs = _pairs(prediction, target)
    return sum(p == t for p, t in pairs) / len(pairs)


def _each(prediction, target, num_classes, f):
    import numpy as np
    pairs = _pairs(prediction, target)
    return np.array([f(sum(p == t == c for p, t in pairs), sum(p == c for p, _ in pairs), sum(t == c for _, t in pairs)) for c in range(num_classes)])


def iou(prediction, target, num_classes):
    return _each(prediction, target, num_classes, lambda b, p, t: b / (p + t - b) if p + t else math.nan)


def dice(prediction, target, num_classes):
    return _each(prediction, target, num_classes, lambda b, p, t: 2 * b / (p + t) if p + t else math.nan)
