"""What two networks are made of, side by side: for instructors, when tensors cannot be paired."""

from collections import Counter

from grader.verdicts.equivalence.network import Network

_WORDS = {
    "conv": "convolutions",
    "linear": "linear layers or 1×1 convolutions",
    "batch_norm": "batch norms",
    "relu": "ReLUs",
    "add": "additions",
    "cat": "concatenations",
    "max_pool": "max poolings",
    "avg_pool": "average poolings",
    "mean": "means",
    "amax": "global maxima",
    "pad": "paddings",
    "bias": "biases",
}


def told(reference: Network, candidate: Network) -> str:
    """How often each kind of operation occurs where the two differ, e.g. `19 batch norms (20 expected)`."""
    expected, found = _counts(reference), _counts(candidate)
    lines = [
        f"{found[kind]} {_WORDS.get(kind, kind)} ({expected[kind]} expected)"
        for kind in sorted(expected.keys() | found.keys(), key=lambda kind: (kind not in _WORDS, kind))
        if expected[kind] != found[kind]
    ]
    return "; ".join(lines[:8]) or "the same operations, connected in another way or with other settings"


def leftovers(candidate: Network) -> list[str]:
    """Parameters that the network registers and does not use."""
    used = set(candidate.used())
    tensors = candidate.trace.tensors
    return [t.name for number, t in enumerate(tensors) if t.kind == "parameter" and number not in used]


def _counts(network: Network) -> Counter[str]:
    counts = Counter(node.op for node in network.nodes if node.op not in ("input", "leaf"))
    counts["bias"] = sum(slot.role == "bias" for node in network.nodes for slot in node.slots)
    return counts
