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

### BEGIN SOLUTION
ANSWERS.update(
    {
        "label-stays-true": "c",
        "what-differed": ["b", "c"],
        "constant-f1": 0.8444444444444444,
        "auroc-and-accuracy": "a",
        "mixed-length": 2184,
        "accuracy-noise": 3.466876226407682,
        "summed-stem": "d",
        "flip-drawn-once": ["a", "d"],
    }
)
### END SOLUTION
