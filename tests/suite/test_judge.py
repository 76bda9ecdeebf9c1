"""A suite through the real sandbox: what each kind of program makes of each kind of check."""

from collections.abc import Callable

import pytest

from grader.errors import AuthorError
from grader.sandbox.limits import Limits
from grader.suite.checks import Outcome

Judged = Callable[..., dict[str, Outcome]]

MODULE = """
import os, sys
from torch import nn
print("imported")
def add(a, b): return a + b
def make(n): return nn.Linear(n, 2)
def same(thing): return thing
def bad(): raise ValueError("not allowed")
def count():
    yield from range(3)
def loop():
    print("looping", flush=True)
    while True:
        try:
            while True: pass
        except BaseException: pass
def leave(): os._exit(0)
def stop(): sys.exit(0)
def spoil(frame): frame["a"] = 0.0
def nothing(): pass
def random():
    import torch, numpy, random
    return [torch.rand(1).item(), numpy.random.rand(), random.random()]
class Box:
    def __init__(self): self.items = {}
    def __setitem__(self, key, value): self.items[key] = value
    def __getitem__(self, key): return self.items[key]
    def __len__(self): return len(self.items)
    def __contains__(self, key): return key in self.items
    def __enter__(self): self["in"] = True; return self
    def __exit__(self, *exc): self["out"] = True
"""


def test_values_handles_exceptions_iteration_and_context_managers_work_across_the_wire(judged: Judged) -> None:
    outcomes = judged(
        MODULE,
        '''
def test_values(student):
    """values"""
    assert student.table.add(2, b=3) == 5
    assert torch.equal(student.table.add(torch.ones(2), 1), torch.full((2,), 2.0))

def test_handles(student):
    """handles"""
    nn = student.worker("torch.nn")
    model = student.table.make(4)
    assert model(torch.ones(3, 4)).shape == (3, 2)
    assert student.table.same(model) is model
    assert student.worker("builtins").isinstance(model, nn.Linear)
    assert not hasattr(model, "no_such_thing")
    model.extra = 7
    assert model.extra == 7

def test_exceptions(student):
    """exceptions"""
    with pytest.raises(ValueError, match="not allowed"):
        student.table.bad()

def test_iteration(student):
    """iteration"""
    assert list(student.table.count()) == [0, 1, 2]

def test_box(student):
    """items, len, in, with"""
    box = student.table.Box()
    box["k"] = np.arange(3)
    assert len(box) == 1 and "k" in box and (box["k"] == np.arange(3)).all()
    with box as inner:
        assert inner is box
    assert box["out"] is True

def test_mutation_is_seen(student):
    """hold and fetch"""
    import pandas as pd
    held = student.hold(pd.DataFrame({"a": [1.0]}))
    student.table.spoil(held)
    assert student.fetch(held)["a"].tolist() == [0.0]

def test_keep(student):
    """keep"""
    kept = student.keep(student.table.add, [1], [2])
    kept.append(3)
    assert student.fetch(kept) == [1, 2, 3]
''',
    )
    assert {name: o.message for name, o in outcomes.items() if o.status != "passed"} == {}
    assert len(outcomes) == 7


def test_a_check_that_hits_a_limit_or_ends_the_process_loses_only_itself(judged: Judged) -> None:
    outcomes = judged(
        MODULE,
        '''
def test_loop(student):
    """a loop that swallows every exception"""
    student.table.loop()

def test_after_loop(student):
    """the check after the loop"""
    assert student.table.add(1, 1) == 2

def test_leave(student):
    """os._exit"""
    student.table.leave()

def test_stop(student):
    """sys.exit"""
    student.table.stop()

def test_last(student):
    """the last"""
    assert student.table.add(1, 1) == 2
''',
        limits=Limits(cpu_seconds=1, wall_seconds=20),
    )
    assert {name: o.status for name, o in outcomes.items()} == {
        "test_loop": "limit",
        "test_after_loop": "passed",
        "test_leave": "failed",
        "test_stop": "failed",
        "test_last": "passed",
    }
    assert "loop that never ends" in outcomes["test_loop"].message
    assert "looping" in outcomes["test_loop"].output
    assert outcomes["test_loop"].cpu_seconds >= 1
    assert "exit code 0" in outcomes["test_leave"].message
    assert "SystemExit" in outcomes["test_stop"].message


