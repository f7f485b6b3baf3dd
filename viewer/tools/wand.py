"""The magic wand: press on a colour, drag for more or less of it."""

from __future__ import annotations

from collections.abc import Callable

import shapely
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPainterPath

from ml.annotation.forms import area_on
from ml.annotation.shapes import Annotation
from ml.annotation.wand import MOST, Wand, laid_on_slide
from ml.geometry import Point
from ml.report.words import SPACE
from viewer.canvas.camera import Camera
from viewer.canvas.plate import paint_plate
from viewer.canvas.tissue import Tissue
from viewer.canvas.tool import Pointer, Tool
from viewer.tools.board import Board
from viewer.tools.sketch import paint_path, sketch_path

_PX_A_STEP = 3.0  # widget px of a drag for one step of tolerance


class WandTool(Tool):
    """Press takes what is connected and of a similar colour, in view; a drag to the right or up takes more.

    On the selected area it goes on with it, off it begins a new one; Shift joins it anyway, Alt takes away.
    """

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, board: Board) -> None:
        self._board = board
        self._wand: Wand | None = None
        self._tissue: Tissue | None = None
        self._old: Annotation | None = None
        self._wipes = False
        self._began: tuple[float, float, int] = (0.0, 0.0, 0)  # widget px, and the tolerance there
        self._here: Point | None = None
        self._found: tuple[int, shapely.Geometry, QPainterPath] | None = None  # tolerance, level-0 px

    @property
    def unfinished(self) -> bool:
        """Whether the button is held."""
        return self._wand is not None

    def enter(self, repaint: Callable[[], None]) -> None:
        """Nothing is painted outside of its own events."""

    def leave(self) -> None:
        """Drop what is unfinished."""
        self._wand = self._tissue = self._old = self._here = self._found = None

    def mouse_press(self, pointer: Pointer) -> bool:
        """Look at the colour here."""
        tissue = self._board.tissue()
        if tissue is None:
            return True
        rect, (height, width) = tissue.rect, tissue.pixels.shape[:2]
        column = int((pointer.point.x - rect.x) / rect.width * width)
        row = int((pointer.point.y - rect.y) / rect.height * height)
        if not (0 <= column < width and 0 <= row < height and tissue.seen[row, column]):
            self._board.tell("There is no slide here.")
            return True
        self._wipes = bool(pointer.modifiers & Qt.KeyboardModifier.AltModifier) or pointer.erases
        joins = bool(pointer.modifiers & Qt.KeyboardModifier.ShiftModifier)
        self._old = self._board.area_at(pointer.point, 0.0, erases=self._wipes, joins=joins)
        self._began = (*pointer.camera.to_widget(pointer.point), self._board.choices.tolerance)
        self._tissue, self._here, self._found = tissue, pointer.point, None
        self._wand = Wand(tissue.pixels, column, row, tissue.seen)
        return True

    def mouse_move(self, pointer: Pointer) -> bool:
        """More tolerance to the right and up, less to the left and down."""
        if self._wand is None:
            return False
        x, y = pointer.camera.to_widget(pointer.point)
        steps = round((x - self._began[0] - (y - self._began[1])) / _PX_A_STEP)
        self._board.choices.tolerance = min(max(self._began[2] + steps, 0), MOST)
        self._here = pointer.point
        return True

    def mouse_release(self, pointer: Pointer) -> bool:
        """Done: one edit."""
        if self._wand is None:
            return True
        self.mouse_move(pointer)
        found, old, wipes = self._look(pointer.camera.scale), self._old, self._wipes
        self.leave()
        if found is None or found.is_empty:
            self._board.tell(
                "So little is of this colour that nothing was taken: drag to the right for more."
            )
        elif wipes:
            if old is not None:
                self._board.put_area(old, shapely.difference(old.shape.polygon, found), "Take away with wand")
        else:
            area = found if old is None else shapely.union(old.shape.polygon, found)
            self._board.put_area(old, area, "Take with wand")
        return True

    def double_click(self, pointer: Pointer) -> bool:
        """Two presses, not a zoom."""
        if self._wand is None and self.mouse_press(pointer):
            self.mouse_release(pointer)
        return True

    def claims(self, key: Qt.Key, _: Qt.KeyboardModifier) -> bool:
        """Esc while the button is held."""
        return key == Qt.Key.Key_Escape and self.unfinished

    def key_press(self, key: Qt.Key, _: Qt.KeyboardModifier) -> bool:
        """Esc drops what is unfinished."""
        if key != Qt.Key.Key_Escape or self._wand is None:
            return False
        self.leave()
        return True

    def paint(self, painter: QPainter, camera: Camera) -> None:
        """What would be taken, and the tolerance in words."""
        if self._wand is None or self._here is None:
            return
        self._look(camera.scale)
        if self._found is not None:
            paint_path(painter, camera, self._found[2])
        words = f"Tolerance{SPACE}{self._board.choices.tolerance}"
        paint_plate(painter, QPointF(*camera.to_widget(self._here)), words)

    def _look(self, scale: float) -> shapely.Geometry | None:
        """What the tolerance takes now; found anew only when it is painted or kept, not with every move."""
        if self._wand is None or self._tissue is None:
            return None
        tolerance = self._board.choices.tolerance
        if self._found is None or self._found[0] != tolerance:
            height, width = self._tissue.pixels.shape[:2]
            area = laid_on_slide(self._wand.area(tolerance), self._tissue.rect, (width, height))
            shape = area_on(area, self._board.bounds)
            path = QPainterPath() if shape is None else sketch_path(shape, scale)
            self._found = (tolerance, area, path)
        return self._found[1]
