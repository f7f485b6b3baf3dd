"""How an analysis shall run: computed where, in what portions, with which explanation."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Literal, cast

from PySide6.QtCore import Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QComboBox, QFormLayout, QSizePolicy, QWidget

from viewer.panels.number_field import WholeField
from viewer.panels.pieces import GRID, FoldOut, Text, column, named

CamChoice = Literal["none", "found", "all"]
_CAMS = (
    ("none", "Off"),
    ("found", "Where something is found"),
    ("all", "Every patch"),
)
_CAM_MEANING = "A map over each patch: bright is what led the model to its answer."
_DEVICES = (
    ("auto", "Automatic"),
    ("cpu", "Processor (CPU)"),
    ("cuda", "NVIDIA graphics card (CUDA)"),
    ("mps", "Apple graphics (MPS)"),
)
_MOST_PATCHES = 4096


@dataclass(frozen=True)
class AnalyzeOptions:
    """What the person chose. The words are those of `ml.verbs.analyze.AnalyzeRequest`."""

    model: str  # a name of the zoo
    device: str = "auto"
    batch: int | None = None  # None: chosen for the device
    cam: CamChoice = "found"


class RunOptions(QWidget):
    """Grad-CAM in the open; device and batch size folded away, because automatic is right nearly always."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cam = _choice("Grad-CAM", _CAM_MEANING, _CAMS)
        self.cam.setAccessibleDescription(_CAM_MEANING)
        self.cam.setCurrentIndex(1)
        self.device = _choice("Computed on", "The part of this computer that does the work", _DEVICES)
        if sys.platform != "darwin":
            model = self.device.model()
            assert isinstance(model, QStandardItemModel)
            item = model.item(3)
            item.setEnabled(False)
            item.setText(f"{item.text()}: only on a Mac")
        self.batch = WholeField(self)
        self.batch.setRange(0, _MOST_PATCHES)
        self.batch.setSpecialValueText("Automatic")
        named(self.batch, "Patches at a time", "How many patches are computed together (batch size)")
        self.device_text = Text("", quiet=True, parent=self)
        self.device_text.hide()
        self.more_box = FoldOut("Computer", "Where and in what portions the work is done")
        form, more = _form(), _form()
        self._more = more
        form.addRow("Grad-CAM", self.cam)
        more.addRow("Computed on", self.device)
        more.addRow("At a time", self.batch)
        self.more_box.inside.addLayout(more)
        layout = column(self)
        layout.addLayout(form)
        layout.addWidget(Text(_CAM_MEANING, quiet=True, parent=self))
        layout.addWidget(self.more_box)
        layout.addWidget(self.device_text)
        self.cam.currentIndexChanged.connect(self.changed)
        self.device.currentIndexChanged.connect(self.changed)
        self.batch.valueChanged.connect(self.changed)

    def leave_out_batch(self) -> None:
        """Where portions are chosen for each device by itself."""
        self._more.setRowVisible(self.batch, False)

    def options(self, model: str) -> AnalyzeOptions:
        """What is chosen, for this model."""
        cam = cast("CamChoice", self.cam.currentData())
        return AnalyzeOptions(model, str(self.device.currentData()), self.batch.value() or None, cam)


def _choice(name: str, tip: str, items: tuple[tuple[str, str], ...]) -> QComboBox:
    box = QComboBox()
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(8)
    box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    for value, text in items:
        box.addItem(text, value)
    named(box, name, tip)
    return box


def _form() -> QFormLayout:
    form = QFormLayout()
    form.setContentsMargins(0, 0, 0, 0)
    form.setHorizontalSpacing(3 * GRID)
    form.setVerticalSpacing(GRID)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
    return form
