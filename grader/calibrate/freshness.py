"""Whether a calibration still says something about the task, the reference and the data as they are now."""

from importlib.metadata import version

from grader.calibrate.record import FILE_NAME, TaskRecord, cure, read_calibration
from grader.calibrate.sources import fingerprint_of
from grader.calibrate.task import Task
from grader.errors import AuthorError


def fresh_record(task: Task) -> TaskRecord:
    """What calibration.json says about a task.

    Raises:
        AuthorError: the file is missing or damaged, does not know the task, or is stale; with the command to run.
    """
    folder = task.folder
    record = read_calibration(folder).tasks.get(task.name)
    if record is None:
        raise AuthorError(f"{folder / FILE_NAME}: does not know the task {task.name}; {cure(folder)}")
    if record.fingerprint != fingerprint_of(task, version("torch")):
        raise AuthorError(
            f"{folder / FILE_NAME}: is stale: the task {task.name}, the reference or the data it uses are not those it "
            f"was calibrated with; {cure(folder)}"
        )
    return record
