"""The kit inside nbgrader: its gradebook, its formgrader and its commands, with scores from the judge.

configure.py   what nbgrader_config.py calls: the kit's parts in place of those that run student code
settings.py    what those parts are told by the configuration
source.py      the cells of an assignment as the gradebook knows them: the only ones that count
exporter.py    reads a submitted notebook, whatever was done to it, into those cells (mend.py, kept.py)
judge.py       the preprocessor that gives each check cell its score and feedback (outputs.py, scores.py)
late.py        course.yml's deduction for lateness, as a plugin of nbgrader
stale.py       marks scores that could not be renewed
generate.py    stubs in released notebooks
converter.py, folder.py, course.py    `grader grade` on a course of nbgrader's
init.py        `grader nbgrader init`

nbgrader is imported only when one of these is used: it is an extra of the kit.
"""

from grader.gradebook.nbgrader.configure import configure

__all__ = ["configure"]
