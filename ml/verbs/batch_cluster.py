"""A cohort on a Ray cluster: a task a slide, several of a very large one; what a dead computer did is redone.

Nothing of Ray is needed elsewhere: this module is imported where a cluster is asked for.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ml import __version__
from ml.batch.cohort import PHASE, ItemEnded, failure, stamp_now
from ml.batch.item import Outcome, Task
from ml.batch.ledger import MOST_ATTEMPTS, Ledger
from ml.errors import Problem
from ml.files import files_of
from ml.progress import Progress, Step
from ml.report.atomic import whole_folder
from ml.verbs import batch_remote
from ml.verbs.batch_remote import Packed, Sent

LARGE = 40_000
"""Patches in a slide's whole rectangle from which on it is shared among the computers."""

_RETRIES = 3  # of a task whose computer died
_LOOK_UP = 0.5  # seconds after which the wish to stop is looked at


@dataclass(frozen=True)
class _Slots:
    """How much of a computer a task takes, and how many tasks run at once."""

    count: int
    needs: Mapping[str, float]
    device: str


def run_on_cluster(
    tasks: Sequence[Task], address: str, ledger: Ledger, progress: Progress, *, ship: bool
) -> None:
    """Do these tasks on the cluster at this address, as `ml.batch.cohort.run_here` does them here.

    Every computer has this version of Parfocal installed. With `ship` slides travel through Ray's object
    store instead of being read from a folder that all computers see; models that are not built in always do.
    Raises `Problem` where there is no cluster, or one with another version.
    """
    with _connected(address) as ray:
        slots = _slots(ray)
        _require_version(ray, slots)
        run = _ClusterRun(ray, slots, ledger, progress, ship=ship)
        run.through(tasks)
        again = [task for task in tasks if ledger.row(task.item.id).state == "failed"]
        again = [task for task in again if ledger.row(task.item.id).attempts < MOST_ATTEMPTS]
        if again and not progress.stop_wished:
            run.total += len(again)
            run.through(again)


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    """Ray, joined to the cluster; left again at the end. Tells nobody that it was used."""
    if find_spec("ray") is None:
        raise Problem("A cluster needs the package ray, which is not installed.", "Type: pip install 'ray'")
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    import ray

    try:
        _reach(address)
        ray.init(address=address, logging_level=logging.ERROR, log_to_driver=False)
    except (ConnectionError, OSError, RuntimeError, ValueError) as error:
        raise Problem(
            f"No Ray cluster answers at “{address}”.",
            "Start one with “ray start --head”, and give its address, or auto on a computer of the cluster.",
            reason=str(error),
        ) from error
    try:
        yield ray
    finally:
        ray.shutdown()


