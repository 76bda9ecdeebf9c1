"""Notebooks as students, editors and attackers leave them: the work is found, and the graded cells are the course's."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from nbgrader_course import NAME, RIGHT, cell_of, small_course, solved

pytest.importorskip("nbgrader")

import nbformat
from nbgrader.nbgraderformat import MetadataValidator

from grader.errors import KitError
from grader.gradebook.nbgrader.exporter import submitted_cells
from grader.gradebook.nbgrader.judge import Judge, fill
from grader.gradebook.nbgrader.kept import MOST_OUTPUTS, MOST_TEXT, shown
from grader.gradebook.nbgrader.mend import mended
from grader.gradebook.nbgrader.source import SourceCell, SourceNotebook
from grader.notebooks.released import students_notebook
from grader.results import ExerciseResult, Result
from grader.submissions import read_submission

WRITTEN = "Because two is two."


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return small_course(tmp_path_factory.mktemp("kit"))


@pytest.fixture(scope="module")
def blank(course) -> dict[str, Any]:
    return json.loads(students_notebook((course.folder(NAME) / f"{NAME}.ipynb").read_text(), NAME))


@pytest.fixture(scope="module")
def source(course, blank) -> SourceNotebook:
    cells = {}
    for one in blank["cells"]:
        if found := one["metadata"].get("nbgrader"):
            name, text = found["grade_id"], "".join(one["source"])
            points = float(found["points"]) if found["grade"] else None
            locked = found["grade"] and not found["solution"]
            cells[name] = SourceCell(name, one["cell_type"], text, "0" * 32, locked, found["solution"], False, points)
    return SourceNotebook(course.assignments[0], cells)


def code(text: str, **more: Any) -> dict[str, Any]:
    return {"cell_type": "code", "metadata": {}, "source": text, "outputs": [], "execution_count": None, **more}


def as_it_is(book):
    return book


def split(book):
    """JupyterLab gives both parts of a split cell the same metadata."""
    at = book["cells"].index(cell_of(book, "twice"))
    rest = code("def helper():\n    return 1\n", metadata=cell_of(book, "twice")["metadata"])
    book["cells"].insert(at + 1, rest)


def copied_stub_below(book):
    stub = json.loads(json.dumps(cell_of(book, "twice")))
    stub["source"] = '%%exercise twice\ndef twice(x):\n    raise NotImplementedError("twice: not written yet")'
    book["cells"].append(stub)


def copied_check_cells(book):
    book["cells"] += [cell_of(book, "check-twice")] * 3


def check_cell_deleted(book):
    book["cells"].remove(cell_of(book, "check-twice"))


def no_nbgrader_metadata(book):
    """Some editors drop metadata that they do not know."""
    answer = cell_of(book, "written-why")
    for one in book["cells"]:
        if one is not answer:
            one["metadata"] = {}


def metadata_of_other_types(book):
    for value, one in zip([None, 3, "x", ["y"]], book["cells"][:2] + [cell_of(book, "check-twice")], strict=False):
        one["metadata"] = {"nbgrader": value}


def schema_of_the_future(book):
    for one in book["cells"]:
        if "nbgrader" in one["metadata"]:
            one["metadata"]["nbgrader"]["schema_version"] = 99


def points_and_kinds_changed(book):
    check = cell_of(book, "check-twice")
    check["metadata"]["nbgrader"].update(points=1e6, grade=False, solution=True, locked=False)
    check["cell_type"] = "markdown"
    cell_of(book, "written-why")["metadata"]["nbgrader"].update(points=-3, solution=False)


def names_swapped(book):
    check, answer = cell_of(book, "check-twice"), cell_of(book, "written-why")
    check["metadata"]["nbgrader"]["grade_id"], answer["metadata"]["nbgrader"]["points"] = "check-none", 900


def after_exceptions(book):
    error = {"output_type": "error", "ename": "ZeroDivisionError", "evalue": "division", "traceback": ["\x1b[31m"]}
    book["cells"].insert(0, code("1 / 0", outputs=[error]))


def waits_for_input(book):
    book["cells"].insert(1, code('name = input("Your name? ")'))


def magics_and_shell_lines(book):
    book["cells"].insert(1, code("%matplotlib inline\n!pip install torch\n%%time\n?twice"))
    book["cells"].insert(1, code("%%bash\nrm -rf *"))


def huge_outputs(book):
    flood = {"output_type": "stream", "name": "stdout", "text": ["y" * 1000 + "\n"] * 5000}
    book["cells"].insert(1, code("flood()", outputs=[flood] * 10))


def saved_by_vs_code(book):
    book["metadata"] = {"language_info": {"name": "python", "version": "3.12.1"}, "vscode": {"interpreter": {}}}
    book["nbformat_minor"] = 2
    for one in book["cells"]:
        one.pop("id", None)
        one["metadata"]["vscode"] = {"languageId": "python"}


def saved_by_colab(book):
    book["metadata"] = {"colab": {"provenance": []}, "accelerator": "GPU", "kernelspec": {"name": "python3"}}
    book["nbformat_minor"] = 0
    for number, one in enumerate(book["cells"]):
        one["metadata"] |= {"id": f"aB{number}", "colab": {"base_uri": "https://localhost:8080/"}}
        one["source"] = "".join(one["source"]).splitlines(keepends=True)


def saved_by_jupyterlab(book):
    book["metadata"]["toc-autonumbering"] = True
    for one in book["cells"]:
        one["metadata"] |= {"editable": False, "slideshow": {"slide_type": ""}, "tags": [], "trusted": True}


def cell_ids_twice(book):
    for one in book["cells"]:
        one["id"] = "same"


def windows_line_ends(book):
    cell_of(book, "twice")["source"] = f"%%exercise twice\n{RIGHT}"
    book["cells"].insert(0, {"cell_type": "markdown", "metadata": {}, "source": "one\r\ntwo"})


def odd_cells(book):
    book["cells"] += [None, 7, "text", {}, {"cell_type": "unknown", "source": 5}, {"cell_type": "code", "source": None}]


def no_letters_of_any_file(book):
    book["cells"].append(code("x = '\ud800'"))


DAMAGES = [
    as_it_is,
    split,
    copied_stub_below,
    copied_check_cells,
    check_cell_deleted,
    no_nbgrader_metadata,
    metadata_of_other_types,
    schema_of_the_future,
    points_and_kinds_changed,
    names_swapped,
    after_exceptions,
    waits_for_input,
    magics_and_shell_lines,
    huge_outputs,
    saved_by_vs_code,
    saved_by_colab,
    saved_by_jupyterlab,
    cell_ids_twice,
    windows_line_ends,
    odd_cells,
    no_letters_of_any_file,
]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda one: one.__name__)
def test_the_work_is_found_and_the_graded_cells_are_the_courses(tmp_path, course, source, blank, damage):
    book = solved(blank, RIGHT, WRITTEN)
    damage(book)
    (tmp_path / f"{NAME}.ipynb").write_text(json.dumps(book))

    submission = read_submission(tmp_path, "student-01", course.assignments[0])
    space: dict[str, Any] = {}
    exec(submission.files["twice.py"].decode(), space)
    assert space["twice"](21) == 42

    made = mended(submitted_cells(tmp_path, course.assignments[0]), source)
    nbformat.validate(made)
    MetadataValidator().validate_nb(made)
    nbformat.writes(made).encode()  # can be written
    found = [one["metadata"]["nbgrader"] for one in made["cells"] if "nbgrader" in one["metadata"]]
    assert {one["grade_id"]: one.get("points") for one in found} == {"twice": None, "check-twice": 10, "written-why": 4}
    check = cell_of(made, "check-twice")
    assert (check["cell_type"], check["source"], check["outputs"]) == ("code", 'check("twice")', [])
    assert "return x + x" in cell_of(made, "twice")["source"]
    assert cell_of(made, "written-why")["source"] == WRITTEN


def test_a_submission_without_a_readable_notebook_gets_all_cells(tmp_path, course, source):
    (tmp_path / f"{NAME}.ipynb").write_bytes(b"\x00\xff")
    made = mended(submitted_cells(tmp_path, course.assignments[0]), source)
    assert [one["metadata"]["nbgrader"]["grade_id"] for one in made["cells"]] == ["twice", "check-twice", "written-why"]


def test_pictures_of_a_written_answer_are_kept(source):
    entry = {
        "cell_type": "markdown",
        "metadata": {"nbgrader": {"grade_id": "written-why"}},
        "source": "![](plot.png)",
        "attachments": {"plot.png": {"image/png": "aGk="}, "page.html": {"text/html": "<script>"}},
    }
    assert cell_of(mended([entry], source), "written-why")["attachments"] == {"plot.png": {"image/png": "aGk="}}


def test_saved_outputs_are_kept_without_what_a_browser_would_run():
    outputs = [
        {"output_type": "display_data", "data": {"text/html": "<script>", "text/plain": "<Figure>"}},
        {"output_type": "execute_result", "data": {"image/png": "aGk=", "image/svg+xml": "<svg>"}},
        {"output_type": "stream", "name": "stderr", "text": "x" * (MOST_TEXT + 1)},
        {"output_type": "display_data", "data": {"application/javascript": "alert()"}},
        "nothing",
    ]
    kept = shown(outputs)
    assert [one.get("data") for one in kept[:2]] == [{"text/plain": "<Figure>"}, {"image/png": "aGk="}]
    assert kept[2]["name"] == "stdout"
    assert kept[2]["text"].endswith(f"... ({MOST_TEXT + 1} letters)")
    assert len(kept) == 3
    assert len(shown(outputs[:1] * 100)) == MOST_OUTPUTS


def result(score: float) -> Result:
    return Result(
        student="student-01",
        assignment=NAME,
        score=score,
        raw_score=score,
        max_score=10,
        status="failed",
        isolation="none",
        seed=1,
        suite="",
        submission="",
        exercises=[ExerciseResult(id="twice", score=score, max_score=10)],
    )


def test_a_score_is_scaled_to_the_points_of_the_cell(source):
    from nbgrader.utils import determine_grade

    half = SourceCell("check-twice", "code", 'check("twice")', None, True, False, False, 3.0)
    scaled = SourceNotebook(source.assignment, {**source.cells, "check-twice": half})
    for score, points in ((10, 3.0), (7.5, 2.25), (0, 0.0)):
        made = mended([], scaled)
        fill(made, scaled, result(score), {}, datetime.now(UTC))
        assert determine_grade(cell_of(made, "check-twice")) == (points, 3.0)


def test_cells_that_are_not_the_gradebooks_get_no_points(source):
    made = mended([], source)
    made["cells"].append(nbformat.from_dict(json.loads(json.dumps(cell_of(made, "check-twice")))))
    with pytest.raises(KitError, match="not the gradebook's"):
        Judge()._refuse_other_cells(made, source)
