"""Reads a YAML file so that every mistake in it is one clear line: with its line number, and no key lost.

Differs from `yaml.safe_load` in two points: a key that stands twice in one mapping is an error (YAML would silently
keep the last), and dates stay text, so that a missing time zone can be seen.
"""

from pathlib import Path
from typing import Any

import yaml

from grader.errors import CourseError


class _Loader(yaml.SafeLoader):
    """The safe loader without dates, and with an error for repeated keys."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value != "<<":
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} stands twice", key.start_mark)
                seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping that a YAML file holds.

    Raises:
        CourseError: the file cannot be read, is not YAML, or is no mapping.
    """
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506  (a subclass of SafeLoader)
    except FileNotFoundError as error:
        raise CourseError(f"{path}: there is no such file") from error
    except UnicodeDecodeError as error:
        raise CourseError(f"{path.name}: is not UTF-8 text (byte {error.start})") from error
    except OSError as error:
        raise CourseError(f"{path}: cannot be read: {error.strerror}") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f"line {mark.line + 1}: " if mark is not None else ""
        raise CourseError(f"{path.name}: {line}{error.problem or error.context}") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise CourseError(f"{path.name}: is not YAML: {reason}") from error
    if not isinstance(data, dict):
        raise CourseError(f"{path.name}: must hold keys and values such as `schema: 1`, got {type(data).__name__}")
    return data
