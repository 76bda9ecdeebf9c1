"""Runs witnesses: functions that show what a program does without asking the hidden suite.

A witness is a function of `solutions/<assignment>/witnesses/<module>.py`. It is given the program (`program.table` is
its module `table`), asserts what the contract says, and so fails on a mutant and passes on everything right.

Each program is shown in a process of its own, forked from one that has torch imported. Nothing is confined: mutants
and variants are the author's own.
"""

import contextlib
import importlib.util
import multiprocessing
import os
import tempfile
import traceback
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType
from typing import Any

from grader.proof.programs import Program

PATIENCE = 120.0
_PRELOADED = ["torch", "pandas", "sklearn.feature_selection", "grader.sandbox.worker", "grader.proof.witnesses"]
_LONGEST = 500


@dataclass(frozen=True)
class Showing:
    """Witnesses to be shown one program.

    Attributes:
        file: where the witnesses are.
        names: which of them.
        packages: package names under which the program's modules may import one another.
    """

    program: Program
    file: Path
    names: tuple[str, ...]
    packages: tuple[str, ...] = ()


Testimony = dict[str, str | None]
"""For each witness, what it found broken, or None."""


def show_all(
    showings: Sequence[Showing], jobs: int, on_done: Callable[[], None] = lambda: None
) -> Iterable[tuple[Showing, Testimony]]:
    """What the witnesses say, in the order in which they are ready."""
    if not showings:
        return
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with ThreadPoolExecutor(max_workers=max(1, jobs)) as pool:
        waiting = {pool.submit(show, showing): showing for showing in showings}
        try:
            for future in as_completed(waiting):
                yield waiting[future], future.result()
                on_done()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def show(showing: Showing) -> Testimony:
    """What the witnesses say of one program."""
    context = _context()
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_testify, args=(there, showing), daemon=True)
    process.start()
    there.close()
    said: Testimony = {}
    for name in showing.names:
        if not here.poll(PATIENCE):
            said[name] = f"did not end within {PATIENCE:g} s"
            break
        try:
            said[name] = here.recv()
        except EOFError:
            process.join(PATIENCE)
            said[name] = f"the process ended with exit code {process.exitcode}"
            break
    for name in showing.names:
        said.setdefault(name, "was not reached: an earlier witness ended the process")
    process.kill()
    process.join()
    here.close()
    return said


def _context() -> Any:
    """Processes that fork from a server with torch imported where the system can, fresh ones elsewhere."""
    if "forkserver" in multiprocessing.get_all_start_methods():
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(_PRELOADED)
        return context
    return multiprocessing.get_context("spawn")


# In the process that is shown


class _Shown:
    """The program as a witness sees it: its modules are attributes."""

    def __init__(self, load: Callable[[str], ModuleType]) -> None:
        self._load = load

    def __getattr__(self, name: str) -> ModuleType:
        return self._load(name)


def _testify(connection: "Connection[Any, Any]", showing: Showing) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        open(os.devnull, "w") as nowhere,
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
    ):
        for name, content in showing.program.files.items():
            (Path(folder) / name).write_bytes(content)
        for name in showing.names:
            connection.send(_ask(name, showing, Path(folder)))


def _ask(name: str, showing: Showing, folder: Path) -> str | None:
    import torch

    from grader.sandbox.worker import seed_everything
    from grader.sandbox.workspace import Workspace

    torch.set_num_threads(1)
    seed_everything(0)
    witness = getattr(_loaded(showing.file), name)
    try:
        witness(_Shown(Workspace(folder, showing.packages).load))  # a workspace of its own: fresh modules
    except BaseException as error:  # SystemExit, too: whatever a program does instead of what it should
        frame = traceback.extract_tb(error.__traceback__)[-1]
        text = " ".join(str(error).split()) or (frame.line or "")
        return f"{type(error).__name__}: {text}"[:_LONGEST]
    return None


def _loaded(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"witnesses_{file.stem}", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
