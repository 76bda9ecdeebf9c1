"""Stubs: the solution goes, the rest stays, and every mistake with the markers names file and line."""

from textwrap import dedent

import pytest

from grader.errors import AuthorError
from grader.stub import stub

REFERENCE = '''\
"""A module."""

import torch

### BEGIN SOLUTION
import secret


def _helper():
    return secret
### END SOLUTION


def f(x):
    """Doubles."""
    ### BEGIN SOLUTION
    y = 2 * x
    ### END SOLUTION
    # a comment for students
    ### BEGIN SOLUTION
    return y
    ### END SOLUTION


class Net(torch.nn.Module):
    """Given."""

    def __init__(self, width):
        super().__init__()
        ### BEGIN SOLUTION
        def inner():
            return width

        self.width = inner()
        ### END SOLUTION

    ### BEGIN SOLUTION
    def _extra(self):
        return 1
    ### END SOLUTION

    @property
    def size(self):
        """Size."""
        ### BEGIN SOLUTION
        return self.width
        ### END SOLUTION

    @size.setter
    def size(self, value):
        """Size."""
        ### BEGIN SOLUTION
        self.width = value
        ### END SOLUTION


def given(x):
    return x
'''

STUB = '''\
"""A module."""

import torch


def f(x):
    """Doubles."""
    raise NotImplementedError("f: not written yet")
    # a comment for students


class Net(torch.nn.Module):
    """Given."""

    def __init__(self, width):
        super().__init__()
        raise NotImplementedError("Net.__init__: not written yet")

    @property
    def size(self):
        """Size."""
        raise NotImplementedError("Net.size: not written yet")

    @size.setter
    def size(self, value):
        """Size."""
        raise NotImplementedError("Net.size: not written yet")


def given(x):
    return x
'''


def test_each_function_gets_one_line_and_everything_else_of_the_solution_goes():
    assert stub(REFERENCE, "net.py") == STUB
    assert "secret" not in STUB


def test_a_stub_is_the_same_whatever_line_breaks_the_reference_has():
    assert stub(REFERENCE.replace("\n", "\r\n"), "net.py") == STUB


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def f():\n    return 1\n", "a.py: holds no `### BEGIN SOLUTION`"),
        ("def f():\n    ### BEGIN SOLUTION\n    return 1\n", "a.py: line 2: a solution begins that never ends"),
        ("def f():\n    return 1\n    ### END SOLUTION\n", "a.py: line 3: a solution ends that never began"),
        (
            "def f():\n    ### BEGIN SOLUTION\n    x = 1\n    ### BEGIN SOLUTION\n    return x\n    ### END SOLUTION\n",
            "a.py: line 4: a solution begins inside the one that began in line 2",
        ),
        ("def f():\n    # BEGIN SOLUTION\n    return 1\n", "a.py: line 2: write `### BEGIN SOLUTION`"),
        ("def f():\n    ### begin solution\n    return 1\n", "a.py: line 2: write `### BEGIN SOLUTION`"),
        ("x = 1  ### END SOLUTION\n", "a.py: line 1: write `### BEGIN SOLUTION`"),
        ("x = 1\n### BEGIN SOLUTION\n# nothing\n### END SOLUTION\n", "a.py: line 2: the solution is empty"),
        (
            "def f():\n    ### BEGIN SOLUTION\n    x = [\n    ### END SOLUTION\n    1]\n",
            "a.py: line 4: the solution ends inside the statement of line 3",
        ),
        ("def f(:\n", "a.py: the reference is not valid Python"),
        (
            "class A:\n    ### BEGIN SOLUTION\n    x = 1\n    ### END SOLUTION\n",
            "a.py: the stub is not valid Python: expected an indented block",
        ),
    ],
)
def test_mistakes_name_file_and_line(source, message):
    with pytest.raises(AuthorError) as caught:
        stub(dedent(source), "a.py")
    assert str(caught.value).startswith(message)
