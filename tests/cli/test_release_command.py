"""`grader release`: writes a sound release, and nothing at all when the gate objects."""

from small_assignment import small_assignment


def test_a_sound_release_is_written_and_a_misleading_one_is_not(command, tmp_path):
    course = small_assignment(tmp_path / "sound")
    ended = command("release", tmp_path / "out", "--course", course.root)
    assert ended.code == 0
    assert f"{tmp_path / 'out'}: 5 files, 5 changed" in ended.out
    assert (tmp_path / "out" / "doubling" / "twice.py").is_file()

    vacuous = small_assignment(tmp_path / "vacuous", "\n\ndef test_nothing(student):\n    assert True, 'never'\n")
    ended = command("release", tmp_path / "other", "--course", vacuous.root)
    assert ended.code == 2
    assert "nothing was released:" in ended.err
    assert "doubling: the stub scores 3.3333 points in hidden/test_twice.py::test_nothing" in ended.err
    assert not (tmp_path / "other").exists()
    assert command("release", tmp_path / "other", "--course", vacuous.root, "--ungated").code == 0
