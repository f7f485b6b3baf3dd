"""Pictures that a person puts into a report: the view, a file, the logo."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog

from ml.draft.compose import size_of
from ml.draft.draft import PICTURE, Draft, Figure, FigureSection
from ml.errors import Problem
from viewer.main_window.frame import Frame
from viewer.main_window.page import Page
from viewer.main_window.parts import Parts
from viewer.main_window.report_subject import snapshot_of
from viewer.state.drafting import Drafting

_FILTER = "Pictures (*.png *.jpg *.jpeg)"
_LARGEST = 30_000_000  # bytes of a file that is put in


class ReportPictures(QObject):
    """Each is kept in the store under its SHA-256 and named by the draft."""

    refused = Signal(object)  # Problem

    def __init__(self, parts: Parts, frame: Frame) -> None:
        super().__init__(frame)
        self._parts, self._frame = parts, frame

    def add_view(self, drafting: Drafting, page: Page, section: str) -> int:
        """Put the view into a report; how many views it holds then, 0 where it could not be kept."""
        seen = snapshot_of(page)
        number = 1 + sum(sha256 != drafting.draft.header.logo for sha256 in drafting.draft.pictures)
        try:
            sha256 = drafting.store.keep(seen.picture)
        except Problem as problem:
            self.refused.emit(problem)
            return 0
        title = f"{seen.title} {number}" if seen.title == "View" else seen.title
        drafting.edit(_with(drafting.draft, section, sha256, title, seen.caption), "Add view")
        return number

    def add_file(self, drafting: Drafting, section: str) -> None:
        """Ask for a picture and put it into a section."""
        found = self._ask("Picture for the report")
        if found is not None:
            path, sha256 = found[0], drafting.store.keep(found[1])
            drafting.edit(_with(drafting.draft, section, sha256, path.stem, ""), "Add picture")

    def choose_logo(self, drafting: Drafting) -> None:
        """Ask for the hospital's logo."""
        found = self._ask("Logo of the hospital")
        if found is not None:
            header = replace(drafting.draft.header, logo=drafting.store.keep(found[1]))
            drafting.edit(replace(drafting.draft, header=header), "Choose the logo")

    def dressed(self, draft: Draft) -> Draft:
        """A new draft with hospital, logo and author of the last one."""
        settings = self._parts.settings
        logo = settings.report_logo
        if logo:
            try:
                self._parts.store.picture(logo)
            except Problem:  # it is gone: a report without a logo is better than none
                logo = ""
        header = replace(
            draft.header, hospital=settings.report_hospital, author=settings.report_author, logo=logo
        )
        return replace(draft, header=header)

    def _ask(self, title: str) -> tuple[Path, bytes] | None:
        start = self._parts.settings.last_folder or str(Path.home())
        chosen, _ = QFileDialog.getOpenFileName(self._frame, title, start, _FILTER)
        if not chosen:
            return None
        path = Path(chosen)
        try:
            if path.stat().st_size > _LARGEST:
                raise Problem(f"“{path.name}” is larger than 30 MB.", "Choose a smaller picture.")
            data = path.read_bytes()
            size_of(data)
        except OSError as error:
            self.refused.emit(
                Problem(f"“{path.name}” cannot be read.", "Copy it anew.", reason=error.strerror)
            )
            return None
        except Problem as problem:
            self.refused.emit(problem)
            return None
        return path, data


def _with(draft: Draft, section: str, sha256: str, title: str, caption: str) -> Draft:
    """The picture in the section that is looked at where it holds pictures, else in the first that does."""
    for one in draft.sections:
        if one.key == section and isinstance(one, FigureSection):
            figure = Figure(f"{PICTURE}{sha256}", title, caption)
            return draft.put(replace(one, figures=(*one.figures, figure)))
    return draft.with_picture(sha256, title, caption)
