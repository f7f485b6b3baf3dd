"""The widget that shows one plane, in the hands of a radiologist."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from viewer.ct.plane_view import PlaneView

_NOTCH = 120.0  # angle units of one notch of a wheel
_TRACKPAD = 30.0  # px of two fingers' way for one slice
_STILL = 3  # widget px that a right click may slip before it is a drag
_STEPS = {
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_Down: 1,
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_PageUp: -10,
    Qt.Key.Key_PageDown: 10,
    Qt.Key.Key_Home: -(10**6),
    Qt.Key.Key_End: 10**6,
}


class SliceView(PlaneView):
    """Wheel and keys scroll, Ctrl and the wheel zoom, the right button drags the window."""

    scroll_wished = Signal(int)
    window_dragged = Signal(float, float)  # widget px to the right and down
    enlarge_wished = Signal()  # double-click

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self._turned = 0.0  # of a wheel, not yet a whole slice
        self._right: tuple[QPointF, bool] | None = None  # where the right button is, and whether it dragged
        self.glides = lambda: False
        self.setAccessibleDescription("Arrow keys scroll, plus and minus zoom, Shift and arrows move.")

    def wheelEvent(self, event: QWheelEvent) -> None:
        """One notch is one slice; with Ctrl the wheel zooms about the cursor."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().wheelEvent(event)
            return
        pixels = event.pixelDelta()
        trackpad = event.phase() != Qt.ScrollPhase.NoScrollPhase and not pixels.isNull()
        self._turned += pixels.y() / _TRACKPAD if trackpad else event.angleDelta().y() / _NOTCH
        steps = int(self._turned)
        if steps:
            self._turned -= steps
            self.scroll_wished.emit(-steps)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The right button takes hold of the window."""
        if event.button() == Qt.MouseButton.RightButton:
            self._right = (event.position(), False)
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the window, or whatever else is held."""
        if self._right is None:
            super().mouseMoveEvent(event)
            return
        start, dragged = self._right
        way = event.position() - start
        if dragged or way.manhattanLength() > _STILL:
            self._right = (event.position(), True)
            self.window_dragged.emit(way.x(), way.y())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A right button that did not drag wishes for the menu."""
        if event.button() != Qt.MouseButton.RightButton:
            super().mouseReleaseEvent(event)
        elif self._right is not None:
            dragged, self._right = self._right[1], None
            if not dragged:
                place = event.position()
                here = self._camera.to_slide(place.x(), place.y())
                self.menu_wanted.emit(here, event.globalPosition().toPoint())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show this plane alone, or all three again."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.enlarge_wished.emit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """By key; the mouse does it when its button is let go."""
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            super().contextMenuEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows and page keys scroll; with Shift they move the picture."""
        key = Qt.Key(event.key())
        if self._tool is not None and self._tool.key_press(key, event.modifiers()):
            self.update()
        elif key in _STEPS and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            self.scroll_wished.emit(_STEPS[key])
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """What scrolls is no shortcut."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
            if plain and Qt.Key(event.key()) in _STEPS:
                event.accept()
                return True
        return super().event(event)
