"""A dispatch mode that starts at once."""

from torch.utils._python_dispatch import TorchDispatchMode


class DispatchMode(TorchDispatchMode):
    """torch's own, without the import of `torch._dynamo` (seconds) that would shield it from `torch.compile`."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False
