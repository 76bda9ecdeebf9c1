"""Answers to the questions in quiz.md."""

ANSWERS = {
    "softmax-twice": None,  # a number
    "head-parameters": None,  # a number
    "last-feature-map": None,  # a number
    "training-mode-test": None,  # a list of letters
    "optimizer-before-head": None,  # one letter
    "best-epoch": None,  # one letter
    "mean-of-means": None,  # a number
    "same-class": None,  # a list of letters
}
