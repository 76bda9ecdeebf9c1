"""A submission's notebook is graded like files, and no notebook costs a student the rest."""

import pytest
from notebooks.notebook_files import notebook

from grader.course import Assignment
from grader.pack import pack
from grader.submissions import read_submission

DONE = "def f(x):\n    return x\n"
STUB = 'def f(x):\n    raise NotImplementedError("f: not written yet")\n'


@pytest.fixture
def assignment() -> Assignment:
    exercises = [{"id": name, "points": 5} for name in ("table", "scaling")]
    return Assignment.model_validate({"id": "regression", "title": "R", "exercises": exercises, "limits": {}})


def read(folder, assignment, **files):
    folder.mkdir()
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_submission(folder, "student-01", assignment)


def test_cells_stand_for_files(tmp_path, assignment):
    cells = notebook(f"%%exercise table\n{DONE}", f"%%exercise scaling\n{DONE}")
    whole = read(tmp_path / "a", assignment, **{"regression.ipynb": cells})
    files = read(tmp_path / "b", assignment, **{"table.py": DONE, "scaling.py": DONE})
    assert whole.files == files.files
    assert whole.fingerprint == files.fingerprint
    assert (whole.problems, whole.ignored) == ([], [])


def test_each_exercise_is_taken_from_where_it_was_written(tmp_path, assignment):
    cells = notebook(f"%%exercise table\n{STUB}", f"%%exercise scaling\n{DONE}")
    files = {"regression.ipynb": cells, "table.py": "def f(x): return 2", "scaling.py": STUB}
    submission = read(tmp_path / "a", assignment, **files)
    assert submission.files == {"table.py": b"def f(x): return 2", "scaling.py": DONE.encode()}
    assert submission.problems == []


def test_a_renamed_notebook_is_found_and_named(tmp_path, assignment):
    cells = notebook(f"%%exercise table\n{DONE}", f"%%exercise scaling\n{DONE}")
    submission = read(tmp_path / "a", assignment, **{"my work (1).ipynb": cells})
    assert set(submission.files) == {"table.py", "scaling.py"}
    assert submission.problems == ["my work (1).ipynb was taken for regression.ipynb"]
    both = read(
        tmp_path / "b", assignment, **{"old.ipynb": cells, "regression.ipynb": notebook(f"%%exercise table\n{STUB}")}
    )
    assert both.files == {"table.py": STUB.encode()}
    assert both.problems == ["of 2 notebooks regression.ipynb was graded", "scaling.py is missing"]


def test_a_notebook_without_exercises_is_ignored(tmp_path, assignment):
    submission = read(
        tmp_path / "a", assignment, **{"table.py": DONE, "scaling.py": DONE, "play.ipynb": notebook("1 + 1")}
    )
    assert submission.ignored == ["play.ipynb"]
    assert submission.problems == []


def test_a_damaged_notebook_costs_only_itself(tmp_path, assignment):
    submission = read(tmp_path / "a", assignment, **{"table.py": DONE, "regression.ipynb": b"{"})
    assert submission.files == {"table.py": DONE.encode()}
    assert any("regression.ipynb is not a notebook" in problem for problem in submission.problems)


def test_a_notebook_alone_in_a_wrapping_folder_is_found(tmp_path, assignment):
    cells = notebook(f"%%exercise table\n{DONE}", f"%%exercise scaling\n{DONE}")
    submission = read(tmp_path / "a", assignment, **{"regression/regression.ipynb": cells})
    assert set(submission.files) == {"table.py", "scaling.py"}


def test_packing_takes_the_notebook_and_looks_into_it(tmp_path, assignment):
    cells = notebook(f"%%exercise table\n{DONE}", f"%%exercise scaling\n{STUB}")
    (tmp_path / "regression.ipynb").write_bytes(cells)
    (tmp_path / "table.py").write_text(STUB)
    packed = pack(tmp_path, assignment)
    assert set(packed.files) == {"regression.ipynb", "table.py"}
    assert packed.warnings == ["scaling.py: not written yet: f"]


@pytest.mark.parametrize(
    ("edition", "told"), [(1, True), (2, False), (3, False), ("1", False), (True, False), (None, False)]
)
def test_a_notebook_of_an_earlier_edition_is_graded_and_told_so(tmp_path, assignment, edition, told):
    assignment = assignment.model_copy(update={"edition": 2})
    cells = [f"%%exercise table\n{DONE}", f"%%exercise scaling\n{DONE}"]
    content = notebook(*cells, metadata={"grader": {"assignment": "regression", "edition": edition}})
    submission = read(tmp_path / "a", assignment, **{"regression.ipynb": content})
    assert set(submission.files) == {"table.py", "scaling.py"}
    note = "regression.ipynb was made from edition 1 of the assignment, which is now in edition 2; "
    assert [problem.startswith(note) for problem in submission.problems] == ([True] if told else [])
