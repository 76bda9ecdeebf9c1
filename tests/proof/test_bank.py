"""Reading known programs, and what an author is told about mistakes in them."""

import pytest
from small_bank import MUTANT, small_bank, write

from grader.errors import AuthorError
from grader.proof.bank import has_bank, read_bank
from grader.release import student_edition


def complaint(course) -> str:
    with pytest.raises(AuthorError) as raised:
        read_bank(course, "doubling")
    return str(raised.value)


def test_an_edit_and_a_whole_module_are_mutants_of_the_reference(tmp_path):
    course = small_bank(tmp_path)
    header = MUTANT.partition("replace:")[0]
    write(course, "mutants/twice/nothing.py", f'"""{header}"""\n\n\ndef twice(x):\n    return x\n')
    bank = read_bank(course, "doubling")

    by_name = {mutant.program.name: mutant for mutant in bank.mutants}
    assert by_name["three"].program.files["twice.py"] == bank.reference.files["twice.py"].replace(b"2 *", b"3 *")
    assert b"return x\n" in by_name["nothing"].program.files["twice.py"]
    assert by_name["nothing"].entry.mistake == by_name["three"].program.note == "Three times instead of two."
    assert by_name["three"].program.exercises == ("twice",)


def test_a_mutant_may_be_an_edit_of_a_variant(tmp_path):
    course = small_bank(tmp_path)
    write(course, "mutants/twice/minus.yml", MUTANT.replace("2 * x, new: 3 * x", "x + x, new: x - x") + "of: sum\n")
    minus = next(mutant for mutant in read_bank(course, "doubling").mutants if mutant.program.name == "minus")
    assert b"return x - x" in minus.program.files["twice.py"]


def test_a_variant_says_in_its_docstring_what_is_unusual(tmp_path):
    course = small_bank(tmp_path)
    (variant,) = read_bank(course, "doubling").variants
    assert variant.note == "Adds instead of multiplying."
    write(course, "variants/twice/silent.py", "def twice(x):\n    return x + x\n")
    assert complaint(course) == (
        "doubling/variants/twice/silent.py: has no docstring; say in its first line what is unusual about it"
    )


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("2 * x", "5 * x", "replace[0].old: stands 0 times in twice.py, not once; copy it from there again"),
        ("2 * x", "x", "replace[0].old: stands 3 times in twice.py, not once; copy more of the lines around it"),
        ("3 * x", "2 * x", "replace: changes nothing; old and new are the same"),
        ("3 * x", "'3 * ('", "replace: leaves a module that is not Python: line 4: '(' was never closed"),
        ("doubles", "double", "has no function 'double'; did you mean 'doubles'?; write it there"),
        ("contract: Twice x.", "", "contract: is missing"),
        ("mistake:", "misstake:", "misstake: is not a known key; did you mean 'mistake'? (allowed: "),
        ("replace:", "of: product\nreplace:", "of: twice has no variant 'product' (allowed: sum)"),
        ("  - {old: 2 * x, new: 3 * x}", "", "replace: must be a list, got None"),
        ("mistake: Three", "mistake: [Three", "is not YAML: "),
    ],
)
def test_each_mistake_is_a_line_with_file_field_and_cure(tmp_path, old, new, expected):
    course = small_bank(tmp_path)
    write(course, "mutants/twice/three.yml", MUTANT.replace(old, new))
    said = complaint(course)
    assert said.startswith("doubling/mutants/twice/three.yml: ")
    assert expected in said


def test_all_mistakes_are_told_at_once_and_stray_files_are_mistakes(tmp_path):
    course = small_bank(tmp_path)
    write(course, "mutants/thrice/three.yml", MUTANT)
    write(course, "mutants/twice/notes.txt", "")
    write(course, "variants/twice/broken.py", "def twice(x:\n")
    lines = complaint(course).splitlines()
    assert "doubling/mutants/thrice/three.yml: there is no exercise 'thrice' (allowed: twice)" in lines
    assert any(
        line.startswith("doubling/mutants/twice/notes.txt: is not mutants/<module>/<name>.yml") for line in lines
    )
    assert any(line.startswith("doubling/variants/twice/broken.py: is not Python: line 1") for line in lines)


def test_an_assignment_without_known_programs_has_no_bank(tmp_path):
    course = small_bank(tmp_path)
    assert has_bank(course, "doubling")
    for name in ("mutants", "variants"):
        (course.folder("doubling") / name).rename(tmp_path / name)
    assert not has_bank(course, "doubling")


def test_known_programs_never_reach_students(tmp_path):
    course = small_bank(tmp_path)
    write(course, "survivors.yml", "[]\n")
    edition = student_edition(course)
    assert sorted(edition) == [
        "course.yml",
        "doubling/README.md",
        "doubling/tests/test_twice.py",
        "doubling/twice.py",
    ] + ["pytest.ini"]
    told = "\n".join(text if isinstance(text, str) else text.decode(errors="replace") for text in edition.values())
    for secret in ("3 * x", "x + x", "Three times", "Adds instead", "doubles"):
        assert secret not in told
