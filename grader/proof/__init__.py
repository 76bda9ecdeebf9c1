"""How often the grader is wrong: known wrong and known right programs, graded for real (docs/proof.md).

bank       mutants and variants as data        witnesses   demonstrations that do not ask the hidden suite
operators  mistakes that nobody thought of     triage      which of those are no mistakes, and why
judging    grades them, and remembers          rates       shares with their intervals
matrix     which check notices what            evidence    the contract of proof.json
prove      all of it in one function           page        the same to look at
"""
