"""Whose series it is and what it shows: one line over its picture, with a switch for privacy."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPalette, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QToolButton, QWidget

from ml.ct_about import patient_in_words, study_in_words
from ml.volume.ct_slice import About
from viewer.panels.pieces import GRID, column, named, row
from viewer.theme.icons import icon


class PatientStrip(QWidget):
    """The patient stands out; study and series stand beside. Hidden, nothing of the name is in any widget."""

    privacy_wished = Signal()
    odd_wished = Signal()

    def __init__(self, about: About, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._about, self._title = about, title
        self._texts = ("", "")
        self.patient, self.study = _label(self), _label(self)
        font = self.patient.font()
        font.setBold(True)
        self.patient.setFont(font)
        self.study.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.patient.setAccessibleName("Patient")
        self.study.setAccessibleName("Study and series")
        self.odd = QToolButton(self)
        self.odd.setAutoRaise(True)
        self.odd.setIconSize(QSize(16, 16))
        self.odd.setIcon(icon("triangle-alert"))
        self.odd.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.odd.clicked.connect(self.odd_wished)
        self.odd.hide()
        self.switch = QToolButton(self)
        self.switch.setAutoRaise(True)
        self.switch.setIconSize(QSize(16, 16))
        self.switch.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.switch.clicked.connect(self.privacy_wished)
        line = row(self.patient, self.study, self.odd, self.switch)
        line.setContentsMargins(2 * GRID, 0, GRID, 0)
        line.setStretch(0, 2)
        line.setStretch(1, 3)
        column(self, gap=0).addLayout(line)
        self.setFixedHeight(7 * GRID)
        self.set_private(False)

    def set_odd(self, sentences: tuple[str, ...]) -> None:
        """Have a sign say that something is odd about the series; none: nothing is."""
        named(self.odd, "What is odd about this series", " ".join(sentences))
        self.odd.setVisible(bool(sentences))

    def set_private(self, private: bool) -> None:
        """Hide or show who it is."""
        study = " · ".join(part for part in (study_in_words(self._about), self._title) if part)
        self._texts = (patient_in_words(self._about, hidden=private), study)
        self.switch.setIcon(icon("eye-off" if private else "eye"))
        words = "Show the patient's name" if private else "Hide the patient's name"
        named(self.switch, words, f"{words}: on screen, in pictures and in reports (Ctrl+Shift+H)")
        self._cut()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cut the texts anew."""
        super().resizeEvent(event)
        self._cut()

    def _cut(self) -> None:
        for label, text in zip((self.patient, self.study), self._texts, strict=True):
            room = max(20, label.width())
            label.setText(label.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room))
            label.setToolTip(text)


def _label(parent: QWidget) -> QLabel:
    label = QLabel(parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return label
