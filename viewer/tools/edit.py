"""Take hold of what is selected: bend it at its places, stretch, turn and move it. One drag is one edit."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from ml.annotation.bending import (
    Affine,
    NotPossible,
    has_places,
    laid_out,
    on_slide,
    with_more,
    with_place,
    without,
)
from ml.annotation.document import Change
from ml.annotation.forms import on
from ml.annotation.measured import measured
from ml.annotation.shapes import Annotation
from ml.annotation.snapping import nearest_edge, places_of
from ml.geometry import Point, Rect
from ml.report.words import count
from viewer.canvas.camera import Camera
from viewer.canvas.layer import to_widget_rect
from viewer.canvas.plate import paint_plate
from viewer.canvas.tool import Pointer, Tool
from viewer.theme.colors import LIGHT
from viewer.tools.board import CATCHES, Board
from viewer.tools.grips import Grip, box_of, grip_at, grips_of, stretched, turned
from viewer.tools.sketch import (
    LEAST_WIDGET_PX,
    paint_caught,
    paint_path,
    sketch_path,
    sketch_pens,
    warning_pens,
)

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


_STILL = Affine()


@dataclass
class _Drag:
    """What is in the hand: these annotations, at a grip or (None) as a whole."""

    before: tuple[Annotation, ...]
    grip: Grip | None
    start: Point
    paths: list[QPainterPath]
    way: Affine = _STILL  # what the drag makes of them, but of a place
    bent: Annotation | None = None  # with the place where it is now
    problem: str = ""  # why that cannot be
    moved: bool = False
    words: str = ""


class EditTool(Tool):
    """The half of the hand that moves and of the hand that selects which edits; they ask it first.

    It takes a press on a grip of the selected annotation, or on a selected one itself. A double-click on a
    line adds a place, Delete takes the chosen place away, arrows move what is selected.
    """

    cursor = Qt.CursorShape.ArrowCursor

    def __init__(self, board: Board, resting: Qt.CursorShape) -> None:
        self._board, self._resting = board, resting
        self._drag: _Drag | None = None
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
        way = math.hypot(pointer.point.x - drag.start.x, pointer.point.y - drag.start.y)
        if not drag.moved and way * pointer.camera.scale >= LEAST_WIDGET_PX:
            drag.moved = True
            self._board.lift([one.id for one in drag.before])
        if drag.moved:
            self._follow(drag, pointer)
        return True

    def mouse_release(self, pointer: Pointer) -> bool:
        """Let go: an edit, unless it was a click. False: it was one, and whoever asks may make use of it."""
        drag = self._drag
        if drag is None:
            return False
        if drag.moved:
            self._follow(drag, pointer)
        self._let_go()
        if not drag.moved:
            return drag.grip is not None
        if drag.problem:
            self._board.tell(f"{drag.problem} Nothing was changed.")
        else:
            self._keep(drag)
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
            self._delete(*chosen)
            return True
        plain = modifiers & ~Qt.KeyboardModifier.KeypadModifier in {Qt.KeyboardModifier.NoModifier, _SHIFT}
        return key in _ARROWS and plain and self._nudge(*_ARROWS[key], 10 if modifiers & _SHIFT else 1)

    def paint(self, painter: QPainter, camera: Camera) -> None:
        """What is in the hand as it would be; else the grips of what is selected."""
        if self._drag is not None and self._drag.moved:
            self._paint_drag(painter, camera, self._drag)
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
        key = self._board.annotation_at(pointer.point, pointer.tolerance())
        if key is None or not opened.is_selected(key) or opened.annotations[key].locked:
            return ()
        view, bounds = pointer.camera.visible(), opened.annotations[key].shape.bounds
        if bounds.intersection(view) == view:
            return ()
        return tuple(one for one in opened.selected_all if not one.locked)

    def _take(self, ones: tuple[Annotation, ...], grip: Grip | None, pointer: Pointer) -> None:
        paths = [sketch_path(one.shape, pointer.camera.scale) for one in ones]
        self._drag = _Drag(ones, grip, pointer.point, paths)

    def _let_go(self) -> None:
        if self._drag is not None and self._drag.moved:
            self._board.lift(())
        self._drag = self._board.held = None

    def _hover(self, pointer: Pointer) -> None:
        one = self._single()
        grip = None if one is None else self._grip(one, pointer)
        if grip is not None:
            self.cursor = _CURSORS.get(grip.kind, Qt.CursorShape.SizeAllCursor)
        else:
            self.cursor = Qt.CursorShape.SizeAllCursor if self._held_at(pointer) else self._resting

    def _follow(self, drag: _Drag, pointer: Pointer) -> None:
        one, shift = drag.before[0], bool(pointer.modifiers & _SHIFT)
        ids = [each.id for each in drag.before]
        bounds = one.shape.bounds
        if drag.grip is None:
            drag.way = self._moved(drag, pointer, ids)
        elif drag.grip.kind == "side":
            end = self._board.place(pointer, ids)
            drag.way = stretched(bounds, drag.grip.index, drag.start, end, keeps=shift)
        elif drag.grip.kind == "knob":
            drag.way, degrees = turned(bounds, drag.start, pointer.point, steps=shift)
            drag.words = f"{degrees:.0f}°"
        else:
            place = on(self._board.bounds, self._board.place(pointer, ids))
            ring, index = drag.grip.ring, drag.grip.index
            drag.bent, drag.problem = _bent(one, ring, index, place)
            drag.paths = [sketch_path(drag.bent.shape, pointer.camera.scale)]

    def _moved(self, drag: _Drag, pointer: Pointer, ids: list[str]) -> Affine:
        """As far as the slide reaches; the place that was nearest to the hand may be caught."""
        dx, dy = pointer.point.x - drag.start.x, pointer.point.y - drag.start.y
        if self._board.choices.snaps:
            places = [p for one in drag.before for ring in one.shape.rings for p in ring]
            nearest = int(
                ((places_of(tuple(places)) - (drag.start.x, drag.start.y)) ** 2).sum(axis=1).argmin()
            )
            there = Point(places[nearest].x + dx, places[nearest].y + dy)
            caught = self._board.caught(there, pointer.tolerance(CATCHES), ids)
            dx, dy = caught.x - places[nearest].x, caught.y - places[nearest].y
        return on_slide(Affine.moving(dx, dy), _bounds(drag.before), self._board.bounds)

    def _keep(self, drag: _Drag) -> None:
        after = (drag.bent,) if drag.bent is not None else tuple(_laid(one, drag.way) for one in drag.before)
        verbs = {"place": "Move point of", "side": "Resize", "knob": "Turn"}
        verb = "Move" if drag.grip is None else verbs[drag.grip.kind]
        self._put(drag.before, after, verb)

    def _put(self, before: tuple[Annotation, ...], after: tuple[Annotation, ...], verb: str) -> None:
        spacing = self._board.spacing
        things = "annotation" if len(before) == 1 else count(len(before), "annotation")
        after = tuple(measured(one, spacing) for one in after)
        if after != before:
            self._board.opened.edit(Change(before, after, f"{verb} {things}"))

    def _edit(self, one: Annotation, bend: Callable[[], object], title: str) -> None:
        try:
            shape = bend()
        except NotPossible as reason:
            self._board.tell(str(reason))
            return
        if shape is None:
            self._board.opened.edit(Change((one,), (), "Delete annotation"))
        else:
            self._board.reshape(one, shape, title)  # type: ignore[arg-type]

    def _chosen(self) -> tuple[Annotation, int, int] | None:
        """The place that Delete means, where it is still there."""
        one = self._single()
        if one is None or self._place is None or self._place[0] != one.id or not has_places(one.shape):
            return None
        _, ring, index = self._place
        there = ring < len(one.shape.rings) and index < len(one.shape.rings[ring])
        return (one, ring, index) if there else None

    def _delete(self, one: Annotation, ring: int, index: int) -> None:
        self._place = None
        self._edit(one, lambda: without(one.shape, ring, index), "Delete point")

    def _nudge(self, right: int, down: int, px: int) -> bool:
        """Move what is selected and in view by so many px of the screen; whether there is any."""
        camera = self._board.camera()
        ones = tuple(one for one in self._board.opened.selected_all if not one.locked)
        if camera is None or not ones or _apart(_bounds(ones), camera.visible()):
            return False
        here, there = camera.to_slide(0, 0), camera.to_slide(right * px, down * px)
        way = Affine.moving(there.x - here.x, there.y - here.y)
        way = on_slide(way, _bounds(ones), self._board.bounds)
        self._put(ones, tuple(_laid(one, way) for one in ones), "Move")
        return True

    def _paint_drag(self, painter: QPainter, camera: Camera, drag: _Drag) -> None:
        pens = warning_pens() if drag.problem else sketch_pens()
        for path, one in zip(drag.paths, drag.before, strict=True):
            paint_path(painter, camera, path, drag.way, pens)
            shape = one.shape if drag.bent is None else drag.bent.shape
            if shape.kind == "points":
                for place in shape.rings[0]:
                    _paint_grip(painter, camera, Grip("knob", drag.way(place)), chosen=True)
        paint_caught(painter, camera, self._board.held)
        words = drag.problem or drag.words
        if words and drag.bent is not None:
            paint_plate(painter, to_widget_rect(camera, drag.bent.shape.bounds).center(), words)
        elif words:
            paint_plate(painter, to_widget_rect(camera, drag.before[0].shape.bounds).center(), words)


def _bent(one: Annotation, ring: int, index: int, place: Point) -> tuple[Annotation, str]:
    """With one place elsewhere, and why that cannot be."""
    try:
        return replace(one, shape=with_place(one.shape, ring, index, place)), ""
    except NotPossible as reason:
        places = one.shape.rings[ring]
        rings = list(one.shape.rings)
        rings[ring] = (*places[:index], place, *places[index + 1 :])
        return replace(one, shape=replace(one.shape, rings=tuple(rings))), str(reason)


def _laid(one: Annotation, way: Affine) -> Annotation:
    nucleus = None if one.nucleus is None else laid_out(one.nucleus, way)
    return replace(one, shape=laid_out(one.shape, way), nucleus=nucleus)


def _bounds(ones: tuple[Annotation, ...]) -> Rect:
    whole = ones[0].shape.bounds
    for one in ones[1:]:
        whole = whole.union(one.shape.bounds)
    return whole


def _apart(one: Rect, other: Rect) -> bool:
    return one.right < other.x or other.right < one.x or one.bottom < other.y or other.bottom < one.y


def _paint_box(painter: QPainter, camera: Camera, box: Rect, dashed: bool) -> None:
    frame = to_widget_rect(camera, box)
    top = frame.center().x()
    knob = camera.to_widget(Point(box.center.x, box.y))[1] - 24
    for color, width in ((QColor(255, 255, 255, 200), 3.0), (QColor(LIGHT.accent), 1.0)):
        pen = QPen(color, width, Qt.PenStyle.DashLine if dashed and width < 2 else Qt.PenStyle.SolidLine)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if dashed:
            painter.drawRect(frame)
        painter.drawLine(top, frame.top(), top, knob)  # type: ignore[call-overload]


def _paint_grip(painter: QPainter, camera: Camera, grip: Grip, chosen: bool) -> None:
    x, y = camera.to_widget(grip.place)
    painter.setPen(QPen(QColor(LIGHT.accent), 1.6))
    painter.setBrush(QColor(LIGHT.accent) if chosen else QColor(255, 255, 255))
    spot = QRectF(x - _SIZE / 2, y - _SIZE / 2, _SIZE, _SIZE)
    if grip.kind == "place":
        painter.drawRect(spot)
    else:
        painter.drawEllipse(spot)
