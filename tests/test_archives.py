"""Hostile and damaged archives: refused with a sentence, never followed, never unpacked without end."""

import io
import stat
import struct
import tarfile
import time
import zipfile
from pathlib import Path

import pytest

from grader.archives import is_archive, is_machine_made, stem, unpack
from grader.errors import SubmissionError

GOOD = {"table.py": b"x = 1\n", "scaling.py": b"y = 2\n"}


def zip_of(path: Path, *members: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def tar_of(path: Path, *members: tuple[tarfile.TarInfo | str, bytes]) -> Path:
    with tarfile.open(path, "w:gz" if path.name.endswith("gz") else "w") as archive:
        for info, content in members:
            if isinstance(info, str):
                info = tarfile.TarInfo(info)
                info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def zip_special(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (mode | 0o777) << 16
    return info


def refused(path: Path, most_files: int = 10, most_bytes: int = 100_000) -> str:
    with pytest.raises(SubmissionError) as caught:
        unpack(path, most_files, most_bytes)
    assert path.name in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", ["good.zip", "good.tar", "good.tar.gz", "GOOD.TGZ"])
def test_good_archives_are_unpacked_by_content_whatever_their_suffix(tmp_path, name):
    make = zip_of if name.endswith("zip") else tar_of
    path = make(tmp_path / name, *GOOD.items())
    assert is_archive(name)
    assert unpack(path, 10, 1000) == GOOD
    misnamed = path.rename(tmp_path / ("x.tar" if name.endswith("zip") else "x.zip"))
    assert unpack(misnamed, 10, 1000) == GOOD


def test_what_computers_leave_behind_is_skipped_without_counting(tmp_path):
    junk = [(f".git/objects/{i}", b"x" * 50) for i in range(50)]
    more = [("__MACOSX/._table.py", b"?"), ("a/__pycache__/t.pyc", b"?"), (".DS_Store", b"?"), ("._table.py", b"?")]
    path = zip_of(tmp_path / "a.zip", *junk, *more, *GOOD.items())
    assert unpack(path, 2, 100) == GOOD
    venv = special(".venv/bin/python", tarfile.SYMTYPE, "/usr/bin/python3")
    assert unpack(tar_of(tmp_path / "a.tar.gz", (venv, b""), *GOOD.items()), 2, 100) == GOOD


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../table.py", "leads out of the archive"),
        ("a/../../table.py", "leads out of the archive"),
        ("..\\..\\table.py", "leads out of the archive"),
        ("/etc/passwd", "has an absolute path"),
        ("C:\\table.py", "has an absolute path"),
        ("\\\\server\\share\\table.py", "has an absolute path"),
        ("a\nb.py", "has a name with control characters"),
        ("n" * 300 + ".py", "has a name that is empty or too long"),
    ],
)
def test_paths_that_lead_elsewhere_are_refused(tmp_path, name, reason):
    assert reason in refused(zip_of(tmp_path / "a.zip", (name, b"x"), *GOOD.items()))
    assert reason in refused(tar_of(tmp_path / "a.tar.gz", (name, b"x"), *GOOD.items()))


def test_a_name_cut_short_by_a_null_byte_is_refused(tmp_path):
    path = zip_of(tmp_path / "a.zip", ("table.pyXhidden", b"x"))
    path.write_bytes(path.read_bytes().replace(b"table.pyXhidden", b"table.py\0hidden"))
    assert "control characters" in refused(path)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (tarfile.SYMTYPE, "is a link"),
        (tarfile.LNKTYPE, "is a link"),
        (tarfile.CHRTYPE, "is not an ordinary file"),
        (tarfile.BLKTYPE, "is not an ordinary file"),
        (tarfile.FIFOTYPE, "is not an ordinary file"),
    ],
)
def test_links_and_devices_in_a_tar_are_refused(tmp_path, kind, reason):
    path = tar_of(tmp_path / "a.tar.gz", (special("table.py", kind, "/etc/passwd"), b""))
    assert f"'table.py' {reason}" in refused(path)


@pytest.mark.parametrize(
    ("mode", "reason"), [(stat.S_IFLNK, "is a link"), (stat.S_IFCHR, "is not an ord"), (stat.S_IFIFO, "is not an ord")]
)
def test_links_and_devices_in_a_zip_are_refused(tmp_path, mode, reason):
    assert reason in refused(zip_of(tmp_path / "a.zip", (zip_special("table.py", mode), b"/etc/passwd")))


