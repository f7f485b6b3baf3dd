"""A cohort from the window's side: what was asked, the process that does it, what it has told."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from PySide6.QtCore import QObject, Signal

from ml import paths
from ml.batch.item import Item as Listed
from ml.batch.ledger import Row, rows_of
from ml.report.atomic import cannot_write, whole_file
from viewer.work.child import Child

State = Literal["none", "running", "stopped", "failed", "killed", "done"]
"""`failed`: nothing could be done at all; `killed`: it ended without a word."""

RESULTS = "results"
_ASKED, _LIST, _BOOK = "asked.json", "list.csv", "cohort.sqlite"


@dataclass(frozen=True)
class Wish:
    """One slide to be looked at: an item of the case library."""

    item_id: int
    path: Path
    name: str
    spacing: float | None = None  # µm per px, where a person said it

    @property
    def key(self) -> str:
        """What the cohort's book knows it by."""
        return Listed("slide", self.path.absolute(), self.name).id


@dataclass(frozen=True)
class Asked:
    """What was asked for, as it lies in the folder."""

    cases: int
    card: Mapping[str, Any]  # of the model, as `card_to_json` has it
    words: tuple[str, ...]  # of the command, without inputs and folder
    items: Mapping[str, int]  # id of the library's item, by the book's key


def new_folder() -> Path:
    """Where a new cohort goes: among the person's data, by the time."""
    base = paths.data() / "cohorts" / time.strftime("%Y-%m-%d %H-%M-%S")
    folder, number = base, 1
    while folder.exists():
        number += 1
        folder = base.with_name(f"{base.name} ({number})")
    return folder


def latest() -> Path | None:
    """The folder of the last cohort; None where there was none."""
    found = sorted((paths.data() / "cohorts").glob(f"*/{_ASKED}"), key=lambda path: path.stat().st_mtime)
    return found[-1].parent if found else None


class CohortRun(QObject):
    """One cohort. The process lives on when the window is closed; `parfocal-ml batch` is what it runs."""

    changed = Signal()
    more_done = Signal()  # something more lies in the folder
    ended = Signal()

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folder = folder
        self.asked = _read(folder)
        self.phase, self.what = "", ""
        self.done = self.total = 0
        self.seconds_left: float | None = None
        self.failures: dict[str, str] = {}  # reason by name
        self._ended: State = "none"
        self._child = Child(folder, self)
        self._child.told.connect(self._hear)
        self._child.ended.connect(self._end)

    @property
    def results(self) -> Path:
        """Where table, contact sheet and the slides' own folders are."""
        return self.folder / RESULTS

    @property
    def state(self) -> State:
        """How it stands."""
        if self._child.running:
            return "running"
        return "killed" if self._ended == "none" and self.phase else self._ended

    def begin(
        self, wishes: Sequence[Wish], cases: int, card: Mapping[str, Any], words: Sequence[str]
    ) -> None:
        """Write down what is asked, and start. Raises `Problem`."""
        items = {wish.key: wish.item_id for wish in wishes}
        self.asked = Asked(cases, card, tuple(words), items)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with (
                whole_file(self.folder / _LIST) as part,
                part.open("w", encoding="utf-8", newline="") as file,
            ):
                rows = csv.writer(file)
                rows.writerow(("slide", "name", "spacing"))
                rows.writerows((wish.path.absolute(), wish.name, wish.spacing or "") for wish in wishes)
            said = {"cases": cases, "card": card, "words": list(words), "items": items}
            with whole_file(self.folder / _ASKED) as part:
                part.write_text(json.dumps(said), encoding="utf-8")
        except OSError as error:
            raise cannot_write(self.folder.name, error) from error
        self._start()

    def go_on(self, *, retry: bool = False) -> None:
        """Go on with what is not done; with `retry` also with what failed. Raises `Problem`."""
        if self.asked is not None and not self._child.running:
            self._start(*(["--retry"] if retry else []))

    def follow(self) -> None:
        """Hear all that was told, and take up a process that goes on."""
        self._child.follow()
        self.changed.emit()
        self.more_done.emit()

    def stop(self) -> None:
        """End it soon; what is done stays."""
        self._child.stop()

    def close(self) -> None:
        """Follow it no more; it goes on."""
        self._child.close()

    def rows(self) -> tuple[Row, ...]:
        """What the book says now. May be asked from any thread."""
        return rows_of(self.results / _BOOK)

    def _start(self, *more: str) -> None:
        assert self.asked is not None
        self.what, self._ended, self.phase = "", "none", "Starting"
        words = ["batch", str(self.folder / _LIST), "--out", str(self.results), *self.asked.words, *more]
        self._child.start(words)
        self.changed.emit()

    def _hear(self, event: Mapping[str, Any]) -> None:
        kind = event["event"]
        if kind == "step":
            self.phase, self.done, self.total = str(event["phase"]), int(event["done"]), int(event["total"])
            self.seconds_left = event.get("seconds_left")
        elif kind == "item":
            self._hear_item(event)
        elif kind in {"done", "stopped"}:
            self._ended = kind
        elif kind == "failed":
            self._ended, self.what = "failed", f"{event['what']} {event['remedy']}".strip()
        elif kind == "begun":
            self._ended, self.what, self.seconds_left, self.phase = "none", "", None, "Starting"
        self.changed.emit()

    def _hear_item(self, event: Mapping[str, Any]) -> None:
        if event["state"] == "failed":
            self.failures[str(event["name"])] = str(event["reason"])
        else:
            self.failures.pop(str(event["name"]), None)
            self.more_done.emit()

    def _end(self) -> None:
        for row in self.rows():  # what was given up at an earlier start is told no more
            if row.state == "failed":
                self.failures[row.name] = row.reason
        if self.state == "killed":
            self.what = self._child.last_words().strip().rpartition("\n")[2]
        self.changed.emit()
        self.ended.emit()


def _read(folder: Path) -> Asked | None:
    try:
        said = json.loads((folder / _ASKED).read_text(encoding="utf-8"))
        return Asked(int(said["cases"]), dict(said["card"]), tuple(said["words"]), dict(said["items"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
