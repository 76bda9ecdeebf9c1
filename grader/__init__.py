"""Graded exercises for biomedical deep learning, and the grader behind them."""

__version__ = "0.1.0"


def load_ipython_extension(shell) -> None:  # type: ignore[no-untyped-def]  # IPython is no dependency
    """For `%load_ext grader` in a notebook: `%%exercise NAME` and `check("NAME")`."""
    from grader.notebooks.magic import load_ipython_extension as load

    load(shell)
