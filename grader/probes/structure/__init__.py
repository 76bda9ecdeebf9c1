"""What a network computes, step by step, and what it computes with other weights (judged by `verdicts.equivalence`).

    trace(model, images)                the operations of one forward pass, as plain data
    run_with(model, weights, ...)       outputs with weights drawn from a seed; the model is left as it was found

Nothing here knows what a network should look like.
"""

from grader.probes.structure.tracing import trace as trace
from grader.probes.structure.transplant import run_with as run_with

__all__ = ["run_with", "trace"]
