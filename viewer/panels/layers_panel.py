"""What lies over the picture, how it looks, and from which score on it counts."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QFormLayout, QPushButton, QSizePolicy, QWidget

from ml.results.boxes import BoxRule, rule_of
from viewer.canvas.annotation_layer import AnnotationLayer
from viewer.canvas.box_layer import BoxLayer
from viewer.canvas.cam_layer import CamLayer
from viewer.canvas.heatmap_layer import HeatmapLayer
from viewer.panels.labelled_slider import LabelledSlider
from viewer.panels.layer_row import LayerRow, align_titles
from viewer.panels.links import Links
from viewer.panels.pieces import GRID, FoldOut, Heading, Page, Text, column, named, rule
from viewer.panels.score_scale import ScoreScale
from viewer.state.findings import Findings

COLORMAPS = ("viridis", "magma", "cividis", "BrBG")  # the last one diverges at the threshold
_COUNT_MS = 200  # the histogram is counted at most so often while scores stream in


class LayersPanel(QWidget):
    """Shown layers, colours and legend of the heatmap, threshold, how boxes are made."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._heatmap: HeatmapLayer | None = None
        self._findings: Findings | None = None
        self._links = Links()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_COUNT_MS)
        self._soon.timeout.connect(self._count)
        self.heatmap = LayerRow("Heatmap", "H", self)
        self.cam = LayerRow("Grad-CAM", "G", self)
        self.boxes = LayerRow("Boxes", "X", self)
        self.annotations = LayerRow("Annotations", "T", self)
        self.cam_text = Text(quiet=True, parent=self)
        self.empty = Text("After an analysis, its heatmap and threshold stand here.", quiet=True, parent=self)
        self.class_choice = _choice("Class", "The class whose scores the heatmap and the boxes show")
        self.colormap = _choice("Colours", "The colour map of the heatmap")
        self.colormap.addItems(COLORMAPS)
        self.scale = ScoreScale(self)
        self.threshold = LabelledSlider(
            "Threshold", "Patches below this score are not shown and make no box", (0, 1), 0.01, "", self
        )
        self.value = Text(quiet=True, parent=self)
        self.smoothing = LabelledSlider(
            "Smoothing", "How far neighbouring patches even each other out, in patches", (0, 3), 0.1, "", self
        )
        gap_tip = "Patches that may lie between two groups that are still one box"
        self.gap = LabelledSlider("Bridge gaps", gap_tip, (0, 5), 1, "", self)
        self.least = LabelledSlider("At least", "Groups of fewer patches make no box", (1, 50), 1, "", self)
        self.as_card = QPushButton("As the model’s card says", self)
        named(self.as_card, "Reset", "Class and threshold as the model's card says, without smoothing")
        self.rule_box = FoldOut("How boxes are made", "Smoothing, gaps and least size, in patches")
        self._scores_part = QWidget(self)
        self._lay_out()
        self._connect()
        self.set_layers(None, None, None, None, None)

    def _lay_out(self) -> None:
        page = Page(self)
        rows = (self.heatmap, self.cam, self.boxes, self.annotations)
        align_titles(rows)
        page.column.addWidget(Heading("Shown over the picture", self))
        for one in rows:
            page.column.addWidget(one)
        page.column.addWidget(self.cam_text)
        page.column.addWidget(rule())
        page.column.addWidget(self.empty)
        inside = column(self._scores_part)
        inside.addWidget(Heading("Scores", self))
        form = QFormLayout()
        form.setHorizontalSpacing(3 * GRID)
        form.setVerticalSpacing(GRID)
        form.addRow("Class", self.class_choice)
        form.addRow("Colours", self.colormap)
        inside.addLayout(form)
        meaning = Text("From the threshold on, a patch counts as found.", quiet=True)
        for widget in (self.scale, self.threshold, meaning, self.value, self.rule_box):
            inside.addWidget(widget)
        widest = max(s.label.sizeHint().width() for s in (self.smoothing, self.gap, self.least))
        for slider in (self.smoothing, self.gap, self.least):
            slider.label.setFixedWidth(widest)
            self.rule_box.inside.addWidget(slider)
        self.rule_box.inside.addWidget(Text("All three are counted in patches.", quiet=True))
        self.rule_box.inside.addWidget(self.as_card)
        page.column.addWidget(self._scores_part)
        page.column.addStretch(1)
        column(self, gap=0).addWidget(page)

    def _connect(self) -> None:
        self.class_choice.activated.connect(self._change_class)
        self.colormap.textActivated.connect(self._color)
        self.scale.threshold_moved.connect(lambda value: self._change_rule(threshold=value))
        self.threshold.changed.connect(lambda value: self._change_rule(threshold=value))
        self.smoothing.changed.connect(lambda value: self._change_rule(smoothing=value))
        self.gap.changed.connect(lambda value: self._change_rule(gap=round(value)))
        self.least.changed.connect(lambda value: self._change_rule(least_patches=round(value)))
        self.as_card.clicked.connect(self._reset)

    def set_layers(
        self,
        heatmap: HeatmapLayer | None,
        cam: CamLayer | None,
        boxes: BoxLayer | None,
        annotations: AnnotationLayer | None,
        findings: Findings | None,
    ) -> None:
        """Control these layers, and the rule of these findings."""
        self._links.drop()
        self._soon.stop()
        self._heatmap, self._findings = heatmap, findings
        for one, layer in (
            (self.heatmap, heatmap),
            (self.cam, cam),
            (self.boxes, boxes),
            (self.annotations, annotations),
        ):
            one.set_layer(layer)
        self._scores_part.setVisible(findings is not None)
        self.empty.setVisible(findings is None)
        self.value.setText("")
        self._say_cam(findings, cam)
        if findings is None:
            return
        names = findings.scores.class_names
        with QSignalBlocker(self.class_choice):
            self.class_choice.clear()
            self.class_choice.addItems(list(names))
        if heatmap is not None:
            self._color(heatmap.colormap)
        self._links.follow(findings.rule_changed, self._show_rule)
        self._links.follow(findings.scored, self._count_soon)
        self._links.follow(findings.finished, self._count_soon)
        self._show_rule(findings.rule)

    def _say_cam(self, findings: Findings | None, cam: CamLayer | None) -> None:
        spoke = "led a model to its answer"
        if findings is not None and cam is not None:
            spoke = f"spoke for “{findings.scores.class_names[cam.class_index]}”"
        self.cam_text.say(f"Grad-CAM: bright is what {spoke}.")

    def show_value(self, text: str) -> None:
        """Say the scores under the pointer."""
        self.value.setText(text)

    def showEvent(self, event: QShowEvent) -> None:
        """Count what came in while nobody looked."""
        super().showEvent(event)
        self._count()

    def _change_rule(self, **changes: float) -> None:
        if self._findings is not None:
            self._findings.set_rule(replace(self._findings.rule, **changes))  # type: ignore[arg-type]

    def _change_class(self, place: int) -> None:
        """A person who has moved nothing gets the model's own rule for that class."""
        if self._findings is None:
            return
        card, rule = self._findings.card, self._findings.rule
        own = rule == rule_of(card, rule.class_index)
        self._findings.set_rule(rule_of(card, place) if own else replace(rule, class_index=place))

    def _reset(self) -> None:
        if self._findings is not None:
            card = self._findings.card
            self._findings.set_rule(rule_of(card))

    def _show_rule(self, rule: BoxRule) -> None:
        """The rule is another one, whoever changed it: the controls follow (and by themselves the pages)."""
        recount = self.class_choice.currentIndex() != rule.class_index
        with QSignalBlocker(self.class_choice):
            self.class_choice.setCurrentIndex(rule.class_index)
        self.scale.set_threshold(rule.threshold)
        self.threshold.set_value(rule.threshold)
        self.smoothing.set_value(rule.smoothing)
        self.gap.set_value(rule.gap)
        self.least.set_value(rule.least_patches)
        if recount or not self.scale.counts.any():
            self._count()

    def _color(self, name: str) -> None:
        self.colormap.setCurrentText(name)
        self.scale.set_colormap(name)
        if self._heatmap is not None:
            self._heatmap.set_colormap(name)

    def _count_soon(self, _: object) -> None:
        if self.isVisible() and not self._soon.isActive():
            self._soon.start()

    def _count(self) -> None:
        if self._findings is not None:
            self.scale.set_scores(self._findings.scores.values[..., self._findings.rule.class_index])


def _choice(name: str, tip: str) -> QComboBox:
    box = QComboBox()
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(8)
    box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    named(box, name, tip)
    return box