def test_messages_are_sentences_a_student_understands(judged: Judged) -> None:
    outcomes = judged(
        {"table.py": MODULE, "other.py": "def f(:\n"},
        '''
def test_assertion(student):
    """sums"""
    assert student.table.add(1, 1) == 3, "add is off by one"

def test_missing_name(student):
    """missing name"""
    student.table.subtract(1)

def test_wrong_signature(student):
    """signature"""
    student.table.add(1, 2, 3)

def test_syntax(student):
    """syntax"""
    student.other.f()

def test_wrong_type(student):
    """type"""
    assert student.table.nothing().shape == (1,)

def test_not_raised(student):
    """raises"""
    with pytest.raises(ValueError):
        student.table.add(1, 1)
''',
    )
    messages = {name: o.message for name, o in outcomes.items()}
    assert messages["test_assertion"] == "add is off by one"
    assert messages["test_missing_name"] == "table.py does not define subtract"
    assert "TypeError" in messages["test_wrong_signature"]
    assert "3 were given" in messages["test_wrong_signature"]
    assert messages["test_syntax"].startswith("SyntaxError in other.py, line 1")
    assert "AttributeError" in messages["test_wrong_type"]
    assert messages["test_not_raised"] == "a ValueError was expected here, but nothing was raised"
    assert {o.status for o in outcomes.values()} == {"failed"}


def test_a_missing_file_is_named(judged: Judged) -> None:
    outcomes = judged({"other.py": "x = 1"}, 'def test_a(student):\n    """a"""\n    student.table.f()\n')
    assert outcomes["test_a"].message == "the file table.py is missing"


def test_needs_blocks_and_score_gives_part_of_the_points(judged: Judged) -> None:
    outcomes = judged(
        MODULE,
        '''
def test_first(student):
    """the first thing"""
    assert False, "no"

@pytest.mark.needs("test_first")
def test_second(student):
    """the second thing"""

@pytest.mark.points(3)
@pytest.mark.hint("look again")
def test_part(student):
    """partly"""
    student.score(0.25, "a quarter is there")

def test_remarked(student):
    """with remarks"""
    student.remark("this was seen")
    student.remark("and that")
''',
    )
    assert (outcomes["test_remarked"].status, outcomes["test_remarked"].fraction) == ("passed", 1)
    assert outcomes["test_remarked"].message == "this was seen\nand that"
    assert outcomes["test_second"].status == "blocked"
    assert outcomes["test_second"].message == "waits for: the first thing"
    assert (outcomes["test_part"].status, outcomes["test_part"].fraction) == ("passed", 0.25)
    assert outcomes["test_part"].message == "a quarter is there"
    assert (outcomes["test_part"].check.weight, outcomes["test_part"].check.hint) == (3, "look again")


def test_a_fault_of_the_kit_is_an_error_and_not_a_failure(judged: Judged) -> None:
    outcomes = judged(
        MODULE,
        '''
def test_kit(student):
    """kit"""
    from grader.errors import KitError
    raise KitError("disk full")

def test_author(student):
    """author"""
    student.score(2)
''',
    )
    assert outcomes["test_kit"].status == "error"
    assert "disk full" in outcomes["test_kit"].internal
    assert "disk" not in outcomes["test_kit"].message
    assert outcomes["test_author"].status == "error"


SEEDED = '''
SEEN = []
def test_one(student, rng):
    """one"""
    SEEN.append((torch.rand(1).item(), np.random.rand(), rng.random(), *student.table.random()))
    print("seen", SEEN[-1])
    assert False, str(SEEN[-1])

def test_two(student, rng):
    """two"""
    assert False, str((torch.rand(1).item(), np.random.rand(), rng.random(), *student.table.random()))
'''


def test_equal_seeds_give_equal_draws_and_no_draw_is_shared(judged: Judged) -> None:
    first, again, other = (judged(MODULE, SEEDED, seed=seed) for seed in (1, 1, 2))
    assert first["test_one"].message == again["test_one"].message
    numbers = [
        number
        for outcomes in (first, other)
        for outcome in outcomes.values()
        for number in outcome.message.strip("()").split(", ")
    ]
    assert len(set(numbers)) == len(numbers) == 24


