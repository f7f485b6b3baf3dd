"""Place a circle of 1 mm² with a click, to count in."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter

from ml.annotation.forms import circle_of
from ml.annotation.shapes import Shape
from ml.errors import Problem
from ml.geometry import Point
from ml.report.words import SPACE
from viewer.canvas.camera import Camera
from viewer.canvas.tool import Pointer, Tool
from viewer.tools.board import Board
from viewer.tools.sketch import paint_path, sketch_path

AREA_MM2 = 1.0
NO_SPACING = Problem(
    "Nobody knows how large a pixel of this slide is, so nobody knows how large 1 mm² is.",
    "Set the pixel size first: Image, Set pixel size… or Draw a known length….",
)


class CircleTool(Tool):
    """The circle is under the cursor; a click leaves it there. Its size is fixed, it can be moved."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, board: Board) -> None:
        self._board = board
        self._here: Point | None = None

    def enter(self, repaint: Callable[[], None]) -> None:
        """Nothing is painted outside of its own events."""

    def leave(self) -> None:
        """Nothing is ever unfinished."""
        self._here = None

    def mouse_press(self, pointer: Pointer) -> bool:
        """The place counts where the button is let go."""
        return self.mouse_move(pointer)

    def mouse_move(self, pointer: Pointer) -> bool:
        """It follows the cursor."""
        self._here = pointer.point
        return True

    def mouse_release(self, pointer: Pointer) -> bool:
        """There it stays."""
        shape = self._circle(pointer.point)
        if shape is None:
            self._board.refuse(NO_SPACING)
            self._board.drawn()
            return True
        if shape.bounds.intersection(self._board.bounds) != shape.bounds:
            self._board.tell(f"Part of the circle lies beside the slide: it holds less than 1{SPACE}mm².")
        self._board.draw(shape, "Place counting circle", "circle", name=f"{AREA_MM2:g}{SPACE}mm²")
        self._board.drawn()
        return True

    def paint(self, painter: QPainter, camera: Camera) -> None:
        """The circle where it would be."""
        shape = None if self._here is None else self._circle(self._here)
        if shape is not None:
            paint_path(painter, camera, sketch_path(shape, camera.scale))

    def _circle(self, center: Point) -> Shape | None:
        spacing = self._board.spacing
        return None if spacing is None else circle_of(AREA_MM2, center, spacing)
