"""Results of CT as DICOM: asks which and where to, writes or sends them while the window goes on."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog

from ml.errors import Problem
from ml.pacs import address_book
from ml.pacs.server import Server
from ml.progress import Step
from ml.report.words import count
from viewer.actions.command import Bound
from viewer.main_window.ct_measured import measured_of
from viewer.main_window.ct_opening import CtOpening
from viewer.main_window.ct_page import CtPage
from viewer.main_window.ct_reporting import material_of
from viewer.main_window.frame import Frame
from viewer.main_window.parts import Parts
from viewer.main_window.status_line import StatusLine
from viewer.panels.results_dialog import Offer, ResultsDialog
from viewer.work.ct_results import HandedOn, ResultsWish

_PNG = "png"
_NO_ANALYSIS = "Nothing yet: analyze the series first (A)."
_NO_MAP = "Nothing yet: no Grad-CAM map was made."


class CtExporting(QObject):
    """One export at a time, of the series that was looked at when it was wished for."""

    changed = Signal()
    refused = Signal(object)  # Problem

    def __init__(self, parts: Parts, frame: Frame, status: StatusLine, opening: CtOpening) -> None:
        super().__init__(frame)
        self._parts, self._frame, self._status, self._opening = parts, frame, status, opening
        self._target = ""  # in words, for the sentence at the end
        work = parts.ct_results
        for signal, slot in (
            (work.step, self._tell),
            (work.done, self._end),
            (work.stopped, lambda: self._close("Stopped. What was written or sent until then stays.")),
            (work.failed, self._fail),
            (status.stop_wished, work.stop),
            (frame.ct_findings.dicom_wished, self.ask),
        ):
            signal.connect(slot)

    @property
    def possible(self) -> bool:
        """Whether a series is looked at, and nothing is being handed on."""
        return self._opening.page is not None and not self._parts.ct_results.running

    def bounds(self) -> dict[str, Bound]:
        """What its command does."""
        return {"export_dicom": Bound(self.ask, lambda: self.possible)}

    def ask(self) -> None:
        """Let the person choose, then hand on."""
        page = self._opening.page
        if page is None or not self.possible:
            return
        try:
            servers = {server.name: server for server in address_book.servers()}
        except Problem as problem:
            self.refused.emit(problem)
            servers = {}
        start = self._parts.settings.last_folder or str(Path.home())
        dialog = ResultsDialog(offers_of(page), tuple(servers), start, self._frame)
        accepted = dialog.exec() == QDialog.DialogCode.Accepted
        kinds, folder, archive = dialog.kinds, dialog.folder, dialog.archive
        dialog.deleteLater()
        if accepted and archive:
            self.export(page, kinds, server=servers[archive])
        elif accepted and folder is not None:
            self._parts.settings.last_folder = str(folder)
            self.export(page, kinds, folder=folder / "CT results")

    def export(
        self,
        page: CtPage,
        kinds: frozenset[str],
        *,
        folder: Path | None = None,
        server: Server | None = None,
    ) -> None:
        """Hand on what is there of a page, into a folder or to an archive."""
        view = next((view for view in page.pictures if view.hasFocus()), page.pictures[0])
        wish = ResultsWish(
            page.opened.series,
            kinds - {_PNG},
            page.reading.slice_,
            page.reading.look.window,
            material_of(page, private=self._parts.settings.private),
            measured_of(page.opened),
            view.grab_figure() if _PNG in kinds else None,
            folder,
            server,
        )
        self._target = f"in {folder.name}" if folder is not None else f"at “{server.name}”" if server else ""
        self._parts.ct_results.hand_on(wish)
        self._tell(Step("Writing DICOM", 0, 0))
        self.changed.emit()

    def _tell(self, step: Step) -> None:
        if self._parts.ct_results.running:
            self._status.show_step(step)

    def _end(self, handed: HandedOn) -> None:
        done = len(handed.files) or handed.stored
        self._close(f"{count(done, 'result')} {'are' if done != 1 else 'is'} {self._target} now.")
        if handed.refused:
            what = f"{count(len(handed.refused), 'result')} of {done + len(handed.refused)} were not taken."
            self.refused.emit(Problem(what, "; ".join(handed.refused[:3])))

    def _fail(self, problem: Problem) -> None:
        self._close("")
        self.refused.emit(problem)

    def _close(self, text: str) -> None:
        self._status.end_work(text)
        self.changed.emit()


def offers_of(page: CtPage) -> tuple[Offer, ...]:
    """What there is to hand on of a page, and what each is for."""
    findings = page.opened.findings
    analyzed = findings is not None and findings.analysis is not None
    no_maps = "" if analyzed and findings is not None and findings.cams else _NO_MAP
    without = "" if analyzed else _NO_ANALYSIS
    reported = analyzed or bool(page.opened.measurements.items)
    return (
        Offer(
            "report",
            "Findings and measurements (structured report, SR)",
            "Numbers and verdicts that other systems can read, each finding and measurement with its slice.",
            "" if reported else "Nothing yet: analyze the series (A), or measure something (L, R, O).",
        ),
        Offer(
            "segments",
            "Masks (DICOM SEG)",
            "Where Grad-CAM reaches half of its highest value, for viewers that lay masks over the slices.",
            without or no_maps,
        ),
        Offer(
            "maps",
            "Grad-CAM maps (Parametric Map)",
            "The raw values of the maps, for those who want to compute with them.",
            without or no_maps,
        ),
        Offer(
            "pictures",
            "Pictures (Secondary Capture)",
            "The peak of each finding and the slice looked at, as pictures that every viewer shows.",
        ),
        Offer(
            _PNG,
            "This view (PNG)",
            "What is on the screen now, for a slide or a letter; it carries no name.",
            only_folder=True,
        ),
    )
