"""A small data set of our own, so that reading, checking and downloading are tested without the network."""

import hashlib
import os
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from toy import COUNTS

from grader.data import catalogue
from grader.data.catalogue import DataFile, Entry, Phantom

REAL_FOLDER = os.environ.get("GRADER_DATA")  # read before any fixture unsets it


@pytest.fixture(autouse=True)
def nothing_at_hand(monkeypatch, tmp_path):
    """No folder named and an empty cache, whatever the machine's owner has set."""
    monkeypatch.delenv("GRADER_DATA", raising=False)
    monkeypatch.setenv("GRADER_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def real_folder(monkeypatch):
    """The folder of real files that `GRADER_DATA` named when pytest was started."""
    folder = REAL_FOLDER
    if folder is None or not Path(folder).is_dir():
        pytest.skip("no folder with real data: start pytest with GRADER_DATA=FOLDER")
    monkeypatch.setenv("GRADER_DATA", folder)
    return Path(folder)


@pytest.fixture
def need(real_folder):
    """`need("name.npz")` skips the test where that real file is missing."""

    def file(name: str) -> Path:
        if not (real_folder / name).is_file():
            pytest.skip(f"{name} is not in the folder of real data")
        return real_folder / name

    return file


@pytest.fixture
def make_entry(monkeypatch):
    """`make_entry(content, counts)` puts a set called `toy` into the catalogue whose file has that content."""

    def make(content: bytes, counts: dict[str, int] = COUNTS, url: str | None = None, phantom: bool = False) -> Entry:
        digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
        entry = Entry(
            name="toy", title="Toy", assignments=["regression"], kind="images", task="classification",
            shape=[8, 8], dtype="uint8", classes=["even", "odd"], splits=counts, source="https://example.org",
            licence="CC0", files=[DataFile(name="toy.npz", md5=digest, url=url, splits=counts)],
            phantom=Phantom(sizes={"train": 4, "val": 2, "test": 2}) if phantom else None,
        )  # fmt: skip
        known = (*catalogue.entries(), entry)
        monkeypatch.setattr(catalogue, "entries", lambda: known)
        return entry

    return make


class _QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format, *args):
        pass


@pytest.fixture
def server(tmp_path):
    """A web server on this machine: `(folder it serves, its address)`."""
    folder = tmp_path / "served"
    folder.mkdir()
    web = ThreadingHTTPServer(("127.0.0.1", 0), partial(_QuietHandler, directory=str(folder)))
    Thread(target=partial(web.serve_forever, poll_interval=0.02), daemon=True).start()
    yield folder, f"http://127.0.0.1:{web.server_port}"
    web.shutdown()
    web.server_close()
