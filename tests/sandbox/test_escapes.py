"""What student code must not reach: files, other submissions, the judge, the network, the kernel's rarer services."""

import os
import stat
from pathlib import Path

import pytest

import grader
from grader.sandbox import launcher
from grader.sandbox.fate import Died

confined = pytest.mark.parametrize("level", ["full", "landlock"])
in_its_own_world = pytest.mark.parametrize("level", ["full"])

OPEN = """
import os
def read(path): return open(path).read()
def write(path): open(path, "w").write("x")
def remove(path): os.remove(path)
def names(path): return os.listdir(path)
"""


@pytest.fixture
def hidden_test(tmp_path):
    """A file that every user of this machine may read and change, on a way that all may go."""
    planted = tmp_path / "hidden" / "test_resnet.py"
    planted.parent.mkdir()
    planted.write_text("ANSWER = 42")
    planted.chmod(0o666)
    closed = [
        folder for folder in (planted.parent, *planted.parent.parents) if not folder.stat().st_mode & stat.S_IXOTH
    ]
    modes = [(folder, folder.stat().st_mode) for folder in closed]
    for folder, mode in modes:
        folder.chmod(mode | 0o755)
    planted.parent.chmod(0o777)
    yield str(planted)
    for folder, mode in modes:
        folder.chmod(mode)


@confined
def test_hidden_tests_cannot_be_read_changed_or_removed(attack, hidden_test):
    thief = attack(OPEN)
    for name in ("read", "write", "remove"):
        with pytest.raises(RuntimeError, match="FileNotFound|Permission|Read-only"):
            thief.call(name, hidden_test)
    assert Path(hidden_test).read_text() == "ANSWER = 42"


@pytest.mark.parametrize("level", ["none"])
def test_the_planted_file_is_within_reach_of_code_that_is_not_confined(attack, hidden_test):
    assert attack(OPEN).call("read", hidden_test) == "ANSWER = 42"


VICTIM = """
import os
SECRET = "the work of student-01"
def path(): return os.path.abspath("main.py")
def where(): return [f"/proc/{os.getpid()}/cwd/main.py", f"/proc/{os.getpid()}/root{path()}"]
"""


@pytest.mark.parametrize("level", ["landlock"])
def test_another_submission_cannot_be_read(attack):
    victim, thief = attack(VICTIM), attack(OPEN)
    for path in [victim.call("path"), *victim.call("where")]:
        with pytest.raises(RuntimeError, match="Permission"):
            thief.call("read", path)


@in_its_own_world
def test_where_another_submission_lies_one_sees_ones_own(attack):
    victim, thief = attack(VICTIM), attack(OPEN)
    for path in [victim.call("path"), *victim.call("where")]:
        assert thief.call("read", path) == OPEN


@confined
def test_nothing_of_an_earlier_submission_is_left(attack):
    source = """
import os
def leave():
    for folder in (os.environ["TMPDIR"], os.environ["HOME"], "/tmp"):
        try: open(os.path.join(folder, "left-behind"), "w").write("x")
        except OSError: pass
def find():
    places = (os.environ["TMPDIR"], os.environ["HOME"], "/tmp")
    return [place for place in places if os.path.exists(os.path.join(place, "left-behind"))]
"""
    first = attack(source)
    first.call("leave")
    assert first.call("find") != []
    first.worker.close()
    assert attack(source).call("find") == []


@confined
@pytest.mark.parametrize(
    "folder", ["/", "/usr/lib", "/etc", "/dev", "/var/tmp", "/proc/self", "/sys", os.path.dirname(os.__file__)]
)
def test_nothing_can_be_written_outside_the_scratch_folder(attack, folder):
    with pytest.raises(RuntimeError, match="FileNotFound|Permission|Read-only"):
        attack(OPEN).call("write", os.path.join(folder, "written"))


@confined
def test_the_scratch_folder_and_shared_memory_can_be_used(attack):
    source = """
import mmap, multiprocessing.shared_memory, os, tempfile
def run():
    with tempfile.TemporaryFile() as file: file.write(b"x" * 1000)
    os.makedirs(os.path.expanduser("~/.cache/x"))
    os.rename("main.py", os.path.join(tempfile.gettempdir(), "moved.py"))
    memory = multiprocessing.shared_memory.SharedMemory(create=True, size=4096)
    memory.close(); memory.unlink()
    return True
"""
    assert attack(source).call("run") is True


