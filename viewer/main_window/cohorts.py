"""*Analyze all*: the slides of the marked cases with one model, in a process of its own."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from ml.batch.ledger import Row
from ml.errors import Problem
from ml.report.words import count
from ml.zoo.card_json import card_to_json
from ml.zoo.store import ModelEntry
from viewer.actions.command import Bound
from viewer.main_window.frame import Frame
from viewer.main_window.parts import Parts
from viewer.main_window.status_line import StatusLine
from viewer.panels.cohort_dialog import CohortDialog
from viewer.panels.quantities import time_left
from viewer.panels.run_options import AnalyzeOptions
from viewer.panels.symbols import Sign
from viewer.work.cohort_results import keep_result
from viewer.work.cohort_run import CohortRun, Wish, latest, new_folder

if TYPE_CHECKING:
    from viewer.cases.library import Library

Found = tuple[tuple[Wish, ...], int, int]
"""Slides, of how many cases, and how many series are left out."""


class Cohorts(QObject):
    """One run at a time; the last one is shown again until another is wished."""

    changed = Signal()
    refused = Signal(object)  # Problem

    def __init__(self, parts: Parts, frame: Frame, status: StatusLine, window: QWidget) -> None:
        super().__init__(window)
        self._parts, self._frame, self._status, self._window = parts, frame, status, window
        self._models: tuple[ModelEntry, ...] = ()
        self._wishes: tuple[Wish, ...] = ()
        self._cases = 0
        self._kept: set[str] = set()  # keys whose results were handed over
        self.run: CohortRun | None = None
        self.dialog: CohortDialog | None = None
        parts.models.listed.connect(self._take_models)
        parts.keeping.ready.connect(self._take_up)
        frame.slides.all.analyze_wished.connect(self.choose)

    def bounds(self) -> dict[str, Bound]:
        """What its command does."""
        return {"analyze_all": Bound(self.open, lambda: self._parts.keeping.is_open)}

    def open(self) -> None:
        """Show the run that is under way; else ask for the slides of the cases that are marked."""
        if self.run is not None and self.run.state == "running":
            self._show_dialog()
            self._show_run()
        else:
            self.choose()

    def choose(self) -> None:
        """Ask what the marked cases hold, and then how it shall be analyzed. One run at a time."""
        if self.run is not None and self.run.state == "running":
            self.open()
            return
        marked = self._frame.slides.all.marked
        self._parts.keeping.ask(partial(_slides_of, marked), self._show_chosen, self.refused.emit)

    def close(self) -> None:
        """Let go of the dialog and the run; the run goes on."""
        if self.dialog is not None:
            self.dialog.close()
        if self.run is not None:
            self.run.close()

    # ------------------------------------------------------------------ before

    def _take_models(self, entries: tuple[ModelEntry, ...]) -> None:
        self._models = entries

    def _show_chosen(self, found: Found) -> None:
        self._wishes, self._cases, left_out = found
        dialog = self._show_dialog()
        dialog.show_models(self._models, self._parts.settings.model)
        series = "CT series are not looked at here; parfocal-ml batch does that." if left_out else ""
        dialog.show_chosen(len(self._wishes), self._cases, series)

    def _begin(self, options: AnalyzeOptions) -> None:
        entry = next(entry for entry in self._models if entry.name == options.model)
        assert entry.card is not None
        words = ("--model", options.model, "--device", options.device, "--cam", options.cam)
        try:
            self._new_run(new_folder()).begin(self._wishes, self._cases, card_to_json(entry.card), words)
        except Problem as problem:
            self.refused.emit(problem)
        self._show_run()

    # ------------------------------------------------------------------ while it runs

    def _take_up(self, _: object = None) -> None:
        """The library is open: what was done meanwhile goes there; a run that goes on is followed."""
        self.changed.emit()
        folder = latest()
        if folder is not None and self.run is None:
            self._new_run(folder).follow()

    def _new_run(self, folder: Path) -> CohortRun:
        if self.run is not None:
            self.run.close()
            self.run.deleteLater()
        run = self.run = CohortRun(folder, self)
        self._kept = set()
        run.changed.connect(self._show_run)
        run.more_done.connect(self._keep_results)
        run.ended.connect(self._end)
        return run

    def _stop(self) -> None:
        if self.run is not None:
            self.run.stop()

    def _go_on(self, *, retry: bool) -> None:
        if self.run is not None:
            try:
                self.run.go_on(retry=retry)
            except Problem as problem:
                self.refused.emit(problem)

    def _show_run(self) -> None:
        run, dialog = self.run, self.dialog
        if run is None or dialog is None:
            return
        left = time_left(run.seconds_left)
        so_far = f": {run.done:,} of {run.total:,} slides{', ' * bool(left)}{left}" if run.total else " …"
        phase = f"{run.phase}{so_far}" if run.state == "running" else ""
        dialog.show_run(run.state, phase, (run.done, run.total), _notice(run), run.failures)
        dialog.show_results(run.state != "running" and (run.results / "cohort.html").is_file())

    def _keep_results(self) -> None:
        """Hand over what is done and was not handed over yet, in the writer's turn."""
        run = self.run
        if run is None or run.asked is None:
            return
        for row in run.rows():
            item_id = run.asked.items.get(row.id)
            if row.state == "done" and item_id is not None and row.id not in self._kept:
                self._kept.add(row.id)
                self._keep(run, row, item_id)

    def _keep(self, run: CohortRun, row: Row, item_id: int) -> None:
        assert run.asked is not None
        results, card = run.results, run.asked.card

        def work(library: Library) -> None:
            keep_result(library, item_id, row, results, card)

        self._parts.keeping.write(lambda writer: writer.do("Analysis", work))

    def _end(self) -> None:
        self._keep_results()
        if self.run is not None:
            self._status.showMessage(_notice(self.run)[0], 15_000)
        self.changed.emit()

    # ------------------------------------------------------------------ the dialog

    def _show_dialog(self) -> CohortDialog:
        if self.dialog is None:
            dialog = self.dialog = CohortDialog(self._window)
            dialog.begin_wished.connect(self._begin)
            dialog.stop_wished.connect(self._stop)
            dialog.go_on_wished.connect(lambda: self._go_on(retry=False))
            dialog.retry_wished.connect(lambda: self._go_on(retry=True))
            dialog.anew_wished.connect(self.choose)
            dialog.table_wished.connect(lambda: self._open_file("cohort.csv"))
            dialog.sheet_wished.connect(lambda: self._open_file("cohort.html"))
            dialog.finished.connect(self._forget)
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.activateWindow()
        return self.dialog

    def _open_file(self, name: str) -> None:
        if self.run is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.run.results / name)))

    def _forget(self, _: int = 0) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None


