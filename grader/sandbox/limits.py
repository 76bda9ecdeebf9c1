"""What a submission may use, and what it used."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """The budget of one submission's worker.

    Args:
        cpu_seconds: processor time of one check, over all processes of the worker.
        wall_seconds: time on the clock of one check.
        memory_mb: memory of all processes of the worker together.
        processes: processes alive at the same time.
        output_kb: printed text kept per check; a check that prints `FLOOD` times as much is stopped.
        scratch_mb: files the worker may have at any time.
        submission_cpu_seconds: processor time over all checks.
        open_files: open files per process.
    """

    cpu_seconds: float = 20.0
    wall_seconds: float = 60.0
    memory_mb: int = 3000
    processes: int = 64
    output_kb: int = 64
    scratch_mb: int = 256
    submission_cpu_seconds: float = 300.0
    open_files: int = 512

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not value > 0:
                raise ValueError(f"limits: {name}: must be positive, got {value!r}")


FLOOD = 4096
"""Printing is no fault, so text beyond `output_kb` is dropped; only a flood of this many times as much is."""


@dataclass(frozen=True)
class Usage:
    """What a worker used since the check began.

    Args:
        cpu_seconds: processor time of all its processes, in steps of 10 ms.
        wall_seconds: time on the clock.
        memory_mb: the highest memory seen, all its processes together, shared pages divided among their users.
        output: what it printed (standard output and error in one), cut off at `output_kb`.
        processes: the highest number of processes seen at the same time.
    """

    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0
    memory_mb: float = 0.0
    output: str = ""
    processes: int = 0
