"""Grades every known program of an assignment and says how often the grader was wrong."""

import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from grader import fingerprint
from grader.course import Course, IsolationLevel
from grader.errors import AuthorError
from grader.grading import package_names
from grader.proof.bank import TOGETHER, Bank, Mutant, read_bank
from grader.proof.evidence import Judged, Made, ModuleRates, Noticed, Proof, Stability
from grader.proof.judging import Judge, Task, kit_fingerprint, verdict
from grader.proof.matrix import check_rows
from grader.proof.programs import Program
from grader.proof.rates import Rate, upper_bound
from grader.proof.sampling import spread
from grader.proof.triage import Survivor, key_of, read_survivors
from grader.proof.witnesses import Showing, Testimony, show_all
from grader.results import Result
from grader.store import write_atomically
from grader.suite.checks import Check
from grader.suite.collect import collect

if TYPE_CHECKING:
    from grader.proof.operators.changes import Change

WANTED_MUTANTS, WANTED_VARIANTS = 12, 5
"""Below these numbers, a module's rates say little."""


@dataclass(frozen=True)
class Options:
    """What to prove, and how.

    Attributes:
        store: the folder of remembered results; None remembers nothing.
        modules: these exercises alone; all when empty.
        keyword: programs whose id (`mutant/table/id_kept`) contains it.
        sample: at most so many mutants, as many variants, and as many mutants made by rule.
        operators: whether to make mutants by rule.
        first_failure: stop at the first check that notices a mutant; the matrix then says little.
        times: how often the right programs are graded for stability; 0 leaves it out.
    """

    level: IsolationLevel
    jobs: int = 1
    store: Path | None = None
    modules: tuple[str, ...] = ()
    keyword: str = ""
    sample: int | None = None
    seed: int = 0
    operators: bool = True
    first_failure: bool = False
    times: int = 0
    force: bool = False

    @property
    def complete(self) -> bool:
        return not (self.modules or self.keyword or self.sample is not None) and self.operators


class Watcher(Protocol):
    """Is told how a proof gets on."""

    def stage(self, name: str, total: int) -> None: ...
    def at(self, what: str) -> None: ...
    def advance(self) -> None: ...


@dataclass(frozen=True)
class _Candidate:
    """A program with all that is known about it before it is graded."""

    program: Program
    mutant: Mutant | None = None
    change: "Change | None" = None
    listed: Survivor | None = None


def prove(course: Course, assignment_id: str, options: Options, watcher: Watcher) -> Proof:
    """The proof of one assignment.

    Raises:
        AuthorError: a mutant, a variant, a witness file or survivors.yml is wrong.
    """
    started = time.monotonic()
    assignment = course.assignment(assignment_id)
    modules = [exercise.id for exercise in assignment.exercises]
    for name in options.modules:
        assignment.exercise(name)
    bank = read_bank(course, assignment_id)
    survivors = read_survivors(bank.folder, modules)
    checks = collect(bank.folder, modules)
    candidates, stale = _candidates(bank, survivors, options)
    testimonies = _testimonies(candidates, bank, tuple(package_names(assignment)), options, watcher)
    judge = Judge(course, assignment_id, options.level, options.jobs, options.store, options.force)
    programs = _judged(candidates, testimonies, judge, options, watcher)
    chosen = [check for check in checks if check.exercise in (options.modules or modules)]
    stability = _stability(bank, judge, options, watcher) if options.times else None
    return Proof(
        assignment=assignment_id,
        kit=kit_fingerprint(),
        isolation=options.level,
        sample=options.sample,
        sample_seed=options.seed,
        complete=options.complete,
        first_failure=options.first_failure,
        survived=_survived(programs),
        rejected=_rejected(programs),
        made_survived=_made_survived(programs),
        modules=[
            ModuleRates(
                module=module,
                survived=_survived(own),
                rejected=_rejected(own),
                made_survived=_made_survived(own),
                equivalent=sum(judged.equivalent for judged in own),
            )
            for module in modules
            if (own := [judged for judged in programs if judged.module == module])
        ],
        checks=check_rows(chosen, programs),
        stability=stability,
        problems=[*_problems(programs), *(stability.lost if stability else [])],
        remarks=[*_remarks(programs, chosen, bank, options), *(stale if options.complete else [])],
        cpu_seconds=round(sum(judged.cpu_seconds for judged in programs), 2),
        wall_seconds=round(time.monotonic() - started, 2),
        programs=programs,
    )


# Which programs


def _candidates(bank: Bank, survivors: Sequence[Survivor], options: Options) -> tuple[list[_Candidate], list[str]]:
    """The programs to grade, and sentences about listed survivors that no rule makes any more."""
    reference = bank.reference
    if options.modules:
        reference = replace(reference, exercises=options.modules)
    variants = [_Candidate(program) for program in bank.variants]
    mutants = [_Candidate(mutant.program, mutant=mutant) for mutant in bank.mutants]
    made, stale = _made(bank, survivors) if options.operators else ([], [])
    chosen = [_Candidate(reference)]
    for group in (variants, mutants, made):
        wanted = [candidate for candidate in group if _wanted(candidate.program, options)]
        chosen += spread(wanted, lambda candidate: candidate.program.module, options.sample, options.seed)
    return chosen, stale


