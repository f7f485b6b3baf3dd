"""What a report is about: the slide or the series of a page, its evidence, and its view as a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtGui import QImage

from ml.draft.draft import Draft, Subject, TextSection
from ml.draft.evidence import Evidence
from ml.draft.store import series_key, slide_key
from ml.report.ct_content import window_in_words
from viewer.canvas.scale_bar import magnification_text
from viewer.main_window.ct_measured import measurements_of
from viewer.main_window.ct_page import CtPage
from viewer.main_window.ct_reporting import material_of as ct_material_of
from viewer.main_window.page import Page
from viewer.main_window.reporting import material_of
from viewer.main_window.slide_page import SlidePage

_QUALITY = 95  # of a JPEG: nothing of it shows, and a report stays small enough to be sent
_COMMENTED = ("comment", "microscopy", "findings", "conclusion")


@dataclass(frozen=True)
class Snapshot:
    """A view as it was seen, and what it shows."""

    picture: bytes
    title: str
    caption: str


def subject_of(page: Page) -> Subject:
    """Slide or CT."""
    return "ct" if isinstance(page, CtPage) else "slide"


def key_of(page: Page) -> str:
    """The key of its draft: the same whenever the same thing is opened."""
    if isinstance(page, CtPage):
        return series_key(page.opened.series.uid)
    assert isinstance(page, SlidePage)
    size = page.opened.info.size
    return slide_key(page.opened.path, size.width, size.height)


def name_of(page: Page, *, keep_identity: bool = False) -> str:
    """What the folder of its report is called: a file's name may be a patient's."""
    if isinstance(page, CtPage):
        return "CT report"
    return f"{page.opened.path.stem} report" if keep_identity else "Slide report"


def model_of(page: Page) -> str:
    """Name of the model that looked at it; empty where none has."""
    if isinstance(page, CtPage | SlidePage) and page.opened.findings is not None:
        return page.opened.findings.card.name
    return ""


def evidence_of(page: Page) -> Evidence:
    """What there is to report, as things stand."""
    from ml.draft.ct_evidence import evidence_of_ct, evidence_of_series
    from ml.draft.slide_evidence import evidence_of_material, evidence_of_slide
    from viewer.main_window.ct_measured import measured_of

    if isinstance(page, CtPage):
        opened, measured = page.opened, measured_of(page.opened)
        material = ct_material_of(page, private=True)  # a name stands in a report only where it was typed
        if material is not None:
            return evidence_of_ct(material, measured)
        return evidence_of_series(opened.series, measurements_of(opened), measured)
    assert isinstance(page, SlidePage)
    slide_material = material_of(page)
    if slide_material is not None:
        return evidence_of_material(slide_material)
    return evidence_of_slide(page.opened.slide, tuple(page.opened.annotations), page.opened.spacing)


def signals_of(page: Page) -> list[Any]:
    """What tells that there may be other things to report."""
    signals: list[Any] = [page.opened.undo.indexChanged]  # verdicts
    if isinstance(page, CtPage):
        series = page.opened
        signals += [series.findings_changed, series.measurements.changed]
        if series.findings is not None:
            signals += [series.findings.decided, series.findings.scored]
        return signals
    assert isinstance(page, SlidePage)
    slide = page.opened
    signals += [slide.findings_changed, slide.annotations_changed, slide.spacing_changed, page.layers_changed]
    if slide.findings is not None:
        signals += [slide.findings.boxes_changed, slide.findings.finished]
    return signals


def snapshot_of(page: Page) -> Snapshot:
    """The view that keys go to, with its layers, and without the patient's name."""
    if isinstance(page, CtPage):
        view = next((view for view in page.pictures if view.hasFocus()), page.pictures[0])
        where = view.shown.words.splitlines()[0] if view.shown is not None else "Slice"
        caption = window_in_words(page.reading.look.window)
        return Snapshot(_packed(view.grab_figure()), where, caption[:1].upper() + caption[1:])
    assert isinstance(page, SlidePage)
    spacing = page.opened.spacing.spacing if page.opened.spacing is not None else None
    caption = magnification_text(page.view.camera, spacing)
    return Snapshot(_packed(page.view.grab_figure()), "View", caption)


def with_comment(draft: Draft, page: Page) -> Draft:
    """A new draft with what was typed beside the findings already."""
    comment = page.opened.comment.strip() if isinstance(page, SlidePage) else ""
    for section in draft.sections:
        if comment and section.key in _COMMENTED and isinstance(section, TextSection):
            made = TextSection(section.key, section.title, section.shown, section.words, comment)
            return draft.put(made)
    return draft


def _packed(image: QImage) -> bytes:
    held = QByteArray()
    buffer = QBuffer(held)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "JPEG", _QUALITY)  # type: ignore[call-overload]  # it takes the name of a format
    buffer.close()
    return bytes(held.data())
