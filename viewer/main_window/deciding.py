"""Boxes in the person's hands: go to, accept, reject, turn into an annotation."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject

from ml.annotation.corrections import MODEL, SOURCE, is_of_model, is_rejected, rejected
from ml.annotation.document import Change
from ml.annotation.edits import titled
from ml.annotation.shapes import Annotation, Shape
from ml.report.outlines import box_measurements
from ml.results.boxes import Box
from viewer.main_window.frame import Frame
from viewer.main_window.slides import Slides
from viewer.state.decision import Decision
from viewer.state.findings import Findings, Verdict
from viewer.state.opened_slide import OpenedSlide
from viewer.state.session import Session

_AROUND = 256.0  # level-0 px of tissue that are shown around a small box, at least


class Deciding(QObject):
    """Every decision is an edit that can be undone."""

    def __init__(self, session: Session, frame: Frame, slides: Slides) -> None:
        super().__init__(frame)
        self._session, self._frame, self._slides = session, frame, slides
        panel = frame.findings
        panel.jump_wished.connect(self.look_at)
        panel.accept_wished.connect(lambda box: self.decide(box, "accepted"))
        panel.reject_wished.connect(lambda box: self.decide(box, "rejected"))
        panel.annotate_wished.connect(self.annotate)
        frame.annotations.view.delete_wished.connect(self.delete_annotations)

    @property
    def box(self) -> Box | None:
        """The selected box of the slide that is looked at."""
        findings = self._findings
        return findings.box(findings.selected_key) if findings is not None else None

    @property
    def has_open(self) -> bool:
        """Whether a box waits for a verdict."""
        findings = self._findings
        return findings is not None and any(findings.verdict(box.key) == "open" for box in findings.boxes)

    def next(self) -> None:
        """Go to the next box without a verdict."""
        self._frame.findings.go_next()

    def look_at(self, box: Box) -> None:
        """Bring a box into view with some tissue round it."""
        if self._slides.page is not None:
            edge = max(box.rect.width, box.rect.height)
            self._slides.page.view.show_rect(box.rect.grown(max(edge / 4, _AROUND)))

    def decide(self, box: Box | None, verdict: Verdict) -> None:
        """Accept or reject a box."""
        opened = self._session.slide
        if box is None or opened is None or opened.findings is None:
            return
        if opened.findings.verdict(box.key) != verdict:
            opened.undo.push(Decision(opened.findings, box, verdict))

    def annotate(self, box: Box | None) -> None:
        """Draw a box as an annotation of its class, with its numbers."""
        opened, findings = self._session.slide, self._findings
        if box is None or opened is None or findings is None:
            return
        annotation = annotation_of(box, findings)
        opened.edit(Change((), (annotation,), "Turn box into annotation"))
        opened.select(annotation.id)

    def delete(self) -> None:
        """Reject the selected box; with none selected, delete the selected annotations."""
        if self.box is not None:
            self.decide(self.box, "rejected")
        else:
            self.delete_annotations()

    def delete_annotations(self) -> None:
        """Delete the selected annotations but locked ones; findings of a model are rejected first."""
        opened = self._session.slide
        if opened is not None:
            chosen = opened.selected_all
            opened.edit_many(partial(_without, chosen), len(chosen), "Delete annotations")

    @property
    def can_delete(self) -> bool:
        """Whether there is something that `delete` means."""
        opened = self._session.slide
        return self.box is not None or (opened is not None and bool(opened.selection))

    @property
    def _findings(self) -> Findings | None:
        opened: OpenedSlide | None = self._session.slide
        return None if opened is None else opened.findings


def _without(annotations: tuple[Annotation, ...]) -> Change | None:
    """Rejects a model's findings, which stay as such; deletes what is rejected already, and all others."""
    free = [one for one in annotations if not one.locked]
    counting = [one for one in free if is_of_model(one) and not is_rejected(one)]
    if counting:
        return Change(tuple(counting), tuple(map(rejected, counting)), titled("Reject", len(counting)))
    title = "Delete annotation" if len(free) == 1 else f"Delete {len(free):,} annotations"
    return Change(tuple(free), (), title) if free else None


def annotation_of(box: Box, findings: Findings) -> Annotation:
    """A box as an annotation that says which model found it, by which rule."""
    colors = findings.card.colors
    return Annotation(
        Shape.rectangle(box.rect),
        class_name=findings.scores.class_names[box.class_index],
        color=colors[box.class_index] if box.class_index < len(colors) else None,
        measurements=box_measurements(box),
        metadata={
            SOURCE: MODEL,
            "Verdict": findings.verdict(box.key),
            "Rule": box.rule.in_words(),
            "Model": findings.card.name,
            "Model version": findings.card.version,
            "Model SHA-256": findings.card.weights_sha256,
            "Threshold": f"{box.rule.threshold:g}",
            "Run": run_of(findings),
            "Key": box.key,
        },
    )


def run_of(findings: Findings) -> str:
    """Tells the run from others: when it began; empty while it goes on."""
    return "" if findings.analysis is None else findings.analysis.provenance.started
