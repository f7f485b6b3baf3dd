"""Findings of a series in the person's hands: looked at, accepted, rejected; their maps over the slices."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from ml.errors import Problem
from ml.results.ct_analysis import CtCam
from ml.results.ct_findings import CtFinding, map_boxes
from viewer.actions.command import Bound
from viewer.ct.finding_layer import FindingLayer
from viewer.ct.value_layer import ValueLayer
from viewer.main_window.ct_analyzing import CtAnalyzing, mark
from viewer.main_window.ct_opening import CtOpening
from viewer.main_window.ct_page import CtPage
from viewer.main_window.ct_windows import bound_to
from viewer.main_window.frame import Frame
from viewer.main_window.parts import Parts
from viewer.main_window.status_line import StatusLine
from viewer.panels.links import Links
from viewer.state.ct_findings import CtDecision, CtFindings
from viewer.state.findings import Verdict
from viewer.state.opened_series import OpenedSeries

_SETTLED_MS = 250  # on one slice for so long: its map is wanted


class CtDeciding(QObject):
    """Follows the series that is looked at. Every decision is an edit that can be undone."""

    changed = Signal()

    def __init__(
        self, parts: Parts, frame: Frame, status: StatusLine, opening: CtOpening, analyzing: CtAnalyzing
    ) -> None:
        super().__init__(frame)
        self._parts, self._frame, self._status = parts, frame, status
        self._opening, self._analyzing = opening, analyzing
        self._under_way: tuple[OpenedSeries, int, int] | None = None  # a single slice that is explained
        self._links, self._inner = Links(), Links()
        self._opacity = 0.6
        self._layers: tuple[ValueLayer, FindingLayer] | None = None  # those over the slices now
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(_SETTLED_MS)
        self._settled.timeout.connect(self._explain_here)
        work, findings = parts.ct_analysis, frame.ct_findings
        for signal, slot in (
            (work.slice_explained, self._put_single),
            (work.not_explained, self._not_explained),
            (analyzing.ended, self._show_first),
            (findings.go_wished, self._go),
            (findings.accept_wished, lambda: self.decide("accepted")),
            (findings.reject_wished, lambda: self.decide("rejected")),
            (findings.maps_wished, self._show_maps),
            (findings.opacity_wished, self._set_opacity),
            (opening.page_changed, self._follow),
        ):
            signal.connect(slot)

    @property
    def page(self) -> CtPage | None:
        """What is looked at, where it is CT."""
        return self._opening.page

    @property
    def findings(self) -> CtFindings | None:
        """Those of the series that is looked at."""
        return None if self.page is None else self.page.opened.findings

    @property
    def selection(self) -> CtFinding | None:
        """The finding that is selected there."""
        return None if self.findings is None else self.findings.selection

    def bounds(self) -> dict[str, Bound]:
        """What its commands do."""

        def has(_: CtPage) -> bool:
            return self.findings is not None

        def chosen(_: CtPage) -> bool:
            return self.selection is not None

        def page() -> CtPage | None:
            return self.page

        maps = self._frame.ct_findings.maps
        return {
            "ct_cam": bound_to(page, lambda _: maps.toggle(), has, lambda _: maps.isChecked()),
            "accept_finding": bound_to(page, lambda _: self.decide("accepted"), chosen),
            "most_suspicious": bound_to(page, lambda _: self._go_highest(), has),
        }

    def decide(self, verdict: Verdict) -> None:
        """Accept or reject the selected finding; once more takes it back."""
        findings, finding = self.findings, self.selection
        if self.page is not None and findings is not None and finding is not None:
            wanted: Verdict = "open" if findings.verdict(finding) == verdict else verdict
            self.page.opened.undo.push(CtDecision(findings, finding, wanted))

    # ------------------------------------------------------------------ inside

    def _show_first(self, opened: OpenedSeries) -> None:
        """What is likeliest, where the series is still looked at."""
        findings = opened.findings
        if findings is None or opened is not self._parts.session.current:
            return
        self._frame.inspector.setCurrentWidget(self._frame.ct_findings)
        if findings.items:
            findings.select(findings.items[0])
            self._go(findings.items[0].peak_slice)
        self._settled.start()  # where nothing was found too: one wants to see where the network looked

    def _follow(self, page: CtPage | None) -> None:
        self._links.drop()
        if page is not None:
            self._links.follow(page.opened.findings_changed, self._follow_findings)
            self._links.follow(page.reading.place_changed, self._settled.start)
        self._follow_findings()

    def _follow_findings(self) -> None:
        self._inner.drop()
        page, findings = self.page, self.findings
        self._frame.ct_findings.set_findings(findings)
        if page is not None:
            page.view.bar.curves.set_findings(findings)
            if findings is not None:
                self._inner.follow(findings.explained, self._put_map)
                self._inner.follow(findings.selected, self._lay)
                self._inner.follow(findings.decided, lambda: mark(page.opened))
                self._inner.follow(findings.decided, self.changed.emit)
                self._inner.follow(findings.scored, self.changed.emit)
        self._lay()
        self.changed.emit()

    def _put_map(self, slice_number: int, class_index: int) -> None:
        """A map has come: where its class is shown, it is laid over its slice."""
        findings, layers = self.findings, self._layers
        if findings is not None and layers is not None and class_index == findings.shown_class:
            _lay_map(*layers, findings.cams[slice_number, class_index])

    def _lay(self) -> None:
        """Maps and boxes of the shown class over the slices."""
        page, findings = self.page, self.findings
        self._layers = None
        if page is None:
            return
        if findings is None or not self._frame.ct_findings.maps.isChecked():
            page.set_overlays(())
            return
        values, boxes = ValueLayer({}, "inferno"), FindingLayer(page.opened.series.slices[0].size)
        values.set_opacity(self._opacity)
        for (_, class_index), cam in findings.cams.items():
            if class_index == findings.shown_class:
                _lay_map(values, boxes, cam)
        self._layers = values, boxes
        page.set_overlays(self._layers)
        self._settled.start()
        self.changed.emit()

    def _show_maps(self, _: bool) -> None:
        self._lay()
        self.changed.emit()

    def _set_opacity(self, opacity: float) -> None:
        self._opacity = opacity
        if self._layers is not None:
            self._layers[0].set_opacity(opacity)

    def _go(self, slice_number: int) -> None:
        if self.page is not None:
            self.page.reading.go(slice_number)

    def _go_highest(self) -> None:
        findings = self.findings
        if findings is not None:
            slice_number, class_index = findings.scores.most_suspicious()
            if slice_number >= 0:
                findings.show_class(class_index)
                self._go(slice_number)

    def _explain_here(self) -> None:
        """The map of the slice that is looked at, where it has answers and no map yet; one after another."""
        page, findings = self.page, self.findings
        if page is None or findings is None or self._analyzing.running or self._under_way is not None:
            return
        slice_number, class_index = page.reading.slice_, findings.shown_class
        request = self._analyzing.asked(page.opened)
        wanted = self._frame.ct_findings.maps.isChecked() and findings.scores.scored[slice_number]
        if request is not None and wanted and (slice_number, class_index) not in findings.cams:
            self._under_way = page.opened, slice_number, class_index
            self._parts.ct_analysis.explain(request, slice_number, class_index)

    def _put_single(self, cam: CtCam) -> None:
        asked, self._under_way = self._under_way, None
        if asked is not None and asked[0].findings is not None:
            asked[0].findings.put_cam(cam)
        self._settled.start()

    def _not_explained(self, problem: Problem) -> None:
        self._under_way = None
        self._status.showMessage(str(problem), 8000)


def _lay_map(values: ValueLayer, boxes: FindingLayer, cam: CtCam) -> None:
    """A map over its slice, and boxes around its bright parts."""
    values.put(cam.slice_number, cam.shown())
    boxes.put(cam.slice_number, tuple(rect for rect, _ in map_boxes(cam.values)))