def test_a_module_that_never_finishes_importing_costs_one_limit_and_not_one_per_check(judged: Judged) -> None:
    checks = "".join(f'def test_{i}(student):\n    """{i}"""\n    student.table.f()\n' for i in range(5))
    outcomes = judged("while True: pass", checks, limits=Limits(cpu_seconds=1, wall_seconds=20))
    assert {o.status for o in outcomes.values()} == {"limit"}
    assert sum(o.cpu_seconds for o in outcomes.values()) < 3


def test_processor_time_of_a_submission_is_capped_over_all_its_workers(judged: Judged) -> None:
    checks = "".join(f'def test_{i}(student):\n    """{i}"""\n    student.table.loop()\n' for i in range(5))
    limits = Limits(cpu_seconds=1, wall_seconds=20, submission_cpu_seconds=2)
    outcomes = judged(MODULE, checks, limits=limits)
    assert {o.status for o in outcomes.values()} == {"limit"}
    assert sum(o.cpu_seconds for o in outcomes.values()) < 4


def test_callbacks_are_sent_by_name_and_only_from_the_probes(judged: Judged) -> None:
    outcomes = judged(
        MODULE,
        '''
from grader.sandbox.codec import CodecError
import json

def test_others(student):
    """others"""
    with pytest.raises(CodecError):
        student.table.same(json.dumps)
''',
    )
    assert outcomes["test_others"].status == "passed"


@pytest.mark.parametrize("suite", ["def test_a(student:\n", "import no_such_module\n", "assert False\n"])
def test_a_suite_that_cannot_be_collected_is_the_authors_fault(judged: Judged, suite: str) -> None:
    with pytest.raises(AuthorError, match="cannot be collected"):
        judged(MODULE, suite)


FORGERIES = {
    "equal to everything": """
class Everything:
    def __eq__(self, other): return True
    def __getattr__(self, name): return Everything()
    def __call__(self, *a, **k): return Everything()
    def __bool__(self): return True
    def __len__(self): return 3
def add(a, b): return Everything()
""",
    "writes to the channel": """
import os, socket, struct, json
def add(a, b):
    header = json.dumps({"nonce": "0" * 16, "ok": 3}).encode()
    for fd in range(3, 64):
        try:
            os.write(fd, struct.pack("<4sIQ", b"BMG1", len(header), 0) + header)
        except OSError:
            pass
    return 0
""",
    "patches pytest": """
import _pytest.python
_pytest.python.Function.runtest = lambda self: None
def add(a, b): return 0
""",
    "patches the worker": """
import sys
worker = sys.modules["grader.sandbox.worker"]
worker.wire.send = lambda channel, frame: None
def add(a, b): return 0
""",
    "exits with success": """
import os
os._exit(0)
""",
    "sends rubbish": """
import os
for fd in range(3, 64):
    try:
        os.write(fd, b"x" * 1000)
    except OSError:
        pass
def add(a, b): return 3
""",
}


@pytest.mark.parametrize("name", FORGERIES)
def test_no_forgery_passes_a_check(judged: Judged, name: str) -> None:
    check = 'a = int(torch.randint(99, ()))\n    assert student.table.add(a, 2) == a + 2, "off"\n'
    suite = f'def test_add(student):\n    """add"""\n    {check}'
    outcomes = judged(FORGERIES[name], suite, limits=Limits(cpu_seconds=2, wall_seconds=3))
    assert outcomes["test_add"].status in ("failed", "limit")


def test_circumstances_are_told_before_what_was_raised(judged: Judged) -> None:
    outcomes = judged(
        MODULE,
        '''
from grader.verdicts.circumstances import during

def test_raised(student):
    """raised"""
    with during("add of two texts and a list"):
        with during("add of two texts"):
            student.table.add("a", 2)

def test_asserted(student):
    """asserted"""
    with during("add of two numbers"):
        assert student.table.add(1, 2) == 17, "add is off"

def test_missing(student):
    """missing"""
    with during("subtract of 1"):
        student.table.subtract(1)
''',
    )
    messages = {name: o.message for name, o in outcomes.items()}
    assert messages["test_raised"].startswith("add of two texts: your code raised TypeError in table.py, line ")
    assert messages["test_asserted"] == "add is off"
    assert messages["test_missing"].endswith("table.py does not define subtract")
