"""The gate: a fixed sample of every assignment's known programs. `make prove` proves them all.

One mutant that passes, one right program that does not, or one mutant that its witness does not find broken fails it.
"""

from pathlib import Path

import pytest

from grader.course import load_course
from grader.proof.bank import has_bank, read_bank
from grader.release import student_edition

COURSE = load_course(Path(__file__).parent.parent.parent)
WITH_BANK = [assignment.id for assignment in COURSE.assignments if has_bank(COURSE, assignment.id)]
SAMPLE = 4
"""Of mutants, of variants and of mutants made by rule each; some 12 s of processor time per assignment."""


@pytest.mark.parametrize("assignment", WITH_BANK)
def test_a_sample_of_the_known_programs_is_judged_rightly(assignment, proven):
    proof = proven(COURSE, assignment, sample=SAMPLE, seed=1, first_failure=True, reference=False)
    assert len(proof.programs) == 3 * SAMPLE
    assert proof.problems == []


@pytest.mark.parametrize("assignment", WITH_BANK)
def test_every_known_program_can_be_read(assignment):
    bank = read_bank(COURSE, assignment)
    assert bank.mutants
    assert bank.variants


def test_no_known_program_is_in_the_students_edition():
    names = [name for name in student_edition(COURSE) if {"mutants", "variants", "witnesses"} & set(Path(name).parts)]
    assert names == []
