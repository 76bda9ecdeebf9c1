"""Where in a model, and in its author's files, an operation is called from."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook

_TORCH = os.path.dirname(torch.__file__) + os.sep
KIT = os.path.dirname(os.path.dirname(os.path.dirname(__file__))) + os.sep
_DEEPEST = 200


class Places:
    """The submodule whose forward pass is running now, by its qualified name."""

    def __init__(self, model: nn.Module) -> None:
        self._names = {id(module): name for name, module in model.named_modules()}
        self._entered: list[str] = []

    @property
    def path(self) -> str:
        return self._entered[-1] if self._entered else ""

    @contextmanager
    def followed(self) -> Iterator[None]:
        """Keeps `path` up to date while the block runs."""

        def enter(module: nn.Module, _: Any) -> None:
            self._entered.append(self._names.get(id(module), self.path))

        def leave(*_: Any) -> None:
            if self._entered:
                self._entered.pop()

        hooks = [register_module_forward_pre_hook(enter), register_module_forward_hook(leave, always_call=True)]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()
            self._entered.clear()


def line() -> str:
    """`file.py:12`, the innermost line outside torch and the kit that led to this call; `""` when there is none."""
    frame = sys._getframe(1)
    for _ in range(_DEEPEST):
        file = frame.f_code.co_filename
        if not file.startswith((_TORCH, KIT, "<")) and os.path.basename(file) not in ("contextlib.py",):
            return f"{os.path.basename(file)}:{frame.f_lineno}"
        if frame.f_back is None:
            break
        frame = frame.f_back
    return ""
