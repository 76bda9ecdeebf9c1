"""Thresholds keep what they promise: coverage over repeated calibrations, against distributions with known tails."""

import numpy as np
import pytest
from scipy import stats

from grader.calibrate.tail import (
    CONFIDENCE,
    SHARE,
    heavy_bound,
    left_spread,
    lower_bound,
    normal_bound,
    of_new_lows,
    upper_bound,
)

CALIBRATIONS = 2000
SLACK = 4 * (CONFIDENCE * (1 - CONFIDENCE) / CALIBRATIONS) ** 0.5  # four standard errors of a share


def covered(bound, distribution, runs):
    """In which share of calibrations at most `SHARE` of all runs fall below the bound."""
    values = distribution.rvs((CALIBRATIONS, runs), random_state=np.random.default_rng(1))
    return np.mean([distribution.cdf(bound(row)) <= SHARE for row in values])


@pytest.mark.parametrize("runs", [40, 240])
def test_the_normal_bound_has_exactly_its_confidence_on_normal_values(runs):
    assert covered(normal_bound, stats.norm(0.9, 0.02), runs) == pytest.approx(CONFIDENCE, abs=SLACK)


@pytest.mark.parametrize("runs", [40, 240])
def test_the_heavy_bound_has_exactly_its_confidence_on_students_t(runs):
    assert covered(heavy_bound, stats.t(3, 0.9, 0.02), runs) == pytest.approx(CONFIDENCE, abs=SLACK)


LEFT_SKEWED = {
    "normal": stats.norm(0.9, 0.02),
    "t with 3 degrees of freedom": stats.t(3, 0.9, 0.02),
    "t with 5 degrees of freedom": stats.t(5, 0.9, 0.02),
    "exponential to the left": stats.weibull_max(1, 1, 0.03),
    "log-normal to the left": stats.norm(0, 0.6),  # of log(1 - metric), see below
    "beta near one": stats.beta(20, 0.8),
}


@pytest.mark.parametrize("name", LEFT_SKEWED)
def test_a_threshold_covers_tails_that_metrics_have(name):
    distribution = LEFT_SKEWED[name]
    if name.startswith("log-normal"):
        values = 1 - 0.03 * np.exp(distribution.rvs((CALIBRATIONS, 240), random_state=np.random.default_rng(1)))
        share = np.mean([distribution.sf(np.log((1 - lower_bound(row)) / 0.03)) <= SHARE for row in values])
    else:
        share = covered(lower_bound, distribution, 240)
    assert share >= CONFIDENCE - SLACK


def test_the_normal_bound_alone_would_not_do():
    assert covered(normal_bound, stats.t(3, 0.9, 0.02), 240) < 0.6


def test_a_threshold_lies_below_everything_seen():
    values = [0.95] * 60 + [0.94] * 60 + [0.0]
    assert lower_bound(values) <= 0.0
    assert upper_bound([-value for value in values]) == -lower_bound(values)


def test_the_spread_looks_to_the_left_alone():
    assert left_spread([1, 1, 2, 3, 9]) == left_spread([1, 1, 2, 3, 900])
    assert left_spread([0, 1, 2, 3]) == pytest.approx((1.5 + 0.5) / 2)


@pytest.mark.parametrize(("runs", "new"), [(5, 1), (5, 2), (9, 3)])
def test_the_chance_of_new_lows_is_that_of_an_order(runs, new):
    values = np.random.default_rng(2).standard_cauchy((200_000, runs + new))
    seen = np.mean(values[:, runs:].max(axis=1) < values[:, :runs].min(axis=1))
    chance = of_new_lows(runs, new)
    assert seen == pytest.approx(chance, abs=4 * (chance / 200_000) ** 0.5)


def test_three_new_lows_after_the_default_number_of_runs_are_rarer_than_one_in_a_million():
    from grader.cli.calibrate import SEEDS

    assert 2 * of_new_lows(SEEDS, 3) < 1e-6  # below the threshold, and a control above it
