"""How low a right program may fall: bounds for the left tail of a metric, from repeated runs of the reference.

A threshold is the lowest of three numbers:

* the normal tolerance bound: with confidence `CONFIDENCE` at most `SHARE` of all runs fall below it, if the metric is
  normally distributed (noncentral t; Krishnamoorthy and Mathew, Statistical Tolerance Regions, 2009, section 2.2);
* the same for Student's t with 3 degrees of freedom, whose tails are far heavier: one run in a thousand lies three
  times as far out. Centre and spread are the median and the mean distance of the lower half from it, so that a metric
  with a longer left tail gets a wider margin; the factor is found by simulation, as there is no closed form;
* the lowest value seen, which needs no assumption on the distribution (`of_new_lows`).

docs/decisions/0002-calibration.md derives what is claimed.
"""

from collections.abc import Sequence
from functools import cache
from math import factorial, prod, sqrt

import numpy as np
from scipy import stats

SHARE = 1e-3
CONFIDENCE = 0.99
HEAVY = 3  # degrees of freedom
_REPETITIONS = 20_000
_AT_ONCE = 1_000


def lower_bound(values: Sequence[float]) -> float:
    """The threshold for a metric that took these values in independent runs."""
    return min(normal_bound(values), heavy_bound(values), *values)


def upper_bound(values: Sequence[float]) -> float:
    """The same for a right tail: how high a control may rise."""
    return -lower_bound([-value for value in values])


def normal_bound(values: Sequence[float]) -> float:
    """One-sided tolerance bound for a normal distribution."""
    return float(np.mean(values) - _normal_factor(len(values)) * np.std(values, ddof=1))


def heavy_bound(values: Sequence[float]) -> float:
    """One-sided tolerance bound for Student's t with `HEAVY` degrees of freedom, centre and spread unknown."""
    centre, spread = _centre_and_left_spread(np.asarray(values, dtype=np.float64)[None])
    return float(centre[0] - _heavy_factor(len(values)) * spread[0])


def of_new_lows(runs: int, new: int) -> float:
    """The chance that all of `new` runs fall below the lowest of `runs` others, whatever the distribution.

    All orders of the values are equally likely: `new! runs! / (runs + new)!`, e.g. `1 / (runs + 1)` for one.
    """
    return factorial(new) / prod(range(runs + 1, runs + new + 1))


def left_spread(values: Sequence[float]) -> float:
    """The mean distance of the lower half from the median."""
    return float(_centre_and_left_spread(np.asarray(values, dtype=np.float64)[None])[1][0])


@cache
def _normal_factor(runs: int) -> float:
    out = -stats.norm.ppf(SHARE) * sqrt(runs)
    return float(stats.nct.ppf(CONFIDENCE, runs - 1, out) / sqrt(runs))


@cache
def _heavy_factor(runs: int) -> float:
    """Centre minus quantile, in units of the left spread, does not depend on the true centre and scale."""
    rng = np.random.default_rng(0)  # the factor is a constant of mathematics: the same in every calibration
    quantile = stats.t.ppf(SHARE, HEAVY)
    needed = []
    for _ in range(_REPETITIONS // _AT_ONCE):
        centre, spread = _centre_and_left_spread(rng.standard_t(HEAVY, (_AT_ONCE, runs)))
        needed.append((centre - quantile) / spread)
    return float(np.quantile(np.concatenate(needed), CONFIDENCE))


def _centre_and_left_spread(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of every row."""
    centre = np.median(values, axis=1)
    below = np.maximum(centre[:, None] - values, 0)
    return centre, below.sum(axis=1) / (values.shape[1] // 2)
