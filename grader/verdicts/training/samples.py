"""Which samples a run trains and evaluates on."""

from collections import Counter

from grader.verdicts.runs import Event, Evidence, listed, read, splits_in


def wrong_samples(
    evidence: Evidence, name: str, epochs: int = 1, batch_size: int | None = None, split: str = "train"
) -> str | None:
    """Training samples that were skipped, repeated, or taken from another split.

    Args:
        epochs: how often every sample of `split` should have been seen.
        batch_size: of the loader; with it, a dropped last batch gets a sentence of its own.
        split: the name under which `trace` was given the training inputs.
    """
    run = read(evidence)
    fed = run.fed()
    others = {other for event in fed for other in splits_in(event)} - {split}
    if others:
        return f"{name} trains on the {listed(sorted(others))} data"
    return _coverage(fed, evidence["splits"][split], f"{name} trains on", epochs, batch_size, "training")


def wrong_evaluation_samples(
    evidence: Evidence, name: str, epochs: int = 1, batch_size: int | None = None, split: str = "val"
) -> str | None:
    """Evaluation samples that were skipped, repeated or taken from another split.

    Every sample of `split` is expected once per epoch, in evaluating passes.
    """
    run = read(evidence)
    evaluated = [event for event in run.assessed() if splits_in(event)]
    if evaluated and not any(split in splits_in(event) for event in evaluated):
        return f"{name} evaluates on the {listed(sorted(splits_in(evaluated[0])))} data instead of the {split} data"
    own = [event for event in evaluated if splits_in(event) == {split}]
    return _coverage(own, evidence["splits"][split], f"{name} evaluates on", epochs, batch_size, split)


def _coverage(
    forwards: list[Event], size: int, verb: str, epochs: int, batch_size: int | None, what: str
) -> str | None:
    flat = [index for event in forwards for index in event["indices"]]
    seen = [index[1] for index in flat if index is not None]
    if not seen and flat:
        return None  # other inputs than those given, e.g. augmented ones: nothing can be said
    times, wanted = Counter(seen), size * epochs
    left = size % batch_size if batch_size else 0
    if left and len(seen) == wanted - left * epochs and max(times.values(), default=0) <= epochs:
        return f"{verb} {len(seen) // epochs} of {size} {what} samples: the last, smaller batch is dropped"
    if len(seen) < wanted:
        each = f" in each of {epochs} epochs" if epochs > 1 else ""
        return f"{verb} {what} data but skips some: {size} samples{each} make {wanted}, not {len(seen)}"
    if len(seen) > wanted:
        return f"{verb} some {what} samples more than once per epoch"
    if any(len(set(seen[start : start + size])) < size for start in range(0, wanted, size)):
        return f"{verb} some {what} samples twice in one epoch and leaves others out"
    return None
