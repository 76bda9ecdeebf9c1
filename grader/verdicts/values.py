"""Assertions about values that came from student code: kind, shape, dtype, and numbers within a stated tolerance.

Every helper fails with a sentence about the student's value (`what`), and hides its own frame from tracebacks.
"""

import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch

from grader.verdicts.likeness import Mistakes, likeness
from grader.verdicts.patterns import pattern_of


def as_array(value: Any, what: str = "the result") -> np.ndarray:
    """Numbers of any kind (list, array, tensor, series, frame) as a float64 array; fails for anything else."""
    __tracebackhide__ = True
    try:
        if isinstance(value, torch.Tensor):
            return np.asarray(value.detach().double().numpy())
        return np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError, RuntimeError):
        raise AssertionError(f"{what} should hold numbers, got {kind_of(value)}") from None


def kind_of(value: Any) -> str:
    """What a value is, in a few words: type, shape and dtype."""
    if isinstance(value, torch.Tensor):
        return f"a tensor of shape {tuple(value.shape)} and dtype {str(value.dtype).removeprefix('torch.')}"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} and dtype {value.dtype}"
    if isinstance(value, pd.DataFrame | pd.Series):
        return f"a {type(value).__name__} of shape {value.shape}"
    if value is None:
        return "None (is a return missing?)"
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return f"a {type(value).__name__} of length {len(value)}"
    return f"{type(value).__name__} {value!r}"[:120]


def expect_tensor(
    value: Any,
    shape: Sequence[int] | None = None,
    dtype: torch.dtype | None = None,
    finite: bool = True,
    what: str = "the result",
) -> torch.Tensor:
    """A tensor of that shape and dtype, free of NaN and infinity unless `finite` is off."""
    __tracebackhide__ = True
    if not isinstance(value, torch.Tensor):
        raise AssertionError(f"{what} should be a tensor, got {kind_of(value)}")
    if shape is not None and tuple(value.shape) != tuple(shape):
        raise AssertionError(f"{what} should have shape {tuple(shape)}, got {tuple(value.shape)}")
    if dtype is not None and value.dtype is not dtype:
        names = (str(kind).removeprefix("torch.") for kind in (dtype, value.dtype))
        raise AssertionError("{} should have dtype {}, got {}".format(what, *names))
    if finite and value.is_floating_point() and not bool(torch.isfinite(value.detach()).all()):
        raise AssertionError(f"{what} holds NaN or infinity")
    return value


def expect_array(
    value: Any, shape: Sequence[int] | None = None, dtype: Any = None, finite: bool = True, what: str = "the result"
) -> np.ndarray:
    """A NumPy array of that shape and dtype, free of NaN and infinity unless `finite` is off."""
    __tracebackhide__ = True
    if not isinstance(value, np.ndarray):
        raise AssertionError(f"{what} should be a NumPy array, got {kind_of(value)}")
    if shape is not None and value.shape != tuple(shape):
        raise AssertionError(f"{what} should have shape {tuple(shape)}, got {value.shape}")
    if dtype is not None and value.dtype != np.dtype(dtype):
        raise AssertionError(f"{what} should have dtype {np.dtype(dtype)}, got {value.dtype}")
    if finite and value.dtype.kind in "fc" and not np.isfinite(value).all():
        raise AssertionError(f"{what} holds NaN or infinity")
    return value


def expect_numbers(
    value: Any, shape: Sequence[int] | None = None, dtype: str | None = None, what: str = "the result"
) -> np.ndarray:
    """An array or a tensor, whichever, of that shape and dtype (such as `"float64"`), free of NaN and infinity."""
    __tracebackhide__ = True
    if isinstance(value, torch.Tensor):
        expect_tensor(value, shape, getattr(torch, dtype) if dtype else None, what=what)
        return np.asarray(value.detach().numpy())
    if not isinstance(value, np.ndarray):
        raise AssertionError(f"{what} should be an array or a tensor, got {kind_of(value)}")
    return expect_array(value, shape, dtype, what=what)


def expect_float(value: Any, what: str = "the result") -> float:
    """A Python float (NumPy's float64 is one; a tensor, an array or an int is not)."""
    __tracebackhide__ = True
    if not isinstance(value, float):
        raise AssertionError(f"{what} should be a Python float, got {kind_of(value)}")
    return float(value)


def expect_list(value: Any, length: int, what: str = "the result", kind: type[Sequence[Any]] = list) -> Any:
    """A list (or, with `kind=tuple`, a tuple) of that length."""
    __tracebackhide__ = True
    if not isinstance(value, kind) or len(value) != length:
        raise AssertionError(f"{what} should be a {kind.__name__} of length {length}, got {kind_of(value)}")
    return value


@contextlib.contextmanager
def expect_error(kind: type[Exception], what: str = "this call") -> Iterator[list[Any]]:
    """A block that has to end in an exception of that kind; any other one goes through, "not written yet" too.

    Yields a list: what the block puts there, because the call came to an end after all, is named in the message.
    """
    __tracebackhide__ = True
    returned: list[Any] = []
    try:
        yield returned
    except NotImplementedError:
        raise
    except kind:
        return
    except Exception as error:
        error.circumstances = f"{what} should raise a {kind.__name__}"  # type: ignore[attr-defined]  # see circumstances
        raise
    seen = "".join(f"; it returns {'None' if value is None else kind_of(value)}" for value in returned)
    raise AssertionError(f"{what} should raise a {kind.__name__}, but raises nothing{seen}")


