"""Answers to the questions in quiz.md."""

ANSWERS = {
    "label-stays-true": None,  # one letter
    "what-differed": None,  # a list of letters
    "constant-f1": None,  # a number
    "auroc-and-accuracy": None,  # one letter
    "mixed-length": None,  # a number
    "accuracy-noise": None,  # a number
    "summed-stem": None,  # one letter
    "flip-drawn-once": None,  # a list of letters
}
