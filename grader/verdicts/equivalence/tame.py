"""Operations whose every deviation random numbers show. What else a network does may hide from any number of inputs."""

from grader.verdicts.equivalence.network import Network
from grader.verdicts.equivalence.pointwise import ACTIVATIONS

_TAME = {
    *("input", "leaf", "constant", "fill", "conv", "linear", "batch_norm", "layer_norm", "group_norm", "convolution"),
    *("relu", "add", "sub", "mul", "times", "div", "neg", "abs", "exp", "log", "sqrt", "rsqrt", "pow", "square"),
    *("reciprocal", "maximum", "minimum", "mean", "sum", "amax", "max_pool", "avg_pool", "cat", "pad", "slice"),
    *("reshape", "arrange", "matmul", "mm", "bmm", "mv", "addmm", "baddbmm", "write", "expand", "as_strided", "im2col"),
    *("var", "var_mean", "std", "_softmax", "_log_softmax", "native_batch_norm", "_to_copy", "logsumexp", "norm"),
    *("_native_batch_norm_legit_no_training", "reflection_pad2d", "replication_pad2d", "adaptive_avg_pool"),
    *("adaptive_max_pool", "pixel_shuffle", "roll", "flip", "repeat", "linalg_vector_norm", "addcmul", "rsub"),
    *ACTIVATIONS,
} - {"hardtanh"}


def untamed(network: Network) -> list[str]:
    """The other operations of a network: comparisons, bounds, choices by value, and what is not known."""
    ops = {node.op for node in network.nodes if not node.op.startswith("upsample")}
    return sorted(op for op in ops if op not in _TAME)
