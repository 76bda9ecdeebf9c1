"""Runs PyTorch code as if the machine had a CUDA device.

    from grader.probes.accelerator import simulated

    with simulated():
        model = Net().to("cuda")
        model(images)             # images left on the CPU: raises what CUDA raises

Tensors stay ordinary CPU tensors with true numbers. The simulation remembers which storages were moved "to the
device", shows that in `.device` and `.is_cuda`, and checks every operation, backward and optimiser steps included.
It needs no GPU and no course, changes nothing after the `with` block, and is described in docs/accelerator.md.
"""

from grader.probes.accelerator.simulation import simulated

__all__ = ["simulated"]
