"""What mouse, wheel, trackpad, fingers and keys do to a view, and what they hand on to its tool."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QKeyEvent,
    QMouseEvent,
    QPointingDevice,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QWidget

from ml.geometry import Point
from viewer.canvas.camera import Camera
from viewer.canvas.keyed_view import KeyedView
from viewer.canvas.motion import Glide
from viewer.canvas.tool import Pointer, Tool

_NOTCH = 120.0  # angle units of one notch of a wheel
_ZOOM_A_NOTCH = math.sqrt(2)
_CATCHES = 3.0  # degrees about a quarter turn in which a turning drag stays on it
_REMEMBERED = 0.08  # s of a drag that decide over its inertia


class HandledView(KeyedView):
    """A camera view that one can take hold of. What the tool does not take moves the picture."""

    cursor_moved = Signal(object)  # Point in level-0 px, or None when it left
    focus_wished = Signal(int)  # so many planes up
    back_wished = Signal()  # the mouse has buttons for it
    forward_wished = Signal()
    menu_wanted = Signal(object, object)  # Point in level-0 px, QPoint on the screen

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tool: Tool | None = None
        self._tool_holds = False
        self._drag: tuple[QPointF, Camera] | None = None
        self._track: list[tuple[float, float, float]] = []
        self._turning: tuple[QPointF, Camera] | None = None  # where Ctrl was pressed
        self._turns = False  # the hand has moved so far since that it is no click
        self.cursor_point: Point | None = None
        self.glides: Callable[[], bool] = lambda: True  # whether a drag has inertia
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._show_cursor()

    def set_tool(self, tool: Tool | None) -> None:
        """Take another tool into the hand; None: the hand itself, which moves the picture."""
        if self._tool is not None:
            self._tool.leave()
        self._tool, self._tool_holds = tool, False
        if tool is not None:
            tool.enter(self.update)
        self._show_cursor()
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Stop a glide; give the left button to the tool, else begin to drag."""
        self._stop()
        left = event.button() == Qt.MouseButton.LeftButton
        if event.button() in {Qt.MouseButton.BackButton, Qt.MouseButton.ForwardButton}:
            back = event.button() == Qt.MouseButton.BackButton
            (self.back_wished if back else self.forward_wished).emit()
        elif left and event.modifiers() == Qt.KeyboardModifier.ControlModifier:
            self._turning, self._turns = (event.position(), self._camera), False
        elif left and self._tool is not None and self._tool.mouse_press(self._pointer(event)):
            self._tool_holds = True
            self.update()
        elif left or event.button() == Qt.MouseButton.MiddleButton:
            self._drag = (event.position(), self._camera)
            self._track = []
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the picture one to one, or let the tool know."""
        self._tell_cursor(event.position())
        if self._turning is not None:
            self._turn(event.position(), *self._turning)
        elif self._drag is not None:
            start, camera = self._drag
            way = event.position() - start
            self.set_camera(camera.panned(way.x(), way.y()))
            self._remember(event)
        elif self._tool is not None and (self._tool_holds or not event.buttons()):
            hovers_or_holds = self._tool.mouse_move(self._pointer(event))
            if hovers_or_holds:
                self.update()
            if self.cursor().shape() != self._tool.cursor:
                self._show_cursor()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go: the tool ends its stroke, or the picture glides on for a moment."""
        if self._turning is not None:
            self._turning = None
            if not self._turns and self._tool is not None:  # a click with Ctrl is the tool's
                if self._tool.mouse_press(self._pointer(event)):
                    self._tool.mouse_release(self._pointer(event))
                self.update()
        elif self._drag is not None:
            self._drag = None
            self._remember(event)
            self._start(Glide.after(self._track) if self.glides() else None)
            self._show_cursor()
        elif self._tool_holds and event.button() == Qt.MouseButton.LeftButton and self._tool is not None:
            self._tool_holds = False
            self._tool.mouse_release(self._pointer(event))
            self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """One magnification in, unless the tool has a use for it."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if self._tool is not None and self._tool.double_click(self._pointer(event)):
            self.update()
            return
        step = -1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
        self._zoom_one_step(event.position().x(), event.position().y(), step)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """A wheel zooms about the cursor; two fingers on a trackpad pan (with Ctrl: zoom)."""
        place, pixels = event.position(), event.pixelDelta()
        both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        if event.modifiers() & both == both:
            delta = event.angleDelta().y() or event.angleDelta().x()
            if delta:
                self.focus_wished.emit(1 if delta > 0 else -1)
            event.accept()
            return
        # With Alt, and with Shift on some systems, Qt turns the wheel sideways.
        turned = (event.angleDelta().y() or event.angleDelta().x()) / _NOTCH
        shift = event.modifiers() == Qt.KeyboardModifier.ShiftModifier
        if shift and self._tool is not None and self._tool.wheel(turned):
            self.update()
            event.accept()
            return
        trackpad = event.phase() != Qt.ScrollPhase.NoScrollPhase and not pixels.isNull()
        if trackpad and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.pan_by(pixels.x(), pixels.y())
        else:
            self._zoom_smoothly(place.x(), place.y(), _ZOOM_A_NOTCH**turned)
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Wish for the menu of what can be done here."""
        here = self._camera.to_slide(event.pos().x(), event.pos().y())
        self.menu_wanted.emit(here, event.globalPos())

    def leaveEvent(self, event: QEvent) -> None:
        """The cursor is nowhere."""
        super().leaveEvent(event)
        self.cursor_point = None
        self.cursor_moved.emit(None)

    def event(self, event: QEvent) -> bool:
        """A key that the tool claims is no command's; everything else as usual."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and self._claimed(event)
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The tool first, then what moves the picture."""
        if self._tool is not None and self._tool.key_press(Qt.Key(event.key()), event.modifiers()):
            self.update()
        else:
            super().keyPressEvent(event)

    # ------------------------------------------------------------------ inside

    def _claimed(self, event: QKeyEvent) -> bool:
        return self._tool is not None and self._tool.claims(Qt.Key(event.key()), event.modifiers())

    def _pointer(self, event: QMouseEvent) -> Pointer:
        place = event.position()
        held = event.buttons() & Qt.MouseButton.LeftButton
        button = event.button()
        if button == Qt.MouseButton.NoButton and held:
            button = Qt.MouseButton.LeftButton
        point = self._camera.to_slide(place.x(), place.y())
        pressure = event.points()[0].pressure() if event.points() else 1.0
        erases = event.pointerType() == QPointingDevice.PointerType.Eraser
        return Pointer(point, button, event.modifiers(), self._camera, pressure or 1.0, erases)

    def _turn(self, place: QPointF, began: QPointF, camera: Camera) -> None:
        way = place - began
        self._turns = self._turns or way.manhattanLength() >= QApplication.startDragDistance()
        if self._turns:
            turned = self._degrees(place) - self._degrees(began)
            self.set_camera(camera.turned_about(camera.width / 2, camera.height / 2, _held(turned, camera)))

    def _degrees(self, place: QPointF) -> float:
        """Where a place stands about the middle of the widget, clockwise from the right."""
        return math.degrees(math.atan2(place.y() - self.height() / 2, place.x() - self.width() / 2))

    def _remember(self, event: QMouseEvent) -> None:
        now, place = event.timestamp() / 1000, event.position()
        self._track = [entry for entry in self._track if now - entry[0] <= _REMEMBERED]
        self._track.append((now, place.x(), place.y()))

    def _tell_cursor(self, place: QPointF) -> None:
        self.cursor_point = self._camera.to_slide(place.x(), place.y())
        self.cursor_moved.emit(self.cursor_point)

    def _show_cursor(self) -> None:
        self.setCursor(Qt.CursorShape.OpenHandCursor if self._tool is None else self._tool.cursor)


def _held(degrees: float, camera: Camera) -> float:
    """A turn that stays on upright and quarter turns within three degrees of them."""
    angle = camera.angle + degrees
    quarter = round(angle / 90) * 90
    return quarter - camera.angle if abs(angle - quarter) < _CATCHES else degrees
