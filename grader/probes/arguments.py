"""Arguments for probes that call a function several times."""

import copy
from typing import Any


def copied(*objects: Any) -> tuple[Any, ...]:
    """Deep copies of all objects at once: a copied optimiser belongs to the copied model.

    For `two_pass` and `traced_twice`, which need fresh arguments for every call:
    `two_pass(fit, copied, model, train_loader, val_loader, 2)`.
    """
    return copy.deepcopy(objects)
