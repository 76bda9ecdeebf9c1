"""`grader prove`: what it writes and shows, and how it ends."""

import json

from small_assignment import small_assignment
from small_bank import MUTANT, NEGATIVE, small_bank, write


def test_the_command_writes_shows_and_ends_as_the_proof_says(tmp_path, command):
    course = small_bank(tmp_path / "course")
    arguments = ["prove", "doubling", "--course", course.root, "--out", tmp_path / "proof", "--messages"]
    ended = command(*arguments, "--no-operators")
    assert ended.code == 0, ended.err
    assert "The proof holds." in ended.out
    assert "Three times instead of two." in ended.out
    assert "twice(1) must be 2" in ended.out
    proof = json.loads((tmp_path / "proof" / "doubling" / "proof.json").read_text())
    assert (proof["schema"], proof["survived"]["total"], proof["problems"]) == (1, 1, [])
    assert (tmp_path / "proof" / "doubling" / "proof.html").read_text().startswith("<!doctype html>")

    write(course, "mutants/twice/survives.yml", NEGATIVE)
    write(course, "hidden/test_twice.py", "")
    ended = command(*arguments, "--no-operators", "-k", "survives")
    assert ended.code == 1
    assert "mutant/twice/survives: survives" in ended.out
    ended = command(*arguments, "--no-operators", "-k", "typo", "-k", "survives")
    assert ended.code == 1
    ended = command(*arguments, "--no-operators", "-k", "typo", "-k", "tpyo")
    assert ended.code == 2, "a proof of nothing is no proof"
    assert "no known program of doubling has 'typo' or 'tpyo' in its id" in ended.err

    write(course, "mutants/twice/three.yml", MUTANT.replace("2 * x", "2 x"))
    ended = command(*arguments)
    assert ended.code == 2
    assert "doubling/mutants/twice/three.yml: replace[0].old: stands 0 times" in ended.err


def test_a_course_without_known_programs_is_told_where_they_go(tmp_path, command):
    ended = command("prove", "--course", small_assignment(tmp_path).root, "--out", tmp_path / "proof")
    assert ended.code == 2
    assert "write mutants/ and variants/ in solutions/doubling" in ended.err
