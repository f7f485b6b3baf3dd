"""A model over a whole cohort: looked for, booked, done here or on a cluster, summed up."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from ml.batch.cohort import due_tasks, run_here
from ml.batch.crash import crash_told
from ml.batch.finding import find_items
from ml.batch.item import Item, Kind, Task, Wanted
from ml.batch.ledger import Ledger, Row
from ml.batch.summary import (
    counts_in_words,
    require_parquet,
    write_parquet,
    write_sheet,
    write_sheet_pdf,
    write_table,
)
from ml.errors import Problem
from ml.progress import Progress, Step
from ml.report.atomic import cannot_write, sweep
from ml.verbs.analyze_command import request_from
from ml.verbs.batch_work import LocalWork, words_of
from ml.zoo.card import ModelCard
from ml.zoo.store import find

LEDGER = "cohort.sqlite"


@dataclass(frozen=True)
class BatchRequest:
    """What to look at, with what, where results go. A folder of an earlier run is gone on with."""

    inputs: tuple[Path, ...]
    wanted: Wanted
    folder: Path
    retry: bool = False  # also what failed as often as it is tried
    parquet: bool = False
    cluster: str = ""  # address of a Ray cluster ("auto": the one that runs here); empty: this computer
    ship: bool = False  # send slides through the cluster, where its computers do not see the same folders


def batch(request: BatchRequest, progress: Progress) -> dict[str, object]:
    """Analyze what is not done yet, then write table and contact sheet of all there is; gives their facts.

    Tells `Step`s and an `ItemEnded` for each item. A bad slide stops nothing: it is booked with its reason.
    When a stop is wished, the sums are written for what is there. Raises `Problem` where nothing can be done
    at all, `Cancelled` when a stop is wished before there is anything.
    """
    if request.parquet:
        require_parquet()
    if not request.inputs:
        raise Problem("Nothing is named to look at.", "Give slides, folders or a table.")
    card = find(request.wanted.model).card
    kind: Kind = "ct" if card.looks_at_ct else "slide"
    found = find_items(request.inputs, kind, progress)
    if not found.items:
        reasons = " ".join(left.reason for left in found.left_out[:3])
        raise Problem(f"There is nothing to look at. {reasons}".strip(), "Give slides, folders or a table.")
    _check(found.items, request)
    with _book(request) as ledger:
        sweep(request.folder)
        _carry_out(found.items, card, request, ledger, progress)
        rows = ledger.rows()
    files = _sum_up(rows, request, progress)
    asked = {item.id for item in found.items}
    failed = [row.name for row in rows if row.state == "failed"]
    left = [f"{left.path.name}: {left.reason}" for left in found.left_out]
    return {
        "items": len(rows),
        "done": sum(row.state == "done" for row in rows),
        "not_done": failed,
        "left_out": left,
        "in_words": counts_in_words(rows),
        "files": files,
        "complete": not any(row.id in asked and row.state == "waiting" for row in rows),
        "sound": not failed,
    }


@contextmanager
def _book(request: BatchRequest) -> Iterator[Ledger]:
    """The book in the folder of results, which is made where it is not there. Raises `Problem`."""
    with ExitStack() as opened:
        try:
            request.folder.mkdir(parents=True, exist_ok=True)
            crash = opened.enter_context(crash_told(request.folder))
        except OSError as error:
            raise cannot_write(request.folder.name, error) from error
        # Whoever looks on a cluster is another process: that this one crashed says nothing about a slide.
        yield opened.enter_context(Ledger(request.folder / LEDGER, "" if request.cluster else crash))


def _check(items: Sequence[Item], request: BatchRequest) -> None:
    """Raise `Problem` for words about an item that mean nothing, before anything is begun."""
    for item in items:
        if item.kind == "slide":
            try:
                request_from(words_of(Task(item, request.wanted, request.folder)))
            except Problem as problem:
                raise Problem(f"{item.name}: {problem.what}", problem.remedy, **problem.facts) from problem


def _carry_out(
    items: Sequence[Item], card: ModelCard, request: BatchRequest, ledger: Ledger, progress: Progress
) -> None:
    jobs = {item.id: _job(item, card, request.wanted) for item in items}
    tasks = [Task(item, request.wanted, request.folder / item.name) for item in ledger.enter(items, jobs)]
    progress.step(Step("Looking at what is done already", 0, len(tasks)))
    work = LocalWork()
    due = due_tasks(tasks, ledger, jobs, work, progress, retry=request.retry)
    if not due:
        return
    if request.cluster:
        from ml.verbs.batch_cluster import run_on_cluster

        run_on_cluster(due, request.cluster, ledger, progress, ship=request.ship)
    else:
        run_here(due, _devices(request.wanted.device), ledger, work, progress)


def _job(item: Item, card: ModelCard, wanted: Wanted) -> str:
    """Which model and wishes results are from. A card may change the numbers without the weights."""
    told = f"{item.kind}\0{card.weights_sha256}\0{card!r}\0{wanted.parameters(item)}"
    return hashlib.sha256(told.encode()).hexdigest()


def _devices(wish: str) -> tuple[str, ...]:
    """Every graphics card where nothing else is wished."""
    if wish != "auto":
        return (wish,)
    from ml.model.device import graphics_cards

    cards = graphics_cards()
    return cards if len(cards) > 1 else ("auto",)


def _sum_up(rows: Sequence[Row], request: BatchRequest, progress: Progress) -> list[str]:
    progress.step(Step("Writing the table and the contact sheet", 0, 0))
    folder, title = request.folder, f"Cohort {request.folder.name}"
    write_table(rows, folder / "cohort.csv")
    write_sheet(rows, folder, folder / "cohort.html", title)
    write_sheet_pdf(rows, folder, folder / "cohort.pdf", title)
    if request.parquet:
        write_parquet(rows, folder / "cohort.parquet")
    return ["cohort.csv", "cohort.html", "cohort.pdf", *(["cohort.parquet"] if request.parquet else [])]
