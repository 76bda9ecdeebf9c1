"""Data sets of the course, real or drawn.

    from grader.data import load
    data = load("pathmnist")            # real where it is at hand, else a phantom, and it says which
    images, labels = data.train

Importing this package imports neither torch nor medmnist.
"""

from .catalogue import Entry, entries, entry
from .dataset import DataSet, Split
from .loading import load

__all__ = ["DataSet", "Entry", "Split", "entries", "entry", "load"]
