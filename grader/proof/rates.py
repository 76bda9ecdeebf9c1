"""Shares with the uncertainty of their sample."""

from typing import Self

from pydantic import BaseModel


class Rate(BaseModel):
    """`count` of `total`, with a 95 % interval for the share behind it.

    `low` and `high` are Wilson's (E. B. Wilson, 1927), which stay inside [0, 1] and are usable at 0 and at 1; they are
    None when there is nothing to count. They speak of programs like those counted, if those were drawn at random.
    """

    count: int
    total: int
    low: float | None = None
    high: float | None = None

    @classmethod
    def of(cls, count: int, total: int) -> Self:
        if total == 0:
            return cls(count=0, total=0)
        from scipy.stats import binomtest

        interval = binomtest(count, total).proportion_ci(confidence_level=0.95, method="wilson")
        return cls(count=count, total=total, low=float(interval.low), high=float(interval.high))

    def __str__(self) -> str:
        if self.low is None or self.high is None:
            return "none"
        return f"{self.count} of {self.total} ({percent(self.low)} to {percent(self.high)})"


def upper_bound(count: int, total: int, confidence: float = 0.95) -> float:
    """The exact (Clopper-Pearson) one-sided upper bound of a rate seen `count` times in `total`.

    Without any it is about 3 / total, the rule of three.
    """
    if total == 0 or count == total:
        return 1.0
    from scipy.stats import beta

    return float(beta.ppf(confidence, count + 1, total - count))


def percent(share: float) -> str:
    """`0.034` as `3.4 %`; small shares keep two digits."""
    value = 100 * share
    if value in (0, 100) or value >= 10:
        return f"{value:.0f} %" if value in (0, 100) else f"{value:.1f} %"
    return f"{value:.2g} %"
