"""The resting tool: a drag moves the picture (the view does that), a click selects."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter

from ml.geometry import Point
from viewer.canvas.camera import Camera
from viewer.canvas.tool import Pointer, Tool
from viewer.state.opened_slide import OpenedSlide

Hit = Callable[[Point, float], str | None]
"""The key of what stands at a place of the slide, with a tolerance in level-0 px."""
_ADDING = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier


def adds(pointer: Pointer) -> bool:
    """Whether a click adds to what is selected, or takes away from it: Shift or Ctrl is held."""
    return bool(pointer.modifiers & _ADDING)


class MoveTool(Tool):
    """Selects the box, or else the annotation, under a press; the press stays the view's, so a drag pans."""

    cursor = Qt.CursorShape.OpenHandCursor

    def __init__(self, opened: OpenedSlide, box_at: Hit, annotation_at: Hit) -> None:
        self._opened = opened
        self._box_at = box_at
        self._annotation_at = annotation_at

    def enter(self, repaint: Callable[[], None]) -> None:
        """Nothing is painted outside of its own events."""

    def leave(self) -> None:
        """Nothing is ever unfinished."""

    def paint(self, painter: QPainter, camera: Camera) -> None:
        """Nothing to draw."""

    def mouse_press(self, pointer: Pointer) -> bool:
        """Select what is there; the press may be the beginning of a drag, so it stays the view's."""
        if not adds(pointer):
            self.select_at(pointer.point, pointer.tolerance())
        elif (annotation := self._annotation_at(pointer.point, pointer.tolerance())) is not None:
            self._opened.toggle(annotation)
        return False

    def select_at(self, point: Point, tolerance: float) -> None:
        """Select the box or the annotation at a place; where there is nothing, what was selected stays so."""
        box = self._box_at(point, tolerance)
        if box is not None and self._opened.findings is not None:
            self._opened.findings.select(box)
        elif (annotation := self._annotation_at(point, tolerance)) is not None:
            self._opened.select(annotation)
