"""What became of a model's first convolution when it was replaced by one for grey images.

before = student.run(stems.look, model)
student.stem.to_grayscale(model)
with explained_by_stem(before, lambda: student.run(stems.look, model)):
    expect_close(model(grey), wanted, what="the output for grey images")
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from torch import Tensor

from grader.probes.stems import SETTINGS
from grader.verdicts.patterns import pattern_of
from grader.verdicts.training import expect_no_fault
from grader.verdicts.trajectories import listed_names
from grader.verdicts.values import expect_tensor

Look = dict[str, Any]

_CLOSE = 1e-4  # of what is explained: new weights that a combination of the old ones gives to this precision


@contextlib.contextmanager
def explained_by_stem(before: Look, look: Callable[[], Look], when: str = "") -> Iterator[None]:
    """If a comparison in the block fails, or the model cannot be run, that is told by what became of `conv1`.

    Args:
        before: what `grader.probes.stems.look` says of the model before the call.
        look: gives the same afterwards.
        when: put behind the sentence, e.g. `"5 channels before"`.
    """
    __tracebackhide__ = True
    try:
        yield
    except (AssertionError, AttributeError, RuntimeError, TypeError, ValueError) as error:
        if not isinstance(error, NotImplementedError):
            expect_no_fault(*(f"{fault} ({when})" if when else fault for fault in stem_faults(before, look())))
        raise


def expect_same_model(result: Any, model: Any) -> None:
    """What `to_grayscale` returned is the model that it was given."""
    __tracebackhide__ = True
    got = "nothing (None)" if result is None else "something else than the model"
    assert result is model, f"to_grayscale should return the model it was given, but returns {got}"


def expect_weight(state: dict[str, Tensor], shape: tuple[int, ...], what: str) -> Tensor:
    """The weight of `conv1` after `to_grayscale`."""
    __tracebackhide__ = True
    other = listed_names([name for name in state if name.startswith("conv1")])
    assert "conv1.weight" in state, f"after {what} the model has no conv1.weight, but {other or 'no conv1 at all'}"
    return expect_tensor(state["conv1.weight"], shape, what=f"conv1.weight after {what}")


def stem_faults(before: Look, after: Look) -> Iterator[str]:
    """Sentences on what is different about the new `conv1`, besides its single input channel, and about the rest."""
    yield from _parts(before["state"], after["state"])
    yield from modes_changed(before["modes"], after["modes"])
    for name in SETTINGS:
        was, now = (known["settings"].get(name) for known in (before, after))
        if None not in (was, now) and _pair(was) != _pair(now):
            yield f"{name} of conv1 was {was!r} and is {now!r:.40} after to_grayscale"
    yield from _weights(before["state"].get("conv1.weight"), after["state"].get("conv1.weight"))
    yield from _bias(before["state"].get("conv1.bias"), after["state"].get("conv1.bias"))
    other = [name for name, value in before["state"].items() if not _same(value, after["state"].get(name))]
    other = [name for name in other if not name.startswith("conv1.")]
    if other:
        yield f"to_grayscale also changed {listed_names(other)}"


def modes_changed(before: dict[str, bool], after: dict[str, bool]) -> Iterator[str]:
    """Parts of the model, `conv1` left out, that are in another mode than before."""
    for mode, word in ((True, "training"), (False, "evaluation")):
        put = [name or "the model" for name, now in after.items() if now is mode and before.get(name, now) is not mode]
        put = [name for name in put if name != "conv1"]
        if put:
            yield f"to_grayscale puts {listed_names(put)} in {word} mode"


def _parts(before: dict[str, Tensor], after: dict[str, Tensor]) -> Iterator[str]:
    """Parameters that came or went, shapes and types."""
    if "conv1.weight" not in after:
        there = listed_names([name for name in after if name.startswith("conv1")])
        yield f"after to_grayscale the model has no conv1.weight, but {there or 'no conv1 at all'}"
        return
    if "conv1.bias" in after and "conv1.bias" not in before:
        yield "to_grayscale gives a bias to a conv1 that had none"
    if "conv1.bias" in before and "conv1.bias" not in after:
        yield "to_grayscale takes the bias away from conv1"
    if other := sorted(set(before) - set(after)):
        yield f"after to_grayscale the model lacks {listed_names(other)}"
    if other := sorted(set(after) - set(before)):
        yield f"to_grayscale adds {listed_names(other)} to the model"
    old, new = before["conv1.weight"], after["conv1.weight"]
    if new.ndim == 4 and new.shape[1] != 1:
        yield f"after to_grayscale conv1.weight has the shape {tuple(new.shape)}: it takes {new.shape[1]} channels"
    if new.shape[2:] != old.shape[2:] or new.shape[0] != old.shape[0]:
        yield f"conv1.weight had the shape {tuple(old.shape)} and has {tuple(new.shape)} after to_grayscale"
    other = [name for name in before if name in after and before[name].dtype is not after[name].dtype]
    if other:
        old_type, new_type = (str(state[other[0]].dtype).removeprefix("torch.") for state in (before, after))
        yield f"{listed_names(other)} had dtype {old_type} before to_grayscale and {new_type} after it"


def _weights(before: Tensor | None, after: Tensor | None) -> Iterator[str]:
    if before is None or after is None or after.shape != before[:, :1].shape:
        return
    old, new = before.double().numpy(), after.double().numpy()
    total, channels = old.sum(axis=1, keepdims=True), old.shape[1]
    if not np.isfinite(new).all():
        yield "conv1.weight holds NaN or infinity after to_grayscale"
        return
    if _near(new, total):
        return
    what = "the weights of conv1 after to_grayscale"
    columns = np.moveaxis(old, 1, -1).reshape(-1, channels)
    shares = np.linalg.lstsq(columns, new.reshape(-1), rcond=None)[0]
    explained = 1 - float(((columns @ shares - new.reshape(-1)) ** 2).sum() / max((new**2).sum(), 1e-300))
    if not new.any():
        yield f"{what} are all 0"
    elif np.ptp(new) == 0:
        yield f"{what} are all the same number"
    elif len(new) > 1 and not np.ptp(new, axis=0).any():
        yield f"{what} are the same for every output channel"
    elif explained > 1 - _CLOSE**2:
        yield f"{what} are {_combination(shares)}"
    elif _near(new, old.max(axis=1, keepdims=True)):
        yield f"{what} are the largest of the old ones over the input channels"
    elif _near(abs(new), abs(old).sum(axis=1, keepdims=True)):
        yield f"{what} are sums of the old ones' magnitudes, without regard to their signs"
    elif _scaled_by_filter(new, total):
        yield f"{what} are a multiple of the old ones' sum, another multiple for each output channel"
    elif (seen := pattern_of(new, total)) or explained > 0.9:
        yield f"{what} are not the sum of the old ones{f': {seen}' if seen else ''}"
    elif explained < 0.25:
        yield f"{what} have nothing to do with the old ones, as if they were drawn at random"
    else:
        yield f"{what} are not the sum of the old ones over the input channels"


def _combination(shares: np.ndarray) -> str:
    """A combination of the input channels in words."""
    n, alone = len(shares), int(np.argmax(abs(shares)))
    shares = np.where(abs(shares) < _CLOSE * abs(shares[alone]), 0.0, shares)
    if _near(shares, np.full(n, shares[0])):
        if n > 1 and _near(shares, np.full(n, 1 / n)):
            return f"the mean of the old ones over the {n} input channels"
        return f"{shares[0]:.4g} times the sum of the old ones over the {n} input channels"
    if _near(shares, shares[alone] * np.eye(n)[alone]):
        times = "" if abs(shares[alone] - 1) < _CLOSE else f"{shares[alone]:.4g} times "
        return f"{times}those of input channel {alone} alone, of {n}"
    used = shares[shares != 0]
    if _near(used, np.ones(len(used))):
        return f"the sum of the old ones over the input channels {_listed(np.flatnonzero(shares))} alone, of {n}"
    return f"a weighted sum over the input channels, which count {', '.join(f'{share:.3g}' for share in shares)} times"


def _listed(numbers: np.ndarray) -> str:
    return ", ".join(str(number) for number in numbers[:-1]) + f" and {numbers[-1]}"


def _bias(before: Tensor | None, after: Tensor | None) -> Iterator[str]:
    if before is None or after is None or after.shape != before.shape or _same(before, after):
        return
    old, new = before.double().numpy(), after.double().numpy()
    seen = pattern_of(new, old) or "they have nothing to do with the old ones, as if they were drawn at random"
    yield f"the values of conv1.bias are others after to_grayscale: {seen}"


def _scaled_by_filter(new: np.ndarray, total: np.ndarray) -> bool:
    rows, wanted = new.reshape(len(new), -1), total.reshape(len(total), -1)
    factors = (rows * wanted).sum(1) / np.maximum((wanted**2).sum(1), 1e-300)
    return wanted.shape[1] > 3 and _near(rows, factors[:, None] * wanted)


def _near(one: np.ndarray, other: np.ndarray) -> bool:
    return bool(np.abs(one - other).max() <= _CLOSE * np.abs(other).max())


def _same(one: Tensor, other: Tensor | None) -> bool:
    return other is not None and one.shape == other.shape and bool(one.double().equal(other.double()))


def _pair(value: Any) -> Any:
    """`3` and `(3, 3)` say the same."""
    return (value, value) if isinstance(value, int) else tuple(value) if isinstance(value, list | tuple) else value