def _wanted(program: Program, options: Options) -> bool:
    among = not options.modules or any(module in options.modules for module in program.exercises)
    return among and options.keyword in program.id


def _made(bank: Bank, survivors: Sequence[Survivor]) -> tuple[list[_Candidate], list[str]]:
    listed = {survivor.key: survivor for survivor in survivors}
    changes = _rules()
    found = []
    for module in bank.reference.exercises:
        file = f"{module}.py"
        for change in changes(bank.reference.files[file].decode()):
            digest = fingerprint.of_settings(key_of(module, change))[:6]
            files = {**bank.reference.files, file: change.source.encode()}
            program = Program("operator", module, f"{change.rule}-{digest}", files, (module,), str(change))
            found.append(_Candidate(program, change=change, listed=listed.pop(key_of(module, change), None)))
    stale = [
        f"survivors.yml: {key[0]}: {key[2]} in {key[1]} ({key[3]} -> {key[4]}) is made no more; remove it"
        for key in listed
    ]
    return found, stale


def _rules() -> "Callable[[str], list[Change]]":
    try:
        from grader.proof.operators import changes
    except ImportError as error:
        raise AuthorError(
            f"mutants made by rule need a package that is not installed ({error.name}): "
            "pip install 'biomed-grader[author]', or give --no-operators"
        ) from error
    return changes


# What witnesses say


def _testimonies(
    candidates: Sequence[_Candidate], bank: Bank, packages: tuple[str, ...], options: Options, watcher: Watcher
) -> dict[str, Testimony]:
    """By program and module: `{"mutant/table/id_kept": {"table.drops_id": "AssertionError: ..."}}`."""
    said: dict[str, Testimony] = {}
    waiting = []
    for showing in _showings(candidates, bank, packages):
        remembered = _remembered(showing, options)
        if remembered is None:
            waiting.append(showing)
        else:
            _add(said, showing, remembered)
    if waiting:
        watcher.stage("witnesses", len(waiting))
    for showing, testimony in show_all(waiting, options.jobs):
        watcher.at(showing.program.id)
        watcher.advance()
        path = _path(showing, options)
        if path is not None:
            write_atomically(path, json.dumps(testimony))
        _add(said, showing, testimony)
    return said


def _showings(candidates: Iterable[_Candidate], bank: Bank, packages: tuple[str, ...]) -> Iterable[Showing]:
    for candidate in candidates:
        program = candidate.program
        if candidate.change is not None:
            continue
        for module in program.exercises:
            names = [candidate.mutant.entry.witness] if candidate.mutant else bank.witnesses.get(module, [])
            if names:
                yield Showing(program, bank.witness_file(module), tuple(names), packages)


def _add(said: dict[str, Testimony], showing: Showing, testimony: Testimony) -> None:
    own = said.setdefault(showing.program.id, {})
    own.update({f"{showing.file.stem}.{name}": words for name, words in testimony.items()})


def _path(showing: Showing, options: Options) -> Path | None:
    if options.store is None:
        return None
    parts = [showing.program.fingerprint, showing.file.read_text(encoding="utf-8"), showing.names, kit_fingerprint()]
    return options.store / f"witness-{fingerprint.of_settings(parts)}.json"


def _remembered(showing: Showing, options: Options) -> Testimony | None:
    path = _path(showing, options)
    if path is None or options.force:
        return None
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # not there, or damaged: asked again
        return None
    return data if isinstance(data, dict) and set(data) == set(showing.names) else None


# Verdicts


def _judged(
    candidates: Sequence[_Candidate],
    testimonies: dict[str, Testimony],
    judge: Judge,
    options: Options,
    watcher: Watcher,
) -> list[Judged]:
    by_task = {
        Task(candidate.program, options.first_failure and not candidate.program.right).id: candidate
        for candidate in candidates
    }
    tasks = [Task(c.program, options.first_failure and not c.program.right) for c in candidates]
    watcher.stage("programs", len(tasks))
    found: dict[str, Judged] = {}
    for task, result in judge.judge(tasks, lambda name, count: watcher.at(f"{name.partition('#')[0]}: check {count}")):
        candidate = by_task[task.id]
        found[candidate.program.id] = _one(candidate, testimonies.get(candidate.program.id, {}), result)
        watcher.advance()
    return [found[candidate.program.id] for candidate in candidates]


def _one(candidate: _Candidate, testimony: Testimony, result: Result) -> Judged:
    program, change, entry = candidate.program, candidate.change, candidate.mutant and candidate.mutant.entry
    listed = candidate.listed
    broken = next((f"{name}: {words}" for name, words in testimony.items() if words is not None), None)
    return Judged(
        kind=program.kind,
        module=program.module,
        name=program.name,
        note=program.note,
        contract=entry.contract if entry else "",
        expected=entry.check if entry else "",
        witness=entry.witness if entry else "",
        testimony=broken,
        made=Made(
            **{name: getattr(change, name) for name in ("rule", "function", "line", "old", "new", "nth")},
            judgement=listed.judgement if listed else None,
            reason=listed.reason if listed else "",
        )
        if change
        else None,
        verdict=verdict(result),
        invalid=_invalid(candidate, broken),
        noticed=[
            Noticed(check=test.id, title=test.title, message=test.message, hint=test.hint)
            for test in result.tests
            if test.status in ("failed", "limit") or (test.status == "passed" and test.points < test.max_points)
        ],
        internal=result.internal or next((test.internal for test in result.tests if test.status == "error"), ""),
        seed=result.seed,
        cpu_seconds=result.cpu_seconds,
        wall_seconds=result.wall_seconds,
    )


