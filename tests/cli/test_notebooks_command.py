"""`grader notebooks` writes what has changed, and with --check only says so."""

import pytest
from small_assignment import small_assignment

pytest.importorskip("jupytext", reason="jupytext is not installed")

TEXT = '# Doubling\n\n```python\n%%exercise twice\n```\n\n```python\ncheck("twice")\n```\n'


@pytest.fixture
def folder(tmp_path):
    made = small_assignment(tmp_path).folder("doubling")
    (made / "notebook.md").write_text(TEXT)
    return made


def test_a_notebook_is_written_once_and_stale_after_a_change_of_its_sources(command, tmp_path, folder):
    path = folder / "doubling.ipynb"
    ended = command("notebooks", "--check", "--course", tmp_path)
    assert (ended.code, ended.out) == (2, "doubling/doubling.ipynb: stale\n")
    assert "run `grader notebooks doubling`" in ended.err
    assert not path.exists()

    assert command("notebooks", "--course", tmp_path).out == "doubling/doubling.ipynb: written\n"
    first = path.read_bytes()
    ended = command("notebooks", "doubling", "--check", "--course", tmp_path)
    assert (ended.code, ended.out) == (0, "doubling/doubling.ipynb: as before\n")

    module = folder / "twice.py"
    module.write_text(module.read_text().replace("2 * x", "x + x"))
    assert command("notebooks", "--check", "--course", tmp_path).code == 2
    assert path.read_bytes() == first
    assert command("notebooks", "doubling", "--course", tmp_path).out == "doubling/doubling.ipynb: written\n"
    assert b"x + x" in path.read_bytes()


def test_what_cannot_be_built_is_said(command, tmp_path, folder):
    (folder / "notebook.md").write_text(TEXT.replace("%%exercise twice", "%%exercise thrice"))
    ended = command("notebooks", "--course", tmp_path)
    assert ended.code == 2
    assert "there is no exercise 'thrice' in course.yml; it has twice" in ended.err
    (folder / "notebook.md").unlink()
    ended = command("notebooks", "doubling", "--course", tmp_path)
    assert ended.code == 2
    assert "doubling: has no notebook.md, from which a notebook is made" in ended.err
