"""A field for a number that keeps Enter to itself: elsewhere in the window Enter accepts a box."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDoubleSpinBox, QSpinBox

_ENTER = {Qt.Key.Key_Return, Qt.Key.Key_Enter}


def _is_enter(event: QEvent) -> bool:
    return (
        event.type() is QEvent.Type.ShortcutOverride
        and isinstance(event, QKeyEvent)
        and event.key() in _ENTER
    )


class NumberField(QDoubleSpinBox):
    """A number with decimals."""

    def event(self, event: QEvent) -> bool:
        """Enter takes the typed number and does nothing else."""
        if _is_enter(event):
            event.accept()
            return True
        return super().event(event)


class WholeField(QSpinBox):
    """A whole number."""

    def event(self, event: QEvent) -> bool:
        """Enter takes the typed number and does nothing else."""
        if _is_enter(event):
            event.accept()
            return True
        return super().event(event)
