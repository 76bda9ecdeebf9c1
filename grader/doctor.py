"""What this machine can do for the course, and what to do about what it cannot."""

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from grader import __version__
from grader.course import Course
from grader.errors import GraderError

State = Literal["good", "note", "bad"]
PACKAGES = ("torch", "torchvision", "numpy", "pandas", "scikit-learn", "safetensors", "medmnist", "imageio", "pytest")
_MEMORY_MB = 2000
_DISK_MB = 2000


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        state: `good`; `note`, worth knowing; `bad`, something will not work.
        cure: what to do about it, if anything.
    """

    what: str
    state: State
    detail: str
    cure: str = ""


def examine(course: Course | None) -> Iterator[Finding]:
    """Looks at everything, one finding after the other; imports torch on the way.

    Args:
        course: whose demands the machine is measured by; without one, the usual ones.
    """
    yield _python()
    yield Finding("kit", "good", f"biomed-grader {__version__} in {Path(__file__).parent}")
    for name in PACKAGES:
        yield _package(name)
    for look in (_torch, _torchvision, _threads, _accelerator):
        yield _safely(look)
    yield from _isolation(course)
    yield _memory()
    yield _disk()
    yield _course(course)
    yield from _data_sets(course)


def _python() -> Finding:
    detail = f"{platform.python_version()} on {platform.system()} {platform.release()} ({sys.executable})"
    return Finding("Python", "good", detail)


def _package(name: str) -> Finding:
    try:
        return Finding(name, "good", version(name))
    except PackageNotFoundError:
        return Finding(name, "bad", "is not installed", f"pip install {name}")


def _safely(look: Callable[[], Finding]) -> Finding:
    """A finding even where a broken installation makes an import fail."""
    try:
        return look()
    except Exception as error:  # a compiled library may raise anything on import; that is the finding
        name = (look.__doc__ or look.__name__).rstrip(".")
        return Finding(
            name, "bad", f"{type(error).__name__}: {error}", "reinstall torch and torchvision: make .venv anew"
        )


def _torch() -> Finding:
    """torch works"""
    import torch

    total = float(torch.arange(4.0).sum())
    return Finding("torch works", "good" if total == 6.0 else "bad", f"built for {_build(torch.version.cuda)}")


def _torchvision() -> Finding:
    """torchvision imports"""
    import torch
    import torchvision

    if torch.version.cuda is None and "+cu" in torchvision.__version__:
        detail = f"{torchvision.__version__} beside a CPU-only torch: works, all but torchvision.ops (not used here)"
        return Finding("torchvision imports", "good", detail)
    return Finding("torchvision imports", "good", torchvision.__version__)


def _threads() -> Finding:
    """threads"""
    import torch

    cores = os.cpu_count() or 1
    detail = (
        f"{torch.get_num_threads()} for torch on {cores} cores; a worker has 1, so `--jobs` up to {cores} makes sense"
    )
    return Finding("threads", "good", detail)


def _accelerator() -> Finding:
    """accelerator"""
    import torch

    accelerator = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
    if accelerator is None:
        return Finding("accelerator", "note", "none: everything runs on the CPU, and device checks on a simulated one")
    return Finding("accelerator", "good", f"{accelerator.type}, {torch.accelerator.device_count()} of them")


def _build(cuda: str | None) -> str:
    return f"CUDA {cuda}" if cuda else "CPU"


def _isolation(course: Course | None) -> Iterator[Finding]:
    from grader.sandbox.isolation import LEVELS, at_least, explain

    wanted = course.isolation if course is not None else "full"
    findings = explain()
    enough = any(found.available and at_least(found.level, wanted) for found in findings)
    for level, found in zip(LEVELS, findings, strict=True):
        asked = " (what course.yml asks for)" if level == wanted else ""
        if found.available:
            yield Finding(f"isolation {level}", "good", f"works{asked}")
        else:
            state: State = "bad" if not enough and level == wanted else "note"
            yield Finding(f"isolation {level}", state, f"not here{asked}: {found.reason}", found.cure)


def _memory() -> Finding:
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            fields = dict(line.split(":", 1) for line in file)
        available = int(fields["MemAvailable"].split()[0]) * 1024 // 1_000_000
    except (OSError, ValueError, KeyError):
        return Finding("memory", "note", "how much is free cannot be told on this system")
    detail = f"{available / 1000:.1f} GB free; a job needs about {_MEMORY_MB / 1000:g} GB"
    if available < _MEMORY_MB:
        return Finding("memory", "bad", detail, "close other programs, or grade on a larger machine")
    return Finding("memory", "good", detail)


def _disk() -> Finding:
    folder = tempfile.gettempdir()
    free = shutil.disk_usage(folder).free // 1_000_000
    detail = f"{free / 1000:.1f} GB free in {folder}"
    if free < _DISK_MB:
        return Finding("disk", "bad", detail, "make room, or set TMPDIR to a folder with more")
    return Finding("disk", "good", detail)


def _course(course: Course | None) -> Finding:
    if course is None:
        return Finding(
            "course.yml", "note", "none here or above", "run this in the course's folder to have it examined"
        )
    return Finding("course.yml", "good", f"{course.about.title}: {', '.join(item.id for item in course.assignments)}")


def _data_sets(course: Course | None) -> Iterator[Finding]:
    from grader.data import entries
    from grader.data.places import find

    asked = {name: source for item in course.assignments for name, source in item.data.items()} if course else {}
    for entry in entries():
        what = f"data set {entry.name}"
        source = asked.get(entry.name, "auto")
        try:
            found = find(entry) if entry.kind != "table" else None
        except GraderError as error:
            yield Finding(what, "bad", str(error))
            continue
        if entry.kind == "table" or found is not None:
            where = f"in {entry.package}" if found is None else str(found.path)
            yield Finding(what, "good", f"real, {where}")
        elif source == "real":
            cure = f"grader data fetch {entry.name}, or name the folder that holds it in GRADER_DATA"
            yield Finding(what, "bad", "course.yml asks for the real one, and it is not here", cure)
        elif entry.phantom is not None:
            yield Finding(
                what, "good" if source == "phantom" else "note", "phantom; the real one is not on this machine"
            )
        elif entry.name in asked:
            yield Finding(what, "bad", "neither real nor phantom", f"grader data fetch {entry.name}")
