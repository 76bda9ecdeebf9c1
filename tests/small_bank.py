"""The small course with known programs: one of each kind, and more where a test adds them."""

from pathlib import Path
from textwrap import dedent

from small_assignment import small_assignment

from grader.course import Course

WITNESSES = '''
def doubles(program):
    """twice gives the double."""
    for x in (0, 1, -3, 10):
        assert program.twice.twice(x) == x + x, f"twice({x}) is {program.twice.twice(x)}"


def anything(program):
    """Asks for nothing."""
'''
MUTANT = """
mistake: Three times instead of two.
contract: Twice x.
check: test_any
witness: doubles
replace:
  - {old: 2 * x, new: 3 * x}
"""
NEGATIVE = """
mistake: Negative numbers give 0.
contract: Twice x.
check: test_any
witness: doubles
replace:
  - {old: 2 * x, new: 2 * x if x > 0 else 0}
"""
VARIANT = '"""Adds instead of multiplying."""\n\n\ndef twice(x):\n    return x + x\n'


def small_bank(folder: Path, more_hidden: str = "", **files: str) -> Course:
    """Writes the course with a mutant, a variant and witnesses.

    Args:
        files: further files of solutions/doubling by name, with `__` for `/` and `_dot_` for the dot.
    """
    course = small_assignment(folder, more_hidden)
    write(course, "witnesses/twice.py", WITNESSES)
    write(course, "mutants/twice/three.yml", MUTANT)
    write(course, "variants/twice/sum.py", VARIANT)
    for name, text in files.items():
        write(course, name.replace("__", "/").replace("_dot_", "."), text)
    return course


def write(course: Course, name: str, text: str) -> None:
    """A file of solutions/doubling."""
    path = course.folder("doubling") / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(dedent(text).lstrip("\n"))
