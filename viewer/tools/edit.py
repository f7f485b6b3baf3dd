"""Take hold of what is selected: bend it at its places, stretch, turn and move it. One drag is one edit."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from ml.annotation.bending import Affine, NotPossible, has_places, on_slide, with_more, without
from ml.annotation.document import Change
from ml.annotation.shapes import Annotation, Shape
from ml.annotation.snapping import nearest_edge
from ml.geometry import Rect
from viewer.canvas.camera import Camera
from viewer.canvas.layer import to_widget_rect
from viewer.canvas.tool import Pointer, Tool
from viewer.theme.colors import LIGHT
from viewer.tools.board import Board
from viewer.tools.grips import KNOB, Grip, box_of, grip_at, grips_of
from viewer.tools.held import Held, bounds_of, edit_of, laid

_REACH = 7.0  # widget px about a grip
_SIZE = 8.0  # widget px of a grip
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
_SHIFT = Qt.KeyboardModifier.ShiftModifier
_DELETES = {Qt.Key.Key_Delete, Qt.Key.Key_Backspace}
_CURSORS = {"place": Qt.CursorShape.CrossCursor, "knob": Qt.CursorShape.PointingHandCursor}


class EditTool(Tool):
    """The half of the hand that moves and of the hand that selects which edits; they ask it first.

    It takes a press on a grip of the selected annotation, or on a selected one itself. A double-click on a
    line adds a place, Delete takes the chosen place away, arrows move what is selected.
    """

    cursor = Qt.CursorShape.ArrowCursor

    def __init__(self, board: Board, resting: Qt.CursorShape) -> None:
        self._board, self._resting = board, resting
        self._drag: Held | None = None
        self._place: tuple[str, int, int] | None = None  # annotation, ring, index: what Delete means
        self.cursor = resting

    def enter(self, repaint: Callable[[], None]) -> None:
        """Nothing is painted outside of its own events."""

    def leave(self) -> None:
        """Drop what is unfinished."""
        self._let_go()
        self._place = None
        self.cursor = self._resting

    @property
    def drags(self) -> bool:
        """Whether something is in the hand and has moved."""
        return self._drag is not None and self._drag.moved

    def mouse_press(self, pointer: Pointer) -> bool:
        """Take hold of a grip, or of what is selected."""
        return self.take_grip(pointer) or self.take_whole(pointer)

    def take_grip(self, pointer: Pointer) -> bool:
        """Take hold of a grip, where one is."""
        self._place = None
        one = self._single()
        grip = None if one is None else self._grip(one, pointer)
        if one is not None and grip is not None:
            self._take((one,), grip, pointer)
            if grip.kind == "place":
                self._place = (one.id, grip.ring, grip.index)
            return True
        return False

    def take_whole(self, pointer: Pointer) -> bool:
        """Take hold of all that is selected, where some of it is."""
        held = self._held_at(pointer)
        if held:
            self._take(held, None, pointer)
        return bool(held)

    def mouse_move(self, pointer: Pointer) -> bool:
        """It follows the hand; hovering, the cursor says what could be taken."""
        drag = self._drag
        if drag is None:
            self._hover(pointer)
            return False
        drag.follow(pointer)
        return True

    def mouse_release(self, pointer: Pointer) -> bool:
        """Let go: an edit, unless it was a click. False: it was one, and whoever asks may make use of it."""
        drag = self._drag
        if drag is None:
            return False
        drag.follow(pointer)
        self._let_go()
        if not drag.moved:
            return drag.grip is not None
        if drag.problem:
            self._board.tell(f"{drag.problem} Nothing was changed.")
        else:
            _put(self._board, drag.change())
        return True

    def double_click(self, pointer: Pointer) -> bool:
        """One place more, on the line under the pointer."""
        one = self._single()
        if one is None or not has_places(one.shape) or one.shape.kind == "points":
            return False
        if self._grip(one, pointer) is not None:
            return True
        found = [(*nearest_edge(ring, one.shape, pointer.point), n) for n, ring in enumerate(one.shape.rings)]
        edge, place, way, ring = min(found, key=lambda entry: entry[2])
        if way > pointer.tolerance(_REACH):
            return False
        self._edit(one, lambda: with_more(one.shape, ring, edge + 1, place), "Add point")
        self._place = (one.id, ring, edge + 1)
        return True

    def claims(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """Delete while a place is chosen; Esc while something is in the hand."""
        del modifiers
        return (key in _DELETES and self._chosen() is not None) or (key == Qt.Key.Key_Escape and self.drags)

    def key_press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """Arrows move what is selected by a pixel of the screen, with Shift by ten."""
        chosen = self._chosen()
        if key == Qt.Key.Key_Escape and self.drags:
            self._let_go()
            return True
        if key in _DELETES and chosen is not None:
            one, ring, index = chosen
            self._place = None
            self._edit(one, lambda: without(one.shape, ring, index), "Delete point")
            return True
        plain = modifiers & ~Qt.KeyboardModifier.KeypadModifier in {Qt.KeyboardModifier.NoModifier, _SHIFT}
        return key in _ARROWS and plain and self._nudge(*_ARROWS[key], 10 if modifiers & _SHIFT else 1)

    def paint(self, painter: QPainter, camera: Camera) -> None:
        """What is in the hand as it would be; else the grips of what is selected."""
        if self._drag is not None and self._drag.moved:
            self._drag.paint(painter, camera)
        elif (one := self._single()) is not None:
            box = box_of(one, camera.scale)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if box is not None:
                _paint_box(painter, camera, box, has_places(one.shape))
            for grip in grips_of(one, camera.scale, camera.visible()):
                _paint_grip(painter, camera, grip, self._place == (one.id, grip.ring, grip.index))

    # ------------------------------------------------------------------ inside

    def _single(self) -> Annotation | None:
        """The one that has grips: selected alone, and not locked."""
        opened = self._board.opened
        one = opened.selected
        return one if one is not None and len(opened.selection) == 1 and not one.locked else None

    def _grip(self, one: Annotation, pointer: Pointer) -> Grip | None:
        camera = pointer.camera
        return grip_at(
            grips_of(one, camera.scale, camera.visible()), pointer.point, pointer.tolerance(_REACH)
        )

    def _held_at(self, pointer: Pointer) -> tuple[Annotation, ...]:
        """What a drag from here moves: all that is selected and not locked, if one of them is here.

        From within an area of which no border is in view the picture is moved: all in view would be its.
        """
        opened = self._board.opened
        if not opened.selection:
            return ()
        key = self._board.annotation_at(pointer.point, pointer.tolerance())
        if key is None or not opened.is_selected(key) or opened.annotations[key].locked:
            return ()
        view, bounds = pointer.camera.visible(), opened.annotations[key].shape.bounds
        if bounds.intersection(view) == view:
            return ()
        return tuple(one for one in opened.selected_all if not one.locked)

    def _take(self, ones: tuple[Annotation, ...], grip: Grip | None, pointer: Pointer) -> None:
        self._drag = Held(self._board, ones, grip, pointer)

    def _let_go(self) -> None:
        if self._drag is not None:
            self._drag.let_go()
        self._drag = None

    def _hover(self, pointer: Pointer) -> None:
        one = self._single()
        grip = None if one is None else self._grip(one, pointer)
        if grip is not None:
            self.cursor = _CURSORS.get(grip.kind, Qt.CursorShape.SizeAllCursor)
        else:
            self.cursor = Qt.CursorShape.SizeAllCursor if self._held_at(pointer) else self._resting

    def _edit(self, one: Annotation, bend: Callable[[], Shape | None], title: str) -> None:
        try:
            shape = bend()
        except NotPossible as reason:
            self._board.tell(str(reason))
            return
        if shape is None:
            self._board.opened.edit(Change((one,), (), "Delete annotation"))
        else:
            self._board.reshape(one, shape, title)

    def _chosen(self) -> tuple[Annotation, int, int] | None:
        """The place that Delete means, where it is still there."""
        one = self._single()
        if one is None or self._place is None or self._place[0] != one.id or not has_places(one.shape):
            return None
        _, ring, index = self._place
        there = ring < len(one.shape.rings) and index < len(one.shape.rings[ring])
        return (one, ring, index) if there else None

    def _nudge(self, right: int, down: int, px: int) -> bool:
        """Move what is selected and in view by so many px of the screen; whether there is any."""
        camera = self._board.camera()
        ones = tuple(one for one in self._board.opened.selected_all if not one.locked)
        if camera is None or not ones or _apart(bounds_of(ones), camera.visible()):
            return False
        here, there = camera.to_slide(0, 0), camera.to_slide(right * px, down * px)
        way = Affine.moving(there.x - here.x, there.y - here.y)
        way = on_slide(way, bounds_of(ones), self._board.bounds)
        _put(self._board, edit_of(ones, tuple(laid(one, way) for one in ones), "Move", self._board.spacing))
        return True


def _put(board: Board, change: Change | None) -> None:
    if change is not None:
        board.opened.edit(change)


def _apart(one: Rect, other: Rect) -> bool:
    return one.right < other.x or other.right < one.x or one.bottom < other.y or other.bottom < one.y


def _paint_box(painter: QPainter, camera: Camera, box: Rect, dashed: bool) -> None:
    frame = to_widget_rect(camera, box)
    top = QPointF(frame.center().x(), frame.top())
    for color, width in ((QColor(255, 255, 255, 200), 3.0), (QColor(LIGHT.accent), 1.0)):
        pen = QPen(color, width, Qt.PenStyle.DashLine if dashed and width < 2 else Qt.PenStyle.SolidLine)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if dashed:
            painter.drawRect(frame)
        painter.drawLine(QLineF(top, top - QPointF(0, KNOB)))


def _paint_grip(painter: QPainter, camera: Camera, grip: Grip, chosen: bool) -> None:
    x, y = camera.to_widget(grip.place)
    painter.setPen(QPen(QColor(LIGHT.accent), 1.6))
    painter.setBrush(QColor(LIGHT.accent) if chosen else QColor(255, 255, 255))
    spot = QRectF(x - _SIZE / 2, y - _SIZE / 2, _SIZE, _SIZE)
    if grip.kind == "place":
        painter.drawRect(spot)
    else:
        painter.drawEllipse(spot)
