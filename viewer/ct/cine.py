"""Slices one after the other, by themselves."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from viewer.ct.reading import Reading

SPEEDS = (1, 60)  # slices/s


class Cine(QObject):
    """Keeps its speed: where painting is slow it leaves slices out. At the end it begins anew."""

    changed = Signal()  # it runs or not, or at another speed

    def __init__(self, reading: Reading, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reading = reading
        self.speed = 15
        self._began = (0.0, 0)  # when, and at which slice
        self._clock = QTimer(self)
        self._clock.setTimerType(Qt.TimerType.PreciseTimer)
        self._clock.timeout.connect(self._tick)

    @property
    def running(self) -> bool:
        """Whether slices run."""
        return self._clock.isActive()

    def toggle(self) -> None:
        """Start or stop."""
        self.stop() if self.running else self.start()

    def start(self) -> None:
        """From the slice that is looked at."""
        if self._reading.count > 1:
            self._begin()
            self._clock.start()
            self.changed.emit()

    def stop(self) -> None:
        """Stay where it is."""
        if self.running:
            self._clock.stop()
            self.changed.emit()

    def set_speed(self, speed: int) -> None:
        """So many slices a second, within `SPEEDS`."""
        self.speed = min(max(speed, SPEEDS[0]), SPEEDS[1])
        self._begin()
        self.changed.emit()

    def _begin(self) -> None:
        self._began = (time.monotonic(), self._reading.slice_)
        self._clock.setInterval(max(1, round(1000 / self.speed)))

    def _tick(self) -> None:
        since, first = self._began
        passed = max(1, round((time.monotonic() - since) * self.speed))
        self._reading.go((first + passed) % self._reading.count)
