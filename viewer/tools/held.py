"""Annotations in the hand: how they would be, and the edit that makes them so."""

from __future__ import annotations

import math
from dataclasses import replace

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter

from ml.annotation.bending import Affine, NotPossible, laid_out, on_slide, with_place
from ml.annotation.document import Change
from ml.annotation.forms import on
from ml.annotation.measured import measured
from ml.annotation.shapes import Annotation
from ml.annotation.snapping import places_of
from ml.geometry import Point, Rect, Spacing
from ml.report.words import count
from viewer.canvas.camera import Camera
from viewer.canvas.plate import paint_plate
from viewer.canvas.tool import Pointer
from viewer.tools.board import CATCHES, Board
from viewer.tools.grips import Grip, stretched, turned
from viewer.tools.sketch import (
    LEAST_WIDGET_PX,
    paint_caught,
    paint_dots,
    paint_path,
    sketch_path,
    sketch_pens,
    warning_pens,
)

_VERBS = {"place": "Move point of", "side": "Resize", "knob": "Turn"}
_SHIFT = Qt.KeyboardModifier.ShiftModifier


class Held:
    """These annotations, taken at a grip or (None) as a whole. They are lifted once the hand has moved."""

    def __init__(
        self, board: Board, before: tuple[Annotation, ...], grip: Grip | None, pointer: Pointer
    ) -> None:
        self._board, self.before, self.grip = board, before, grip
        self._start = pointer.point
        self._paths = [sketch_path(one.shape, pointer.camera.scale) for one in before]
        self._way = Affine()  # what the drag makes of them, but of a place
        self._bent: Annotation | None = None  # with the place where it is now
        self._words = ""
        self.problem = ""  # why it cannot be as it is
        self.moved = False

    def follow(self, pointer: Pointer) -> None:
        """The hand is here."""
        way = math.hypot(pointer.point.x - self._start.x, pointer.point.y - self._start.y)
        if not self.moved and way * pointer.camera.scale < LEAST_WIDGET_PX:
            return
        if not self.moved:
            self.moved = True
            self._board.lift([one.id for one in self.before])
        ids, bounds = [one.id for one in self.before], self.before[0].shape.bounds
        shift = bool(pointer.modifiers & _SHIFT)
        if self.grip is None:
            self._way = self._moved(pointer, ids)
        elif self.grip.kind == "side":
            end = self._board.place(pointer, ids)
            self._way = stretched(bounds, self.grip.index, self._start, end, keeps=shift)
        elif self.grip.kind == "knob":
            self._way, degrees = turned(bounds, self._start, pointer.point, steps=shift)
            self._words = f"{degrees:.0f}°"
        else:
            self._bend(self.grip, on(self._board.bounds, self._board.place(pointer, ids)), pointer)

    def let_go(self) -> None:
        """The layer shows them again."""
        if self.moved:
            self._board.lift(())
        self._board.held = None

    def change(self) -> Change | None:
        """The edit; None where nothing is different."""
        one = self._bent
        after = (one,) if one is not None else tuple(laid(each, self._way) for each in self.before)
        verb = "Move" if self.grip is None else _VERBS[self.grip.kind]
        return edit_of(self.before, after, verb, self._board.spacing)

    def paint(self, painter: QPainter, camera: Camera) -> None:
        """As they would be, and why not."""
        pens = warning_pens() if self.problem else sketch_pens()
        for path, one in zip(self._paths, self.before, strict=True):
            paint_path(painter, camera, path, self._way, pens)
            shape = one.shape if self._bent is None else self._bent.shape
            if shape.kind == "points":
                paint_dots(painter, camera, [self._way(place) for place in shape.rings[0]])
        paint_caught(painter, camera, self._board.held)
        words = self.problem or self._words
        if words:
            one = self._bent or self.before[0]
            paint_plate(painter, QPointF(*camera.to_widget(one.shape.bounds.center)), words)

    def _moved(self, pointer: Pointer, ids: list[str]) -> Affine:
        """As far as the slide reaches; the place that was nearest to the hand may be caught."""
        dx, dy = pointer.point.x - self._start.x, pointer.point.y - self._start.y
        if self._board.choices.snaps:
            places = tuple(p for one in self.before for ring in one.shape.rings for p in ring)
            ways = ((places_of(places) - (self._start.x, self._start.y)) ** 2).sum(axis=1)
            held = places[int(ways.argmin())]
            there = Point(held.x + dx, held.y + dy)
            caught = self._board.caught(there, pointer.tolerance(CATCHES), ids)
            dx, dy = caught.x - held.x, caught.y - held.y
        return on_slide(Affine.moving(dx, dy), bounds_of(self.before), self._board.bounds)

    def _bend(self, grip: Grip, place: Point, pointer: Pointer) -> None:
        one = self.before[0]
        try:
            shape, self.problem = with_place(one.shape, grip.ring, grip.index, place), ""
        except NotPossible as reason:
            self.problem = str(reason)
            rings = list(one.shape.rings)
            old = rings[grip.ring]
            rings[grip.ring] = (*old[: grip.index], place, *old[grip.index + 1 :])
            shape = replace(one.shape, rings=tuple(rings))
        self._bent = replace(one, shape=shape)
        self._paths = [sketch_path(shape, pointer.camera.scale)]


def edit_of(
    before: tuple[Annotation, ...], after: tuple[Annotation, ...], verb: str, spacing: Spacing | None
) -> Change | None:
    """The edit from one state to another, with what was measured; None where nothing is different."""
    things = "annotation" if len(before) == 1 else count(len(before), "annotation")
    after = tuple(measured(one, spacing) for one in after)
    return None if after == before else Change(before, after, f"{verb} {things}")


def laid(one: Annotation, way: Affine) -> Annotation:
    """An annotation moved, turned or stretched, and a cell's nucleus with it."""
    nucleus = None if one.nucleus is None else laid_out(one.nucleus, way)
    return replace(one, shape=laid_out(one.shape, way), nucleus=nucleus)


def bounds_of(ones: tuple[Annotation, ...]) -> Rect:
    """The rectangle around several."""
    whole = ones[0].shape.bounds
    for one in ones[1:]:
        whole = whole.union(one.shape.bounds)
    return whole
