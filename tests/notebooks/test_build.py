"""Notebooks are made from texts and reference modules, the same way each time, and students get no solution."""

import json

import pytest

from grader.course import Assignment
from grader.errors import AuthorError
from grader.notebooks.cells import read_notebook
from grader.notebooks.exercises import modules
from grader.notebooks.released import students_notebook

pytest.importorskip("jupytext", reason="jupytext is not installed")

from grader.notebooks.build import build

TEXT = """\
# A title

Some text.

```python
%load_ext grader
```

```python
%%exercise table
```

```python
check("table")
```

Why?

<!-- #region nbgrader={"grade_id": "written-why", "points": 3} -->
*Your answer here.*
<!-- #endregion -->
"""
MODULE = '''\
"""Tables."""

### BEGIN SOLUTION
import math

### END SOLUTION


def f(x):
    """f"""
    ### BEGIN SOLUTION
    return math.sqrt(x)
    ### END SOLUTION
'''


@pytest.fixture
def assignment():
    return Assignment.model_validate(
        {"id": "regression", "title": "R", "edition": 3, "exercises": [{"id": "table", "points": 5}], "limits": {}}
    )


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "regression"
    made.mkdir()
    (made / "notebook.md").write_text(TEXT)
    (made / "table.py").write_text(MODULE)
    return made


def test_the_notebook_holds_the_module_and_what_nbgrader_needs(folder, assignment):
    content = build(folder, assignment)
    assert build(folder, assignment) == content
    notebook = json.loads(content)
    entries = {cell["id"]: cell["metadata"].get("nbgrader") for cell in notebook["cells"]}
    common = {"schema_version": 3, "task": False}
    assert entries["table"] == common | {"grade": False, "grade_id": "table", "locked": False, "solution": True}
    marks = {"grade": True, "grade_id": "check-table", "locked": True, "points": 5.0, "solution": False}
    assert entries["check-table"] == common | marks
    by_hand = {"grade": True, "grade_id": "written-why", "locked": False, "points": 3, "solution": True}
    assert entries["written-why"] == common | by_hand
    assert notebook["metadata"]["grader"] == {"assignment": "regression", "edition": 3}
    assert modules(read_notebook(content.encode(), "n").cells, ["table"]) == {"table": MODULE}


def test_the_students_notebook_has_no_solution_and_no_outputs(folder, assignment):
    notebook = json.loads(build(folder, assignment))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell.update(execution_count=3, outputs=[{"output_type": "stream", "name": "stdout", "text": ["secret"]}])
    released = students_notebook(json.dumps(notebook), "regression.ipynb")
    assert not any(word in released for word in ("sqrt", "import math", "secret"))
    stub = '"""Tables."""\n\n\ndef f(x):\n    """f"""\n    raise NotImplementedError("f: not written yet")\n'
    assert modules(read_notebook(released.encode(), "n").cells, ["table"]) == {"table": stub}
    kept = [cell["metadata"] for cell in json.loads(released)["cells"]]
    assert kept == [cell["metadata"] for cell in notebook["cells"]]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("%%exercise table\n", "%%exercise table\nx = 1\n", "leave the cell %%exercise table empty"),
        ("%%exercise table\n", "%%exercise tabel\n", "there is no exercise 'tabel' in course.yml; it has table"),
        ("%%exercise table\n", "x = 1\n", "has 0 cells `%%exercise table`; one is needed"),
        ('check("table")', "x = 1", "has 0 cells `check('table')`; one is needed"),
        ('check("table")\n```\n', 'check("table")\n```\n\n```python\ncheck("table")\n```\n', "has 2 cells"),
        ('"points": 3', '"marks": 3', 'write nbgrader={"grade_id"'),
        ("written-why", "table", "has 2 cells `%%exercise table`"),
    ],
)
def test_mistakes_in_the_text_are_named(folder, assignment, old, new, message):
    assert old in TEXT
    (folder / "notebook.md").write_text(TEXT.replace(old, new))
    with pytest.raises(AuthorError) as caught:
        build(folder, assignment)
    assert message in str(caught.value)
    assert "regression/notebook.md" in str(caught.value)
