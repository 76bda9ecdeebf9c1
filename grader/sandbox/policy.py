"""What a worker may do: resource limits, Landlock (files, signals) and seccomp (system calls).

Everything here holds for the calling process and all that it starts, and cannot be undone.
"""

import contextlib
import errno
import math
import os
import platform
from collections.abc import Iterable

from grader.sandbox.limits import Limits

# Each line is a way out, a way to another process, or memory that the supervisor cannot see.
_FORBIDDEN_CALLS = """
    ptrace process_vm_readv process_vm_writev process_madvise process_mrelease pidfd_getfd kcmp
    memfd_create memfd_secret shmget shmat shmctl shmdt msgget msgsnd msgrcv msgctl semget semop semctl mq_open
    unshare setns mount umount2 pivot_root chroot move_mount open_tree open_tree_attr mount_setattr
    fsopen fsconfig fsmount fspick name_to_handle_at open_by_handle_at fanotify_init quotactl quotactl_fd
    io_uring_setup io_uring_enter io_uring_register bpf perf_event_open userfaultfd
    add_key request_key keyctl setuid setgid setreuid setregid setresuid setresgid setgroups capset
    kexec_load kexec_file_load init_module finit_module delete_module reboot swapon swapoff syslog acct vhangup
    sethostname setdomainname settimeofday clock_settime clock_adjtime adjtimex iopl ioperm modify_ldt personality
"""

_NAMESPACE_FLAGS = (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)
_X32_SYSTEM_CALLS = 0x40000000
_AF_UNIX = 1
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE = 1, 4
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C


def warm_up() -> None:
    """Has the two libraries find the C library now: looking it up starts programs, which a worker must not wait for."""
    with contextlib.suppress(Exception):
        import landlockpy

        landlockpy.abi_version()
    with contextlib.suppress(Exception):
        import seccompy

        seccompy.supported()


def limit_resources(limits: Limits, processes_of_others: int, address_space_mb: int | None) -> None:
    """Kernel limits behind the supervisor's own: they hold even while it sleeps.

    Args:
        processes_of_others: tasks that count against the same user and are not the worker's.
        address_space_mb: addresses one process may reserve; None for no limit.
    """
    import resource

    def limit(name: str, value: float) -> None:
        if not hasattr(resource, name):
            return
        number, ceiling = getattr(resource, name), resource.getrlimit(getattr(resource, name))[1]
        wanted = math.ceil(value)
        if ceiling != resource.RLIM_INFINITY:
            wanted = min(wanted, ceiling)
        with contextlib.suppress(ValueError, OSError):  # macOS refuses some
            resource.setrlimit(number, (wanted, wanted))

    limit("RLIMIT_CORE", 0)
    limit("RLIMIT_CPU", limits.submission_cpu_seconds + 2)
    limit("RLIMIT_FSIZE", limits.scratch_mb << 20)
    limit("RLIMIT_NOFILE", limits.open_files)
    limit("RLIMIT_NPROC", processes_of_others + 4 * limits.processes)  # counts threads too
    limit("RLIMIT_MSGQUEUE", 0)
    limit("RLIMIT_MEMLOCK", 1 << 20)
    if address_space_mb is not None:
        limit("RLIMIT_AS", address_space_mb << 20)


def confine_files(readable: Iterable[str], listable: Iterable[str], writable: Iterable[str]) -> bool:
    """Landlock: nothing but these may be opened, and no process outside may be signalled; False where there is none.

    Args:
        readable: files and folders (with all they hold) to read and execute.
        listable: folders whose names, and the names in all their folders, may be listed.
        writable: folders to work in.
    """
    import landlockpy
    from landlockpy import AccessFS, Ruleset, Scope

    if landlockpy.abi_version() == 0:
        return False
    read = AccessFS.READ_FILE | AccessFS.READ_DIR | AccessFS.EXECUTE
    on_files = AccessFS.READ_FILE | AccessFS.EXECUTE | AccessFS.WRITE_FILE | AccessFS.TRUNCATE
    write = (
        read | AccessFS.WRITE_FILE | AccessFS.TRUNCATE | AccessFS.REFER | AccessFS.REMOVE_DIR | AccessFS.REMOVE_FILE
        | AccessFS.MAKE_DIR | AccessFS.MAKE_REG | AccessFS.MAKE_SYM | AccessFS.MAKE_FIFO | AccessFS.MAKE_SOCK
        | AccessFS.RESOLVE_UNIX
    )  # fmt: skip
    grants = [(path, read) for path in readable]
    grants += [(path, AccessFS.READ_DIR) for path in listable]
    grants += [(path, write) for path in writable]
    grants += [("/dev/shm", write & ~AccessFS.READ_DIR)]  # what others put there has names hard to guess
    grants += [(f"/dev/{name}", AccessFS.READ_FILE | AccessFS.WRITE_FILE) for name in ("null", "zero", "full")]
    grants += [(f"/dev/{name}", AccessFS.READ_FILE) for name in ("random", "urandom")]
    with Ruleset(scoped=Scope.ABSTRACT_UNIX_SOCKET | Scope.SIGNAL) as ruleset:
        for path, access in grants:
            with contextlib.suppress(FileNotFoundError):
                ruleset.allow_path(path, access if os.path.isdir(path) else access & on_files)
        ruleset.restrict()
    return True


def forbid_system_calls() -> bool:
    """seccomp: the calls no exercise needs fail with "operation not permitted"; False where there is no seccomp."""
    import seccompy

    if not seccompy.supported():
        return False
    calls = seccompy.Filter()
    for name in _FORBIDDEN_CALLS.split():
        with contextlib.suppress(ValueError):  # this processor does not have it
            calls.errno(name, errno.EPERM)
    calls.errno("socket", errno.EACCES, args=[(0, seccompy.CmpOp.NE, _AF_UNIX)])
    calls.errno("clone3", errno.ENOSYS)  # its flags are out of a filter's sight; the C library falls back to clone
    for flag in _NAMESPACE_FLAGS:
        calls.errno("clone", errno.EPERM, args=[(0, seccompy.CmpOp.MASKED_EQ, flag, flag)])
    for option, result in ((_PR_SET_DUMPABLE, errno.EPERM), (_PR_SET_PDEATHSIG, 0)):  # the supervisor relies on both
        calls.errno("prctl", result, args=[(0, seccompy.CmpOp.EQ, option)])
    for request in (_TIOCSTI, _TIOCLINUX):
        calls.errno("ioctl", errno.EPERM, args=[(1, seccompy.CmpOp.MASKED_EQ, request, 0xFFFFFFFF)])
    if platform.machine().lower() in ("x86_64", "amd64"):
        _forbid_x32()
    calls.load()
    return True


def _forbid_x32() -> None:
    """The second numbering of all system calls on x86-64, which the filter above does not know."""
    from seccompy import Action, _syscall, bpf

    program = bpf.assemble(
        [
            bpf.Load(0),
            bpf.Jump(bpf.BPF_JGEQ, _X32_SYSTEM_CALLS, None, "allow"),
            bpf.Ret(int(Action.KILL_PROCESS)),
            bpf.Ret(int(Action.ALLOW)),
        ],
        {"allow": 3},
    )
    _syscall.set_no_new_privs()
    _syscall.set_mode_filter(program)
