"""Every limit ends the worker, at every level, whatever student code does against it; nothing is left of it."""

import sys
import uuid
from pathlib import Path

import pytest

from grader.errors import LimitExceeded, WorkerDied
from grader.sandbox.fate import Died, OverLimit, raise_for_fate
from grader.sandbox.limits import FLOOD, Limits

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="memory and processes are measured on Linux only")

NAMED = """
import ctypes, os, signal, sys, time

def name(mark):
    ctypes.CDLL(None).prctl(15, mark.encode(), 0, 0, 0)
"""


def alive(mark):
    """Processes of this machine that gave themselves the name `mark`."""
    found = []
    for comm in Path("/proc").glob("[0-9]*/comm"):
        try:
            state = comm.with_name("stat").read_text().rpartition(")")[2].split()[0]
            if comm.read_text().strip() == mark and state != "Z":
                found.append(comm.parent.name)
        except OSError:
            continue
    return found


@pytest.fixture
def mark():
    return uuid.uuid4().hex[:12]


def test_an_endless_loop_ends_at_the_cpu_limit(attack):
    loop = attack("def run():\n    while True: pass")
    loop.worker.begin(cpu_seconds=0.3, wall_seconds=20)
    assert loop.fate_of("run") == OverLimit("cpu", 0.3)
    assert 0.3 <= loop.worker.end().cpu_seconds < 5


def test_cpu_time_is_counted_over_all_processes(attack):
    source = """
import os, time
def run():
    for _ in range(3):
        if os.fork() == 0:
            while True: pass
    time.sleep(100)
"""
    loop = attack(source)
    loop.worker.begin(cpu_seconds=0.5, wall_seconds=20)
    assert loop.fate_of("run") == OverLimit("cpu", 0.5)


@linux_only
def test_cpu_time_of_children_nobody_waits_for_counts_too(attack):
    source = """
import os, signal, time
def run():
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        if os.fork() == 0:
            end = time.process_time() + 0.15
            while time.process_time() < end: pass
            os._exit(0)
        time.sleep(0.2)
"""
    loop = attack(source, processes=200)
    loop.worker.begin(cpu_seconds=0.5, wall_seconds=25)
    assert loop.fate_of("run") == OverLimit("cpu", 0.5)


def test_a_submission_has_a_cpu_budget_over_all_its_checks(attack):
    source = """
import time
def run(seconds=0.2):
    end = time.process_time() + seconds
    while time.process_time() < end: pass
"""
    work = attack(source, submission_cpu_seconds=0.5)
    for _ in range(2):
        work.worker.begin(cpu_seconds=5, wall_seconds=20)
        work.call("run")
        work.worker.end()
    work.worker.begin(cpu_seconds=5, wall_seconds=20)
    with pytest.raises(EOFError):
        work.call("run", 5)
    assert work.worker.fate() == OverLimit("cpu", 0.5)


def test_each_check_counts_from_its_own_beginning(attack):
    source = """
import time
def run():
    end = time.process_time() + 0.3
    while time.process_time() < end: pass
"""
    work = attack(source)
    for _ in range(3):
        work.worker.begin(cpu_seconds=0.6, wall_seconds=20)
        work.call("run")
        assert 0.25 <= work.worker.end().cpu_seconds <= 0.6


def test_sleeping_and_ignoring_signals_ends_at_the_wall_limit(attack):
    source = """
import signal, time
def run():
    for number in range(1, 65):
        try: signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError): pass
    while True:
        try: time.sleep(100)
        except BaseException: pass
"""
    sleeper = attack(source)
    sleeper.worker.begin(cpu_seconds=5, wall_seconds=0.4)
    assert sleeper.fate_of("run") == OverLimit("wall", 0.4)


@linux_only
def test_memory_is_counted_over_all_processes(attack, mark):
    source = (
        NAMED
        + """
def run(mark):
    name(mark)
    for _ in range(4):
        if os.fork() == 0:
            block = bytearray(os.urandom(1 << 20)) * 100
            time.sleep(100)
    time.sleep(100)
"""
    )
    hog = attack(source, memory_mb=250)
    assert hog.fate_of("run", mark) == OverLimit("memory", 250)
    assert alive(mark) == []


@linux_only
def test_shared_memory_counts(attack):
    source = """
import mmap, time
def run():
    block = mmap.mmap(-1, 200 << 20)
    for start in range(0, len(block), 4096): block[start] = 1
    time.sleep(100)
"""
    assert attack(source, memory_mb=150).fate_of("run") == OverLimit("memory", 150)


@linux_only
def test_memory_cannot_be_hidden_from_the_supervisor(attack):
    source = """
import ctypes, os, time
def run():
    ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)  # not dumpable: its memory map is closed to others
    block = bytearray(os.urandom(1 << 20)) * 200
    time.sleep(100)
"""
    assert attack(source, memory_mb=150).fate_of("run") == OverLimit("memory", 150)


