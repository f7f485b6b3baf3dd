"""Mark a place with a click, or count: a click for each, class by class."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter

from ml.annotation.document import Change
from ml.annotation.forms import on
from ml.annotation.measured import Means, means_of
from ml.annotation.shapes import Annotation, Shape
from ml.geometry import Point
from viewer.canvas.camera import Camera
from viewer.canvas.tool import Pointer, Tool
from viewer.tools.board import Board
from viewer.tools.sketch import LEAST_WIDGET_PX, paint_caught, paint_dots

_REACH = 6.0  # widget px about a point that is there already
_DIGITS = {Qt.Key(Qt.Key.Key_0.value + n): n for n in range(10)}


class PointTool(Tool):
    """A click marks a place, a drag on a marked one moves it, Alt and a click takes it away.

    With `counts` the digits choose the class of the next ones, and 0 none.
    """

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, board: Board, *, counts: bool) -> None:
        self._board, self._counts = board, counts
        self._held: Annotation | None = None  # the marked place under the hand
        self._start: Point | None = None
        self._here: Point | None = None
        self._drags = False

    def enter(self, repaint: Callable[[], None]) -> None:
        """Nothing is painted outside of its own events."""

    def leave(self) -> None:
        """Drop what is unfinished."""
        self._held = self._start = self._here = self._board.held = None
        self._drags = False

    def mouse_press(self, pointer: Pointer) -> bool:
        """Take hold of a marked place, or begin a click."""
        self._start, self._here, self._drags = pointer.point, pointer.point, False
        self._held = self._marked_at(pointer)
        return True

    def mouse_move(self, pointer: Pointer) -> bool:
        """The marked place follows; hovering, what catches shows."""
        if self._start is None:
            self._board.place(pointer)
            return self._board.choices.snaps
        way = math.hypot(pointer.point.x - self._start.x, pointer.point.y - self._start.y)
        self._drags = self._drags or way * pointer.camera.scale >= LEAST_WIDGET_PX
        self._here = self._place(pointer)
        return True

    def mouse_release(self, pointer: Pointer) -> bool:
        """Mark, move, or take away."""
        held, drags, place = self._held, self._drags, self._place(pointer)
        self.leave()
        takes = pointer.modifiers & Qt.KeyboardModifier.AltModifier or pointer.erases
        if held is not None and drags:
            self._board.reshape(held, Shape.points([place]), "Move point")
        elif held is not None and takes:
            self._board.opened.edit(Change((held,), (), "Take point away"))
        elif held is not None:
            self._board.tell("There is a point already. Alt and a click takes it away, a drag moves it.")
        elif not takes:
            self._mark(place)
        return True

    def double_click(self, _: Pointer) -> bool:
        """Two clicks are two clicks, not a zoom."""
        return True

    def claims(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """While counting, the digits."""
        plain = modifiers & ~Qt.KeyboardModifier.KeypadModifier == Qt.KeyboardModifier.NoModifier
        return self._counts and plain and key in _DIGITS

    def key_press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """A digit chooses the class with that key."""
        if not self.claims(key, modifiers):
            return False
        classes, digit = self._board.opened.classes, _DIGITS[key]
        found = classes.on_key(str(digit))
        if digit == 0 or found is not None:
            classes.choose("" if found is None else found.name)
        else:
            self._board.tell(f"No class has the key {digit}. See the classes in the panel “Drawn”.")
        return True

    def paint(self, painter: QPainter, camera: Camera) -> None:
        """Where a point that is dragged would be."""
        paint_caught(painter, camera, self._board.held)
        if self._drags and self._held is not None and self._here is not None:
            paint_dots(painter, camera, [self._here])

    def _place(self, pointer: Pointer) -> Point:
        but = () if self._held is None else (self._held.id,)
        return on(self._board.bounds, self._board.place(pointer, but))

    def _mark(self, place: Point) -> None:
        shape = Shape.points([place])
        if self._counts:
            name = self._board.opened.classes.current
            title = f"Count {name.name}" if name is not None else "Count"
            self._board.draw(shape, title, "count", selects=False)
        else:
            self._board.draw(shape, "Mark point")
            self._board.drawn()

    def _marked_at(self, pointer: Pointer) -> Annotation | None:
        """The single point within reach that this tool made: one that is locked or of a set stays."""
        means: Means = "count" if self._counts else ""
        reach = pointer.tolerance(_REACH)
        near = [
            (math.hypot(p.x - pointer.point.x, p.y - pointer.point.y), n, one)
            for n, one in enumerate(self._board.close_to(pointer.point, reach))
            if one.shape.kind == "points" and len(p_ := one.shape.rings[0]) == 1 and not one.locked
            for p in p_
            if means_of(one) == means
        ]
        way, _, found = min(near, default=(math.inf, 0, None))
        return found if way <= reach else None
