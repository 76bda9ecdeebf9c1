"""Notebooks: the same exercises in cells.

cells.py      reads a notebook that anybody may have written
exercises.py  which modules a notebook holds, and whether they or the files beside it count
magic.py      `%%exercise` and `check()`, for the student's kernel
selfcheck.py  the visible checks of one exercise, in that kernel
build.py      the instructor's notebook from its text and the reference modules
quiz.py       the cells of the knowledge check, and `quiz()`, which shows it as a form (quiz_form.py)
released.py   the students' notebook from the instructor's
"""
