"""The pytest plugin behind `pytest assignments/regression`: self-check, with points, and no options to know.

It is loaded into every pytest run of its environment, so it looks at where the run points to and stays out of
it unless that is an assignment of a course (a folder named in the nearest `course.yml`, or that file's folder).
"""

from pathlib import Path

import pytest


def pytest_configure(config: pytest.Config) -> None:
    course_file = _course_of([Path(str(argument).partition("::")[0]) for argument in config.args], config)
    if course_file is None:
        return
    from grader.suite.markers import MARKERS
    from grader.suite.selfcheck import SelfCheck

    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    config.pluginmanager.register(SelfCheck(course_file), "biomed-grader-selfcheck")


def _course_of(paths: list[Path], config: pytest.Config) -> Path | None:
    for path in paths:
        path = (config.invocation_params.dir / path).resolve()
        for folder in (path, *path.parents):
            course_file = folder / "course.yml"
            if course_file.is_file():
                if _inside_an_assignment(path.relative_to(folder).parts, course_file):
                    return course_file
                break
    return None


def _inside_an_assignment(parts: tuple[str, ...], course_file: Path) -> bool:
    """Whether a path below a course's folder is one of its assignments, or the folder that holds them all."""
    import yaml

    try:
        course = yaml.safe_load(course_file.read_text(encoding="utf-8"))
        ids = {str(assignment["id"]) for assignment in course["assignments"]}
    except (OSError, yaml.YAMLError, KeyError, TypeError):
        return False  # some other program's course.yml
    if not parts or parts == ("solutions",):
        return any((course_file.parent / Path(*parts) / name / "tests").is_dir() for name in ids)
    return parts[0] in ids or (parts[0] == "solutions" and parts[1] in ids)
