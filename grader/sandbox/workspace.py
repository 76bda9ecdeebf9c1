"""Loads a student's modules from their folder, however they import one another.

`from table import split`, `from .table import split` and `from regression.table import split` all name the same
module object. Several workspaces can live in one process (a self-check over two assignments): the modules of the
one in use are in `sys.modules`, those of the others are kept aside.
"""

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

PACKAGE = "submission"


class Workspace(importlib.abc.MetaPathFinder):
    """A folder of student modules.

    Args:
        root: the folder.
        aliases: package names under which a module may be imported as well, e.g. `"regression"`.
    """

    _current: "Workspace | None" = None

    def __init__(self, root: Path, aliases: Sequence[str] = ()) -> None:
        self.root = Path(root).resolve()
        self.packages = tuple(dict.fromkeys([PACKAGE, *aliases]))
        self._aside: dict[str, ModuleType] = {}

    def load(self, name: str) -> ModuleType:
        """The module `name`; raises what its code raises, and `ModuleNotFoundError` when the file is missing."""
        self.activate()
        if not self._file(name).is_file():
            raise ModuleNotFoundError(f"{name}.py is missing", name=name)
        return importlib.import_module(name)

    def activate(self) -> None:
        """Makes this the workspace whose modules can be imported."""
        if Workspace._current is self:
            return
        if Workspace._current is not None:
            Workspace._current._set_aside()
        Workspace._current = self
        sys.modules.update(self._aside)
        sys.meta_path.insert(0, self)

    def deactivate(self) -> None:
        """Makes its modules unknown again; `load` brings them back as they were."""
        if Workspace._current is self:
            self._set_aside()
            Workspace._current = None

    def find_spec(
        self, fullname: str, path: object = None, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname in self.packages or any(p.startswith(fullname + ".") for p in self.packages):
            return importlib.machinery.ModuleSpec(fullname, _Package(), is_package=True)
        package, _, name = fullname.rpartition(".")
        if package in self.packages:
            return importlib.machinery.ModuleSpec(fullname, _Alias(name)) if self._is_ours(name) else None
        if package == "" and self._is_ours(name):
            loader = _StudentModule(name, str(self._file(name)))
            return importlib.util.spec_from_file_location(name, self._file(name), loader=loader)
        return None

    def _is_ours(self, name: str) -> bool:
        return name not in sys.stdlib_module_names and self._file(name).is_file()

    def _file(self, name: str) -> Path:
        return self.root / f"{name}.py"

    def _set_aside(self) -> None:
        sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not self]
        ours = {
            name: module
            for name, module in sys.modules.items()
            if getattr(module, "__file__", None) == str(self._file(name))  # not torch, whatever file bears its name
            or any((name + ".").startswith(package + ".") for package in self.packages)
        }
        for name in ours:
            del sys.modules[name]
        self._aside = ours


class _StudentModule(importlib.machinery.SourceFileLoader):
    """Executes a student's file as a member of the package, so that relative imports work."""

    def exec_module(self, module: ModuleType) -> None:
        module.__package__ = PACKAGE
        super().exec_module(module)

    def set_data(self, path: str, data: Any, *, _mode: int = 0o666) -> None:
        """Writes no bytecode into the student's folder."""


class _Package(importlib.abc.Loader):
    """An empty package."""

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        module.__path__ = []


class _Alias(importlib.abc.Loader):
    """A second name for a module."""

    def __init__(self, name: str) -> None:
        self._name = name

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        module = importlib.import_module(self._name)
        self._own = module.__spec__, module.__loader__
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__, module.__loader__ = self._own
