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

### BEGIN SOLUTION
ANSWERS.update(
    {
        "softmax-twice": 0.7436683806286685,
        "head-parameters": 2565,
        "last-feature-map": 16,
        "training-mode-test": ["a", "c"],
        "optimizer-before-head": "d",
        "best-epoch": "b",
        "mean-of-means": 2,
        "same-class": ["a", "c", "e"],
    }
)
### END SOLUTION
