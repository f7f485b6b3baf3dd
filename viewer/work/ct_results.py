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
from ml.progress import Progress
from ml.volume.series import Series
from ml.volume.window import Window
from viewer.work.one_wish import OneWish

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


class CtResultsWork(OneWish):
    """`done` follows each wish."""

    done = Signal(object)  # HandedOn

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__("CT results", parent)

    def hand_on(self, wish: ResultsWish) -> None:
        """Begin. Raises `RuntimeError` while another is under way."""
        self._begin("Exporting results", partial(_hand_on, wish), self.done.emit)


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
