"""Answers to the questions in quiz.md."""

ANSWERS = {
    "honest-error": None,  # one letter
    "scaler-leak": None,  # one letter
    "carried-over-model": None,  # a list of letters
    "selection-leak": None,  # a list of letters
    "mlp-parameters": None,  # a number
    "broadcast": None,  # a number
    "ddof": None,  # a number
    "learning-rate-limit": None,  # one letter
}
