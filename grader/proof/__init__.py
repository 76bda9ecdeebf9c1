"""How often the grader is wrong: known wrong and known right programs, graded for real (docs/proof.md).

* `bank`: mutants and variants as data; `witnesses`, `testimony`: demonstrations that do not ask the hidden suite
* `operators`: mistakes that nobody thought of; `triage`: which of those are no mistakes, and why
* `candidates`: which programs a proof is about; `judging`: grades them, and remembers
* `matrix`, `shares`, `rates`, `stability`, `findings`: what follows from it; `evidence`: the contract of proof.json
* `prove`: all of it in one function; `terminal`, `page`, `picture`: the same to look at
"""
