"""What must hold before anything is released: the reference earns every point, and the stubs import and earn none."""

from collections.abc import Iterator, Mapping

from grader import fingerprint
from grader.course import Assignment, Course
from grader.errors import StudentFault
from grader.grading import grade, package_names, worker_limits
from grader.notebooks.handed_in import from_notebook
from grader.results import Result
from grader.sandbox.launcher import Zygote
from grader.submissions import Submission
from grader.suite.remote import Session


def objections(course: Course, edition: Mapping[str, bytes], zygote: Zygote) -> list[str]:
    """Why a release must not go out, a sentence each; empty when it may.

    Args:
        edition: the files of the students' edition, by path.
    """
    found: list[str] = []
    for assignment in course.assignments:
        folder = course.folder(assignment.id)
        reference = {name: (folder / name).read_bytes() for name in assignment.files}
        stubs = {name: edition[f"{assignment.id}/{name}"] for name in assignment.files}
        found += reference_objections(_grade("the reference", reference, assignment, course, zygote))
        found += import_objections(stubs, assignment, zygote)
        found += stub_objections(_grade("the stub", stubs, assignment, course, zygote))
        students = edition.get(f"{assignment.id}/{assignment.notebook}")
        if students is not None:
            instructors = (folder / assignment.notebook).read_bytes()
            found += notebook_objections(instructors, students, reference, stubs, assignment)
    return found


def reference_objections(result: Result) -> Iterator[str]:
    """The checks that the reference did not pass, or not in full."""
    for test in result.tests:
        if test.status != "passed" or test.points < test.max_points:
            reason = test.internal or test.message
            yield f"{result.assignment}: the reference does not pass {test.id}: {test.status}: {reason}".rstrip(": ")


def stub_objections(result: Result) -> Iterator[str]:
    """The checks that a stub passed, in part or in full, and those that could not be made at all."""
    for test in result.tests:
        if test.status == "passed" or test.points > 0:
            yield f"{result.assignment}: the stub scores {test.points:g} points in {test.id}"
        elif test.status == "error":
            yield f"{result.assignment}: {test.id} could not be made on the stub: {test.internal or test.message}"


def notebook_objections(
    notebook: bytes, students: bytes, reference: Mapping[str, bytes], stubs: Mapping[str, bytes], assignment: Assignment
) -> Iterator[str]:
    """The exercises whose cells are not what was graded above: the reference, and in the students' notebook the stubs.

    Handed in alone, a notebook is graded as the modules that its cells hold; where these are the same, so are the
    points.
    """
    for which, content, wanted in (("the notebook", notebook, reference), ("the students' notebook", students, stubs)):
        found = _modules(content, assignment)
        for exercise in assignment.exercises:
            if found.get(exercise.file, b"").strip() != wanted[exercise.file].strip():
                yield (
                    f"{assignment.id}: %%exercise {exercise.id} of {which} is not what {exercise.file} holds; "
                    "run `grader notebooks`"
                )


def _modules(notebook: bytes, assignment: Assignment) -> dict[str, bytes]:
    """What a submission that is this notebook and nothing else would be graded as."""
    return from_notebook({assignment.notebook: lambda room: notebook}, {}, assignment, len(notebook)).files


def import_objections(stubs: Mapping[str, bytes], assignment: Assignment, zygote: Zygote) -> Iterator[str]:
    """The stubs that cannot be imported: their checks would fail for the wrong reason."""
    limits = worker_limits(assignment.limits_for())
    session = Session(zygote, dict(stubs), limits, package_names(assignment))
    try:
        for exercise in assignment.exercises:
            session.begin(limits, seed=0)
            try:
                session.module(exercise.id)
            except StudentFault as fault:
                yield f"{assignment.id}: the stub {exercise.file} cannot be imported: {fault}"
            session.end()
    finally:
        session.close()


def _grade(student: str, files: Mapping[str, bytes], assignment: Assignment, course: Course, zygote: Zygote) -> Result:
    submission = Submission(student, assignment.id, dict(files), None, fingerprint.of_files(files))
    return grade(submission, course, zygote)
