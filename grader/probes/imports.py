"""What happens when a module is imported."""

import contextlib
import importlib
import io
import sys
from typing import Any

import torch
from torch.optim.optimizer import register_optimizer_step_pre_hook

from grader.probes.seeds import reseeded


def import_afresh(name: str) -> dict[str, Any]:
    """Imports a module of the submission as if for the first time, and takes notes.

    Returns:
        `printed` (text), `steps` (of optimisers), `backwards` (calls of `Tensor.backward`), and `reseeded` (global
        random generators that the import seeds). The module that was there before is put back.
    """
    before = importlib.import_module(name)
    notes: dict[str, Any] = {"printed": "", "steps": 0, "backwards": 0}
    text = io.StringIO()
    backward = torch.Tensor.backward

    def count_step(*_: Any) -> None:
        notes["steps"] += 1

    def count_backward(*args: Any, **kwargs: Any) -> Any:
        notes["backwards"] += 1
        return backward(*args, **kwargs)

    def load() -> None:
        sys.modules.pop(name, None)
        importlib.import_module(name)

    hook = register_optimizer_step_pre_hook(count_step)
    torch.Tensor.backward = count_backward  # type: ignore[method-assign]
    try:
        with contextlib.redirect_stdout(text), contextlib.redirect_stderr(text):
            notes["reseeded"] = reseeded(load)
    finally:
        torch.Tensor.backward = backward  # type: ignore[method-assign]
        hook.remove()
        sys.modules[name] = before
    notes["printed"] = text.getvalue()[:2000]
    return notes
