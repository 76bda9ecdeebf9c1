"""Runs the reference on its tasks, over many seeds, in the sandbox and within the limits that submissions have."""

import queue
import secrets
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import version

from grader.calibrate.sources import fingerprint_of
from grader.calibrate.task import Task
from grader.course import Assignment, Course
from grader.errors import AuthorError, StudentFault
from grader.grading import package_names, worker_limits
from grader.sandbox.launcher import Zygote
from grader.suite.recorder import derived_seed
from grader.suite.remote import Session
from grader.suite.student import SandboxedStudent


@dataclass(frozen=True)
class Runs:
    """What a task gave.

    Attributes:
        values, controls: one per seed.
        cpu_seconds: of the worker, for one run and one control, on average.
        fingerprint: of what the values depend on, as it was before the first run.
    """

    task: Task
    seeds: tuple[int, ...]
    values: tuple[float, ...]
    controls: tuple[float, ...]
    cpu_seconds: float
    fingerprint: str


def run_reference(
    course: Course,
    assignment: Assignment,
    tasks: Sequence[Task],
    count: int,
    *,
    jobs: int = 1,
    progress: Callable[[Task], None] = lambda task: None,
) -> list[Runs]:
    """Every task `count` times with targets as they are, and `count` times with permuted ones.

    Args:
        jobs: sandboxes at a time.
        progress: called after each run and its control, from one of `jobs` threads.

    Raises:
        AuthorError: the reference fails, or a task cannot be run on it.
        KitError: the sandbox was lost.
    """
    folder = course.folder(assignment.id)
    files = {name: (folder / name).read_bytes() for name in assignment.files}
    fingerprints = [fingerprint_of(task, version("torch")) for task in tasks]
    stop = threading.Event()
    with ExitStack() as stack, ThreadPoolExecutor(jobs) as pool:
        free: queue.SimpleQueue[Zygote] = queue.SimpleQueue()
        for _ in range(jobs):
            free.put(stack.enter_context(Zygote()))

        def run(task: Task, seed: int) -> tuple[float, float, float]:
            if stop.is_set():
                return 0.0, 0.0, 0.0
            zygote = free.get()
            try:
                found = _run(task, seed, files, assignment, zygote)
            except BaseException:
                stop.set()  # what is left in the queue ends at once
                raise
            finally:
                free.put(zygote)
            progress(task)
            return found

        seeds = [tuple(secrets.randbits(53) for _ in range(count)) for _ in tasks]
        waiting = [[pool.submit(run, task, seed) for seed in own] for task, own in zip(tasks, seeds, strict=True)]
        try:
            found = [[future.result() for future in own] for own in waiting]
        except BaseException:
            stop.set()
            raise
    return [
        Runs(
            task,
            own,
            values=tuple(row[0] for row in rows),
            controls=tuple(row[1] for row in rows),
            cpu_seconds=round(sum(row[2] for row in rows) / count, 3),
            fingerprint=fingerprint,
        )
        for task, own, rows, fingerprint in zip(tasks, seeds, found, fingerprints, strict=True)
    ]


def _run(
    task: Task, seed: int, files: dict[str, bytes], assignment: Assignment, zygote: Zygote
) -> tuple[float, float, float]:
    """Value, control and processor seconds of a new worker with the reference."""
    limits = worker_limits(assignment.limits_for())
    session = Session(zygote, files, limits, package_names(assignment))
    student = SandboxedStudent(session, [exercise.id for exercise in assignment.exercises])
    values = []
    try:
        for permuted in (False, True):
            session.begin(limits, derived_seed(seed, "worker"))
            try:
                values.append(task.run(student, seed, permuted=permuted))
            finally:
                session.end()
    except (StudentFault, AssertionError) as error:
        raise AuthorError(f"{task.file}: the reference does not get through {task.name}: {error}") from error
    finally:
        session.close()
    return values[0], values[1], session.cpu_seconds
