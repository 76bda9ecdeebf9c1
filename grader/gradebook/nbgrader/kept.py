"""What is kept of the outputs that a student saved in a notebook: what a grader of written answers wants to see.

Nothing of it has an influence on a score. HTML, JavaScript and SVG are left out, because formgrader would run them in
the grader's browser; texts and numbers of outputs are cut.
"""

from typing import Any

from nbgrader.preprocessors import ClearOutput as NbGraderClearOutput

from .source import source_for

MOST_OUTPUTS = 20
MOST_TEXT = 20_000
MOST_IMAGE = 2_000_000
_IMAGES = ("image/png", "image/jpeg")


class ClearOutput(NbGraderClearOutput):
    """nbgrader's, for notebooks that are not the kit's: the exporter has seen to those."""

    def __call__(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        if source_for(self, resources) is not None:
            return nb, resources
        return super().__call__(nb, resources)  # type: ignore[no-any-return]


def shown(outputs: Any) -> list[Any]:
    """The harmless part of a cell's outputs, in nbformat's form."""
    kept: list[Any] = []
    for output in outputs if isinstance(outputs, list) else []:
        if isinstance(output, dict) and len(kept) < MOST_OUTPUTS and (made := _shown(output)) is not None:
            kept.append(made)
    return kept


def text(value: Any) -> str:
    """Text or a list of lines, without what no file can hold."""
    if isinstance(value, list):
        value = "".join(line for line in value if isinstance(line, str))
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def images(data: Any) -> dict[str, str]:
    """The pictures in a bundle of MIME types."""
    found = {kind: text(data.get(kind)) for kind in _IMAGES} if isinstance(data, dict) else {}
    return {kind: content for kind, content in found.items() if content and len(content) <= MOST_IMAGE}


def _shown(output: dict[str, Any]) -> Any:
    from nbformat.v4 import new_output

    kind = output.get("output_type")
    if kind == "stream":
        return new_output("stream", name="stdout", text=_cut(text(output.get("text"))))
    if kind == "error":
        said = f"{text(output.get('ename'))}: {text(output.get('evalue'))}"
        return new_output("stream", name="stdout", text=_cut(said))
    if kind in ("execute_result", "display_data"):
        data = images(output.get("data"))
        if not data and isinstance(output.get("data"), dict):
            plain = _cut(text(output["data"].get("text/plain")))
            data = {"text/plain": plain} if plain else {}
        return new_output("display_data", data=data) if data else None
    return None


def _cut(content: str) -> str:
    return content if len(content) <= MOST_TEXT else f"{content[:MOST_TEXT]}\n... ({len(content)} letters)"