@pytest.mark.parametrize(
    "names",
    [
        ("table.py", "table.py"),
        ("table.py", "TABLE.py"),
        ("table.py", "./table.py"),
        ("table.py", "table.py."),
        ("t\u00e4ble.py", "ta\u0308ble.py"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_entries_that_some_system_takes_for_one_file_are_refused(tmp_path, names):
    assert "is there twice" in refused(zip_of(tmp_path / "a.zip", *[(name, b"x") for name in names]))
    assert "is there twice" in refused(tar_of(tmp_path / "a.tar", *[(name, b"x") for name in names]))


def test_encrypted_entries_are_refused(tmp_path):
    path = zip_of(tmp_path / "a.zip", ("table.py", b"x" * 100))
    content = bytearray(path.read_bytes())
    central = content.find(b"PK\x01\x02")
    content[6] |= 1
    content[central + 8] |= 1
    path.write_bytes(content)
    assert "is encrypted" in refused(path)


def test_unusual_compression_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("table.py", b"x" * 100)
    assert "packed by an unusual method" in refused(tmp_path / "a.zip")


def test_too_many_files_are_refused(tmp_path):
    many = [(f"f{i}.txt", b"") for i in range(11)]
    assert "more than 10 files" in refused(zip_of(tmp_path / "a.zip", *many))
    assert "more than 10 files" in refused(tar_of(tmp_path / "a.tar.gz", *many))


@pytest.mark.parametrize("folder", ["", ".git/"])
def test_too_many_entries_are_refused_even_when_they_would_not_count(tmp_path, folder):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for i in range(20_001):
            archive.writestr(f"{folder}d{i}/", b"")
    assert "more than 20000 entries" in refused(tmp_path / "a.zip")
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        for i in range(20_001):
            tar.addfile(special(f"{folder}d{i}", tarfile.DIRTYPE))
    assert "more than" in refused(tmp_path / "a.tar", most_bytes=2_000_000)


def test_too_much_content_is_refused(tmp_path):
    halves = [("a.bin", bytes(60_000)), ("b.bin", bytes(60_000))]
    assert "more than 0.1 MB" in refused(zip_of(tmp_path / "a.zip", *halves))
    assert "more than 0.1 MB" in refused(tar_of(tmp_path / "a.tar.gz", *halves))


@pytest.mark.parametrize("suffix", ["zip", "tar.gz"])
def test_a_bomb_is_refused_before_it_unfolds(tmp_path, suffix):
    make = zip_of if suffix == "zip" else tar_of
    path = make(tmp_path / f"bomb.{suffix}", ("table.py", bytes(200_000_000)))
    assert path.stat().st_size < 300_000
    started = time.process_time()
    assert "refused" in refused(path, most_bytes=20_000_000)
    assert "expands more than 200-fold" in refused(path, most_bytes=150_000_000)
    assert time.process_time() - started < 5  # processor time of a fifth of the bomb; a generous bound


def test_a_bomb_in_an_entry_that_does_not_count_is_not_unfolded_either(tmp_path):
    path = tar_of(tmp_path / "bomb.tar.gz", (".git/x", bytes(50_000_000)), *GOOD.items())
    assert "far more than is allowed" in refused(path, most_bytes=1_000_000)


def test_a_zip_that_lies_about_sizes_is_refused(tmp_path):
    path = zip_of(tmp_path / "a.zip", ("table.py", b"x" * 5000))
    content = bytearray(path.read_bytes())
    central = content.find(b"PK\x01\x02")
    content[central + 24 : central + 28] = struct.pack("<I", 10)  # uncompressed size in the directory
    path.write_bytes(content)
    assert "damaged" in refused(path)


@pytest.mark.parametrize("cut", [0, 3, 30, -30])
@pytest.mark.parametrize("suffix", ["zip", "tar.gz"])
def test_damaged_archives_are_refused(tmp_path, cut, suffix):
    make = zip_of if suffix == "zip" else tar_of
    path = make(tmp_path / f"a.{suffix}", *GOOD.items())
    content = path.read_bytes()
    path.write_bytes(content[:cut])
    assert "damaged" in refused(path)


def test_flipped_bytes_never_raise_anything_else(tmp_path):
    for make, name in ((zip_of, "a.zip"), (tar_of, "a.tar.gz"), (tar_of, "b.tar")):
        content = make(tmp_path / name, *GOOD.items()).read_bytes()
        for place in range(0, min(len(content), 4000), 7):
            damaged = bytearray(content)
            damaged[place] ^= 0xFF
            (tmp_path / name).write_bytes(damaged)
            try:
                unpack(tmp_path / name, 10, 100_000)
            except SubmissionError as error:
                assert name in str(error)  # noqa: PT017  (most damage goes unnoticed)


def test_names_in_other_encodings_are_readable_text_afterwards(tmp_path):
    info = tarfile.TarInfo("x")
    with tarfile.open(tmp_path / "a.tar", "w", encoding="latin-1") as archive:
        info = tarfile.TarInfo("\u00dcbung.txt")
        archive.addfile(info, io.BytesIO())
    (name,) = unpack(tmp_path / "a.tar", 5, 1000)
    name.encode("utf-8")
    assert name.endswith("bung.txt")


def test_stems_and_machine_made_names():
    assert [stem(name) for name in ("a_b.tar.gz", "a.b.ZIP", "a.py")] == ["a_b", "a.b", "a.py"]
    assert is_machine_made("regression/.venv/lib/x.py")
    assert not is_machine_made("regression/table.py")
