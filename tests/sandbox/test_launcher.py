"""Zygotes and workers from start to end, and what happens when one is lost."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from grader.errors import SandboxError
from grader.sandbox import trial
from grader.sandbox.isolation import at_least, best_level, breakouts, explain
from grader.sandbox.launcher import Zygote
from grader.sandbox.limits import Limits

ECHO = b"def echo(value): return value"
forked = pytest.mark.parametrize("level", ["full", "landlock"])


def children(pid):
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def wait_until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


@pytest.fixture
def own_zygote(zygotes, level):
    """A zygote of the test's own, to be broken."""
    zygotes(level)
    with Zygote(level, preload=(), entry=trial.ENTRY) as zygote:
        yield zygote


def test_the_best_level_is_one_that_nothing_broke_out_of():
    level = best_level()
    assert level == "none" or breakouts(level) == []


def test_every_level_is_explained_and_each_trouble_has_a_cure():
    findings = explain()
    assert [finding.level for finding in findings] == ["full", "landlock", "none"]
    assert all(finding.available or (finding.reason and finding.cure) for finding in findings)


def test_levels_are_ordered():
    assert at_least("full", "landlock")
    assert at_least("landlock", "landlock")
    assert not at_least("none", "landlock")


def test_trying_to_break_out_of_no_isolation_succeeds(zygotes):
    zygotes("none")
    assert "network" in breakouts("none")


def test_workers_side_by_side_do_not_share_anything(attack):
    source = "import os\nvalue = 0\ndef add(n):\n    global value\n    value += n\n    return value"
    first, second = attack(source), attack(source)
    assert [first.call("add", 1), second.call("add", 10), first.call("add", 1)] == [1, 10, 2]
    first.worker.close()
    assert second.call("add", 10) == 20


def test_files_arrive_as_they_are_in_their_folders(zygote):
    files = {
        "main.py": b"def read(name): return list(open(name, 'rb').read())",
        "data/x/a.bin": bytes(range(256)),
        "empty": b"",
    }
    with zygote.spawn(files, Limits()) as worker:
        assert trial.call(worker.channel, "read", "data/x/a.bin") == list(range(256))
        assert trial.call(worker.channel, "read", "empty") == []


@pytest.mark.parametrize("level", ["full"])
@pytest.mark.parametrize("name", ["/etc/x", "../x", "a/../../x", "", "a\0b"])
def test_a_submission_cannot_place_files_elsewhere(zygote, name):
    with pytest.raises(ValueError, match="must be a path inside the submission"):
        zygote.spawn({name: b""}, Limits())


def test_only_the_workers_side_of_the_kit_can_serve():
    with pytest.raises(ValueError, match="not visible inside the sandbox"):
        Zygote("none", entry="grader.grading:grade")


@forked
def test_a_module_that_cannot_be_found_is_named(zygotes, level):
    zygotes(level)
    with Zygote(level, preload=("json", "no_such_module"), entry=trial.ENTRY) as zygote:
        assert zygote.missing == ("no_such_module",)


@forked
def test_a_zygote_that_cannot_start_says_why(zygotes, level):
    zygotes(level)
    with pytest.raises(SandboxError, match="no_such_module"):
        Zygote(level, preload=(), entry="grader.sandbox.no_such_module:serve").start()


@forked
def test_a_lost_zygote_is_replaced(own_zygote):
    os.killpg(own_zygote._nursery.processes[0].pid, signal.SIGKILL)
    with own_zygote.spawn({"main.py": ECHO}, Limits()) as worker:
        assert trial.call(worker.channel, "echo", 5) == 5


@pytest.mark.parametrize("level", ["landlock"])
def test_a_lost_supervisor_is_the_kits_fault_and_takes_its_worker_along(own_zygote):
    with own_zygote.spawn({"main.py": b"import time\ndef sleep(): time.sleep(100)"}, Limits()) as worker:
        worker.begin()
        (supervisor,) = children(own_zygote._nursery.processes[0].pid)
        (student,) = children(supervisor)
        os.kill(supervisor, signal.SIGKILL)
        with pytest.raises(EOFError):
            trial.call(worker.channel, "sleep")
        with pytest.raises(SandboxError, match="supervisor was lost"):
            worker.fate()
        assert wait_until(lambda: not Path(f"/proc/{student}").exists())
    with own_zygote.spawn({"main.py": ECHO}, Limits()) as worker:
        assert trial.call(worker.channel, "echo", 5) == 5


