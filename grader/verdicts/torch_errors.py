"""What PyTorch's own words mean, where that takes experience."""

import re

_ANOMALY = re.compile(r" ?Hint: (?:enable anomaly detection|the backtrace further above).*", re.DOTALL)
_MEANINGS = (
    (
        "modified by an inplace operation",
        "what backward needs from the forward pass was overwritten in between, in place or by a step of an optimiser",
    ),
    (
        "does not require grad and does not have a grad_fn",
        "what backward starts from does not depend on anything that is trained, or was computed without gradients",
    ),
    (
        "Trying to backward through the graph a second time",
        "backward was called twice on what one forward pass left behind, or went on into that of an earlier step",
    ),
    ("0D or 1D target tensor expected", "the loss was given labels with more dimensions than class numbers have"),
    (
        "Expected more than 1 value per channel when training",
        "batch norm in training mode got a single value per channel, which has no spread to divide by",
    ),
)


def explained(message: str) -> str:
    """The message of an exception, with a remark behind PyTorch's words; other messages as they are."""
    for words, meaning in _MEANINGS:
        if words in message:
            return f"{_ANOMALY.sub('', message)} ({meaning})"
    return message
