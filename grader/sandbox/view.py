"""What of this machine the sandbox gets to see: an interpreter with its libraries, and the kit's own worker side."""

import os
import site
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

KIT = Path(__file__).resolve().parents[1]
KIT_PARTS = ("__init__.py", "errors.py", "torchvision_shim.py", "sandbox", "probes")

_SYSTEM = (
    *(
        "/lib",
        "/lib32",
        "/lib64",
        "/usr/lib",
        "/usr/lib32",
        "/usr/lib64",
        "/usr/local/lib",
        "/usr/local/lib64",
    ),
    *("/usr/share/zoneinfo", "/sys/devices/system/cpu", "/nix/store", "/gnu/store"),
    *("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime", "/etc/alternatives"),
)


@dataclass(frozen=True)
class View:
    """Files and folders, each at the place it has outside.

    Args:
        paths: those to show, with all they hold; parents before what lies in them.
        links: symbolic links among system folders, as (path, where it leads).
        hidden: folders inside `paths` that are not shown after all.
        shown_again: what is shown of a hidden folder.
    """

    paths: tuple[str, ...]
    links: tuple[tuple[str, str], ...] = ()
    hidden: tuple[str, ...] = ()
    shown_again: tuple[str, ...] = ()

    def everything(self) -> tuple[str, ...]:
        return (*self.paths, *self.shown_again)


def worker_view(hidden: Iterable[str | os.PathLike[str]] = ()) -> View:
    """The view for student code.

    Args:
        hidden: folders that must not be seen, should they lie inside one that is.
    """
    wanted = [path for path in (*_SYSTEM, *map(str, interpreter())) if os.path.exists(path)]
    linked = {path for path in wanted if os.path.islink(path) and os.path.isdir(path)}
    paths = _outermost([*(path for path in wanted if path not in linked), *map(os.path.realpath, linked)])
    links = [(path, os.readlink(path)) for path in sorted(linked) if not any(_inside(path, root) for root in paths)]
    masked = _everywhere([str(Path(path).resolve()) for path in hidden], paths)
    kit = [str(KIT / part) for part in KIT_PARTS]
    if among := _everywhere([str(KIT)], paths):
        return View(tuple(paths), tuple(links), (*masked, *among), tuple(_everywhere(kit, paths)))
    return View((*paths, *kit), tuple(links), tuple(masked))


def _everywhere(targets: list[str], paths: list[str]) -> list[str]:
    """All names that real paths have inside the folders shown: a folder may be shown under two names."""
    names = []
    for folder in paths:
        real = os.path.realpath(folder)
        names += [folder + target[len(real) :] for target in targets if _inside(target, real)]
    return names


def interpreter() -> Iterator[Path]:
    """This interpreter: its program (every link on the way to it), standard library and installed packages."""
    for program in {sys.executable, getattr(sys, "_base_executable", sys.executable)}:
        path = Path(program)
        yield path
        while path.is_symlink():
            path = path.parent / path.readlink()
            yield path
        yield path.resolve()
    for prefix in {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix}:
        for name in ("lib", "lib64", "pyvenv.cfg"):
            yield Path(prefix, name)
            yield Path(prefix, name).resolve()
    if site.ENABLE_USER_SITE:
        yield Path(site.getusersitepackages())


def without_hidden(view: View) -> tuple[list[str], list[str]]:
    """For Landlock, which can only allow: `view` as (readable, listable) with the hidden folders left out.

    A folder that holds a hidden one is replaced by all its other entries, and may itself only be listed.
    """
    hidden = {os.path.realpath(path) for path in view.hidden}
    readable, listable = [*view.shown_again], []
    waiting, visited = [*view.paths], set()
    while waiting:
        path = os.path.realpath(waiting.pop())  # Landlock knows files, not their names
        if path in visited or any(_inside(path, closed) for closed in hidden):
            continue
        visited.add(path)
        if any(_inside(closed, path) for closed in hidden):
            listable.append(path)
            waiting += [os.path.join(path, name) for name in os.listdir(path)]
        else:
            readable.append(path)
    return readable, listable


def _outermost(paths: Iterable[str]) -> list[str]:
    """Without those that lie inside another of them."""
    ordered = sorted({os.path.normpath(path) for path in paths}, key=lambda path: (path.count("/"), path))
    kept: list[str] = []
    for path in ordered:
        if not any(_inside(path, root) for root in kept):
            kept.append(path)
    return kept


def _inside(path: str, root: str) -> bool:
    return path == root or path.startswith(root.rstrip("/") + "/")
