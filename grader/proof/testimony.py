"""What witnesses say of the programs, remembered like results."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from grader import __version__, fingerprint
from grader.proof.bank import Bank
from grader.proof.candidates import Candidate
from grader.proof.options import Options, Watcher
from grader.proof.witnesses import Showing, Testimony, show_all
from grader.store import write_atomically


def hear(
    candidates: Sequence[Candidate], bank: Bank, packages: tuple[str, ...], options: Options, watcher: Watcher
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


def _showings(candidates: Iterable[Candidate], bank: Bank, packages: tuple[str, ...]) -> Iterable[Showing]:
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
    parts = [showing.program.fingerprint, showing.file.read_text(encoding="utf-8"), showing.names, __version__]
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
