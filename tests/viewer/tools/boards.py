"""A slide under a drawing hand, without a window."""

from __future__ import annotations

from PySide6.QtCore import Qt

from ml.geometry import Point
from viewer.canvas.annotation_layer import AnnotationLayer
from viewer.canvas.camera import Camera
from viewer.canvas.tool import Pointer, Tool
from viewer.state.opened_slide import OpenedSlide
from viewer.tools.board import Board, Choices

CAMERA = Camera(Point(2000, 1500), 0.5, 800, 600)
LEFT = Qt.MouseButton.LeftButton
NONE, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
ALT, CTRL = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier


class HeardBoard(Board):
    """Remembers what the person was told, and how many shapes were said to be finished."""

    def __init__(self, opened: OpenedSlide, *, snaps: bool = False, camera: Camera = CAMERA) -> None:
        self.told: list[str] = []
        self.ended = 0
        self.layer = AnnotationLayer(opened.annotations)
        super().__init__(
            opened,
            drawn=self._end,
            choices=Choices(snaps=snaps),
            annotation_at=self.layer.hit,
            tell=self.told.append,
            refuse=lambda problem: self.told.append(problem.what),
            lift=self.layer.lift,
            camera=lambda: camera,
            near=self.layer.touching,
        )

    def _end(self) -> None:
        self.ended += 1


def at(
    x: float,
    y: float,
    modifiers: Qt.KeyboardModifier = NONE,
    *,
    camera: Camera = CAMERA,
    erases: bool = False,
) -> Pointer:
    """The hand at a place of the slide."""
    return Pointer(Point(x, y), LEFT, modifiers, camera, 1.0, erases)


def stroke(tool: Tool, *places: tuple[float, float], modifiers: Qt.KeyboardModifier = NONE) -> None:
    """Press at the first place, move over the others, let go at the last."""
    tool.mouse_press(at(*places[0], modifiers))
    for place in places[1:]:
        tool.mouse_move(at(*place, modifiers))
    tool.mouse_release(at(*places[-1], modifiers))


def click(tool: Tool, x: float, y: float, modifiers: Qt.KeyboardModifier = NONE) -> None:
    """Press and let go."""
    stroke(tool, (x, y), modifiers=modifiers)
