"""Looks through a folder of labelled pictures in the background, and makes their thumbnails."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from PIL import Image
from PySide6.QtCore import QObject, QSize, Signal
from PySide6.QtGui import QImage

from ml.errors import Problem
from ml.progress import Cancelled, Progress, Step
from ml.train.survey import Layout, Survey, TableSeen
from viewer.work.background import Background, as_problem
from viewer.work.opening import image_of, thumbnail_of

T = TypeVar("T")

Place = tuple[float, float, float, float]
"""On a slide: x, y, width, height, level-0 px."""

_Key = tuple[Path, Place | None]

EDGE = 40  # px of a thumbnail
_LARGE = 20_000_000  # px from which on a picture is read as a slide is
_MOST = 4000  # thumbnails that are kept


@dataclass(frozen=True)
class Tables:
    """The tables of a folder, and how it is most likely read."""

    folder: Path
    found: tuple[TableSeen, ...]
    layout: Layout


class Surveying(QObject):
    """One folder at a time: a new wish stops the look at the one before."""

    tabled = Signal(object)  # Tables
    step = Signal(object)  # Step
    surveyed = Signal(object)  # Survey
    failed = Signal(object)  # Problem

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = Background("survey", self)
        self._progress = Progress()
        self._wish = 0  # what comes of an earlier one is not told

    def look_for_tables(self, folder: Path, layout: Layout) -> None:
        """Which tables lie there; `tabled` follows."""
        self.stop()
        self._submit(lambda: _tables(folder, layout), self.tabled.emit)

    def survey(self, folder: Path, layout: Layout, more: tuple[Path, ...] = ()) -> None:
        """Look at every file, of further folders too; `surveyed` or `failed` follows."""
        self.stop()
        progress = self._progress = Progress(self._tell)
        self._submit(lambda: _survey(folder, layout, more, progress), self.surveyed.emit)

    def stop(self) -> None:
        """Look no further; nothing follows."""
        self._progress.stop()
        self._wish += 1

    def close(self) -> None:
        """Stop and wait until the thread is gone."""
        self.stop()
        self._thread.close()

    def _submit(self, job: Callable[[], T], told: Callable[[T], None]) -> None:
        wish = self._wish

        def done(result: T) -> None:
            if wish == self._wish:
                told(result)

        def failed(error: BaseException) -> None:
            if wish == self._wish and not isinstance(error, Cancelled):
                self.failed.emit(as_problem(error, "Looking through the folder"))

        self._thread.submit(job, done, failed)

    def _tell(self, step: Step) -> None:
        if step.done % 20 == 0 or step.done == step.total:
            self._thread.tell(partial(self.step.emit, step))


class Thumbnails(QObject):
    """Small pictures by their paths, made when they are first asked for."""

    made = Signal(object)  # Path

    def __init__(self, edge: int = EDGE, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._edge = edge
        self._thread = Background("thumbnails", self)
        self._kept: OrderedDict[_Key, QImage] = OrderedDict()
        self._asked: set[_Key] = set()

    def of(self, path: Path, place: Place | None = None) -> QImage | None:
        """The picture, or None while it is made; `made` follows. What cannot be read stays empty.

        `place`: of a slide only this part.
        """
        key = (path, place)
        kept = self._kept.get(key)
        if kept is None and key not in self._asked:
            self._asked.add(key)
            self._thread.submit(
                lambda: (key, thumbnail(path, self._edge, place)),
                self._keep,
                lambda _: self._asked.discard(key),
            )
        return kept

    def close(self) -> None:
        """Make no more."""
        self._thread.close()

    def _keep(self, made: tuple[_Key, QImage]) -> None:
        key, image = made
        self._kept[key] = image
        self._asked.discard(key)
        while len(self._kept) > _MOST:
            self._kept.popitem(last=False)
        self.made.emit(key[0])


def thumbnail(path: Path, edge: int, place: Place | None = None) -> QImage:
    """A small picture; an empty one where the file cannot be read."""
    try:
        if place is not None:
            return _part_of_slide(path, edge, place)
        if path.suffix.lower() == ".dcm":
            return _of_slice(path, edge)
        with Image.open(path) as image:
            if image.format != "JPEG" and image.width * image.height > _LARGE:
                return _of_slide(path, edge)
            image.draft("RGB", (edge, edge))
            image.thumbnail((edge, edge))
            small = image.convert("RGB")
    except Image.DecompressionBombError:
        return _of_slide(path, edge)
    except (OSError, ValueError, SyntaxError, Problem):
        return QImage(QSize(1, 1), QImage.Format.Format_Alpha8)
    pixels = small.tobytes()
    return QImage(pixels, small.width, small.height, 3 * small.width, QImage.Format.Format_RGB888).copy()


def _part_of_slide(path: Path, edge: int, place: Place) -> QImage:
    from ml.geometry import Rect, Size
    from ml.slide.opening import open_slide
    from ml.slide.region import read_region

    rect = Rect(*place)
    scale = edge / max(rect.width, rect.height)
    size = Size(max(1, round(rect.width * scale)), max(1, round(rect.height * scale)))
    with open_slide(path) as slide:
        return image_of(read_region(slide, rect, size))


def _of_slice(path: Path, edge: int) -> QImage:
    """A CT slice in the window of the brain and soft tissue."""
    from ml.ct_picture import ct_channels, read_cached
    from ml.preparation import Preparation

    raw, _ = ct_channels([read_cached(path)], Preparation((edge, edge), windows=((40.0, 80.0),) * 3))
    small = Image.fromarray(raw[..., :3])
    small.thumbnail((edge, edge))
    pixels = small.tobytes()
    return QImage(pixels, small.width, small.height, 3 * small.width, QImage.Format.Format_RGB888).copy()


def _of_slide(path: Path, edge: int) -> QImage:
    """Of a picture that is too large to be read as a whole: from its smaller levels."""
    from ml.slide.opening import open_slide

    with open_slide(path) as slide:
        return image_of(thumbnail_of(slide, edge))


def _tables(folder: Path, layout: Layout) -> Tables:
    from ml.train.survey import guessed, tables_in

    found = tables_in(folder)
    return Tables(folder, found, guessed(found, layout.holds))


def _survey(folder: Path, layout: Layout, more: tuple[Path, ...], progress: Progress) -> Survey:
    from ml.verbs.survey import SurveyRequest, survey

    return survey(SurveyRequest(folder, layout, more=more), progress)
