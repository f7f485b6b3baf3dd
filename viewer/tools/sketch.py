"""How an unfinished drawing looks: seen on white, on dark tissue and on both at once."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen

from viewer.theme.colors import LIGHT

LEAST_WIDGET_PX = 4.0
"""What is smaller than this on the screen was a click, not a drawing."""


def sketch_pens() -> tuple[QPen, QPen]:
    """A light line underneath and a coloured one on top; draw with both, in this order."""
    under = QPen(QColor(255, 255, 255, 200), 4)
    over = QPen(QColor(LIGHT.accent), 2)
    for pen in (under, over):
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    return under, over
