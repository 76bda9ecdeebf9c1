"""Knowledge checks: questions about an assignment, answered in the module `quiz.py`, graded as the exercise `quiz`.

    questions.py   questions without a key, and quiz.md, from which students read them
    key.py         quiz.yml: the author's questions with key, tolerance and reason; judge side only
    answers.py     the answers that a submission gives, in whichever form they are written
    modules.py     quiz.md and the reference quiz.py, made from quiz.yml

`grader.notebooks.quiz` puts the questions into the notebook, `grader.verdicts.quiz` holds the checks.
"""
