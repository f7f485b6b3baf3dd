"""Keeps what is done on a slide: what is drawn, decided, written, and how one looked at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from ml.annotation.document import Change
from ml.annotation.shapes import Annotation
from ml.geometry import Point
from ml.results.analysis import Analysis
from ml.slide.slide import KnownSpacing
from ml.zoo.card_json import card_from_json, card_to_json
from viewer.canvas.camera import Camera
from viewer.cases.values import ItemFacts, Json, Verdict
from viewer.main_window.keeper import Keeper, keep_analysis, keep_verdict
from viewer.main_window.page import Page
from viewer.main_window.slide_page import SlidePage
from viewer.panels.links import Links
from viewer.panels.slide_facts import facts_in_short
from viewer.state.bookmarks import Bookmark, file_of_old, read_old, set_aside
from viewer.state.findings import Findings
from viewer.state.kept import as_json, bookmarks_of, box_of, look_of, readable, rule_of, spacing_of
from viewer.state.opened_slide import OpenedSlide
from viewer.work.fingerprints import of_slide
from viewer.work.keeping import Keeping
from viewer.work.kept_item import Kept


class SlideKeeper(Keeper):
    """Follows one slide."""

    opened: OpenedSlide

    def __init__(self, opened: OpenedSlide, keeping: Keeping) -> None:
        super().__init__(opened, keeping)
        self._page: SlidePage | None = None
        self._camera: Camera | None = None
        self._analysis_id: list[int] = []  # of the findings that are shown; filled by the writer
        self._findings_links = Links()
        self._old_bookmarks = file_of_old(opened.info.path, opened.info.size)
        for signal, slot in (
            (opened.annotations_changed, self._keep_change),
            (opened.bookmarks.changed, self._keep_bookmarks),
            (opened.learning.changed, lambda: self.mark("learning", opened.learning.as_json)),
            (opened.comment_changed, lambda _: self.mark("comment", lambda: opened.comment)),
            (opened.look_changed, lambda _: self.mark("look", lambda: as_json(opened.look))),
            (opened.spacing_changed, self._keep_spacing),
            (opened.plane_changed, lambda _: self.mark_view()),
            (opened.findings_changed, self._follow_findings),
        ):
            self._links.follow(signal, slot)

    def facts(self) -> ItemFacts:
        """What the list of the case says about it while it is closed."""
        opened = self.opened
        return ItemFacts("slide", opened.path, "", opened.title, {"short": facts_in_short(opened)})

    def fingerprint(self) -> str:
        """Of what its path names."""
        return of_slide(self.opened.path)

    def case_name(self) -> str:
        """The name of the file."""
        return self.opened.path.stem or self.opened.title

    def watch(self, page: Page) -> None:
        """Where one stands on this page, and what lies over the slide there."""
        if not isinstance(page, SlidePage) or page is self._page:
            return
        self._page_links.drop()
        self._page = page
        self._page_links.follow(page.view.camera_changed, self._look)
        self._page_links.follow(page.layers_changed, self._mark_layers)
        self._show_view()

    def restore_annotations(self, annotations: tuple[Annotation, ...]) -> None:
        """Some of what the library holds has been read; not an edit that could be undone."""
        come = tuple(one for one in annotations if one.id not in self.opened.annotations)
        self._apply(Change((), come, "Restore"))

    def show_foreign(self, change: Change) -> None:
        """Somebody else did this: it is in the library already, and undo begins anew."""
        self._apply(change)
        self.opened.undo.clear()

    def _apply(self, change: Change) -> None:
        if change.removed or change.added:
            self._restoring = True
            try:
                self.opened.annotations.apply(change)
            finally:
                self._restoring = False

    def close(self) -> None:
        """Keep what is left, and follow no more."""
        self._findings_links.drop()
        super().close()

    # ------------------------------------------------------------------ back from the library

    def _restore(self, kept: Kept) -> None:
        opened, states = self.opened, kept.states
        if (spacing := readable(states.get("spacing"), spacing_of)) is not None:
            opened.set_spacing(spacing)
        if (look := readable(states.get("look"), look_of)) is not None:
            opened.set_look(look)
        if not opened.comment and isinstance(comment := states.get("comment"), str):
            opened.set_comment(comment)
        readable(states.get("learning"), opened.learning.restore)
        marks = readable(states.get("bookmarks"), bookmarks_of)
        if marks is None and (old := read_old(self._old_bookmarks)):
            self._take_over(old)
        elif marks:
            opened.bookmarks.apply((), marks)
        if isinstance(kept.analysis, Analysis):
            self._analysis_id.append(kept.analysis_id)
            self._show_findings(kept.analysis, kept)
        self._show_view()
        self._show_layers()

    def _show_findings(self, analysis: Analysis, kept: Kept) -> None:
        """As the run left them; without the model's card nobody could say what they mean."""
        raw = kept.states.get("model")
        model = raw if isinstance(raw, dict) else {}
        card = readable(model.get("card"), partial(card_from_json, fallback_name=""))
        if card is None or self.opened.findings is not None:
            return
        rule = readable(model.get("rule"), rule_of)
        accepted = readable(model.get("accepted"), lambda boxes: tuple(map(box_of, boxes))) or ()
        findings = Findings.of(analysis, card, rule, kept.verdicts or {}, accepted)
        self.opened.set_findings(findings)

    def _show_view(self) -> None:
        view, page = self._kept.get("view"), self._page
        if not isinstance(view, dict) or page is None or not page.view.shows_all:
            return
        place = readable(view, partial(_camera_of, camera=page.view.camera))
        if place is not None:
            if isinstance(view.get("plane"), int):
                self.opened.set_plane(view["plane"])
            page.view.set_camera(place)

    def _show_layers(self) -> None:
        layers = self._kept.get("layers")
        if isinstance(layers, dict) and self._page is not None:
            self._page.show_layers(layers)

    # ------------------------------------------------------------------ to the library

    def _keep_change(self, change: Change) -> None:
        if not self._restoring:
            self.edit(lambda keeping, item: keeping.write(lambda writer: writer.commit(item, change)))

    def _keep_bookmarks(self) -> None:
        marks = self.opened.bookmarks
        self.mark("bookmarks", lambda: as_json(marks.items))

    def _take_over(self, old: tuple[Bookmark, ...]) -> None:
        """Bookmarks of a version before the library: into it, and then their file is set aside."""
        self.opened.bookmarks.apply((), old)
        value, file = as_json(old), self._old_bookmarks

        def carry(keeping: Keeping, item: int) -> None:
            keeping.write(lambda writer: writer.set_state(item, "bookmarks", value))
            keeping.write(lambda writer: writer.do("Old bookmarks", lambda _: set_aside(file, ".kept")))

        self.edit(carry)

    def _keep_spacing(self, known: KnownSpacing) -> None:
        """What the person said; what the file says is in the file."""
        if known != self.opened.info.spacing:
            self.mark("spacing", lambda: as_json(known))
        self.changed.emit()

    def _look(self, camera: Camera) -> None:
        self._camera = camera
        self.mark_view()

    def mark_view(self) -> None:
        """Where one stands is another, and how layers lie there may be too."""
        if self._camera is not None:
            self.mark("view", self._view, quietly=True)
            self._mark_layers()

    def _view(self) -> Json:
        assert self._camera is not None
        return _place_of(self._camera) | {"plane": self.opened.plane, "open": self.is_open}

    def _mark_layers(self) -> None:
        if (page := self._page) is not None:
            self.mark("layers", page.kept_layers, quietly=True)

    def _follow_findings(self, findings: Findings | None) -> None:
        self._findings_links.drop()
        if findings is None:
            return
        if findings.analysis is None:  # a run begins
            self._analysis_id = []
        self._findings_links.follow(findings.finished, partial(self._keep_analysis, findings))
        self._findings_links.follow(findings.decided, partial(self._keep_verdict, findings))
        self._findings_links.follow(findings.rule_changed, lambda _: self._mark_model(findings))

    def _keep_analysis(self, findings: Findings, analysis: Analysis) -> None:
        verdicts, number = findings.verdicts, self._analysis_id

        self._mark_model(findings)
        self.flush()
        self.edit(partial(keep_analysis, analysis, verdicts, number))

    def _keep_verdict(self, findings: Findings, key: str, verdict: Verdict) -> None:
        number = self._analysis_id
        if findings.analysis is not None:
            self.edit(partial(keep_verdict, number, key, verdict))
        self._mark_model(findings)

    def _mark_model(self, findings: Findings) -> None:
        def model() -> Json:
            return {
                "card": card_to_json(findings.card),
                "rule": as_json(findings.rule),
                "accepted": as_json(findings.accepted),
            }

        if findings.analysis is not None:
            self.mark("model", model)


def _place_of(camera: Camera) -> dict[str, Json]:
    center = camera.center
    return {
        "x": center.x,
        "y": center.y,
        "scale": camera.scale,
        "angle": camera.angle,
        "flipped": camera.flipped,
    }


def _camera_of(raw: Mapping[str, Any], camera: Camera) -> Camera:
    center = Point(float(raw["x"]), float(raw["y"]))
    scale = float(raw["scale"])
    if not scale > 0:
        raise ValueError(f"{scale} is no scale")
    return replace(
        camera, center=center, scale=scale, angle=float(raw["angle"]) % 360, flipped=bool(raw["flipped"])
    )
