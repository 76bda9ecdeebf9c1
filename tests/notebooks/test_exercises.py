"""Modules are found in notebooks however students treat their cells."""

import pytest
from notebooks.notebook_files import cell, notebook

from grader.errors import SubmissionError
from grader.notebooks.cells import MOST_CELLS, read_notebook
from grader.notebooks.exercises import choose, is_empty, modules, named_exercise, unwritten

STUB = 'def f(x):\n    raise NotImplementedError("f: not written yet")\n'
DONE = "def f(x):\n    return x\n"


def found(*cells, exercises=("table", "scaling")):
    return modules(read_notebook(notebook(*cells), "n.ipynb").cells, exercises)


def test_a_cell_under_its_line_is_the_module():
    assert found("import torch", f"%%exercise table\n{DONE}", cell(f"%%exercise scaling\n{STUB}", "markdown")) == {
        "table": DONE
    }


@pytest.mark.parametrize(
    "line",
    [
        "%%exercise table",
        "%%exercise  table  ",
        "  %%exercise table # here",
        "\n\n%%exercise table",
        "\ufeff%%exercise table",
    ],
)
def test_the_line_may_have_spaces_and_a_comment(line):
    assert found(f"{line}\n{DONE}") == {"table": DONE}


@pytest.mark.parametrize(
    "source", ["# %%exercise table", "%exercise table", "x = 1\n%%exercise table", "%%exercise", "%%exercises table"]
)
def test_other_lines_name_no_exercise(source):
    assert named_exercise(f"{source}\n{DONE}") == ""


def test_a_source_may_be_a_list_of_lines():
    assert found(cell(["%%exercise table\n", "def f(x):\n", "    return x"])) == {"table": DONE}


def test_the_last_copy_counts_unless_it_is_unwritten():
    better = "def f(x):\n    return 2 * x\n"
    assert found(f"%%exercise table\n{DONE}", f"%%exercise table\n{better}") == {"table": better}
    assert found(f"%%exercise table\n{DONE}", f"%%exercise table\n{STUB}") == {"table": DONE}


def test_a_split_cell_is_put_together_again():
    split = {"nbgrader": {"grade_id": "table", "solution": True}}
    first, second = cell("%%exercise table\nimport torch", **split), cell(DONE, **split)
    assert found(first, "print(1)", second) == {"table": f"import torch\n\n{DONE}"}
    other = cell(DONE, nbgrader={"grade_id": "scaling"})
    assert found(first, other) == {"table": "import torch\n"}


def test_unknown_exercises_and_odd_cells_are_passed_over():
    odd = [
        {"cell_type": "code"},
        {"source": 3},
        {"cell_type": "code", "source": [1, None]},
        {"metadata": [], "source": DONE},
    ]
    assert found(*odd, f"%%exercise nothing\n{DONE}", f"%%exercise table\n{DONE}") == {"table": DONE}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "damaged"),
        (b"\xff\xfe", "damaged"),
        (b"[" * 100_000, "damaged"),
        (b"[]", "no list of cells"),
        (b'{"cells": 3}', "no list of cells"),
        (b'{"worksheets": []}', "old notebook format"),
        (notebook(*["x"] * (MOST_CELLS + 1)), "more than"),
    ],
)
def test_what_is_no_notebook_is_refused_with_its_name(content, reason):
    with pytest.raises(SubmissionError, match=f"work.ipynb.*{reason}"):
        read_notebook(content, "work.ipynb")


def test_unwritten_functions_are_counted_also_in_broken_text():
    assert unwritten(STUB + "\n" + STUB + DONE) == 2
    assert unwritten(STUB + "def g(:\n") == 1
    assert unwritten("def f():\n    raise ValueError\n    x = 'raise NotImplementedError'\n") == 0


def test_comments_and_a_docstring_are_nothing():
    assert is_empty('"""Table."""\n# write here\n')
    assert not is_empty("x = 1")
    assert not is_empty("def f(:")


@pytest.mark.parametrize(
    ("in_cell", "in_file", "place"),
    [
        (DONE, STUB, "notebook"),
        (STUB, DONE, "file"),
        (STUB, STUB, "notebook"),
        (DONE, DONE, "notebook"),
        (None, DONE, "file"),
        (DONE, None, "notebook"),
        ("# see table.py\n", DONE, "file"),
        (DONE, "", "notebook"),
        (STUB + "def g(:", DONE, "file"),
    ],
)
def test_the_work_counts_wherever_it_was_written(in_cell, in_file, place):
    chosen = choose("table", in_cell, in_file)
    assert chosen.place == place
    assert chosen.source == (in_cell if place == "notebook" else in_file)
    assert chosen.note == ""


def test_two_solutions_are_settled_and_the_student_is_told():
    chosen = choose("table", DONE, "def f(x):\n    return 3 * x\n")
    assert chosen.source == DONE
    assert "both the notebook and table.py hold a solution" in chosen.note
    assert choose("table", None, None).source is None
