"""Whether two networks are the same function of the same parameters (docs/equivalence.md).

    compare(reference, candidate, example_input) -> Comparison with `verdict`, `max_error`, `where`, `why`
    expect_same(student, comparison, what) -> bool, for hidden suites
    has_form_of(reference, candidate, example_input) -> bool, without numbers

In short: both are traced to aten operations and brought to a canonical form; tensors are paired by data flow; both run
with the same random weights in float64. The verdict `same` rests on these numbers, never on the trace.
"""

from grader.verdicts.equivalence.compare import compare as compare
from grader.verdicts.equivalence.compare import has_form_of as has_form_of
from grader.verdicts.equivalence.comparison import Comparison as Comparison
from grader.verdicts.equivalence.expect import expect_same as expect_same

__all__ = ["Comparison", "compare", "expect_same", "has_form_of"]