def _reach(address: str) -> None:
    """Raise `OSError` where nobody listens: Ray itself would try for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host and port.isdecimal():
        socket.create_connection((host, int(port)), timeout=10).close()


def _slots(ray: Any) -> _Slots:
    """A graphics card each where the cluster has any, else all cores of the smallest computer each."""
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    cards = int(sum(node.get("GPU", 0) for node in nodes))
    if cards:
        return _Slots(cards, {"num_cpus": 1, "num_gpus": 1}, "cuda")
    cores = [int(node.get("CPU", 0)) for node in nodes if node.get("CPU", 0) >= 1]
    if not cores:
        raise Problem("The cluster has no computer that could do anything.", "Start workers with --num-cpus.")
    return _Slots(sum(count // min(cores) for count in cores), {"num_cpus": min(cores)}, "cpu")


def _require_version(ray: Any, slots: _Slots) -> None:
    asked = ray.remote(**slots.needs)(batch_remote.version)
    try:
        theirs = ray.get(asked.remote(), timeout=120)
    except Exception as error:  # whatever Ray makes of a package that is not there
        raise Problem(
            "The computers of the cluster cannot run Parfocal.",
            "Install the same version on each of them.",
            reason=str(error),
        ) from error
    if theirs != __version__:
        raise Problem(
            f"The cluster runs Parfocal {theirs}, and this is {__version__}.",
            "Install the same on all computers.",
        )


class _ClusterRun:
    """What is sent, what is under way, what came back."""

    def __init__(self, ray: Any, slots: _Slots, ledger: Ledger, progress: Progress, *, ship: bool) -> None:
        self._ray, self._slots, self._ledger, self._progress = ray, slots, ledger, progress
        self._ship = ship
        self._sent_model: dict[str, Any] = {}
        self._began, self._done, self.total = time.perf_counter(), 0, 0
        self._remote = {
            name: ray.remote(max_retries=_RETRIES, **slots.needs)(getattr(batch_remote, name))
            for name in ("whole", "part", "together")
        }

    def through(self, tasks: Sequence[Task]) -> None:
        """All of them. Twice as many are under way as run at once: what came back waits in bounded number."""
        self.total = self.total or len(tasks)
        waiting = deque(tasks)
        under_way: dict[Any, Task] = {}
        self._tell()
        while (waiting or under_way) and not self._progress.stop_wished:
            while waiting and len(under_way) < 2 * self._slots.count:
                task = waiting.popleft()
                self._ledger.begin(task.item.id, stamp_now(task.item))
                self._start(task, under_way)
            ready, _ = self._ray.wait(list(under_way), timeout=_LOOK_UP) if under_way else ([], [])
            for reference in ready:
                self._end(under_way.pop(reference), reference)
        for reference, task in under_way.items():
            self._ray.cancel(reference, force=True)
            self._ledger.end(task.item.id, Outcome("stopped"))

    def _start(self, task: Task, under_way: dict[Any, Task]) -> None:
        began = time.perf_counter()
        try:
            sent = self._sent(task)
            bands = bands_of(task, LARGE, self._slots.count)
        except Problem as problem:
            self._book(task, failure(problem, time.perf_counter() - began))
            return
        if len(bands) < 2:
            under_way[self._remote["whole"].remote(sent)] = task
            return
        parts = [self._remote["part"].remote(sent, band) for band in bands]
        under_way[self._remote["together"].remote(sent, *parts)] = task

    def _sent(self, task: Task) -> Sent:
        """The task as a computer of the cluster gets it. Raises `Problem` where its files are gone."""
        try:
            files = _packed(files_of(task.item.path), task.item.path) if self._ship else None
        except OSError as error:
            raise Problem(
                f"{task.item.path.name} cannot be read: {error.strerror}.", "Check its drive."
            ) from error
        model = task.wanted.model
        if model not in self._sent_model:
            self._sent_model[model] = self._ray.put(batch_remote.pack_model(model))
        wanted = replace(task.wanted, device=self._slots.device)
        return Sent(
            replace(task, wanted=wanted),
            self._sent_model[model],
            None if files is None else self._ray.put(files),
        )

    def _end(self, task: Task, reference: Any) -> None:
        try:
            outcome, results = self._ray.get(reference)
            if outcome.state == "done":
                with whole_folder(task.folder, replace=True) as folder:
                    batch_remote.unpack(results, folder)
        except Problem as problem:
            outcome = failure(problem, 0.0)
        except self._ray.exceptions.RayError as error:
            reason = "The computer that did this went away, and so did those that tried again."
            outcome = Outcome("failed", reason=reason, details=str(error))
        self._book(task, outcome)

    def _book(self, task: Task, outcome: Outcome) -> None:
        self._ledger.end(task.item.id, outcome)
        if outcome.state != "stopped":
            self._done += 1
            ended = ItemEnded(task.item.name, outcome.state, outcome.seconds, outcome.reason)
            self._progress.part(ended)
        self._tell()

    def _tell(self) -> None:
        self._progress.step(Step(PHASE, self._done, self.total, time.perf_counter() - self._began))


def bands_of(task: Task, large: int, slots: int) -> list[tuple[int, int]]:
    """Rows of the grid for each computer: one band, unless the slide is very large. Raises `Problem`.

    A band ends where blocks that are read at once do, so that every patch has the same pixels as in one run.
    """
    if task.item.kind == "ct":
        return [(0, 0)]
    rows, columns, edge = batch_remote.measured(task)
    if rows * columns < large or slots < 2:
        return [(0, rows)]
    high = max(edge, -(-rows // (2 * slots)) // edge * edge)
    return [(top, min(top + high, rows)) for top in range(0, rows, high)]


def _packed(files: Sequence[Path], path: Path) -> Packed:
    base = path if path.is_dir() else path.parent
    return {file.relative_to(base).as_posix(): file.read_bytes() for file in files}