@confined
def test_the_sandbox_shows_only_the_workers_side_of_the_kit(attack):
    package = Path(grader.__file__).parent
    source = """
import importlib
def importable(names): return [name for name in names if _try(name)]
def _try(name):
    try: importlib.import_module(name)
    except ImportError: return False
    except OSError: return False
    return True
"""
    names = ["grader.errors", "grader.torchvision_shim", "grader.sandbox.limits", "grader.probes"]
    forbidden = ["grader.course", "grader.suite", "grader.verdicts", "grader.data", "grader.cli"]
    assert attack(source).call("importable", names + forbidden) == names
    thief = attack(OPEN)
    for path in (
        package / "course.py",
        package.parent / "course.yml",
        package.parent / "pyproject.toml",
        package / "suite",
    ):
        for name in ("read", "names"):
            with pytest.raises(RuntimeError, match="FileNotFound|Permission|NotADirectory"):
                thief.call(name, str(path))


@confined
@pytest.mark.parametrize(
    "path", ["/root", "/home", "/var", "/etc/passwd", "/etc/shadow", "/mnt", "/opt", os.path.expanduser("~/.ssh")]
)
def test_homes_and_the_machines_data_are_out_of_sight(attack, path):
    thief = attack(OPEN)
    for name in ("read", "names"):
        with pytest.raises(RuntimeError, match="FileNotFound|Permission|IsADirectory|NotADirectory"):
            thief.call(name, path)


def test_the_judges_environment_is_not_passed_on(attack):
    environment = attack("import os\ndef run(): return dict(os.environ)").call("run")
    assert set(environment) <= {*launcher._environment("/tmp"), "PWD", "LC_CTYPE"}
    assert environment["HOME"] != os.environ.get("HOME")


@confined
@pytest.mark.parametrize("entry", ["environ", "mem", "maps", "cmdline", "fd"])
def test_the_judges_proc_entries_are_closed(attack, entry):
    thief = attack(OPEN)
    for name in ("read", "names"):
        with pytest.raises(RuntimeError, match="FileNotFound|Permission|NotADirectory"):
            thief.call(name, f"/proc/{os.getpid()}/{entry}")


@in_its_own_world
def test_a_worker_sees_no_process_but_its_own(attack):
    source = "import os\ndef run(): return [name for name in os.listdir('/proc') if name.isdigit()]"
    assert attack(source).call("run") == ["1"]


@confined
@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6", "AF_NETLINK", "AF_PACKET", "AF_VSOCK", "AF_ALG"])
def test_there_is_no_network(attack, family):
    source = """
import socket
def run(family):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
        try: socket.socket(getattr(socket, family), kind)
        except PermissionError: continue
        return kind
"""
    assert attack(source).call("run", family) is None


@confined
def test_abstract_sockets_of_others_cannot_be_reached(attack, abstract_listener):
    source = """
import socket
def run(name): socket.socket(socket.AF_UNIX).connect("\\0" + name)
"""
    with pytest.raises(RuntimeError, match="Permission|ConnectionRefused"):
        attack(source).call("run", abstract_listener)


@confined
@pytest.mark.parametrize("number", ["SIGTERM", "SIGKILL", "SIGSTOP"])
def test_no_process_outside_can_be_signalled(attack, number):
    source = """
import os, signal
def run(number, judge):
    reached = []
    for pid in (-1, os.getppid(), judge):
        try:
            os.kill(pid, getattr(signal, number)) if pid != 0 else None
            reached += [pid] if pid > 0 else []
        except OSError: pass
    return reached
"""
    killer = attack(source)
    assert killer.call("run", number, os.getpid()) == []
    assert killer.usage_of("run", number, os.getpid()).processes == 1
    assert attack("def run(): return 1").call("run") == 1


