"""One stain alone: which, by which vectors, and where those come from."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QLineEdit, QPushButton, QWidget

from ml.errors import Problem
from ml.slide import stains
from ml.slide.look import StainView
from viewer.panels.pieces import GRID, FoldOut, Heading, Notice, column, named

OFF = "All stains, as scanned"


class StainBox(QWidget):
    """`changed` tells a `StainView`, or None for the picture as it is."""

    changed = Signal(object)  # StainView | None
    pick_wished = Signal(str)  # name of the stain whose vector is picked in the picture
    estimate_wished = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.preset, self.choice = QComboBox(), QComboBox()
        self.preset.addItems(list(stains.PRESETS))
        named(self.preset, "Stains of this slide", "Which stains the slide is taken to hold")
        named(self.choice, "Stain that is shown", "Show one stain alone")
        self.vectors = FoldOut("Vectors", "Optical densities of each stain in red, green and blue")
        self._form = QFormLayout()
        self.vectors.inside.addLayout(self._form)
        self.fields: dict[str, QLineEdit] = {}
        self.pick = QPushButton("Pick the shown stain…")
        named(self.pick, "Pick the shown stain", "Drag over a part that holds this one stain")
        self.estimate = QPushButton("Estimate from this view")
        named(self.estimate, "Estimate from this view", "Find two stain vectors in what is in view (Macenko)")
        for button in (self.pick, self.estimate):
            self.vectors.inside.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        self.notice = Notice(parent=self)
        layout = column(self, gap=2 * GRID)
        layout.addWidget(Heading("Stains"))
        form = QFormLayout()
        form.addRow("&Slide holds", self.preset)
        form.addRow("S&how", self.choice)
        layout.addLayout(form)
        layout.addWidget(self.vectors)
        layout.addWidget(self.notice)
        self._list(stains.PRESETS[self.preset.currentText()])
        self.preset.currentTextChanged.connect(self._take_preset)
        self.choice.currentTextChanged.connect(lambda _: self._tell())
        self.pick.clicked.connect(lambda: self.pick_wished.emit(self.choice.currentText()))
        self.estimate.clicked.connect(self.estimate_wished)

    def show_view(self, view: StainView | None) -> None:
        """Show what is set, without telling it back."""
        with QSignalBlocker(self.choice):
            if view is None:
                self.choice.setCurrentIndex(0)
            else:
                if view.vectors != self._vectors():
                    self._list(view.vectors)
                self.choice.setCurrentText(view.stain)
        self._offer()

    def view_names(self) -> stains.Vectors:
        """Names and vectors of the stains as they are listed; those that are no numbers are left out."""
        try:
            return self._vectors()
        except Problem:
            return ()

    def set_vectors(self, vectors: stains.Vectors) -> None:
        """Take vectors that were picked or estimated, keeping the stain that is shown where it is there."""
        shown = self.choice.currentText()
        self._list(vectors)
        with QSignalBlocker(self.choice):
            self.choice.setCurrentText(shown)
        self.vectors.unfold(True)
        self._tell()

    def say(self, problem: Problem) -> None:
        """What could not be done, and why."""
        self.notice.say(str(problem), "warning")

    def view(self) -> StainView | None:
        """What is chosen. Raises `Problem` where a vector is none."""
        if self.choice.currentIndex() <= 0:
            return None
        view = StainView(self.choice.currentText(), self._vectors())
        stains.check(view)
        return view

    def _take_preset(self, name: str) -> None:
        shown = self.choice.currentText()
        self._list(stains.PRESETS[name])
        with QSignalBlocker(self.choice):
            self.choice.setCurrentText(shown)
        self._tell()

    def _list(self, vectors: stains.Vectors) -> None:
        while self._form.rowCount():
            self._form.removeRow(0)
        self.fields = {}
        for name, vector in vectors:
            field = QLineEdit("  ".join(f"{value:.3f}" for value in vector))
            named(field, f"Vector of {name}", "Optical density in red, green and blue")
            field.editingFinished.connect(self._tell)
            self._form.addRow(name, field)
            self.fields[name] = field
        with QSignalBlocker(self.choice):
            self.choice.clear()
            self.choice.addItems([OFF, *(name for name, _ in vectors)])

    def _vectors(self) -> stains.Vectors:
        """Raises `Problem` that names the field."""
        found = []
        for name, field in self.fields.items():
            try:
                red, green, blue = (float(part) for part in field.text().replace(",", ".").split())
            except ValueError:
                raise Problem(
                    f"The vector of {name} is not three numbers.", "For example 0.65 0.70 0.29."
                ) from None
            found.append((name, (red, green, blue)))
        return tuple(found)

    def _offer(self) -> None:
        self.pick.setEnabled(self.choice.currentIndex() > 0)

    def _tell(self) -> None:
        self._offer()
        try:
            view = self.view()
        except Problem as problem:
            self.say(problem)
            return
        self.notice.say("")
        self.changed.emit(view)
