"""Shares of programs that were judged wrongly."""

from collections.abc import Sequence

from grader.proof.evidence import Judged, ModuleRates
from grader.proof.rates import Rate


def survived(programs: Sequence[Judged]) -> Rate:
    """Mutants that no check noticed."""
    return _share(programs, ("mutant",), "passed")


def rejected(programs: Sequence[Judged]) -> Rate:
    """Right programs that lost a point."""
    return _share(programs, ("reference", "variant"), "failed")


def made_survived(programs: Sequence[Judged]) -> Rate:
    """Mutants made by rule that no check noticed, without those judged equivalent."""
    return _share(programs, ("operator",), "passed")


def _share(programs: Sequence[Judged], kinds: tuple[str, ...], wrong: str) -> Rate:
    """The share of those that count whose verdict is wrong."""
    counted = [j for j in programs if j.kind in kinds and not (j.invalid or j.equivalent or j.verdict == "error")]
    return Rate.of(sum(judged.verdict == wrong for judged in counted), len(counted))


def by_module(modules: Sequence[str], programs: Sequence[Judged]) -> list[ModuleRates]:
    """The rates of each module that has programs."""
    groups = [(module, [judged for judged in programs if judged.module == module]) for module in modules]
    return [
        ModuleRates(
            module=module,
            survived=survived(own),
            rejected=rejected(own),
            made_survived=made_survived(own),
            equivalent=sum(judged.equivalent for judged in own),
        )
        for module, own in groups
        if own
    ]
