"""A widget that looks at something through a camera, and moves it."""

from __future__ import annotations

import time
from dataclasses import replace

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from ml.geometry import Point, Rect
from ml.slide.slide import KnownSpacing
from viewer.canvas.camera import Camera, Limits, magnification, next_preset, scale_for
from viewer.canvas.motion import Motion, Zoom

_GREATEST = 16.0  # widget px per level-0 px
_MARGIN = 16.0  # widget px left around a whole slide
_TICK = 12  # ms between two steps of a motion
_LONGEST_STEP = 0.05  # s: after a stall a motion goes on, it does not jump


class CameraView(QWidget):
    """Holds the camera, keeps it on the slide, and lets motions run. Idle, it has no timer running."""

    camera_changed = Signal(object)  # Camera

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._camera = Camera(Point(0, 0), 1.0, max(1, self.width()), max(1, self.height()))
        self._bounds: Rect | None = None
        self._spacing: KnownSpacing | None = None
        self._shows_all = True  # fitted and not moved since: fit again when the widget changes its size
        self._motion: Motion | None = None
        self._ticked = 0.0
        self._clock = QTimer(self)
        self._clock.setTimerType(Qt.TimerType.PreciseTimer)
        self._clock.setInterval(_TICK)
        self._clock.timeout.connect(self._tick)

    @property
    def camera(self) -> Camera:
        """Where one looks from."""
        return self._camera

    def set_camera(self, camera: Camera) -> None:
        """Look from there (scale and centre; the size is the widget's own), ending any motion."""
        self._stop()
        self._shows_all = False
        self._look(camera)

    @property
    def shows_all(self) -> bool:
        """Whether the whole is shown, and nobody has moved since."""
        return self._shows_all

    @property
    def magnification(self) -> float | None:
        """The N of ×N; None while nobody knows how large a pixel is."""
        return magnification(self._camera, self._spacing.spacing) if self._spacing else None

    def fit(self) -> None:
        """Show the whole slide."""
        self._stop()
        if self._bounds is not None:
            self._look(self._camera.fitted(self._bounds, _MARGIN))
        self._shows_all = True

    def zoom_to(self, magnification: float) -> None:
        """Show it at ×magnification, about the middle. Without a spacing, nothing happens."""
        if self._spacing is not None:
            scale = scale_for(magnification, self._spacing.spacing)
            self.zoom_by(scale / self._camera.scale)

    def zoom_by(self, factor: float) -> None:
        """Multiply the scale at once, about the middle."""
        middle_x, middle_y = self._camera.width / 2, self._camera.height / 2
        self.set_camera(self._camera.zoomed_about(middle_x, middle_y, self._allowed(factor)))

    def pan_by(self, dx: float, dy: float) -> None:
        """Move the picture by so many widget px, to the right and down."""
        self.set_camera(self._camera.panned(dx, dy))

    def turn_by(self, degrees: float, x_widget: float | None = None, y_widget: float | None = None) -> None:
        """Turn the picture clockwise about a place of the widget, or about the middle."""
        x = self._camera.width / 2 if x_widget is None else x_widget
        y = self._camera.height / 2 if y_widget is None else y_widget
        self.set_camera(self._camera.turned_about(x, y, degrees))

    def mirror(self, *, vertically: bool) -> None:
        """Left becomes right, or top becomes bottom, as one sees it."""
        mirrored = self._camera.mirrored()
        turned = (mirrored.angle + 180) % 360 if vertically else mirrored.angle
        self.set_camera(replace(mirrored, angle=turned))

    def set_upright(self) -> None:
        """The picture as the file has it, about the middle."""
        self.set_camera(replace(self._camera, angle=0.0, flipped=False))

    def center_on(self, point: Point) -> None:
        """Bring a place of the slide into the middle."""
        self.set_camera(replace(self._camera, center=point))

    def show_rect(self, rect: Rect) -> None:
        """Bring the whole of a rectangle into view, as large as it goes, with some room around it."""
        margin = min(self._camera.width, self._camera.height) * 0.1
        self.set_camera(self._camera.fitted(rect, margin))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the centre; a slide that was shown whole is shown whole again."""
        super().resizeEvent(event)
        shows_all = self._shows_all
        self._look(self._camera.resized(max(1, self.width()), max(1, self.height())))
        if shows_all:
            self.fit()

    # ------------------------------------------------------------------ for subclasses

    def _zoom_smoothly(self, x_widget: float, y_widget: float, factor: float) -> None:
        """Zoom about a place in a moment; a wish that comes meanwhile adds to it."""
        running = self._motion.scale if isinstance(self._motion, Zoom) else self._camera.scale
        limits = self._limits()
        scale = min(max(running * factor, limits.least), limits.greatest)
        self._start(Zoom(x_widget, y_widget, scale))

    def _zoom_one_step(self, x_widget: float, y_widget: float, step: int) -> None:
        """To the next magnification in (1) or out (-1)."""
        now = self.magnification
        running = self._motion.scale / self._camera.scale if isinstance(self._motion, Zoom) else 1.0
        factor = 2.0**step
        if now is not None:
            factor = next_preset(now * running, step) / (now * running)
        self._zoom_smoothly(x_widget, y_widget, factor)

    def _start(self, motion: Motion | None) -> None:
        self._motion = motion
        self._shows_all = False
        if motion is not None and not self._clock.isActive():
            self._ticked = time.monotonic()
            self._clock.start()

    def _stop(self) -> None:
        self._motion = None
        self._clock.stop()

    def _look(self, camera: Camera) -> bool:
        """Take a camera over as far as it is allowed; whether anything changed."""
        camera = camera.resized(max(1, self.width()), max(1, self.height()))
        if self._bounds is not None:
            camera = camera.clamped(self._bounds, self._limits())
        if camera == self._camera:
            return False
        self._camera = camera
        self.update()
        self.camera_changed.emit(camera)
        return True

    def _allowed(self, factor: float) -> float:
        """As much of a zoom factor as the limits allow: past them the picture would slide sideways."""
        limits = self._limits()
        scale = min(max(self._camera.scale * factor, limits.least), limits.greatest)
        return scale / self._camera.scale

    def _limits(self) -> Limits:
        if self._bounds is None:
            return Limits(1e-6, _GREATEST)
        whole = self._camera.resized(max(1, self.width()), max(1, self.height())).fitted(
            self._bounds, _MARGIN
        )
        return Limits(min(whole.scale / 2, 1.0), max(_GREATEST, whole.scale))

    def _tick(self) -> None:
        now = time.monotonic()
        seconds = min(now - self._ticked, _LONGEST_STEP)
        self._ticked = now
        if self._motion is None:
            self._stop()
            return
        camera, goes_on = self._motion.step(self._camera, seconds)
        moved = self._look(camera)
        if not goes_on or not moved:
            self._stop()
