"""The layers of what a model found on one slide: made, fed while a run goes on, and dropped again."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from ml.geometry import Point
from ml.report.words import number
from ml.results.boxes import Box, BoxRule
from ml.results.cam import CamMap, CamPart
from viewer.canvas.box_layer import BoxLayer
from viewer.canvas.cam_layer import CamLayer
from viewer.canvas.heatmap_layer import HeatmapLayer
from viewer.canvas.legend import LegendLine
from viewer.panels.links import Links
from viewer.state.findings import Findings, Verdict


class ResultLayers(QObject):
    """Heatmap, Grad-CAM and boxes of one `Findings`; None while there are none."""

    leaving = Signal()  # another one takes the place of a layer
    laid = Signal()  # it is there: they are to be put on the picture anew
    colors_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.findings: Findings | None = None
        self.heatmap: HeatmapLayer | None = None
        self.cam: CamLayer | None = None
        self.boxes: BoxLayer | None = None
        self._links = Links()

    def follow(self, findings: Findings | None) -> None:
        """Layers of other findings, or none. What came before is gone."""
        self.drop()
        self.findings = findings
        if findings is None:
            return
        self.heatmap = HeatmapLayer(findings.scores, findings.rule.class_index, findings.rule.threshold)
        self.heatmap.changed.connect(self.colors_changed)
        self.boxes = BoxLayer(findings.scores.class_names, findings.card.colors)
        for signal, act in (
            (findings.scored, self.heatmap.put),
            (findings.cam_started, self._start_cam),
            (findings.explained, self._put_cam),
            (findings.rule_changed, self._show_rule),
            (findings.boxes_changed, self._show_boxes),
            (findings.decided, self._show_verdict),
            (findings.selected, self.boxes.select),
            (findings.finished, self._settle),
        ):
            self._links.follow(signal, act)
        self._show_boxes(findings.boxes)
        if findings.cam is not None:
            self._start_cam(findings.cam)

    def drop(self) -> None:
        """Follow nobody any more."""
        self._links.drop()
        self.heatmap = self.cam = self.boxes = None

    def value_at(self, point: Point | None) -> str:
        """What the heatmap says at a place while it is shown: "high 0.83"; empty where it says nothing."""
        findings = self.findings
        if point is None or findings is None or self.heatmap is None or not self.heatmap.visible:
            return ""
        values = findings.scores.at(point)
        if values is None:
            return ""
        shown = findings.rule.class_index
        return f"{findings.scores.class_names[shown]} {number(float(values[shown]))}"

    def box_at(self, point: Point, tolerance: float) -> str | None:
        """The key of the box there, while boxes are shown."""
        return self.boxes.hit(point, tolerance) if self.boxes is not None and self.boxes.visible else None

    def legend(self) -> list[LegendLine]:
        """What the colours mean that are to be seen now."""
        names = () if self.findings is None else self.findings.scores.class_names
        heatmap, cam, lines = self.heatmap, self.cam, []
        if names and heatmap is not None and heatmap.visible:
            title = f"Probability of “{names[heatmap.class_index]}”"
            lines.append(LegendLine(title, heatmap.colormap, ("0", "1"), heatmap.threshold))
        if names and cam is not None and cam.visible:
            title = f"Grad-CAM for “{names[cam.class_index]}”"
            lines.append(LegendLine(title, cam.colormap, ("none", "strongest")))
        return lines

    def _start_cam(self, cam: CamMap) -> None:
        self.leaving.emit()
        self.cam = CamLayer(cam)
        self.cam.changed.connect(self.colors_changed)
        self.laid.emit()

    def _put_cam(self, part: CamPart) -> None:
        if self.cam is not None:
            self.cam.put(part)

    def _show_rule(self, rule: BoxRule) -> None:
        """The same class and threshold in every view of the slide."""
        if self.heatmap is not None:
            self.heatmap.set_class(rule.class_index)
            self.heatmap.set_threshold(rule.threshold)

    def _settle(self, _: object) -> None:
        if self.cam is not None:
            self.cam.settle()

    def _show_boxes(self, boxes: tuple[Box, ...]) -> None:
        if self.boxes is not None and self.findings is not None:
            self.boxes.set_boxes(boxes, {box.key: self.findings.verdict(box.key) for box in boxes})

    def _show_verdict(self, key: str, verdict: Verdict) -> None:
        if self.boxes is not None:
            self.boxes.set_verdict(key, verdict)
