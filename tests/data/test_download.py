"""Downloads: whole and checked, or nothing."""

import numpy as np
import pytest
from toy import COUNTS, npz_bytes

from grader.data import load
from grader.data.download import download
from grader.errors import DataError


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


def test_a_download_lands_in_the_cache_and_is_used_from_then_on(make_entry, server, cache, capsys):
    folder, address = server
    content = npz_bytes(COUNTS)
    (folder / "toy.npz").write_bytes(content)
    make_entry(content, url=f"{address}/toy.npz")
    assert load("toy", "real").train.images.shape == (40, 8, 8)
    assert "downloading toy.npz" in capsys.readouterr().out
    assert [path.name for path in cache.iterdir()] == ["toy.npz"]
    (folder / "toy.npz").unlink()
    assert load("toy").source == "real"


def test_progress_is_reported_up_to_the_last_byte(make_entry, server):
    folder, address = server
    content = np.random.default_rng(0).bytes(1_000_000)
    (folder / "toy.npz").write_bytes(content)
    seen = []
    download(make_entry(content, url=f"{address}/toy.npz"), lambda done, total: seen.append((done, total)))
    assert len(seen) > 1
    assert seen[-1] == (1_000_000, 1_000_000)


def test_a_wrong_checksum_keeps_nothing(make_entry, server, cache):
    folder, address = server
    (folder / "toy.npz").write_bytes(b"something else")
    with pytest.raises(DataError, match=r"damaged: MD5 .*expected.*Nothing was kept"):
        download(make_entry(npz_bytes(COUNTS), url=f"{address}/toy.npz"))
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize("stop", [KeyboardInterrupt, MemoryError])
def test_an_interrupted_download_leaves_the_old_file_and_no_part(make_entry, server, cache, stop):
    folder, address = server
    content = np.random.default_rng(0).bytes(1_000_000)
    (folder / "toy.npz").write_bytes(content)
    cache.mkdir()
    (cache / "toy.npz").write_bytes(b"the file of last year")

    def interrupt(done, total):
        assert (cache / "toy.npz").read_bytes() == b"the file of last year"
        raise stop

    with pytest.raises(stop):
        download(make_entry(content, url=f"{address}/toy.npz"), interrupt)
    assert [path.name for path in cache.iterdir()] == ["toy.npz"]
    assert (cache / "toy.npz").read_bytes() == b"the file of last year"


def test_the_name_appears_only_when_the_file_is_whole(make_entry, server, cache):
    folder, address = server
    content = np.random.default_rng(0).bytes(1_000_000)
    (folder / "toy.npz").write_bytes(content)
    there = []
    download(make_entry(content, url=f"{address}/toy.npz"), lambda *_: there.append((cache / "toy.npz").exists()))
    assert there
    assert not any(there)
    assert (cache / "toy.npz").read_bytes() == content


def test_a_server_that_says_no_is_reported_with_the_ways_out(make_entry, server):
    _, address = server
    entry = make_entry(npz_bytes(COUNTS), url=f"{address}/missing.npz", phantom=True)
    with pytest.raises(DataError, match=r"cannot be downloaded from .*missing\.npz.*GRADER_DATA.*phantom"):
        download(entry)


def test_a_cache_that_cannot_be_written_is_named(make_entry, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("GRADER_CACHE", str(tmp_path / "file"))
    with pytest.raises(DataError, match=r"file: cannot be written.*GRADER_CACHE"):
        download(make_entry(b"x", url="http://127.0.0.1:9/x"))