def _slides_of(cases: tuple[int, ...], library: Library) -> Found:
    """In a thread: what the cases hold; each file once."""
    wishes: dict[Path, Wish] = {}
    series = 0
    for case in cases:
        for item in library.items(case):
            if item.kind != "slide":
                series += 1
                continue
            wishes.setdefault(
                item.path, Wish(item.id, item.path, Path(item.name).stem, _spacing(library, item.id))
            )
    return tuple(wishes.values()), len(cases), series


def _spacing(library: Library, item_id: int) -> float | None:
    """What a person said about the pixel size."""
    said = library.state(item_id, "spacing")
    try:
        return float(said["spacing"]["x"])  # type: ignore[index, call-overload, arg-type]
    except (TypeError, KeyError, ValueError):
        return None


def _notice(run: CohortRun) -> tuple[str, Sign]:
    """How it ended, in one sentence."""
    through, wrong = run.rows(), len(run.failures)
    done = sum(row.state == "done" for row in through)
    if run.state == "done":
        more = f" {count(wrong, 'slide')} could not be analyzed." if wrong else ""
        told = f"{count(done, 'slide')} analyzed; open one to see what was found.{more}"
        return told, "warning" if wrong else "done"
    if run.state == "stopped":
        return f"Stopped: {done:,} of {len(through):,} slides are analyzed, and kept.", "info"
    if run.state == "failed":
        return run.what, "refusal"
    if run.state == "killed":
        return f"It broke off; {count(done, 'slide')} analyzed and kept. {run.what}".strip(), "warning"
    return "", "info"
