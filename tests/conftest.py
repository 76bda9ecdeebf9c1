"""Parts that many tests share."""

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch: two threads on busy cores are ten times slower
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch

from grader.sandbox.launcher import Zygote
from grader.sandbox.limits import Limits
from grader.suite.checks import Outcome
from grader.suite.judge import run_suite
from grader.suite.remote import Session

ROOT = Path(__file__).parent.parent
QUICK = Limits(cpu_seconds=3, wall_seconds=30)


def seed_generators() -> None:
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)


def pytest_collectstart(collector: pytest.Collector) -> None:
    """What a test module draws while it is imported is the same in every run and in every worker of pytest-xdist."""
    if isinstance(collector, pytest.Module):
        seed_generators()


@pytest.fixture(autouse=True)
def _seeded() -> None:
    """A test that draws without a generator of its own draws the same in every run, alone or among others."""
    seed_generators()


@pytest.fixture(scope="session")
def warm_zygote() -> Iterator[Zygote]:
    """A zygote with the whole stack, at the best level this machine gives."""
    with Zygote() as zygote:
        yield zygote


@pytest.fixture
def judged(tmp_path: Path, warm_zygote: Zygote) -> Callable[..., dict[str, Outcome]]:
    """`judged(module_source, suite_source)`: outcomes by test name, of a suite over one exercise `table`."""

    def judge(module: str | dict[str, str], suite: str, *, limits: Limits = QUICK, seed: int = 1) -> dict[str, Outcome]:
        folder = tmp_path / "regression"
        (folder / "hidden").mkdir(parents=True, exist_ok=True)
        (folder / "hidden" / "test_table.py").write_text("import pytest, torch\nimport numpy as np\n" + suite)
        modules = {"table.py": module} if isinstance(module, str) else module
        files = {name: text.encode() for name, text in modules.items()}
        session = Session(warm_zygote, files, limits, ["regression"])
        try:
            outcomes = run_suite(folder, ["table", "other"], session, lambda check: limits, seed)
        finally:
            session.close()
        return {outcome.check.name: outcome for outcome in outcomes}

    return judge
