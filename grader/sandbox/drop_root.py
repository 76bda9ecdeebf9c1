"""Run as root: becomes an ordinary user that owns nothing, then starts a program.

Student code must never run as root, and bubblewrap isolates better when started by an ordinary user. That user must
be able to read the interpreter, though, which often lies in root's closed home. Then each closed folder is covered,
in a mount namespace that only this process and its children see, by an empty one in which just the paths needed
appear again, at their own places. Nothing is copied, and nothing changes for others.

Usage: drop_root '{"uid": 61200, "paths": [...], "command": [...]}'
"""

import json
import os
import stat
import sys

from grader.sandbox import namespaces

_FIRST, _LAST = 61184, 65519  # what systemd gives to services without a user of their own


def spare_user(number: int) -> int:
    """A user id that belongs to nobody and differs from sandbox to sandbox."""
    import pwd

    for offset in range(_LAST - _FIRST + 1):
        uid = _FIRST + (number + offset) % (_LAST - _FIRST + 1)
        try:
            pwd.getpwuid(uid)
        except KeyError:
            return uid
    raise OSError("no user id is free for the sandbox")


def main() -> None:
    job = json.loads(sys.argv[1])
    open_up(job["paths"])
    os.setgroups([])
    os.setresgid(job["uid"], job["uid"], job["uid"])
    os.setresuid(job["uid"], job["uid"], job["uid"])
    for path in job["paths"]:
        if not os.access(path, os.R_OK):
            sys.exit(f"{path} cannot be read by ordinary users; allow it with: chmod -R o+rX {path}")
    os.execv(job["command"][0], job["command"])


def open_up(paths: list[str]) -> None:
    """Makes `paths` reachable for everyone, for this process and its children only."""
    behind: dict[str, list[str]] = {}
    for path in sorted({*paths, *(os.path.realpath(path) for path in paths)}, key=lambda path: path.count("/")):
        closed = closed_folder(path)
        if closed is not None:
            behind.setdefault(closed, []).append(path)
    if not behind:
        return
    try:
        namespaces.unshare(namespaces.NEWNS)
        namespaces.mount("none", "/", None, namespaces.MS_REC | namespaces.MS_PRIVATE)
    except OSError as error:
        sys.exit(f"{', '.join(behind)}: closed to ordinary users, and this container may not mount ({error})")
    for closed, needed in behind.items():
        namespaces.mount_empty(closed, "mode=755,size=1m", namespaces.MS_NOSUID | namespaces.MS_NODEV, needed)


def closed_folder(path: str) -> str | None:
    """The first folder on the way to `path` that ordinary users cannot pass, if any."""
    folder = "/"
    for name in path.strip("/").split("/")[:-1]:
        folder = os.path.join(folder, name)
        if not os.stat(folder).st_mode & stat.S_IXOTH:
            return folder
    return None
