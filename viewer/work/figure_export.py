"""Writes figures of any size: the slide is read in a thread, layers are painted in the window's, in turns."""

from __future__ import annotations

import queue
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import tifffile
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from ml.errors import Problem
from ml.progress import Cancelled, Progress, Step
from ml.report.atomic import cannot_write
from ml.slide.slide import Pixels, Slide
from viewer.canvas.figure import CELL, Cell, Figure, cells, paint_cell, read_cell
from viewer.work.background import Background, as_problem

FORMATS = {".png": "PNG", ".tif": "TIFF", ".tiff": "TIFF"}
_WAIT = 0.2  # s between two looks whether a stop is wished
_LINES = 32  # of a PNG, made ready at once: the window waits for none of it, and memory does not grow

Paint = Callable[[Cell, Pixels], Pixels]


class FigureWork(QObject):
    """One figure after another. Stopped or failed, nothing is left behind."""

    step = Signal(object)  # Step
    written = Signal(object)  # Path
    stopped = Signal()
    failed = Signal(object)  # Problem

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = Background("figure", self)
        self._progress = Progress()
        self.running = False

    def export(self, figure: Figure, slide: Slide, path: Path) -> None:
        """Write a figure; `slide` is the one shown, in its look. `written`, `stopped` or `failed` follows."""
        self._progress = progress = Progress(lambda step: self._thread.tell(lambda: self.step.emit(step)))
        self.running = True

        def paint(cell: Cell, pixels: Pixels) -> Pixels:
            """Have the window paint over a cell, and wait for it."""
            answer: queue.SimpleQueue[Pixels | None] = queue.SimpleQueue()

            def paint_now() -> None:
                """Unless it was stopped: the layers of a slide that is closed are gone."""
                painted = None
                try:
                    if not progress.stop_wished:
                        painted = _as_array(paint_cell(figure, cell, pixels))
                finally:
                    answer.put(painted)  # whatever happens, the thread must not wait for ever

            self._thread.tell(paint_now)
            while True:
                progress.check()
                try:
                    painted = answer.get(timeout=_WAIT)
                except queue.Empty:
                    continue
                progress.check()
                if painted is None:
                    raise RuntimeError("What lies over the slide could not be painted.")
                return painted

        self._thread.submit(lambda: write_figure(figure, slide, path, paint, progress), self._end, self._fail)

    def stop(self) -> None:
        """End within one cell."""
        self._progress.stop()

    def close(self) -> None:
        """Stop and wait until the thread is gone."""
        self._progress.stop()
        self._thread.close()

    def _end(self, path: Path) -> None:
        self.running = False
        self.written.emit(path)

    def _fail(self, error: BaseException) -> None:
        self.running = False
        closed = isinstance(error, Problem) and self._progress.stop_wished  # a slide that went: no news
        if closed or isinstance(error, Cancelled):
            self.stopped.emit()
        else:
            self.failed.emit(as_problem(error, "Writing the figure"))


def write_figure(figure: Figure, slide: Slide, path: Path, paint: Paint, progress: Progress) -> Path:
    """Write it whole or not at all, a row of cells at a time. Raises `Problem`, `Cancelled`."""
    kind = FORMATS.get(path.suffix.lower())
    if kind is None:
        raise Problem(f"{path.name} is neither PNG nor TIFF.", "End its name with .png or .tif.")
    part = path.with_name(f".{path.name}.part")
    painted = _painted(figure, slide, paint, progress)
    try:
        (_write_png if kind == "PNG" else _write_tiff)(part, figure, painted)
        part.replace(path)
    except OSError as error:
        raise cannot_write(path.name, error) from error
    finally:
        part.unlink(missing_ok=True)
    return path


def _painted(figure: Figure, slide: Slide, paint: Paint, progress: Progress) -> Iterator[Pixels]:
    every = list(cells(figure.camera))
    for number, cell in enumerate(every):
        progress.check()
        progress.step(Step("Writing the figure", number, len(every)))
        yield paint(cell, read_cell(slide, cell))
    progress.step(Step("Writing the figure", len(every), len(every)))


def _write_tiff(path: Path, figure: Figure, painted: Iterator[Pixels]) -> None:
    """Tiled and compressed without loss; µm/px as resolution, so that every viewer knows the size."""
    size, um = figure.size, figure.pixel
    options: dict[str, Any] = {}
    if um is not None:
        options = {"resolution": (10_000 / um.x, 10_000 / um.y), "resolutionunit": "CENTIMETER"}
    with tifffile.TiffWriter(path, bigtiff=size.area * 3 > 2**31) as file:
        file.write(
            (_filled(cell) for cell in painted),
            shape=(size.height, size.width, 3),
            dtype=np.uint8,
            tile=(CELL, CELL),
            photometric="rgb",
            compression="zlib",
            predictor=True,
            software="Parfocal",
            metadata=None,
            **options,
        )


def _filled(cell: Pixels) -> Pixels:
    """A cell at the edge, filled up to a whole tile."""
    if cell.shape[:2] == (CELL, CELL):
        return cell
    whole = np.full((CELL, CELL, 3), 255, dtype=np.uint8)
    whole[: cell.shape[0], : cell.shape[1]] = cell
    return whole


def _write_png(path: Path, figure: Figure, painted: Iterator[Pixels]) -> None:
    """PNG (ISO 15948) a row of cells at a time: no library writes one without holding all of it."""
    size, um = figure.size, figure.pixel
    with path.open("wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        _chunk(file, b"IHDR", struct.pack(">IIBBBBB", size.width, size.height, 8, 2, 0, 0, 0))
        if um is not None:
            per_metre = [max(1, round(1e6 / edge)) for edge in (um.x, um.y)]
            if max(per_metre) < 2**31:
                _chunk(file, b"pHYs", struct.pack(">IIB", *per_metre, 1))
        packer = zlib.compressobj(6)
        band = np.zeros((CELL + 1, size.width, 3), dtype=np.uint8)  # its first line is the one above
        for y in range(0, size.height, CELL):
            for x in range(0, size.width, CELL):
                cell = next(painted)
                band[1 : 1 + cell.shape[0], x : x + cell.shape[1]] = cell
            rows = min(CELL, size.height - y)
            for first in range(0, rows, _LINES):
                _chunk(file, b"IDAT", packer.compress(_filtered(band[first : min(first + _LINES, rows) + 1])))
            band[0] = band[rows]
        next(painted, None)  # lets it tell that all is done
        _chunk(file, b"IDAT", packer.flush())
        _chunk(file, b"IEND", b"")


def _filtered(lines: Pixels) -> bytes:
    """Lines as PNG stores them, less the first, each as its difference from the one above (filter 2)."""
    rows, width = lines.shape[0] - 1, lines.shape[1]
    stored = np.full((rows, 1 + width * 3), 2, dtype=np.uint8)
    stored[:, 1:] = (lines[1:] - lines[:-1]).reshape(rows, -1)
    return stored.tobytes()


def _chunk(file: BinaryIO, kind: bytes, content: bytes) -> None:
    if content or kind == b"IEND":
        file.write(struct.pack(">I", len(content)) + kind + content)
        file.write(struct.pack(">I", zlib.crc32(kind + content)))


def _as_array(image: QImage) -> Pixels:
    """An RGB888 image as an array of its own, (h, w, 3)."""
    lines = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return lines[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()
