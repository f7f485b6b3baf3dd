"""Annotations in and out of the window, in every format: chosen, dropped, and told about afterwards."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QFileDialog

from ml.annotation.document import AnnotationDocument, Change
from ml.annotation.edits import titled
from ml.annotation.shapes import Annotation
from ml.errors import Problem
from ml.report.words import count
from viewer.actions.command import Bound
from viewer.main_window.frame import Frame
from viewer.main_window.parts import Parts
from viewer.main_window.slides import Slides
from viewer.main_window.status_line import StatusLine
from viewer.panels.annotation_columns import Column
from viewer.panels.export_annotations_dialog import ExportAnnotationsDialog
from viewer.state.opened_slide import OpenedSlide

if TYPE_CHECKING:
    from ml.exchange.contract import About, Read, Written

_FORMATS = (
    ("geojson", "GeoJSON (QuPath)", "Holds everything. QuPath opens it too.", ".geojson"),
    ("asap", "ASAP XML", "Outlines, rectangles, points; classes as groups with colours.", ".xml"),
    ("imagescope", "Aperio ImageScope XML", "One layer a class. Holes are joined by a line.", ".xml"),
    ("coco", "COCO JSON", "For training detectors: areas and boxes with classes.", ".json"),
    ("csv", "CSV table", "One line each, with areas, lengths and measurements; shapes as text.", ".csv"),
    ("dicom-ann", "DICOM bulk annotations", "For DICOM slides: refers to the slide's own files.", ".dcm"),
    ("dicom-sr", "DICOM structured report", "For DICOM slides: each with its measurements.", ".dcm"),
)  # fmt: skip
_FILTER = "Annotations (*.geojson *.json *.xml *.csv *.dcm *.gz *.zip);;All files (*)"


class FilesOfAnnotations(QObject):
    """Every import is one step that can be undone; what could not come along is said in sentences."""

    changed = Signal()
    refused = Signal(object)  # Problem

    def __init__(self, parts: Parts, frame: Frame, status: StatusLine, slides: Slides) -> None:
        super().__init__(frame)
        self._parts, self._frame, self._status, self._slides = parts, frame, status, slides
        self._work = parts.annotation_files
        self._work.step.connect(status.show_step)
        self._work.failed.connect(self._fail)
        self._work.stopped.connect(lambda name: self._told(f"Stopped; nothing of {name} is changed."))
        status.stop_wished.connect(self._work.stop)
        slides.annotations_dropped.connect(self.bring_in)

    def bounds(self) -> dict[str, Bound]:
        """What the commands do."""

        def ready() -> bool:
            return self._parts.session.slide is not None and not self._work.busy

        def drawn() -> bool:
            opened = self._parts.session.slide
            whole = opened is not None and not opened.is_loading  # a file of half of them would mislead
            return ready() and opened is not None and whole and len(opened.annotations) > 0

        return {
            "import_annotations": Bound(self.ask_in, ready),
            "export_annotations": Bound(self.ask_out, drawn),
            "export_table": Bound(self.ask_table, drawn),
            "copy_table": Bound(self.copy_table, drawn),
        }

    def ask_in(self) -> None:
        """Let the person choose files of annotations."""
        folder = self._parts.settings.last_folder
        names, _ = QFileDialog.getOpenFileNames(self._frame, "Import annotations", folder, _FILTER)
        if names:
            self._parts.settings.last_folder = str(Path(names[0]).parent)
            self.bring_in(map(Path, names))

    def bring_in(self, paths: Iterable[Path]) -> None:
        """Read files of annotations onto the slide that is looked at."""
        opened = self._parts.session.slide
        if opened is not None:
            for path in paths:
                self._work.read(path, _about(opened), partial(self._put, opened, path))
            self.changed.emit()

    def ask_out(self) -> None:
        """Ask for format and file, and write."""
        opened = self._parts.session.slide
        if opened is None:
            return
        choices = [(one, title, words) for one, title, words, _ in _FORMATS]
        dialog = ExportAnnotationsDialog(choices, len(opened.annotations), len(opened.selection), self._frame)
        agreed = dialog.exec() == QDialog.DialogCode.Accepted
        dialog.deleteLater()
        if agreed:
            suffix = next(end for one, _, _, end in _FORMATS if one == dialog.format_id)
            path = self._ask_path(opened, "Export annotations", suffix)
            if path is not None:
                self.write(opened, path, dialog.format_id, only_selected=dialog.only_selected)

    def write(self, opened: OpenedSlide, path: Path, format_id: str, *, only_selected: bool) -> None:
        """Write annotations in a format."""
        from ml.exchange.contract import Document

        chosen = opened.selected_all if only_selected else tuple(opened.annotations)
        names = {one.class_name for one in chosen if one.class_name}
        colors = {name: opened.classes.color_of(name) for name in names}
        self._work.write(path, Document(chosen, colors, _about(opened)), format_id, self._tell_written)
        self.changed.emit()

    def ask_table(self) -> None:
        """Write the table as it stands, with its columns, order and filter, as CSV."""
        opened = self._parts.session.slide
        path = None if opened is None else self._ask_path(opened, "Export table", ".csv")
        if path is not None:
            rows, columns, spacing = self._table()
            job = partial(_write_table, path, rows, columns, spacing)
            self._work.do(f"Writing {path.name}", job, lambda _: self._told(f"Table written: {path.name}"))

    def copy_table(self) -> None:
        """Copy the table as text with tabs, to paste into a spreadsheet."""

        rows, columns, spacing = self._table()
        job = partial(table_text, rows, columns, spacing, "\t")
        self._work.do("Copying the table", job, partial(self._copied, len(rows)))

    def _copied(self, lines: int, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self._told(f"{count(lines, 'line')} copied.")

    def _table(self) -> tuple[list[Annotation], tuple[Column, ...], object]:
        model, opened = self._frame.annotations.view.model, self._parts.session.slide
        known = None if opened is None else opened.spacing
        return model.annotations(), model.columns, None if known is None else known.spacing

    def _ask_path(self, opened: OpenedSlide, title: str, suffix: str) -> Path | None:
        start = Path(self._parts.settings.last_folder) / f"{Path(opened.title).stem}{suffix}"
        name, _ = QFileDialog.getSaveFileName(self._frame, title, str(start), f"*{suffix}")
        if not name:
            return None
        path = Path(name) if Path(name).suffix else Path(name).with_suffix(suffix)
        self._parts.settings.last_folder = str(path.parent)
        return path

    def _put(self, opened: OpenedSlide, path: Path, found: Read) -> None:
        """They are here: draw them, if the slide is still open."""
        if opened not in self._parts.session.slides:
            self._told("")
            return
        opened.classes.learn(dict.fromkeys(_classes_in(found)) | dict(found.classes))
        number = len(found.annotations)
        title = titled("Import annotations", number)
        put = partial(_import, opened.annotations, found.annotations, title)
        opened.edit_many(put, number, title, partial(self._tell_read, opened, path, found))

    def _tell_read(self, opened: OpenedSlide, path: Path, found: Read) -> None:
        fresh = found.annotations
        sentence = f"{path.name}: {count(len(fresh), 'annotation')} imported."
        self._told(sentence)
        bounds = opened.info.bounds
        beside = not any(not one.shape.bounds.intersection(bounds).is_empty for one in fresh[:1000])
        if fresh and beside and any(one.shape.is_area for one in fresh):
            self.refused.emit(
                Problem(
                    f"{sentence} None of them lies on this slide.",
                    "Is it the file of another slide? Undo takes them back.",
                )
            )
        elif found.left_out:
            self.refused.emit(
                Problem(
                    f"{sentence} Not all came along: {' '.join(found.left_out)}",
                    "The file itself is unchanged.",
                )
            )

    def _tell_written(self, written: Written) -> None:
        self._told(f"Annotations written: {written.path.name}")
        if written.lost:
            self.refused.emit(
                Problem(
                    f"{written.path.name} is written, but it does not hold all: {' '.join(written.lost)}",
                    "GeoJSON holds everything.",
                )
            )

    def _told(self, sentence: str) -> None:
        self._status.end_work(sentence)
        self.changed.emit()

    def _fail(self, problem: Problem) -> None:
        self._told("")
        self.refused.emit(problem)


def _about(opened: OpenedSlide) -> About:
    from ml.exchange.contract import About

    known = opened.spacing
    dicom = opened.path if opened.path.is_dir() or opened.path.suffix.lower() in {".dcm", ""} else None
    return About(opened.title, opened.info.size, None if known is None else known.spacing, dicom)


def _import(there: AnnotationDocument, read: tuple[Annotation, ...], title: str) -> Change | None:
    """What was read as an edit: whose id is taken already gets another."""
    fresh = tuple(one.but(id=str(uuid.uuid4())) if one.id in there else one for one in read)
    return Change((), fresh, title) if fresh else None


def _classes_in(found: Read) -> dict[str, None]:
    """Names of classes that come without a colour of the class: their first annotation's colour will do."""
    return {one.class_name: None for one in found.annotations if one.class_name not in found.classes}


def table_text(rows: list[Annotation], columns: tuple[Column, ...], spacing: object, between: str) -> str:
    """The table for other programs: a heading with units, plain numbers, one line each."""
    import csv
    import io
    import math

    unit = ("µm²", "µm") if spacing is not None else ("px²", "px")
    units = {"Area": f" ({unit[0]})", "Length": f" ({unit[1]})"}
    out = io.StringIO()
    lines = csv.writer(out, delimiter=between, lineterminator="\n")
    lines.writerow([f"{column.title}{units.get(column.title, '')}" for column in columns])
    for one in rows:
        cells: list[object] = []
        for column in columns:
            value = column.words(one, spacing) if column.is_text else column.number(one, spacing)  # type: ignore[arg-type]
            cells.append("" if isinstance(value, float) and math.isnan(value) else value)
        lines.writerow(cells)
    return out.getvalue()


def _write_table(path: Path, rows: list[Annotation], columns: tuple[Column, ...], spacing: object) -> Path:
    from ml.report.atomic import whole_file

    with whole_file(path) as part:
        part.write_text("\ufeff" + table_text(rows, columns, spacing, ","), encoding="utf-8")
    return path
