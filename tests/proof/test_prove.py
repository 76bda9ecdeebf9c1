"""A proof from end to end on a small course: what it finds, what it remembers, what it says and how it ends."""

import pytest
from small_bank import MUTANT, NEGATIVE, small_bank, write

from grader.proof.evidence import Proof
from grader.proof.page import page


@pytest.fixture(scope="module")
def troubled(tmp_path_factory):
    """A course with one of everything that can be wrong."""
    course = small_bank(tmp_path_factory.mktemp("course"))
    write(course, "mutants/twice/survives.yml", NEGATIVE)
    write(course, "mutants/twice/unproven.yml", MUTANT.replace("doubles", "anything"))
    write(
        course, "mutants/twice/of_wrong.yml", MUTANT.replace("2 * x, new: 3 * x", "'0.5', new: '0.75'") + "of: halves\n"
    )
    write(course, "variants/twice/halves.py", '"""Divides."""\n\n\ndef twice(x):\n    return x / 0.5 + (x > 2)\n')
    write(
        course,
        "survivors.yml",
        """
        - {module: twice, function: twice, rule: swapped_things, old: a, new: b, judgement: hole, reason: Gone.}
        - {module: twice, function: twice, rule: number, old: '2', new: '3', judgement: equivalent, reason: Wrong.}
        """,
    )
    return course


def test_everything_that_is_not_as_it_should_be_is_a_problem(troubled, proven, tmp_path):
    proof = proven(troubled, "doubling", store=tmp_path / "remembered")
    problems = {problem.partition(": ")[0]: problem.partition(": ")[2] for problem in proof.problems}

    assert problems.pop("mutant/twice/survives") == "survives: Negative numbers give 0."
    assert problems.pop("mutant/twice/unproven") == "does not count: its witness anything finds nothing broken"
    assert "which is not right itself" in problems.pop("mutant/twice/of_wrong")
    assert "a witness finds it broken: twice.doubles: AssertionError" in problems.pop("variant/twice/halves")
    (made,) = problems
    assert made.startswith("operator/twice/number-")
    assert "is listed as equivalent, and tests/test_twice.py::test_two rejects it" in problems[made]
    assert not proof.holds
    assert (proof.survived.count, proof.survived.total) == (1, 2)
    assert (proof.rejected.count, proof.rejected.total) == (0, 2)
    assert any("swapped_things in twice (a -> b) is made no more" in remark for remark in proof.remarks)
    assert "twice: 4 mutants and 2 variants; 12 and 5 are wanted" in proof.remarks

    three = next(judged for judged in proof.programs if judged.name == "three")
    assert three.testimony == "twice.doubles: AssertionError: twice(1) is 3"
    assert three.noticed[0].message == "twice(1) must be 2"

    text = page(proof)
    assert "does not hold" in text
    assert text.count("<svg") >= 2
    assert "http" not in text.replace("http-equiv", "")
    assert Proof.model_validate_json(proof.model_dump_json(by_alias=True)) == proof


def test_what_is_remembered_is_not_graded_again_until_its_checks_change(tmp_path, proven):
    course = small_bank(tmp_path / "course")
    options = {"store": tmp_path / "remembered", "operators": False}
    first = proven(course, "doubling", **options)
    again = proven(course, "doubling", **options)
    assert first.holds
    assert first.programs == again.programs  # seeds and times included: nothing was graded anew

    hidden = course.folder("doubling") / "hidden" / "test_twice.py"
    hidden.write_text(hidden.read_text() + "\n\ndef test_none(student):\n    '''Nothing.'''\n    assert True, 'x'\n")
    other = proven(course, "doubling", **options)
    assert {j.id: j.seed for j in other.programs} != {j.id: j.seed for j in first.programs}


def test_right_programs_are_graded_again_and_again(tmp_path, proven):
    lucky = '\n\ndef test_luck(student, rng):\n    """Fails at times."""\n    assert rng.integers(2), "bad luck"\n'
    proof = proven(small_bank(tmp_path, lucky), "doubling", operators=False, times=10)
    stability = proof.stability
    assert (stability.programs, stability.gradings, stability.checks) == (2, 20, 60)
    assert 0 < stability.failures < 20
    assert "bad luck" in stability.lost[0]
    assert stability.bound > stability.failures / 20
    assert set(stability.lost) <= set(proof.problems)


def test_stopping_at_the_first_failure_runs_fewer_checks(tmp_path, proven):
    proof = proven(small_bank(tmp_path), "doubling", operators=False, first_failure=True, keywords=("mutant",))
    (judged,) = proof.programs
    assert [noticed.check for noticed in judged.noticed] == ["tests/test_twice.py::test_two"]
