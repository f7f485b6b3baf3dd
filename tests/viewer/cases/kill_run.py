"""Kills a process that edits, again and again, and looks each time whether all that it confirmed is there.

    python -m tests.viewer.cases.kill_run FOLDER KILLS SEED

A process of its own, so that forking costs nothing and leaves nothing behind in the tests. The child edits
annotations, keeps states and analyses and takes backups, and tells through a pipe what is saved; the kill
comes at a random moment, also while it opens the library.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from ml.annotation.document import AnnotationDocument, Change
from ml.library_file import backups_of, flaw_of
from ml.results.ct_analysis import CtAnalysis, CtCam, CtProvenance
from ml.results.ct_scores import CtScores
from tests.viewer.cases.drawn import box
from viewer.cases.library import Library
from viewer.cases.values import Item, ItemFacts

_LONGEST = 0.5  # seconds that a child lives on


def edit(file: Path, seed: int, confirm: Callable[[str, object], None]) -> None:
    """What the child does until it is killed."""
    chance = random.Random(seed)
    library = Library.open(file, "child")
    item = _item(library)
    document = AnnotationDocument()
    document.apply(Change((), library.annotations(item.id), "Open"))
    for number in range(10_000):
        kind = chance.choices(["edit", "many", "state", "analysis", "backup"], [20, 2, 4, 2, 1])[0]
        if kind == "state":
            library.set_state(item.id, "comment", f"{seed}-{number}")
            confirm("state", f"{seed}-{number}")
        elif kind == "analysis":
            confirm("analysis", library.keep_analysis(item.id, _analysis(seed)))
        elif kind == "backup":
            confirm("backup", library.backup().name)
        else:
            change = _change(chance, document, 2_000 if kind == "many" else 3)
            document.apply(change)
            library.commit(item.id, change, token=f"{seed}-{number}")
            confirm("edit", f"{seed}-{number}")


def _change(chance: random.Random, document: AnnotationDocument, most: int) -> Change:
    there = chance.sample(list(document), min(len(document), chance.randrange(most)))
    kept = tuple(replace(a, name=str(chance.random())) for a in there if chance.random() < 0.5)
    new = tuple(box(chance.random()) for _ in range(chance.randrange(1, most)))
    return Change(tuple(there), (*kept, *new), "Edit")


def _analysis(seed: int) -> CtAnalysis:
    values = np.random.default_rng(seed).random((40, 2), np.float32)
    made = CtProvenance("1", "a", 40, (64, 64), "tiny", "1", "b", "CPU", "2026-11-26T00:00:00+00:00", 1)
    return CtAnalysis(CtScores(("a", "b"), values, values), (0.5, 0.5), made, (CtCam(0, 0, values),))


def _item(library: Library) -> Item:
    rows = library.cases()
    case_id = rows[0].id if rows else library.new_case("One").id
    return library.add(case_id, ItemFacts("slide", Path("/a"), "a", "a"))


def kill_once(file: Path, seed: int, chance: random.Random) -> dict[str, list[object]]:
    """Start a child, kill it, give back what it confirmed, by kind."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reader)
            edit(file, seed, lambda kind, what: os.write(writer, f"{json.dumps([kind, what])}\n".encode()))
        finally:
            os._exit(1)
    os.close(writer)
    if chance.random() < 0.8:  # else also while it opens the library
        select.select([reader], [], [], 60)  # until it has confirmed something, however busy the machine
    time.sleep(chance.uniform(0, _LONGEST))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(reader) as pipe:
        lines = pipe.read().splitlines()
    confirmed: dict[str, list[object]] = {"edit": [], "state": [], "analysis": [], "backup": []}
    for kind, what in map(json.loads, lines):
        confirmed[kind].append(what)
    return confirmed


def look(file: Path, told: dict[str, list[object]], confirmed: dict[str, list[object]]) -> list[str]:
    """What is wrong afterwards. `told` is all that was ever confirmed, this time and before."""
    wrong: list[str] = []
    library = Library.open(file, "look")
    item = _item(library)
    history = library.history(item.id)
    missing = set(told["edit"]) - {edit.token for edit in history}
    wrong += [f"lost edits {missing}"] if missing else []
    document = AnnotationDocument()
    for one in history:
        document.apply(one.change)
    if tuple(document) != library.annotations(item.id):
        wrong.append("the annotations are not what the journal makes")
    kept = {row.id for row in library.analyses(item.id)}
    wrong += [f"lost analysis {one}" for one in told["analysis"] if one not in kept]
    for number in confirmed["analysis"]:
        library.analysis(number)  # type: ignore[arg-type]
    state = library.state(item.id, "comment")
    if confirmed["state"] and _number(state) < _number(confirmed["state"][-1]):
        wrong.append(f"state {state} instead of {confirmed['state'][-1]}")
    if (broken := library.check_audit()) is not None:
        wrong.append(f"audit entry {broken.seq}")
    wrong += list(library.restored)
    library.close()
    wrong += [f"{path.name}: {flaw}" for path in backups_of(file) if (flaw := flaw_of(path))]
    return wrong


def _number(state: object) -> int:
    return int(str(state).rpartition("-")[2])


def main() -> int:
    """All kills, each on the library that the one before left."""
    file, kills, seed = Path(sys.argv[1]) / "library.sqlite", int(sys.argv[2]), int(sys.argv[3])
    chance = random.Random(seed)
    told: dict[str, list[object]] = {"edit": [], "state": [], "analysis": [], "backup": []}
    for number in range(kills):
        if number % 20 == 0:  # a new one, or looking at it would take longer and longer
            file = file.with_name(f"library-{number}.sqlite")
            told = {kind: [] for kind in told}
        confirmed = kill_once(file, seed * 100_000 + number, chance)
        for kind, those in confirmed.items():
            told[kind] += those
        for sentence in look(file, told, confirmed):
            print(f"kill {number}: {sentence}", flush=True)
            return 1
        print(json.dumps({kind: len(those) for kind, those in confirmed.items()}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
