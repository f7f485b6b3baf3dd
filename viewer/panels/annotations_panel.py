"""What is drawn on a slide: the classes there are, and everything drawn as a table."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from viewer.panels.annotation_view import AnnotationView
from viewer.panels.classes_box import ClassesBox
from viewer.panels.links import Links
from viewer.panels.pieces import GRID, column
from viewer.state.classes import ClassList
from viewer.state.opened_slide import OpenedSlide


class AnnotationsPanel(QWidget):
    """Follows one slide."""

    give_wished = Signal(object)  # AnnotationClass or None, for what is selected

    def __init__(self, classes: ClassList, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._opened: OpenedSlide | None = None
        self._links = Links()
        self.classes = ClassesBox(classes, self)
        self.classes.unfold()
        self.view = AnnotationView(classes, self)
        layout = column(self, margin=3 * GRID)
        layout.addWidget(self.classes)
        layout.addWidget(self.view, 1)
        self.classes.give_wished.connect(self.give_wished)
        self.set_slide(None)

    def set_slide(self, opened: OpenedSlide | None) -> None:
        """Show those of another slide, or none."""
        self._links.drop()
        self._opened = opened
        if opened is not None:
            self._links.follow(opened.selection_changed, self._follow)
            self._links.follow(opened.spacing_changed, self._follow_spacing)
        known = None if opened is None else opened.spacing
        self.view.set_slide(opened, None if known is None else known.spacing)
        self._follow()

    def _follow(self, _: object = None) -> None:
        opened = self._opened
        self.classes.set_any_selected(opened is not None and bool(opened.selection))

    def _follow_spacing(self, _: object = None) -> None:
        known = None if self._opened is None else self._opened.spacing
        self.view.model.set_spacing(None if known is None else known.spacing)