def _invalid(candidate: _Candidate, broken: str | None) -> str:
    """Why a program proves nothing."""
    if candidate.mutant is not None and broken is None:
        return f"its witness {candidate.mutant.entry.witness} finds nothing broken"
    if candidate.program.right and broken is not None:
        return f"a witness finds it broken: {broken}"
    return ""


def _survived(programs: Sequence[Judged]) -> Rate:
    return _share(programs, ("mutant",), "passed")


def _rejected(programs: Sequence[Judged]) -> Rate:
    return _share(programs, ("reference", "variant"), "failed")


def _made_survived(programs: Sequence[Judged]) -> Rate:
    return _share(programs, ("operator",), "passed")


def _share(programs: Sequence[Judged], kinds: tuple[str, ...], wrong: str) -> Rate:
    """The share of those that count whose verdict is wrong."""
    counted = [j for j in programs if j.kind in kinds and not (j.invalid or j.equivalent or j.verdict == "error")]
    return Rate.of(sum(judged.verdict == wrong for judged in counted), len(counted))


def _problems(programs: Iterable[Judged]) -> list[str]:
    """Everything that is not as it should be."""
    found = []
    for judged in programs:
        if judged.as_it_should:
            continue
        first = judged.noticed[0] if judged.noticed else None
        if judged.verdict == "error":
            last = (judged.internal.splitlines() or ["unknown"])[-1]
            found.append(f"{judged.id}: the kit could not grade it: {last}")
        elif judged.invalid:
            found.append(f"{judged.id}: does not count: {judged.invalid}")
        elif judged.equivalent and first:
            found.append(f"{judged.id}: is listed as equivalent, and {first.check} rejects it: {first.message}")
        elif judged.right and first:
            found.append(f"{judged.id}: is right, and {first.check} rejects it: {first.message}")
        elif judged.right:
            found.append(f"{judged.id}: is right, and loses points")
        elif judged.made and judged.made.judgement == "hole":
            found.append(f"{judged.id}: survives, a known hole: {judged.made.reason}")
        else:
            found.append(f"{judged.id}: survives: {judged.note}")
    return found


def _remarks(programs: Sequence[Judged], checks: Sequence[Check], bank: Bank, options: Options) -> list[str]:
    names = {(check.exercise, check.name) for check in checks}
    found = []
    for judged in programs:
        if judged.kind != "mutant" or judged.invalid:
            continue
        seen = {noticed.check.rpartition("::")[2].partition("[")[0] for noticed in judged.noticed}
        if (judged.module, judged.expected) not in names:
            found.append(f"{judged.id}: there is no check {judged.expected!r}; name the one that notices it")
        elif seen and judged.expected not in seen and not options.first_failure:
            found.append(f"{judged.id}: noticed by {', '.join(sorted(seen))}, not by {judged.expected}")
    if options.complete:
        for module in bank.reference.exercises:
            mutants = sum(mutant.program.module == module for mutant in bank.mutants)
            variants = sum(program.module == module for program in bank.variants)
            if mutants < WANTED_MUTANTS or variants < WANTED_VARIANTS:
                found.append(
                    f"{module}: {mutants} mutants and {variants} variants; "
                    f"{WANTED_MUTANTS} and {WANTED_VARIANTS} are wanted"
                )
    return found


# Stability


def _stability(bank: Bank, judge: Judge, options: Options, watcher: Watcher) -> Stability:
    """The reference and the variants that stand for whole submissions, graded `options.times` times each.

    An assignment without such variants takes its single ones.
    """
    whole = [program for program in bank.variants if program.module == TOGETHER]
    chosen = [p for p in (whole or bank.variants) if _wanted(p, options)]
    programs = [bank.reference, *spread(chosen, lambda program: program.module, options.sample, options.seed)]
    tasks = [Task(program, repeat=number) for program in programs for number in range(1, options.times + 1)]
    watcher.stage("stability", len(tasks))
    checks, lost, unlucky = 0, [], 0
    for task, result in judge.judge(tasks, lambda name, count: watcher.at(f"{name}: check {count}")):
        watcher.advance()
        checks += len(result.tests)
        failed = [test for test in result.tests if test.status != "passed" or test.points < test.max_points]
        unlucky += bool(failed)
        lost += [f"{task.program.id}: seed {result.seed}: {test.id}: {test.message}" for test in failed]
    return Stability(
        programs=len(programs),
        times=options.times,
        gradings=len(tasks),
        checks=checks,
        failures=len(lost),
        lost=lost,
        bound=upper_bound(unlucky, len(tasks)),
    )
