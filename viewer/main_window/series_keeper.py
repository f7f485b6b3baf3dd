"""Keeps what is done on a CT series: what is measured and decided, and how one looked at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

from ml.ct_about import patient_in_words, study_in_words
from ml.report.ct_content import headline
from ml.results.ct_analysis import CtAnalysis
from ml.volume.window import Window
from ml.zoo.card_json import card_from_json, card_to_json
from viewer.cases.values import ItemFacts, Json, Verdict
from viewer.ct.look import CtLook
from viewer.ct.reading import Reading, Slab
from viewer.main_window.ct_analyzing import mark
from viewer.main_window.ct_page import CtPage
from viewer.main_window.keeper import Keeper, keep_analysis, keep_verdict
from viewer.main_window.page import Page
from viewer.panels.links import Links
from viewer.panels.series_facts import series_in_short
from viewer.state.ct_findings import CtFindings
from viewer.state.kept import as_json, measurements_of, readable
from viewer.state.opened_series import OpenedSeries
from viewer.work.fingerprints import of_series
from viewer.work.keeping import Keeping
from viewer.work.kept_item import Kept


class SeriesKeeper(Keeper):
    """Follows one series."""

    opened: OpenedSeries

    def __init__(self, opened: OpenedSeries, keeping: Keeping) -> None:
        super().__init__(opened, keeping)
        self._page: CtPage | None = None
        self._analysis_id: list[int] = []  # of the findings that are shown; filled by the writer
        self._verdicts: dict[str, Verdict] = {}  # those that the library was given
        self._findings_links = Links()
        self._links.follow(opened.measurements.changed, self._keep_measurements)
        self._links.follow(opened.findings_changed, self._follow_findings)
        self._links.follow(opened.learning.changed, lambda: self.mark("learning", opened.learning.as_json))

    def facts(self) -> ItemFacts:
        """What the list of the case says about it while it is closed, and whose it is."""
        opened, about = self.opened, self.opened.about
        facts: dict[str, Json] = {
            "short": series_in_short(opened),
            "series": opened.series.key,
            "patient": patient_in_words(about),
            "study": study_in_words(about),
        }
        return ItemFacts("ct", opened.path, "", opened.title, facts)

    def fingerprint(self) -> str:
        """Of its slices."""
        return of_series(self.opened.series)

    def case_name(self) -> str:
        """The study, without the patient's name: that is shown beside it, unless names are hidden."""
        return study_in_words(self.opened.about) or self.opened.title

    def watch(self, page: Page) -> None:
        """Where one stands on this page, and through which window."""
        if not isinstance(page, CtPage) or page is self._page:
            return
        self._page_links.drop()
        self._page = page
        reading = page.reading
        for signal in (
            reading.place_changed,
            reading.look_changed,
            reading.slab_changed,
            reading.planes_changed,
        ):
            self._page_links.follow(signal, self.mark_view)
        self._show_view()

    def close(self) -> None:
        """Keep what is left, and follow no more."""
        self._findings_links.drop()
        super().close()

    # ------------------------------------------------------------------ back from the library

    def _restore(self, kept: Kept) -> None:
        opened, measurements = self.opened, self.opened.measurements
        found = readable(kept.states.get("measurements"), measurements_of)
        if found:
            measurements.apply((), found)
        readable(kept.states.get("learning"), opened.learning.restore)
        if isinstance(kept.analysis, CtAnalysis) and opened.findings is None:
            raw = kept.states.get("model")
            model = raw if isinstance(raw, dict) else {}
            card = readable(model.get("card"), partial(card_from_json, fallback_name=""))
            if card is not None and len(kept.analysis.scores.values) == len(opened.series):
                self._analysis_id.append(kept.analysis_id)
                findings = CtFindings.of(kept.analysis, card, opened.series, kept.verdicts or {})
                self._verdicts = dict(findings.verdicts)
                opened.outcome = headline(findings.scores, findings.items)
                opened.set_findings(findings)
                mark(opened)
        self._show_view()

    def _show_view(self) -> None:
        """Where one stood, unless the person has gone elsewhere on this page already."""
        page, view = self._page, self._kept.get("view")
        if page is None or not isinstance(view, dict) or page.reading.slice_ != self.opened.middle:
            return
        place = readable(view, _place_of)
        if place is None:
            return
        voxel, look, slab = place
        page.reading.go_to_voxel(voxel)
        page.reading.set_look(look)
        page.reading.set_slab(slab)
        if bool(view.get("three")) and self.opened.known and page.reading.count > 1:
            page.set_three(True)

    # ------------------------------------------------------------------ to the library

    def _keep_measurements(self) -> None:
        measurements = self.opened.measurements
        self.mark("measurements", lambda: as_json(measurements.items))

    def mark_view(self) -> None:
        """Where one stands is another."""
        if (page := self._page) is not None:
            self.mark("view", lambda: _view_of(page.reading) | {"open": self.is_open}, quietly=True)

    def _follow_findings(self) -> None:
        self._findings_links.drop()
        findings = self.opened.findings
        if findings is None:
            return
        if findings.analysis is None:  # a run begins
            self._analysis_id, self._verdicts = [], {}
        self._findings_links.follow(findings.finished, partial(self._keep_analysis, findings))
        self._findings_links.follow(findings.decided, partial(self._keep_verdicts, findings))

    def _keep_analysis(self, findings: CtFindings) -> None:
        analysis, verdicts, number = findings.analysis, dict(findings.verdicts), self._analysis_id
        if analysis is None:
            return
        self._verdicts = verdicts
        card: Any = card_to_json(findings.card)
        self.mark("model", lambda: {"card": card})
        self.flush()
        self.edit(partial(keep_analysis, analysis, verdicts, number))

    def _keep_verdicts(self, findings: CtFindings) -> None:
        number = self._analysis_id
        if findings.analysis is None:
            return
        for key, verdict in findings.verdicts.items():
            if self._verdicts.get(key, "open") != verdict:
                self._verdicts[key] = verdict
                self.edit(partial(keep_verdict, number, key, verdict))


def _view_of(reading: Reading) -> dict[str, Json]:
    look: dict[str, Any] = asdict(reading.look)
    slab: dict[str, Any] = asdict(reading.slab)
    return {"voxel": list(reading.voxel), "look": look, "slab": slab, "three": reading.three}


def _place_of(raw: Mapping[str, Any]) -> tuple[tuple[float, float, float], CtLook, Slab]:
    column, row, slice_ = map(float, raw["voxel"])
    look, slab = raw["look"], raw["slab"]
    window = Window(float(look["window"]["level"]), float(look["window"]["width"]))
    kind = slab["kind"]
    if kind not in {"mean", "max", "min"}:
        raise ValueError(f"{kind!r} is no kind of slab")
    return (
        (column, row, slice_),
        CtLook(window, bool(look["inverted"]), bool(look["smooth"])),
        Slab(float(slab["thickness"]), kind),
    )
