"""Graded exercises for biomedical deep learning, and the grader behind them."""

__version__ = "0.1.0"
