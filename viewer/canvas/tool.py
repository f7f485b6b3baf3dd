# ruff: noqa: ARG002 - the empty methods are the contract
"""What the left hand of a view can hold: the contract of a tool. Tools themselves live in `viewer.tools`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter

from ml.geometry import Point
from viewer.canvas.camera import Camera


@dataclass(frozen=True, slots=True)
class Pointer:
    """A mouse or pen at a place of the slide."""

    point: Point  # level-0 px; may lie beside the slide
    button: Qt.MouseButton  # the one pressed or released; while moving: the one held, or NoButton (hovering)
    modifiers: Qt.KeyboardModifier
    camera: Camera
    pressure: float = 1.0  # of a pen, 0..1
    erases: bool = False  # the other end of a pen

    def tolerance(self, widget_px: float = 6.0) -> float:
        """How far beside a line still hits it, in level-0 px: so many widget px at this camera."""
        return widget_px / self.camera.scale


class Tool(Protocol):
    """Turns what a hand does into wishes. Subclass it and override what is needed; the rest does nothing.

    Every event method says whether it took the event; what no tool takes is the view's (a drag pans, a
    double-click zooms in). After a taken event the view paints the tool anew by itself. The wheel without
    Shift, the middle button and fingers are always the view's; the right button opens the menu. `cursor` may
    change with what is under the hand.
    """

    cursor: Qt.CursorShape = Qt.CursorShape.ArrowCursor

    def enter(self, repaint: Callable[[], None]) -> None:
        """The view took this tool; `repaint` paints it anew outside of its own events."""

    def leave(self) -> None:
        """The view laid this tool down: drop what is unfinished."""

    def mouse_press(self, pointer: Pointer) -> bool:
        """The left button went down."""
        return False

    def mouse_move(self, pointer: Pointer) -> bool:
        """The mouse moved, with the left button held (only after a press this tool took) or hovering."""
        return False

    def mouse_release(self, pointer: Pointer) -> bool:
        """The left button went up (only after a press this tool took)."""
        return False

    def double_click(self, pointer: Pointer) -> bool:
        """The left button was clicked twice (its first press came before as a press)."""
        return False

    def key_press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """A key went down: Esc to drop, Enter to close an outline, Delete, …"""
        return False

    def claims(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """Whether a key shall come to `key_press` now, although it belongs to a command."""
        return False

    def wheel(self, notches: float) -> bool:
        """The wheel was turned away from the person (below 0: towards) while Shift was held."""
        return False

    def paint(self, painter: QPainter, camera: Camera) -> None:
        """Draw what is unfinished, above all layers, in logical widget px (`camera.to_widget`)."""
