"""The examples in the documentation of the parts that stand alone run, and end as they say."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parent.parent.parent / "docs"


@pytest.mark.parametrize("page", ["accelerator.md", "equivalence.md", "traces.md"])
def test_examples_run(page: str) -> None:
    examples = re.findall(r"```python\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)
    assert len(examples) >= 3
    names: dict[str, object] = {}
    for example in examples:
        assert "assert" in example
        exec(compile(example, page, "exec"), names)
