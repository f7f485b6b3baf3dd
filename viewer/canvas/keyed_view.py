"""A camera view that is moved without a mouse."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from viewer.canvas.touched_view import TouchedView


class KeyedView(TouchedView):
    """Arrows and page keys pan, + and - zoom, Home shows all."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """What moves the picture; other keys go on to the window."""
        if not self._move_by_key(Qt.Key(event.key()), event.modifiers()):
            super().keyPressEvent(event)

    def _move_by_key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        share = 0.5 if modifiers & Qt.KeyboardModifier.ShiftModifier else 0.1
        way_x, way_y = round(self.width() * share), round(self.height() * share)
        ways = {
            Qt.Key.Key_Left: (way_x, 0),
            Qt.Key.Key_Right: (-way_x, 0),
            Qt.Key.Key_Up: (0, way_y),
            Qt.Key.Key_Down: (0, -way_y),
            Qt.Key.Key_PageUp: (0, round(self.height() * 0.9)),
            Qt.Key.Key_PageDown: (0, -round(self.height() * 0.9)),
        }
        steps = {Qt.Key.Key_Plus: 1, Qt.Key.Key_Equal: 1, Qt.Key.Key_Minus: -1}
        if key in ways:
            self.pan_by(*ways[key])
        elif key in steps:
            self._zoom_one_step(self.width() / 2, self.height() / 2, steps[key])
        elif key == Qt.Key.Key_Home:
            self.fit()
        else:
            return False
        return True
