"""Writes results of CT as DICOM in the background, into a folder or straight to an archive."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from ml.errors import Problem
from ml.pacs.server import Server
from ml.progress import Cancelled, Progress, Step
from ml.volume.series import Series
from ml.volume.window import Window
from viewer.work.background import Background, as_problem

if TYPE_CHECKING:
    from ml.export.measured import Measured, MeasuredAcross
    from ml.report.ct_material import CtMaterial

PICTURE = "view.png"


@dataclass(frozen=True, eq=False)
class ResultsWish:
    """What to hand on, and where to: a folder or an archive, one of the two."""

    series: Series
    kinds: frozenset[str]  # of `ml.export.ct_results`
    slice_number: int  # that is looked at
    window: Window
    material: CtMaterial | None = None  # None: nothing was analyzed
    measured: tuple[Measured | MeasuredAcross, ...] = ()
    view: QImage | None = None  # written as a PNG beside the DICOM files
    folder: Path | None = None
    server: Server | None = None


@dataclass(frozen=True)
class HandedOn:
    """What became of it."""

    files: tuple[Path, ...]  # that lie in the folder; none where they went to an archive
    stored: int = 0  # objects that the archive took
    refused: tuple[str, ...] = ()  # "report.dcm: …", those that it did not


class CtResultsWork(QObject):
    """One wish at a time: steps, then one of done, stopped, failed."""

    step = Signal(object)  # Step
    done = Signal(object)  # HandedOn
    stopped = Signal()
    failed = Signal(object)  # Problem

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = Background("CT results", self)
        self._progress: Progress | None = None

    @property
    def running(self) -> bool:
        """Whether something is being written or sent."""
        return self._progress is not None

    def hand_on(self, wish: ResultsWish) -> None:
        """Begin. Raises `RuntimeError` while another is under way."""
        if self._progress is not None:
            raise RuntimeError("Results are being written")
        progress = Progress(lambda step: self._thread.tell(lambda: self._tell(step)))
        self._progress = progress
        self._thread.submit(partial(_hand_on, wish, progress), self._end, self._fail)

    def stop(self) -> None:
        """Wish that it ends soon; what is written or sent stays."""
        if self._progress is not None:
            self._progress.stop()

    def close(self) -> None:
        """Stop, and wait until the thread is gone."""
        self.stop()
        self._thread.close()

    def _tell(self, step: Step) -> None:
        if self.running:
            self.step.emit(step)

    def _end(self, handed: HandedOn) -> None:
        self._progress = None
        self.done.emit(handed)

    def _fail(self, error: BaseException) -> None:
        self._progress = None
        if isinstance(error, Cancelled):
            self.stopped.emit()
        else:
            self.failed.emit(as_problem(error, "Exporting results"))


def _hand_on(wish: ResultsWish, progress: Progress) -> HandedOn:
    if wish.server is None:
        assert wish.folder is not None
        return HandedOn(_write(wish, wish.folder, progress))
    from ml.pacs.opening import open_pacs

    with tempfile.TemporaryDirectory(prefix="parfocal-") as folder, open_pacs(wish.server) as pacs:
        files = _write(replace(wish, view=None), Path(folder), progress)
        sent = pacs.send(files, progress)
    return HandedOn((), sent.stored, tuple(f"{one.path.name}: {one.reason}" for one in sent.refused))


def _write(wish: ResultsWish, folder: Path, progress: Progress) -> tuple[Path, ...]:
    from ml.export.analyzed import results_of, shown_slice
    from ml.export.ct_results import CtResults, only, write_results
    from ml.export.source import source_of
    from ml.report.atomic import whole_file

    written: tuple[Path, ...] = ()
    if wish.kinds:
        made = CtResults(source_of(wish.series)) if wish.material is None else results_of(wish.material)
        if "pictures" in wish.kinds:
            made = replace(
                made, pictures=(*made.pictures, shown_slice(wish.series, wish.slice_number, wish.window))
            )
        written = write_results(only(replace(made, measured=wish.measured), wish.kinds), folder, progress)
    if wish.view is not None:
        folder.mkdir(parents=True, exist_ok=True)
        with whole_file(folder / PICTURE) as part:
            if not wish.view.save(str(part), "PNG"):  # type: ignore[call-overload]  # PySide takes str as well
                raise Problem(f"{PICTURE} cannot be written.", "Choose another folder.")
        written = (*written, folder / PICTURE)
    return written
