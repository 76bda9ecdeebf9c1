"""A module that is imported does nothing but define things."""

from typing import Any

from grader.probes.imports import import_afresh


def expect_quiet_import(student: Any, name: str) -> None:
    """The module prints nothing, trains nothing and sets no seed when it is imported."""
    __tracebackhide__ = True
    getattr(student, name)  # a module that cannot be imported fails here, with its own error
    notes = student.run(import_afresh, name)
    printed = notes["printed"].strip()
    assert not printed, f"{name}.py prints when it is imported: {printed[:80]!r}"
    trained = notes["steps"] or notes["backwards"]
    assert not trained, f"{name}.py trains a model when it is imported"
    seeded = ", ".join(notes["reseeded"])
    assert not seeded, f"{name}.py sets the global seed of {seeded} when it is imported"
