"""A camera view under fingers: on a screen that is touched, and on a trackpad."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QEventPoint, QNativeGestureEvent, QPointingDevice, QTouchEvent
from PySide6.QtWidgets import QWidget

from viewer.canvas.camera import Camera
from viewer.canvas.camera_view import CameraView

_DEAD_ANGLE = 10.0  # degrees that two fingers may turn before the picture does


class TouchedView(CameraView):
    """One finger drags; two zoom, and turn once they mean it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._touch: tuple[list[QPointF], Camera] | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents)

    def event(self, event: QEvent) -> bool:
        """Pinches and fingers; everything else as usual."""
        if isinstance(event, QNativeGestureEvent):
            return self._native_gesture(event)
        if isinstance(event, QTouchEvent) and event.device().type() != QPointingDevice.DeviceType.TouchPad:
            return self._fingers(event)
        return super().event(event)

    def _native_gesture(self, event: QNativeGestureEvent) -> bool:
        place = event.position()
        if event.gestureType() == Qt.NativeGestureType.RotateNativeGesture:
            self.set_camera(self._camera.turned_about(place.x(), place.y(), event.value()))
            return True
        if event.gestureType() != Qt.NativeGestureType.ZoomNativeGesture:
            return False
        factor = self._allowed(max(0.1, 1 + event.value()))
        self.set_camera(self._camera.zoomed_about(place.x(), place.y(), factor))
        return True

    def _fingers(self, event: QTouchEvent) -> bool:
        """One finger drags, two also zoom about their middle, and turn once they mean it; the pen draws."""
        down = [p for p in event.points() if p.state() != QEventPoint.State.Released]
        places = [p.position() for p in down]
        if self._touch is None or len(self._touch[0]) != len(places):
            self._stop()
            self._touch = (places, self._camera) if places else None
            return True
        before, camera = self._touch
        old, new = _middle(before), _middle(places)
        if len(places) > 1:
            factor = _spread(places, new) / max(_spread(before, old), 1.0)
            camera = camera.zoomed_about(old.x(), old.y(), factor)
            camera = camera.turned_about(old.x(), old.y(), _twist(before, places))
        self.set_camera(camera.panned(new.x() - old.x(), new.y() - old.y()))
        return True


def _twist(before: list[QPointF], now: list[QPointF]) -> float:
    """Degrees by which the first two fingers turned, less those that every pinch has."""
    old, new = before[1] - before[0], now[1] - now[0]
    turned = math.degrees(math.atan2(new.y(), new.x()) - math.atan2(old.y(), old.x()))
    turned = (turned + 180) % 360 - 180
    return math.copysign(max(0.0, abs(turned) - _DEAD_ANGLE), turned)


def _middle(places: list[QPointF]) -> QPointF:
    count = len(places)
    return QPointF(sum(p.x() for p in places) / count, sum(p.y() for p in places) / count)


def _spread(places: list[QPointF], middle: QPointF) -> float:
    return sum(math.hypot(p.x() - middle.x(), p.y() - middle.y()) for p in places) / len(places)
