"""Answers to the questions in quiz.md."""

ANSWERS = {
    "dermis-iou": None,  # a number
    "block-parameters": None,  # a number
    "receptive-field": None,  # a number
    "absent-class": None,  # one letter
    "turned-masks": None,  # one letter
    "split-by-animal": None,  # one letter
    "class-weights": None,  # a list of letters
    "two-results": None,  # a list of letters
}