CALLS = """
import ctypes, os, platform
libc = ctypes.CDLL(None, use_errno=True)
def ptrace_attach(): return libc.ptrace(16, os.getppid() or 1, 0, 0)
def ptrace_traceme(): return libc.ptrace(0, 0, 0, 0)
def read_memory(): return libc.process_vm_readv(os.getppid() or 1, None, 0, None, 0, 0)
def unshare_user(): return libc.unshare(0x10000000)
def unshare_mounts(): return libc.unshare(0x00020000)
def clone_user(): return libc.syscall(56 if platform.machine() == "x86_64" else 220, 0x10000000 | 17, 0, 0, 0, 0)
def clone3(): return libc.syscall(435, None, 0)
def mount(): return libc.mount(b"none", b"/tmp", b"tmpfs", 0, None)
def unmount(): return libc.umount2(b"/tmp", 2)
def chroot(): return libc.chroot(b"/tmp")
def memfd(): return libc.memfd_create(b"x", 0)
def shmget(): return libc.shmget(0, 4096, 0o1600)
def become_root(): return libc.setuid(0)
def io_uring(): return libc.syscall(425, 8, None)
def bpf(): return libc.syscall(321 if platform.machine() == "x86_64" else 280, 0, None, 0)
def keyring(): return libc.syscall(250 if platform.machine() == "x86_64" else 219, 0, -3, 1)
def host_name(): return libc.sethostname(b"x", 1)
def run(name):
    ctypes.set_errno(0)
    result = globals()[name]()
    if result == 0 and name.startswith("clone"): os._exit(0)
    return [result, ctypes.get_errno()]
"""


@confined
@pytest.mark.parametrize("name", [line.split()[1][:-3] for line in CALLS.splitlines() if line.startswith("def ")][:-1])
def test_system_calls_that_no_exercise_needs_are_refused(attack, name):
    result, error = attack(CALLS).call("run", name)
    assert result == -1
    assert error == (38 if name == "clone3" else 1)


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="other processors have one numbering only")
@confined
def test_the_second_numbering_of_system_calls_is_closed(attack):
    source = "import ctypes\ndef run(): return ctypes.CDLL(None).syscall(0x40000000 + 39)"
    assert attack(source).fate_of("run") == Died("signal 31 (SIGSYS)")


@confined
def test_no_privilege_can_be_gained(attack):
    source = "def run(): return open('/proc/self/status').read()"
    status = dict(line.split(":\t", 1) for line in attack(source).call("run").splitlines())
    assert status["NoNewPrivs"] == "1"
    assert status["CapEff"] == status["CapPrm"] == status["CapInh"] == "0000000000000000"
    assert status["Seccomp"] == "2"
    assert "0" not in status["Uid"].split()


def test_a_worker_inherits_no_open_file_but_its_channel(attack):
    source = """
import os
def run():
    open_files = []
    for number in range(256):
        try: os.fstat(number)
        except OSError: continue
        open_files.append(number)
    return open_files
"""
    assert len(attack(source).call("run")) == 4  # input, output, error, channel


@in_its_own_world
def test_a_full_disk_is_the_workers_own(attack):
    source = """
import os
def run():
    for folder in (os.environ["TMPDIR"], "/dev/shm"):
        size = count = 0
        try:
            while True:
                with open(os.path.join(folder, f"{count}"), "wb") as file: size += file.write(bytes(1 << 20))
                count += 1
        except OSError as error: text = error.strerror
        yield size >> 20, text
def fill(): return list(run())
def inodes():
    for count in range(100000):
        try: open(f"empty{count}", "w").close()
        except OSError: return count
"""
    for size, text in attack(source).call("fill"):
        assert text == "No space left on device"
        assert size <= 16
    assert attack(source).call("inodes") < 20000


@pytest.mark.parametrize("level", ["landlock", "none"])
def test_filling_the_scratch_folder_ends_the_worker(attack):
    source = """
import time
def run():
    for count in range(100):
        with open(f"{count}", "wb") as file: file.write(bytes(1 << 20))
    time.sleep(100)
"""
    filler = attack(source)
    filler.worker.begin(cpu_seconds=20, wall_seconds=20)
    assert filler.fate_of("run") == Died("its scratch folder held more than 16 MB or 20000 files")


@confined
def test_a_program_that_came_with_the_submission_runs_confined_too(attack, hidden_test):
    source = """
import subprocess, sys
def run(path):
    code = f"import socket\\ntry: print(open({path!r}).read())\\nexcept OSError: print('closed')\\nsocket.socket()"
    result = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True)
    return result.stdout.strip(), result.stderr.strip().splitlines()[-1]
"""
    said, error = attack(source).call("run", hidden_test)
    assert said == "closed"
    assert "PermissionError" in error