def expect_refused(kind: type[Exception], what: str, function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
    """A call that has to end in an exception of that kind."""
    __tracebackhide__ = True
    with expect_error(kind, what) as returned:
        returned.append(function(*args, **kwargs))


def expect_close(
    actual: Any,
    expected: Any,
    rtol: float = 1e-6,
    atol: float = 1e-8,
    what: str = "the result",
    hint: str = "",
    mistakes: Mistakes | Callable[[], Mistakes] | None = None,
) -> None:
    """Numbers of the expected shape, each within `atol + rtol * |expected|`; NaN equals NaN.

    The message gives the largest difference and which of the `mistakes` (`likeness`) gives such numbers, or else what
    all have in common (`pattern_of`); not the expected values.
    """
    __tracebackhide__ = True
    got, wanted = as_array(actual, what), as_array(expected, "the expected value")
    if got.shape == wanted.shape and np.allclose(got, wanted, rtol=rtol, atol=atol, equal_nan=True):
        return
    known = likeness(got, wanted, mistakes) if mistakes is not None else ""
    because = "".join(f"; {why}" for why in (known, hint if not known else "") if why)
    if got.shape != wanted.shape:
        raise AssertionError(f"{what} should have shape {wanted.shape}, got {got.shape}{because}")
    if (np.isfinite(got) != np.isfinite(wanted)).any():
        raise AssertionError(f"{what} holds NaN or infinity where it should not, or numbers where it should{because}")
    difference = np.abs(got - wanted)
    worst = float(np.nanmax(difference))
    if got.ndim == 0:
        raise AssertionError(f"{what} is off by {worst:.4g} (got {float(got):.6g}){because}")
    share = float(np.mean(difference > atol + rtol * np.abs(wanted)))
    pattern = pattern_of(got, wanted) if not known else ""
    seen = f", and {pattern}" if pattern else ""
    raise AssertionError(f"{what}: {share:.0%} of the values are wrong, the worst by {worst:.4g}{seen}{because}")


def expect_unchanged(before: Any, after: Any, what: str = "the argument") -> None:
    """The same data as before: values, dtype, shape, and for frames labels."""
    __tracebackhide__ = True
    if not same(before, after):
        raise AssertionError(f"{what} was modified{change(before, after)}")


def change(before: Any, after: Any) -> str:
    """How data differ from what they were, in brackets behind a sentence; empty where there is no short way to say."""
    if isinstance(before, pd.DataFrame) and isinstance(after, pd.DataFrame):
        gone = [name for name in before.columns if name not in after.columns]
        new = [name for name in after.columns if name not in before.columns]
        if gone or new:
            parts = [f"{', '.join(map(str, names))} {how}" for names, how in ((gone, "gone"), (new, "new")) if names]
            return f" (columns: {'; '.join(parts)})"
        if list(before.columns) != list(after.columns):
            return " (the order of its columns)"
    if isinstance(before, pd.DataFrame | pd.Series) and type(before) is type(after):
        if len(before) != len(after):
            return f" ({len(after)} rows instead of {len(before)})"
        if list(before.index) != list(after.index):
            return " (its index)"
        if isinstance(before, pd.DataFrame):
            other = [name for name in before.columns if not before[name].equals(after[name])]
            return f" (in {', '.join(map(str, other[:3]))})" if other else ""
    if isinstance(before, np.ndarray | torch.Tensor) and type(before) is type(after):
        if before.shape != after.shape:
            return f" (shape {tuple(after.shape)} instead of {tuple(before.shape)})"
        if before.dtype != after.dtype:
            return f" (dtype {after.dtype} instead of {before.dtype})"
        differs: Any = before != after
        share = float(differs.double().mean() if isinstance(differs, torch.Tensor) else np.mean(differs))
        return f" ({share:.0%} of its values)" if share else ""
    return ""


def same(one: Any, other: Any) -> bool:
    """Whether two pieces of plain data are the same, NaN equal to NaN."""
    if isinstance(one, pd.DataFrame | pd.Series):
        if type(other) is not type(one) or not _same_labels(one, other):
            return False
        return bool(one.equals(other))  # type: ignore[arg-type]  # a frame with a frame, a series with a series
    if isinstance(one, torch.Tensor):
        return (
            isinstance(other, torch.Tensor)
            and one.dtype is other.dtype
            and one.shape == other.shape
            and one.requires_grad == other.requires_grad
            and np.array_equal(_bits(one), _bits(other))
        )
    if isinstance(one, np.ndarray):
        if not isinstance(other, np.ndarray) or one.dtype != other.dtype or one.shape != other.shape:
            return False
        return np.array_equal(one, other, equal_nan=one.dtype.kind in "fc")
    if isinstance(one, dict):
        return isinstance(other, dict) and list(one) == list(other) and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list | tuple):
        return type(other) is type(one) and len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one):
        return math.isnan(other)
    return type(one) is type(other) and bool(one == other)


def _same_labels(one: Any, other: Any) -> bool:
    if isinstance(one, pd.DataFrame) and list(one.columns) != list(other.columns):
        return False
    return list(one.index) == list(other.index)


def _bits(tensor: torch.Tensor) -> np.ndarray:
    return np.asarray(tensor.detach().contiguous().flatten().view(torch.uint8).numpy())