def test_a_zygote_leaves_no_file_and_no_process(zygotes, level):
    zygotes(level)
    with Zygote(level, preload=(), entry=trial.ENTRY) as zygote, zygote.spawn({"main.py": ECHO}, Limits()) as worker:
        assert trial.call(worker.channel, "echo", 1) == 1
        nursery = zygote._nursery
        assert Path(nursery.scratch).exists()
    assert level == "full" or not Path(nursery.scratch).exists()
    assert all(process.poll() is not None for process in nursery.processes)


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found through /proc")
def test_everything_ends_with_the_judge(zygotes, level):
    zygotes(level)
    mark = f"m{os.getpid()}{level}"[:15]
    judge = f"""
import os
from grader.sandbox import trial
from grader.sandbox.launcher import Zygote
from grader.sandbox.limits import Limits
source = b"import ctypes, time\\ndef name(): ctypes.CDLL(None).prctl(15, b'{mark}', 0, 0, 0)\\n"
source += b"def sleep(): time.sleep(1000)"
zygote = Zygote({level!r}, preload=(), entry=trial.ENTRY)
worker = zygote.spawn({{"main.py": source}}, Limits())
worker.begin()
trial.call(worker.channel, "name")
worker.channel.sendall(b'["sleep", []]\\n')
print(zygote._nursery.scratch, flush=True)
os._exit(9)
"""
    result = subprocess.run([sys.executable, "-c", judge], capture_output=True, text=True)
    assert result.returncode == 9
    if level != "full":
        shutil.rmtree(result.stdout.strip(), ignore_errors=True)

    def left():
        names = [path.read_text().strip() for path in Path("/proc").glob("[0-9]*/comm") if path.exists()]
        return mark in names

    assert wait_until(lambda: not left())


@forked
def test_folders_to_hide_are_hidden_even_among_installed_packages(zygotes, level):
    zygotes(level)
    folder = os.path.join(os.path.dirname(os.__file__), "pydoc_data")
    source = b"def load(): import pydoc_data.topics"
    with Zygote(level, preload=(), entry=trial.ENTRY) as zygote, zygote.spawn({"main.py": source}, Limits()) as worker:
        assert trial.call(worker.channel, "load") is None
    with (
        Zygote(level, preload=(), entry=trial.ENTRY, hidden=[folder]) as zygote,
        zygote.spawn({"main.py": source}, Limits()) as worker,
        pytest.raises(RuntimeError, match="ModuleNotFoundError|PermissionError"),
    ):
        trial.call(worker.channel, "load")


@forked
def test_training_with_loader_processes_works_in_the_sandbox(zygotes, level):
    zygotes(level)
    source = b"""
import torch
from torch.utils.data import DataLoader, TensorDataset

def train(workers):
    x = torch.randn(64, 3, 8, 8)
    loader = DataLoader(TensorDataset(x, x.mean((1, 2, 3))), batch_size=16, num_workers=workers)
    model = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.Flatten(), torch.nn.Linear(144, 1))
    optimizer = torch.optim.Adam(model.parameters())
    for images, targets in loader:
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(images).squeeze(1), targets)
        loss.backward()
        optimizer.step()
    return len(loader), loss.item() >= 0, torch.get_num_threads()
"""
    with (
        Zygote(level, preload=("torch", "torch.utils.data"), entry=trial.ENTRY) as zygote,
        zygote.spawn({"main.py": source}, Limits()) as worker,
    ):
        worker.begin()
        assert trial.call(worker.channel, "train", 0) == [4, True, 1]
        assert trial.call(worker.channel, "train", 2) == [4, True, 1]
        assert worker.end().memory_mb > 20
