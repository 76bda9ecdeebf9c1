"""Grades every known program of an assignment and says how often the grader was wrong."""

import time
from collections.abc import Sequence

from grader.course import Course
from grader.grading import package_names
from grader.proof.bank import read_bank
from grader.proof.candidates import Candidate, choose
from grader.proof.evidence import Judged, Made, Noticed, Proof
from grader.proof.findings import problems, remarks
from grader.proof.judging import Judge, Task, kit_fingerprint, verdict
from grader.proof.matrix import check_rows
from grader.proof.options import Options, Watcher
from grader.proof.shares import by_module, made_survived, rejected, survived
from grader.proof.stability import grade_again
from grader.proof.testimony import hear
from grader.proof.triage import read_survivors
from grader.proof.witnesses import Testimony
from grader.results import Result
from grader.suite.collect import collect


def prove(course: Course, assignment_id: str, options: Options, watcher: Watcher, judge: Judge | None = None) -> Proof:
    """The proof of one assignment.

    Args:
        judge: what grades; a pool of processes, as `options` say, when not given.

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
    candidates, stale = choose(bank, survivors, options)
    testimonies = hear(candidates, bank, tuple(package_names(assignment)), options, watcher)
    judge = judge or Judge(course, assignment_id, options.level, options.jobs, options.store, options.force)
    programs = _without_wrong_bases(_judged(candidates, testimonies, judge, options, watcher))
    chosen = [check for check in checks if check.exercise in (options.modules or modules)]
    stability = grade_again(bank, judge, options, watcher) if options.times else None
    return Proof(
        assignment=assignment_id,
        kit=kit_fingerprint(),
        isolation=options.level,
        sample=options.sample,
        sample_seed=options.seed,
        complete=options.complete,
        first_failure=options.first_failure,
        survived=survived(programs),
        blind_survived=survived([judged for judged in programs if judged.blind]),
        rejected=rejected(programs),
        made_survived=made_survived(programs),
        modules=by_module(modules, programs),
        checks=check_rows(chosen, programs),
        stability=stability,
        problems=[*problems(programs), *(stability.lost if stability else [])],
        remarks=[*remarks(programs, chosen, bank, options), *(stale if options.complete else [])],
        cpu_seconds=round(sum(judged.cpu_seconds for judged in programs), 2),
        wall_seconds=round(time.monotonic() - started, 2),
        programs=programs,
    )


def _judged(
    candidates: Sequence[Candidate],
    testimonies: dict[str, Testimony],
    judge: Judge,
    options: Options,
    watcher: Watcher,
) -> list[Judged]:
    tasks = [Task(c.program, options.first_failure and not c.program.right) for c in candidates]
    by_id = {candidate.program.id: candidate for candidate in candidates}
    watcher.stage("programs", len(tasks))
    found: dict[str, Judged] = {}
    for task, result in judge.judge(tasks, lambda name, count: watcher.at(f"{name.partition('#')[0]}: check {count}")):
        program = task.program
        found[program.id] = _one(by_id[program.id], testimonies.get(program.id, {}), result)
        watcher.advance()
    return [found[name] for name in by_id]


def _without_wrong_bases(programs: Sequence[Judged]) -> list[Judged]:
    """A mutant of a variant that is itself not as it should be may be noticed for its variant's fault."""
    wrong = {
        (judged.module, judged.name) for judged in programs if judged.kind == "variant" and not judged.as_it_should
    }
    return [
        judged.model_copy(update={"invalid": f"it is an edit of the variant {judged.base}, which is not right itself"})
        if (judged.module, judged.base) in wrong
        else judged
        for judged in programs
    ]


def _one(candidate: Candidate, testimony: Testimony, result: Result) -> Judged:
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
        blind=entry.blind if entry else False,
        base=(entry.of or "") if entry else "",
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


def _invalid(candidate: Candidate, broken: str | None) -> str:
    """Why a program proves nothing."""
    if candidate.mutant is not None and broken is None:
        return f"its witness {candidate.mutant.entry.witness} finds nothing broken"
    if candidate.program.right and broken is not None:
        return f"a witness finds it broken: {broken}"
    return ""
