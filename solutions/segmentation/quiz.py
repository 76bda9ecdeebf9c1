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

### BEGIN SOLUTION
ANSWERS.update(
    {
        "dermis-iou": 0.8,
        "block-parameters": 2768,
        "receptive-field": 14,
        "absent-class": "d",
        "turned-masks": "a",
        "split-by-animal": "c",
        "class-weights": ["a", "c"],
        "two-results": ["b", "d"],
    }
)
### END SOLUTION
