"""Finds the CT series behind a path, with a small picture of each, while the window goes on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from ml.errors import Problem
from ml.progress import Cancelled, Progress, Step
from ml.volume.series import Found, LeftOut, Series
from ml.volume.window import SOFT_TISSUE, Window, windowed
from viewer.work.background import Background, as_problem

_EDGE = 128  # px of a small picture
_MOST_PICTURES = 60  # of series: beyond that a chooser is read by its words


@dataclass(frozen=True)
class FoundSeries:
    """A series with a picture of its middle; None where there is none."""

    series: Series
    picture: QImage | None


@dataclass(frozen=True)
class FoundCt:
    """Everything behind one path."""

    path: Path
    series: tuple[FoundSeries, ...]
    left_out: tuple[LeftOut, ...]  # broken ones first
    broken: int  # how many of them should be slices and are not


class CtFinding(QObject):
    """One path after the other, in the order asked for."""

    step = Signal(object)  # Step
    found = Signal(object)  # FoundCt
    stopped = Signal()
    failed = Signal(object)  # Problem

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = Background("CT finding", self)
        self._progress = Progress()
        self._under_way = 0

    @property
    def running(self) -> bool:
        """Whether something is searched."""
        return self._under_way > 0

    def find(self, path: Path) -> None:
        """Look what CT there is; `found`, `stopped` or `failed` follows."""
        if not self.running:
            self._progress = Progress(lambda step: self._thread.tell(lambda: self._tell(step)))
        progress = self._progress
        self._under_way += 1
        self._thread.submit(lambda: _find(path, progress), self._end, lambda e: self._fail(path, e))

    def stop(self) -> None:
        """Search no more."""
        self._progress.stop()

    def close(self) -> None:
        """Stop and wait until the thread is gone."""
        self._progress.stop()
        self._thread.close()

    def _tell(self, step: Step) -> None:
        if self.running:
            self.step.emit(step)

    def _end(self, found: FoundCt) -> None:
        self._under_way -= 1
        self.found.emit(found)

    def _fail(self, path: Path, error: BaseException) -> None:
        self._under_way -= 1
        if isinstance(error, Cancelled):
            self.stopped.emit()
        else:
            self.failed.emit(as_problem(error, f"Looking for CT in {path.name}"))


def _find(path: Path, progress: Progress) -> FoundCt:
    from ml.volume.opening import open_ct

    found: Found = open_ct(path, progress)
    several = len(found.series) > 1
    series = []
    for number, one in enumerate(found.series):
        progress.check()
        wants = several and number < _MOST_PICTURES
        if wants:
            progress.step(Step("Reading previews", number, min(len(found.series), _MOST_PICTURES)))
        series.append(FoundSeries(one, preview(one) if wants else None))
    return FoundCt(path, tuple(series), (*found.broken, *found.others), len(found.broken))


def preview(series: Series, edge: int = _EDGE) -> QImage | None:
    """The middle slice, small, through the file's own window; None where it cannot be read."""
    try:
        found = series.slices[len(series) // 2].voxels()
    except Problem:
        return None
    window = series.windows[0][1] if series.windows else SOFT_TISSUE
    return small_picture(found.voxels * np.float64(found.scale) + found.offset, window, edge)


def small_picture(values: NDArray[np.floating], window: Window, edge: int = _EDGE) -> QImage:
    """A picture of HU (rows, columns) through a window, with every nth pixel."""
    step = max(1, max(values.shape) // (2 * edge))
    small = windowed(values[::step, ::step], (window,))[..., 0]
    pixels = np.ascontiguousarray((small * 255).astype(np.uint8))
    height, width = pixels.shape
    return QImage(pixels.data, width, height, width, QImage.Format.Format_Grayscale8).copy()
