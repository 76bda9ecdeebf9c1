"""Training and evaluation mode, and gradients where none are needed."""

from grader.verdicts.runs import Evidence, read


def training_in_evaluation_mode(evidence: Evidence, name: str) -> str | None:
    """Dropout or batch norm in evaluation mode during training; frozen batch norm may be."""
    run = read(evidence)
    wrong = [
        any(not mode and part not in event["fixed_norms"] for part, mode in event["modes"].items())
        for event in run.trained
    ]
    if not any(wrong):
        return None
    if wrong[0]:
        return (
            f"{name} trains with the model in evaluation mode: "
            "parts like dropout and batch norm do not work as they should in training"
        )
    return f"{name} starts in training mode but goes on in evaluation mode: what came in between leaves the model in it"


def evaluation_in_training_mode(evidence: Evidence, name: str) -> str | None:
    """Dropout or batch norm in training mode during evaluation."""
    wrong = [event for event in read(evidence).evaluated if any(event["modes"].values())]
    if not wrong:
        return None
    if any(event["buffers_changed"] for event in wrong):
        return f"{name} evaluates with the model still in training mode: batch-norm statistics change while you measure"
    return (
        f"{name} evaluates with the model still in training mode: "
        "parts that work differently in training, like dropout, do so while you measure"
    )


def gradients_during_evaluation(evidence: Evidence, name: str) -> str | None:
    """Graphs recorded in evaluation."""
    if any(event["attached"] for event in read(evidence).evaluated):
        return f"{name} records gradients while it evaluates: it keeps a graph for a backward pass that never comes"
    return None
