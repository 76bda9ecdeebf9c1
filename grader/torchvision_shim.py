"""Makes `import torchvision` work where a CUDA build of torchvision sits beside a CPU-only torch.

The package registry serves torchvision as a CUDA build. Its compiled operators cannot be loaded by a CPU-only
torch, and the import then fails with "operator torchvision::nms does not exist", because torchvision describes
operators that nobody has defined. Defining the schemas of those two operators first is enough for models,
transforms and data sets; the compiled operators themselves (`torchvision.ops.nms`, ...) stay unavailable.

A `.pth` file installed with this package calls `install_import_hook()` at the start of every interpreter, so
notebooks and scripts need no extra line. The hook does nothing until torchvision is imported. (The `.pth` file
then forgets that it imported `grader`, because pytest complains of plugins that were imported before it.)
"""

import importlib.abc
import importlib.util
import re
import sys
from pathlib import Path

_SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"


def install_import_hook() -> None:
    """Has `prepare()` called right before the first import of torchvision; cheap, and safe to call twice."""
    if "torchvision" in sys.modules or any(
        type(finder).__name__ == _BeforeTorchvision.__name__ for finder in sys.meta_path
    ):
        return
    sys.meta_path.insert(0, _BeforeTorchvision())


def prepare() -> bool:
    """Defines the missing operator schemas if torchvision needs them here; True when it did."""
    if "torchvision" in sys.modules or not _is_cuda_build_beside_cpu_torch():
        return False
    import torch

    for name in ("nms", "qnms"):
        if not hasattr(torch.ops.torchvision, name):
            torch.library.define(f"torchvision::{name}", _SCHEMA)
    return True


def _is_cuda_build_beside_cpu_torch() -> bool:
    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None:
        return False
    version = Path(spec.origin).with_name("version.py")
    if not (version.is_file() and re.search(r"__version__\s*=\s*['\"][^'\"]+\+cu\d", version.read_text())):
        return False
    import torch

    return torch.version.cuda is None


class _BeforeTorchvision(importlib.abc.MetaPathFinder):
    """A finder that finds nothing: it steps aside as soon as torchvision is asked for."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        if fullname == "torchvision":
            sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not self]
            prepare()
