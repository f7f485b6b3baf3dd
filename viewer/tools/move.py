"""The resting tool: a drag moves the picture (the view does that), or what is selected; a click selects."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter

from ml.geometry import Point
from viewer.canvas.camera import Camera
from viewer.canvas.tool import Pointer, Tool
from viewer.state.opened_slide import OpenedSlide
from viewer.tools.board import Hit
from viewer.tools.edit import EditTool

_ADDING = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier


def adds(pointer: Pointer) -> bool:
    """Whether a click adds to what is selected, or takes away from it: Shift or Ctrl is held."""
    return bool(pointer.modifiers & _ADDING)


class MoveTool(Tool):
    """Selects the box, or else the annotation, under a press; the press stays the view's, so a drag pans.

    What is selected already is `edit`'s to bend and to move.
    """

    def __init__(self, opened: OpenedSlide, box_at: Hit, annotation_at: Hit, edit: EditTool) -> None:
        self._opened = opened
        self._box_at = box_at
        self._annotation_at = annotation_at
        self._edit = edit
        self.cursor = edit.cursor

    def enter(self, repaint: Callable[[], None]) -> None:
        """Nothing is painted outside of its own events."""

    def leave(self) -> None:
        """Drop what is unfinished."""
        self._edit.leave()
        self.cursor = self._edit.cursor

    def paint(self, painter: QPainter, camera: Camera) -> None:
        """What is selected, to be taken hold of."""
        self._edit.paint(painter, camera)

    def mouse_press(self, pointer: Pointer) -> bool:
        """Take hold of what is selected; else select, and leave the press to the view: a drag pans."""
        if self._edit.take_grip(pointer):
            return True
        if adds(pointer):
            if (annotation := self._annotation_at(pointer.point, pointer.tolerance())) is not None:
                self._opened.toggle(annotation)
            return False
        if self._box_at(pointer.point, pointer.tolerance()) is None and self._edit.take_whole(pointer):
            return True
        self.select_at(pointer.point, pointer.tolerance())
        return False

    def mouse_move(self, pointer: Pointer) -> bool:
        """What is in the hand follows."""
        follows = self._edit.mouse_move(pointer)
        self.cursor = self._edit.cursor
        return follows

    def mouse_release(self, pointer: Pointer) -> bool:
        """Let go; what was only clicked is selected alone."""
        if not self._edit.mouse_release(pointer):
            self.select_at(pointer.point, pointer.tolerance())
        return True

    def double_click(self, pointer: Pointer) -> bool:
        """A point more on a line; else the view's."""
        return self._edit.double_click(pointer)

    def claims(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """What editing claims."""
        return self._edit.claims(key, modifiers)

    def key_press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """Arrows move what is selected, Delete takes the chosen point away."""
        return self._edit.key_press(key, modifiers)

    def select_at(self, point: Point, tolerance: float) -> None:
        """Select the box or the annotation at a place; where there is nothing, what was selected stays so."""
        box = self._box_at(point, tolerance)
        if box is not None and self._opened.findings is not None:
            self._opened.findings.select(box)
        elif (annotation := self._annotation_at(point, tolerance)) is not None:
            self._opened.select(annotation)
