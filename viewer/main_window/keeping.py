"""What a model found becomes annotations, with what model, at which threshold, in which run."""

from __future__ import annotations

import numpy as np
import shapely
from PySide6.QtCore import QObject, Signal

from ml.annotation.corrections import MODEL, SOURCE, rejected
from ml.annotation.document import Change
from ml.annotation.edits import titled
from ml.annotation.shapes import Annotation, Shape, polygons_of
from ml.errors import Problem
from ml.geometry import Rect
from ml.results.boxes import Box
from viewer.actions.command import Bound
from viewer.main_window.deciding import annotation_of, run_of
from viewer.main_window.frame import Frame
from viewer.state.findings import Findings
from viewer.state.opened_slide import OpenedSlide
from viewer.state.session import Session


class Keeping(QObject):
    """Each command is one step that can be undone. What is there already is not made twice."""

    changed = Signal()
    refused = Signal(object)  # Problem

    def __init__(self, session: Session, frame: Frame) -> None:
        super().__init__(frame)
        self._session = session

    def bounds(self) -> dict[str, Bound]:
        """What the commands do."""
        return {
            "keep_accepted": Bound(self.keep_accepted, self._has_findings),
            "keep_decided": Bound(self.keep_decided, self._has_findings),
            "keep_outline": Bound(self.keep_outline, self._has_findings),
        }

    def keep_accepted(self) -> None:
        """All accepted boxes become annotations."""
        self._keep(("accepted",), "Keep accepted boxes")

    def keep_decided(self) -> None:
        """All accepted boxes, and all rejected ones as what is not to be counted."""
        self._keep(("accepted", "rejected"), "Keep decided boxes")

    def keep_outline(self) -> None:
        """What reaches the threshold becomes one annotation a connected part."""
        opened, findings = self._session.slide, self._findings
        if opened is None or findings is None:
            return
        parts = outline_of(findings, opened.info.bounds)
        if not parts:
            self.refused.emit(
                Problem(
                    "No patch reaches the threshold.", "Lower it in the Layers tab, or look at another class."
                )
            )
            return
        added = tuple(_outline_annotation(part, findings) for part in parts)
        self._put(opened, findings, added, "Keep heatmap outline")

    def _keep(self, verdicts: tuple[str, ...], title: str) -> None:
        opened, findings = self._session.slide, self._findings
        if opened is None or findings is None:
            return
        there = {(one.metadata.get("Key"), one.metadata.get("Model SHA-256")) for one in opened.annotations}
        sha = findings.card.weights_sha256
        boxes = [box for box in findings.boxes if findings.verdict(box.key) in verdicts]
        new = [box for box in boxes if (box.key, sha) not in there]
        if not new:
            what = "All of them are annotations already." if boxes else "No box is decided yet."
            self.refused.emit(Problem(what, "Accept boxes first: Enter in the list of findings."))
            return
        self._put(opened, findings, tuple(_decided(box, findings) for box in new), title)

    def _put(
        self, opened: OpenedSlide, findings: Findings, added: tuple[Annotation, ...], title: str
    ) -> None:
        opened.classes.learn(dict(zip(findings.scores.class_names, findings.card.colors, strict=False)))
        opened.edit(Change((), added, titled(title, len(added))))
        opened.select(one.id for one in added)

    def _has_findings(self) -> bool:
        return self._findings is not None

    @property
    def _findings(self) -> Findings | None:
        opened = self._session.slide
        return None if opened is None else opened.findings


def outline_of(findings: Findings, slide: Rect) -> list[shapely.Polygon]:
    """The connected parts of all patches that reach the threshold, on the slide, in the order of reading.

    Where patches overlap, each stands for its cell: the part about its middle that is nearer to it than to
    others.
    """
    grid, rule = findings.scores.grid, findings.rule
    above = findings.scores.values[..., rule.class_index] >= rule.threshold  # NaN is never
    if not above.any():
        return []
    x, y = grid.centers()
    half_x, half_y = grid.stride.width / 2, grid.stride.height / 2
    cells = shapely.box(x[above] - half_x, y[above] - half_y, x[above] + half_x, y[above] + half_y)
    on_slide = shapely.box(slide.x, slide.y, slide.right, slide.bottom)
    parts = polygons_of(shapely.simplify(shapely.union_all(cells).intersection(on_slide), 0))
    return sorted(parts, key=lambda part: (part.bounds[1], part.bounds[0]))


def _outline_annotation(part: shapely.Polygon, findings: Findings) -> Annotation:
    rule, scores, card = findings.rule, findings.scores, findings.card
    x, y = scores.grid.centers()
    inside = shapely.contains_xy(part, x, y)
    values = scores.values[..., rule.class_index][inside]
    values = values[~np.isnan(values)].astype(np.float64)
    return Annotation(
        Shape.areas([part]),
        class_name=scores.class_names[rule.class_index],
        color=card.colors[rule.class_index] if rule.class_index < len(card.colors) else None,
        measurements={
            "Mean score": float(values.mean()),
            "Highest score": float(values.max()),
            "Patches": float(len(values)),
        },
        metadata={
            SOURCE: MODEL,
            "Rule": f"outline at threshold {rule.threshold:.2f}",
            "Threshold": f"{rule.threshold:g}",
            "Model": card.name,
            "Model version": card.version,
            "Model SHA-256": card.weights_sha256,
            "Run": run_of(findings),
        },
    )


def _decided(box: Box, findings: Findings) -> Annotation:
    """A box as an annotation; a rejected one as what is not to be counted."""
    annotation = annotation_of(box, findings)
    return rejected(annotation) if findings.verdict(box.key) == "rejected" else annotation
