"""Where in the candidate's own modules its values first part from the reference's."""

from dataclasses import dataclass

import numpy as np

from grader.verdicts.equivalence.builder import bare
from grader.verdicts.equivalence.evidence import Reference, Trace

PRECISION = 1e-10

_WORDS = {
    "convolution": "convolution",
    "native_batch_norm": "batch norm",
    "_native_batch_norm_legit_no_training": "batch norm",
    "native_layer_norm": "layer norm",
    "native_group_norm": "group norm",
    "addmm": "linear layer",
    "mm": "matrix product",
    "bmm": "matrix product",
    "add": "addition",
    "sub": "subtraction",
    "mul": "multiplication",
    "div": "division",
    "cat": "concatenation",
    "max_pool2d_with_indices": "max pooling",
    "avg_pool2d": "average pooling",
    "adaptive_max_pool2d": "max pooling",
    "_adaptive_avg_pool2d": "average pooling",
    "mean": "mean",
    "relu": "ReLU",
    "leaky_relu": "leaky ReLU",
    "upsample_bilinear2d": "up-sampling",
    "upsample_nearest2d": "up-sampling",
    "constant_pad_nd": "padding",
    "_softmax": "softmax",
    "bernoulli": "dropout",
    "native_dropout": "dropout",
}
# results that say nothing about the values they were made for
_SHAPES_ONLY = {"empty_like", "zeros_like", "ones_like", "full_like", "new_zeros", "new_ones", "new_empty", "new_full"}


@dataclass(frozen=True)
class Place:
    """An operation of the candidate.

    Args:
        path: the qualified name of the module it belongs to; `""` for the network itself.
        line: file and line that led to it.
        word: what it does.
    """

    path: str
    line: str
    word: str

    @property
    def name(self) -> str | None:
        """The module, or the line where it is the network's own `forward`."""
        return self.path or self.line or None

    def __str__(self) -> str:
        where = f" in {self.path}" if self.path else ""
        line = f" ({self.line.replace(':', ', line ')})" if self.line else ""
        return f"the {self.word}{where}{line}"


def word(operation: str) -> str:
    """What an operation is called."""
    return _WORDS.get(bare(operation), bare(operation).strip("_").replace("_", " "))


def first_parting(reference: Trace, candidate: Trace, precision: float = PRECISION) -> Place | None:
    """The first operation of the candidate whose result the reference nowhere has, nor anything computed from it.

    Results are told apart by sums that do not depend on the order of the values, nor on zeros around them.
    """
    expected = np.array([operation.sums for operation in reference.operations if operation.sums is not None])
    met = [o.sums is not None and _met(np.array(o.sums), expected, precision) for o in candidate.operations]
    from_input = [False] * len(met)
    leads_on = list(met)
    sources = [_sources(operation.args) for operation in candidate.operations]
    for number, references in enumerate(sources):
        if candidate.operations[number].name in _SHAPES_ONLY:
            continue
        from_input[number] = any(r.kind == "input" or (r.kind == "op" and from_input[r.index]) for r in references)
    needed = {r.index for r in candidate.outputs if r.kind == "op"}
    for number in reversed(range(len(met))):
        for r in sources[number]:
            if r.kind == "op":
                leads_on[r.index] |= leads_on[number]
                if number in needed:
                    needed.add(r.index)
    wrong = (n for n in range(len(met)) if from_input[n] and not leads_on[n] and n in needed)
    outputs = [r.index for r in candidate.outputs if r.kind == "op"]  # all values are there, in another order
    found = next((n for n in wrong if candidate.operations[n].sums is not None), outputs[0] if outputs else None)
    if found is None:
        return None
    operation = candidate.operations[found]
    return Place(operation.path, operation.line, word(operation.name))


def _sources(value: object) -> list[Reference]:
    if isinstance(value, Reference):
        return [value]
    if isinstance(value, dict):
        value = tuple(value.values())
    return [found for item in value for found in _sources(item)] if isinstance(value, tuple) else []


def _met(sums: np.ndarray, expected: np.ndarray, precision: float) -> bool:
    """Whether a sum, sum of magnitudes and sum of squares are among those expected."""
    if len(expected) == 0 or not np.isfinite(sums).all():
        return False
    apart = np.abs(expected - sums)
    scales = np.abs(expected)[:, [1, 1, 2]]
    return bool((apart <= precision * scales).all(axis=1).any())
