"""Assertions about features chosen by a score."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.feature_selection import f_regression, mutual_info_regression

from grader.verdicts.values import kind_of


def expect_selection(chosen: Any, ranking: Sequence[str], k: int, X: pd.DataFrame, y: pd.Series, what: str) -> None:
    """A list of the first `k` names of a ranking; the message says by which other ranking they may have been chosen."""
    __tracebackhide__ = True
    if not isinstance(chosen, list):
        raise AssertionError(f"{what} should return a list, got {kind_of(chosen)}")
    if len(chosen) != k:
        raise AssertionError(f"{what} should give {k} names, got {len(chosen)}")
    strange = [name for name in chosen if not isinstance(name, str) or name not in list(X.columns)]
    if strange:
        raise AssertionError(f"{what} should give names of columns, got {strange[0]!r:.60}")
    if chosen == list(ranking[:k]):
        return
    known = [how for how, order in _rankings(X, y).items() if chosen == order[:k]]
    if sorted(chosen) != sorted(ranking[:k]):
        places = {"the first columns of X": list(X.columns)[:k], "the last columns of X": list(X.columns)[-k:]}
        known += [how for how, names in places.items() if sorted(chosen) == sorted(names)]
        raise AssertionError(f"{what} does not give the features with the highest scores{_told(', but', known)}")
    orders = {"that of the columns of X": list(X.columns), "from the lowest score to the highest": ranking[::-1]}
    plain = [how for how, order in orders.items() if chosen == [name for name in order if name in chosen]]
    seen = [*plain, *known] if k > 2 else [*known, *plain]  # two names stand in either order by chance
    raise AssertionError(
        f"{what} gives the right features, but in another order than by decreasing score{_told(':', seen)}"
    )


def _told(link: str, how: Sequence[str]) -> str:
    return f"{link} {', or '.join(how[:2])}" if how else ""


def _rankings(X: pd.DataFrame, y: pd.Series) -> dict[str, list[str]]:
    """Columns in the order of scores that are taken for another one."""
    features, target = X.to_numpy(dtype=np.float64), np.asarray(y, dtype=np.float64)
    statistic, _ = f_regression(features, target)
    correlation = np.corrcoef(features.T, target)[-1, :-1]
    covariance = (features - features.mean(axis=0)).T @ (target - target.mean())
    information = mutual_info_regression(features, target, random_state=0)
    ranks = pd.DataFrame(features).corrwith(pd.Series(target), method="spearman").to_numpy()
    scores = {
        "those with the largest F statistic": statistic,
        "those with the largest mutual information": information,
        "those with the largest correlation, where a strong negative one counts as the smallest": correlation,
        "those with the most negative correlation": -correlation,
        "those with the largest correlation of ranks": np.abs(ranks),
        "those with the largest covariance, which depends on the units of a feature": np.abs(covariance),
        "those with the largest covariance, sign included": covariance,
        "those with the smallest F statistic and the largest p-value, the worst first": -statistic,
        "those with the smallest mutual information, the worst first": -information,
        "those with the largest variance": features.var(axis=0),
    }
    return {how: [X.columns[i] for i in np.argsort(-score, kind="stable")] for how, score in scores.items()}