@linux_only
def test_memory_shared_by_many_processes_counts_once(attack):
    source = """
import os, time
block = bytearray(os.urandom(1 << 20)) * 60
def run():
    children = []
    for _ in range(8):
        child = os.fork()
        if child == 0:
            time.sleep(0.7)
            os._exit(0)
        children.append(child)
    return [os.waitpid(child, 0)[1] for child in children]
"""
    assert attack(source, memory_mb=150).call("run") == [0] * 8


@pytest.mark.parametrize("level", ["full", "landlock"])
def test_thirty_gigabytes_are_refused(attack):
    source = """
def run():
    try: return len(bytearray(30 << 30))
    except MemoryError: return "refused"
"""
    assert attack(source).call("run") == "refused"


@linux_only
def test_a_fork_bomb_ends_and_leaves_nothing(attack, mark):
    source = (
        NAMED
        + """
def run(mark):
    name(mark)
    while True:
        try: os.fork()
        except OSError: pass
"""
    )
    bomb = attack(source)
    fate = bomb.fate_of("run", mark)
    assert fate == OverLimit("processes", 12)
    assert alive(mark) == []


def test_a_flood_of_output_ends_the_worker_and_its_beginning_is_kept(attack):
    flood = attack("def run():\n    while True: print('x' * 10000)")
    assert flood.fate_of("run") == OverLimit("output", 8 * FLOOD)
    assert flood.worker.end().output.startswith("xxxx")
    assert len(flood.worker.end().output) == 8 * 1024


def test_output_beyond_the_limit_is_dropped_without_harm(attack):
    printer = attack("def run():\n    print('first')\n    print('x' * 20000)\n    return 7")
    printer.worker.begin()
    assert printer.call("run") == 7
    output = printer.worker.end().output
    assert output.startswith("first\n")
    assert len(output) == 8 * 1024


def test_output_belongs_to_the_check_that_printed_it(attack):
    printer = attack("import sys\ndef run(text):\n    print(text, end='')\n    print('!', file=sys.stderr)")
    assert printer.usage_of("run", "one").output == "one!\n"
    assert printer.usage_of("run", "two").output == "two!\n"


def test_bytes_that_are_no_text_are_shown_as_such(attack):
    assert attack("import os\ndef run(): os.write(1, b'\\xff\\n')").usage_of("run").output == "\ufffd\n"


@pytest.mark.parametrize(("code", "how"), [(0, "exit code 0"), (3, "exit code 3")])
def test_leaving_early_is_no_answer(attack, code, how):
    assert attack("import os\ndef run(code): os._exit(code)").fate_of("run", code) == Died(how)


def test_a_crash_in_native_code_is_named(attack):
    assert attack("import ctypes\ndef run(): ctypes.string_at(0)").fate_of("run") == Died("signal 11 (SIGSEGV)")


def test_closing_every_file_ends_the_worker(attack):
    source = """
import os, time
def run():
    os.closerange(0, 1000)
    time.sleep(100)
"""
    assert isinstance(attack(source).fate_of("run"), Died)


def test_a_worker_that_stops_itself_ends_at_the_wall_limit(attack):
    source = """
import os, signal, time
def run():
    os.kill(os.getpid(), signal.SIGSTOP)
    time.sleep(100)
"""
    stopped = attack(source)
    stopped.worker.begin(cpu_seconds=5, wall_seconds=0.3)
    assert stopped.fate_of("run") == OverLimit("wall", 0.3)


@linux_only
def test_daemons_do_not_outlive_their_worker(attack, mark):
    source = (
        NAMED
        + """
def run(mark):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            name(mark)
            for number in (signal.SIGTERM, signal.SIGHUP): signal.signal(number, signal.SIG_IGN)
            while True: time.sleep(100)
        os._exit(0)
    os.wait()
    time.sleep(0.2)
"""
    )
    daemon = attack(source)
    daemon.call("run", mark)
    assert len(alive(mark)) == 1
    daemon.worker.close()
    assert alive(mark) == []


@linux_only
def test_the_highest_use_is_reported(attack):
    source = """
import os, time
def run():
    block = bytearray(os.urandom(1 << 20)) * 80
    children = []
    for _ in range(3):
        child = os.fork()
        if child == 0:
            time.sleep(0.5)
            os._exit(0)
        children.append(child)
    time.sleep(0.8)
    for child in children: os.waitpid(child, 0)
"""
    usage = attack(source).usage_of("run")
    assert usage.processes == 4
    assert 80 <= usage.memory_mb <= 200
    assert usage.wall_seconds >= 0.8


def test_killing_a_worker_is_final(attack):
    idle = attack("def run(): return 1")
    idle.worker.kill()
    with pytest.raises(EOFError):
        idle.call("run")
    assert idle.worker.fate() == Died("ended by the judge")


def test_fates_are_the_students_verdicts():
    with pytest.raises(LimitExceeded, match="more than 2 s of processor time"):
        raise_for_fate(OverLimit("cpu", 2))
    with pytest.raises(WorkerDied, match="signal 11"):
        raise_for_fate(Died("signal 11 (SIGSEGV)"))


@pytest.mark.parametrize("field", ["cpu_seconds", "memory_mb", "output_kb"])
def test_a_limit_must_be_positive(field):
    with pytest.raises(ValueError, match=f"limits: {field}: must be positive"):
        Limits(**{field: 0})
