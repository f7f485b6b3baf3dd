"""Opens slides and reads their small pictures, so that the window never waits for a file."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from ml.geometry import Size, to_pixel
from ml.infer.priority import READER, give_way
from ml.progress import Progress
from ml.slide.region import read_region
from ml.slide.slide import Pixels, Slide
from viewer.work.background import Background, as_problem

T = TypeVar("T")
_MOST_SAMPLES = 4_000_000

THUMBNAIL_EDGE = 256  # px, the longer edge


class Opening(QObject):
    """Opens files one after another, in the order asked for."""

    started = Signal(object)  # Path
    opened = Signal(object)  # Slide
    samples_made = Signal(object)  # tuple[Path, ...], the slide first: they are opened next
    is_ct = Signal(object)  # Path of something that is no slide but holds CT
    failed = Signal(object, object)  # Problem, Path

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = Background("slide opening", self)
        self._under_way: dict[Path, None] = {}
        self._progress = Progress()  # to end the decoding of a large picture when the window closes

    @property
    def busy(self) -> bool:
        """Whether a file is being opened."""
        return bool(self._under_way)

    def open(self, path: Path) -> None:
        """Open a file; `opened` or `failed` follows. Asked twice for the same file, it opens it once."""
        if path in self._under_way:
            return
        self._under_way[path] = None
        self.started.emit(path)
        self._thread.submit(
            partial(self._read, path), partial(self._tell_opened, path), partial(self._tell_failed, path)
        )

    def open_samples(self, *, only_slide: bool = False) -> None:
        """Make what comes with Parfocal (or just its slide), at the first time; `samples_made` follows."""
        name = Path("Samples")
        if name in self._under_way:
            return
        self._under_way[name] = None
        self.started.emit(name)
        self._thread.submit(
            _samples,
            lambda paths: self._open_made(name, paths[:1] if only_slide else paths),
            partial(self._tell_failed, name),
        )

    def _open_made(self, name: Path, paths: tuple[Path, ...]) -> None:
        self._under_way.pop(name)
        self.samples_made.emit(paths)

    def warm(self) -> None:
        """Load what reads files, while nobody waits for it."""
        self._thread.submit(_load_readers, _ignore, _forget)

    def close(self) -> None:
        """Open nothing more, and wait for the file under way."""
        self._progress.stop()
        self._thread.close()

    def _read(self, path: Path) -> Slide | None:
        from ml.slide.opening import open_slide
        from viewer.work.kind import holds_ct

        if holds_ct(path):
            return None
        slide = open_slide(path, self._progress)
        if self._thread.closed:  # nobody will take it any more
            slide.close()
        return slide

    def _tell_opened(self, path: Path, slide: Slide | None) -> None:
        self._under_way.pop(path)
        if slide is None:
            self.is_ct.emit(path)
        else:
            self.opened.emit(slide)

    def _tell_failed(self, path: Path, error: BaseException) -> None:
        self._under_way.pop(path)
        self.failed.emit(as_problem(error, f"Opening {path.name}"), path)


class SmallPictures(QObject):
    """Thumbnails and the pictures beside a slide (label, macro), read in the background."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = Background("small pictures", self)

    def thumbnail(self, slide: Slide, done: Callable[[QImage], None]) -> None:
        """Have the whole slide, at most `THUMBNAIL_EDGE` px wide and high. Unreadable: nothing comes."""
        self._thread.submit(partial(_thumbnail, slide), done, _forget)

    def associated(
        self, slide: Slide, name: str, done: Callable[[QImage], None], failed: Callable[[BaseException], None]
    ) -> None:
        """Have the label, the macro or another picture that lies beside the slide."""
        self._thread.submit(lambda: image_of(slide.read_associated(name)), done, failed)

    def read(
        self, job: Callable[[], T], done: Callable[[T], None], failed: Callable[[BaseException], None]
    ) -> None:
        """Have something small read."""
        self._thread.submit(job, done, failed)

    def close(self) -> None:
        """Read nothing more."""
        self._thread.close()


def _thumbnail(slide: Slide) -> QImage:
    give_way(READER)  # the picture that the person waits for is read at the same moment, from the same tiles
    return image_of(thumbnail_of(slide))


def channel_samples(slide: Slide) -> tuple[NDArray[np.uint8] | NDArray[np.uint16], ...]:
    """Samples of each channel, flat, from the coarsest level; at most 4 million of them. `SlideProblem`."""
    level = len(slide.info.levels) - 1
    grid = slide.info.levels[level]
    found, total = [], 0
    for row in range(grid.rows):
        for column in range(grid.columns):
            if total < _MOST_SAMPLES:
                tile = slide.read_samples(level, column, row)
                found.append(tile.reshape(-1, tile.shape[-1]))
                total += len(found[-1])
    samples: NDArray[np.uint8] | NDArray[np.uint16] = np.concatenate(found)  # type: ignore[assignment]
    return tuple(samples[:, number] for number in range(samples.shape[1]))


def _forget(error: BaseException) -> None:
    as_problem(error, "Reading a thumbnail")


def _load_readers() -> None:
    import pydicom.datadict  # noqa: F401


def _ignore(_: object) -> None:
    return None


def _samples() -> tuple[Path, ...]:
    from ml.slide.samples import samples

    return samples()


def image_of(pixels: Pixels) -> QImage:
    """A picture of these pixels, with its own copy of them."""
    height, width = pixels.shape[:2]
    flat = np.ascontiguousarray(pixels)
    return QImage(flat.data, width, height, width * 3, QImage.Format.Format_RGB888).copy()


def thumbnail_of(slide: Slide, edge: int = THUMBNAIL_EDGE) -> Pixels:
    """The whole slide, its longer edge at most `edge` px: (h, w, 3) uint8. Raises `SlideProblem`."""
    size = slide.info.size
    scale = min(1.0, edge / max(size.width, size.height))
    out = Size(max(1, to_pixel(size.width * scale)), max(1, to_pixel(size.height * scale)))
    return read_region(slide, slide.info.bounds, out)
