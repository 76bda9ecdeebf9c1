"""Do right programs ever lose a point by chance?"""

from grader.proof.bank import TOGETHER, Bank
from grader.proof.evidence import Stability
from grader.proof.judging import Judge, Task
from grader.proof.options import Options, Watcher
from grader.proof.rates import upper_bound
from grader.proof.sampling import spread


def grade_again(bank: Bank, judge: Judge, options: Options, watcher: Watcher) -> Stability:
    """The reference and the variants that stand for whole submissions, graded `options.times` times each.

    An assignment without such variants takes its single ones.
    """
    whole = [program for program in bank.variants if program.module == TOGETHER]
    chosen = [p for p in (whole or bank.variants) if options.wants(p)]
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
