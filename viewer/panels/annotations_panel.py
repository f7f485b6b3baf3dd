"""What is drawn on a slide: the classes there are, and everything drawn as a table."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from viewer.panels.classes_box import ClassesBox
from viewer.panels.links import Links
from viewer.panels.pieces import GRID, column
from viewer.state.annotated import Annotated
from viewer.state.classes import ClassList


class AnnotationsPanel(QWidget):
    """Follows one slide."""

    give_wished = Signal(object)  # AnnotationClass or None, for what is selected

    def __init__(self, classes: ClassList, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._opened: Annotated | None = None
        self._links = Links()
        self.classes = ClassesBox(classes, self)
        self.classes.unfold()
        layout = column(self, margin=3 * GRID)
        layout.addWidget(self.classes)
        layout.addStretch(1)
        self.classes.give_wished.connect(self.give_wished)
        self.set_slide(None)

    def set_slide(self, opened: Annotated | None) -> None:
        """Show those of another slide, or none."""
        self._links.drop()
        self._opened = opened
        if opened is not None:
            self._links.follow(opened.selection_changed, self._follow)
        self._follow()

    def _follow(self, _: object = None) -> None:
        opened = self._opened
        self.classes.set_any_selected(opened is not None and bool(opened.selection))
