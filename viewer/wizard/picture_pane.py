"""One picture of the training looked at closely: what it is labelled, what was said, and another label."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton, QWidget

from ml.report.words import percent
from viewer.panels.pieces import GRID, Heading, Text, column, named
from viewer.wizard.answers import Answer
from viewer.wizard.mending import can_mend, choices_of
from viewer.wizard.plan import Plan
from viewer.work.surveying import Thumbnails

_EDGE = 248  # px
_AS_IT_IS = "as it is"


class PicturePane(QWidget):
    """Stands beside map, errors and doubtful labels."""

    relabelled = Signal(object, object)  # Answer; the label as the data have it, or None: as it is
    open_wished = Signal(object, object)  # Path; place on the slide, or None

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.answer: Answer | None = None
        self.thumbnails = Thumbnails(2 * _EDGE, self)
        self.thumbnails.made.connect(lambda _: self._show_picture())
        self.picture = QLabel(self)
        self.picture.setFixedSize(QSize(_EDGE, _EDGE))
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.title = Heading("", self)
        self.told = Text(parent=self)
        self.label = QComboBox(self)
        named(self.label, "Its label in the next training", "Give the picture another label, or leave it out")
        self.why_not = Text(quiet=True, parent=self)
        self.open_button = QPushButton("Open", self)
        self.open_button.setAutoDefault(False)
        named(self.open_button, "Open", "Look at it in the window of Parfocal, at its place on the slide")
        layout = column(self)
        self.label_title = Text("Its label in the next training", quiet=True, parent=self)
        for widget in (self.picture, self.title, self.told, self.label_title, self.label, self.why_not):
            layout.addWidget(widget)
        layout.addWidget(self.open_button, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addStretch(1)
        self.setFixedWidth(_EDGE + 2 * GRID)
        self.label.activated.connect(self._relabel)
        self.open_button.clicked.connect(self._open)
        self.show_answer(None, Plan())

    def show_answer(self, answer: Answer | None, plan: Plan) -> None:
        """Show one, or that none was chosen."""
        self.answer = answer
        self.title.setText("" if answer is None else f"Labelled “{answer.label or 'none of them'}”")
        self.told.say(said_in_words(answer) if answer else "Click a picture: it is shown here, larger.")
        mendable = answer is not None and can_mend(plan)
        for widget in (self.label, self.label_title):
            widget.setVisible(mendable)
        self.why_not.say(
            ""
            if mendable or answer is None
            else "Its label comes from the slide or the study: mend it there."
        )
        self.open_button.setVisible(answer is not None)
        on_slide = answer is not None and answer.place is not None
        self.open_button.setText("Show on the slide" if on_slide else "Open in the viewer")
        if mendable and answer is not None:
            self._show_label(answer, plan)
        self._show_picture()

    def close_work(self) -> None:
        """Read no more pictures."""
        self.thumbnails.close()

    def _show_label(self, answer: Answer, plan: Plan) -> None:
        with QSignalBlocker(self.label):
            self.label.clear()
            self.label.addItem(f"{answer.label or 'none of them'} ({_AS_IT_IS})", None)
            for label, title in choices_of(plan):
                if title != answer.label:
                    self.label.addItem(title, label)
            kept = plan.mended.get(str(answer.path))
            self.label.setCurrentIndex(max(0, self.label.findData(kept)) if kept is not None else 0)

    def _show_picture(self) -> None:
        one = self.answer
        self.picture.setVisible(one is not None)
        image = None if one is None else self.thumbnails.of(one.path, one.place)
        if image is None or image.width() < 2:
            self.picture.setText("" if one is None or image is None else "No picture can be shown.")
            return
        pixmap = QPixmap.fromImage(image)
        size = QSize(_EDGE, _EDGE)
        mode = Qt.TransformationMode.SmoothTransformation
        self.picture.setPixmap(pixmap.scaled(size, Qt.AspectRatioMode.KeepAspectRatio, mode))
        self.picture.setAccessibleName(self.title.text())

    def _relabel(self) -> None:
        if self.answer is not None:
            self.relabelled.emit(self.answer, self.label.currentData())

    def _open(self) -> None:
        if self.answer is not None:
            self.open_wished.emit(self.answer.path, self.answer.place)


def said_in_words(answer: Answer) -> str:
    """What was said of it, whose it is, and which file."""
    ranked = sorted(answer.probabilities.items(), key=lambda pair: -pair[1])[:3]
    said = ", ".join(f"{name} {percent(value)}" for name, value in ranked)
    words = f"It was called {said}." if said else "It was not tested: its part was not asked."
    return f"{words}\nPatient {answer.patient}, {answer.path.name}"
