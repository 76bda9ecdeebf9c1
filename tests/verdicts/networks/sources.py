"""Finds, loads and changes the networks in these folders."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

from grader.verdicts.equivalence import Comparison

HERE = Path(__file__).parent
Mistakes = dict[str, tuple[str, str, str | None]]


def right(kind: str) -> list[str]:
    """Names of the right networks of one kind."""
    return sorted(path.stem for path in (HERE / kind).glob("*.py") if path.stem != "wrong")


def load(kind: str, name: str) -> ModuleType:
    """One of the files here."""
    spec = importlib.util.spec_from_file_location(f"{kind}_{name}", HERE / kind / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def mistakes(kind: str) -> list[tuple[str, str]]:
    """The right network to change, and the name of the mistake."""
    wrong = load(kind, "wrong")
    return [("modules", name) for name in wrong.MODULES] + [("functional", name) for name in wrong.FUNCTIONAL]


def source(kind: str, name: str, mistake: str) -> tuple[str, str | None]:
    """The source of a network with a mistake in it, and where it should show."""
    old, new, where = getattr(load(kind, "wrong"), name.upper())[mistake]
    text = (HERE / kind / f"{name}.py").read_text(encoding="utf-8")
    assert old in text
    return text.replace(old, new), where


def changed(text: str, name: str) -> ModuleType:
    """A module of that source."""
    module = ModuleType(name)
    exec(compile(text, f"{name}.py", "exec"), module.__dict__)
    return module


def named(comparison: Comparison, text: str) -> str:
    """The module in which values part, or the line of `forward` as it reads; "" when none is named."""
    where = comparison.where or ""
    found = re.fullmatch(r"\w+\.py:(\d+)", where)
    return text.splitlines()[int(found[1]) - 1].strip() if found else where
