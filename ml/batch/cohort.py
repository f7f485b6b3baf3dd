"""The run over a cohort on this computer: looking, writing and booking overlap; a bad slide stops nothing."""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import ClassVar, Protocol

from ml.batch.item import Item, Outcome, Task
from ml.batch.ledger import MOST_ATTEMPTS, Ledger
from ml.errors import Problem
from ml.files import files_of, stamp_of
from ml.progress import Progress, Step

PHASE = "Analyzing"


@dataclass(frozen=True, slots=True)
class ItemEnded:
    """One item is through; told as a part."""

    name: str
    state: str
    seconds: float
    reason: str = ""
    event: ClassVar[str] = "item"

    def in_words(self) -> str:
        """One line for a person."""
        if self.state == "done":
            return f"{self.name}: done in {self.seconds:.1f} s"
        return f"{self.name}: {self.reason}"


Looked = Callable[[], Outcome]
"""What was found, still to be written; writing gives the outcome."""

Waiting = queue.Queue[tuple[Task, Looked] | None]
"""What is looked at and waits to be written; None ends the writing."""


class Work(Protocol):
    """What is done with one item. Neither raises: what goes wrong is an outcome."""

    def look(self, task: Task, progress: Progress) -> Looked | Outcome:
        """The part that needs the device; an `Outcome` where there is nothing to write."""

    def sha256(self, task: Task, progress: Progress) -> str:
        """What the item's files hold now; empty where they cannot be read."""


def due_tasks(
    tasks: Sequence[Task],
    ledger: Ledger,
    jobs: Mapping[str, str],
    work: Work,
    progress: Progress,
    *,
    retry: bool,
) -> list[Task]:
    """Those that are not done yet with these files, this model and these wishes; they are booked as waiting.

    `retry`: also those that failed as often as they are tried. Raises `Cancelled`.
    """
    due = []
    for task in tasks:
        progress.check()
        row, job = ledger.row(task.item.id), jobs[task.item.id]
        if row.job != job:
            ledger.wait(task.item.id, job)
            due.append(task)
        elif row.state == "failed":
            if retry:
                ledger.wait(task.item.id, job)
            if retry or row.attempts < MOST_ATTEMPTS:
                due.append(task)
        elif row.state != "done":
            due.append(task)
        elif not task.folder.is_dir() or _changed(task, row.stamp, row.sha256, ledger, work, progress):
            ledger.wait(task.item.id, job)
            due.append(task)
    return due


def _changed(task: Task, stamp: str, sha256: str, ledger: Ledger, work: Work, progress: Progress) -> bool:
    """Whether the files hold something else than when they were looked at; not where they are gone."""
    now = stamp_now(task.item)
    if now in {stamp, ""}:
        return False
    if work.sha256(task, progress) != sha256:
        return True
    ledger.restamp(task.item.id, now)
    return False


def stamp_now(item: Item) -> str:
    """Of the item's files; empty where they are not there."""
    try:
        return stamp_of(files_of(item.path))
    except OSError:
        return ""


def run_here(
    tasks: Sequence[Task], devices: Sequence[str], ledger: Ledger, work: Work, progress: Progress
) -> None:
    """Do these tasks, one at a time on each device; what failed is tried once more at the end.

    While one item is looked at, the one before it is written: at most one waits for that, so that memory does
    not grow with the cohort. Tells `ItemEnded` and `Step`s. When a stop is wished it returns within one
    batch; what was not finished waits in the book. Raises `Problem` where the book cannot be kept.

    What was under way when the process ended comes last and by itself: should it be what ended the process,
    then all others are done, and nothing else is under way when it does so again.
    """
    run = _Run(ledger, work, progress, len(tasks))
    suspect = [task for task in tasks if ledger.row(task.item.id).broken_off]
    run.through([task for task in tasks if task not in suspect], devices)
    for task in suspect:
        run.through([task], devices[:1])
    again = [task for task in tasks if ledger.row(task.item.id).state == "failed"]
    again = [task for task in again if ledger.row(task.item.id).attempts < MOST_ATTEMPTS]
    if again and not progress.stop_wished:
        run.total += len(again)
        run.through(again, devices)


class _Run:
    """The threads of a run, and what they share."""

    def __init__(self, ledger: Ledger, work: Work, progress: Progress, total: int) -> None:
        self._ledger, self._work, self._progress = ledger, work, progress
        self._lock = threading.Lock()
        self._began = time.perf_counter()
        self.total, self._done = total, 0

    def through(self, tasks: Sequence[Task], devices: Sequence[str]) -> None:
        """All of them, on all devices. Raises `Problem` where the book cannot be kept."""
        waiting = deque(tasks)
        looked: Waiting = queue.Queue(maxsize=1)
        self._tell()
        with ThreadPoolExecutor(len(devices) + 1, "cohort") as threads:
            writer = threads.submit(self._write, looked)
            lanes = [threads.submit(self._lane, waiting, device, looked, writer) for device in devices]
            if any(lane.exception() for lane in wait(lanes, return_when=FIRST_EXCEPTION).done):
                waiting.clear()  # the others end with what they have in hand
            wait(lanes)
            _put(None, looked, writer)
            for thread in (*lanes, writer):
                thread.result()

    def _lane(self, waiting: deque[Task], device: str, looked: Waiting, writer: Future[None]) -> None:
        while not self._progress.stop_wished and not writer.done():
            try:
                task = waiting.popleft()
            except IndexError:
                return
            task = replace(task, wanted=replace(task.wanted, device=device))
            self._ledger.begin(task.item.id, stamp_now(task.item))
            found = self._work.look(task, self._progress.unheard())
            if isinstance(found, Outcome):
                self._end(task, found)
            else:
                _put((task, found), looked, writer)

    def _write(self, looked: Waiting) -> None:
        while (waiting := looked.get()) is not None:
            task, write = waiting
            self._end(task, write())

    def _end(self, task: Task, outcome: Outcome) -> None:
        self._ledger.end(task.item.id, outcome)
        if outcome.state == "stopped":
            return
        with self._lock:
            self._done += 1
        self._progress.part(ItemEnded(task.item.name, outcome.state, outcome.seconds, outcome.reason))
        self._tell()

    def _tell(self) -> None:
        with self._lock:
            step = Step(PHASE, self._done, self.total, time.perf_counter() - self._began)
        self._progress.step(step)


def _put(what: tuple[Task, Looked] | None, looked: Waiting, writer: Future[None]) -> None:
    """Hand it to the writer, or drop it where nobody writes any more."""
    while not writer.done():
        try:
            return looked.put(what, timeout=0.2)
        except queue.Full:
            continue
    return None


def failure(problem: Problem, seconds: float) -> Outcome:
    """The outcome of what a person can mend."""
    return Outcome("failed", seconds, reason=str(problem), details=problem.details())
