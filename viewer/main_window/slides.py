"""Opens and closes slides, and gives each its page in the middle of the window."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog

from ml.errors import Problem
from ml.slide.slide import Slide
from viewer.main_window.frame import Frame
from viewer.main_window.page import Page
from viewer.main_window.parts import Parts
from viewer.main_window.sample_order import SampleOrder
from viewer.main_window.slide_page import SlidePage
from viewer.main_window.views import Views
from viewer.panels.archive_page import ArchivePage
from viewer.panels.spacing_dialog import SpacingDialog
from viewer.state.opened import Opened
from viewer.state.opened_slide import OpenedSlide
from viewer.tools.board import Choices
from viewer.work.background import as_problem

ANNOTATION_SUFFIXES = (".geojson", ".geojson.gz", ".geojson.zip", ".json", ".json.gz", ".xml", ".csv")
"""How files of annotations are called. DICOM's are told from slides by their own command alone."""


class Slides(QObject):
    """The slides on the table. A file is opened in the background; the window goes on meanwhile."""

    page_changed = Signal(object)  # SlidePage, or None
    refused = Signal(object)  # Problem
    told = Signal(str)  # a sentence for the status line
    annotations_dropped = Signal(object)  # list[Path]: files of annotations for the slide looked at

    def __init__(self, parts: Parts, frame: Frame, views: Views) -> None:
        super().__init__(frame)
        self._failed: dict[Path, Problem] = {}  # of those that are opened at once
        self._gone: dict[Path, Problem] = {}  # what the banner says about files that are gone
        self._parts, self._frame = parts, frame
        self.page: SlidePage | None = None
        self.choices = Choices()  # of tools, the same in every view
        parts.opening.opened.connect(self._put)
        parts.opening.failed.connect(self._fail)
        SampleOrder(parts.opening, parts.session, self)
        parts.opening.samples_made.connect(self.open_all)
        parts.loader.file_gone.connect(self._tell_gone)
        parts.watching.back.connect(self._tell_back)
        parts.watching.replaced.connect(self._tell_replaced)
        parts.session.opened.connect(self._welcome)
        parts.session.closing.connect(self._let_go)
        views.make_with(self._new_page)
        views.page_changed.connect(self._follow)
        parts.recent.changed.connect(frame.welcome.set_recent)
        frame.grid.open_wished.connect(self.ask)
        frame.grid.dropped.connect(self.open_all)
        frame.welcome.open_wished.connect(self.ask)
        frame.welcome.folder_wished.connect(self.ask_folder)
        frame.welcome.samples_wished.connect(self.open_samples)
        frame.welcome.file_wished.connect(self.open)
        frame.slides.open_wished.connect(self.ask)
        frame.slides.close_wished.connect(parts.session.close)
        frame.slide.spacing_wished.connect(self.ask_spacing)
        frame.slide.associated_wished.connect(self._read_associated)

    def open(self, path: Path) -> None:
        """Open a file, or go to it when it is open already."""
        path = path.absolute()
        if not self._parts.opening.busy:
            self._failed.clear()
        opened = self._parts.session.find(path)
        if opened is not None:
            self._parts.session.make_current(opened)
        else:
            self._parts.opening.open(path)

    def warm(self) -> None:
        """Load what reads files, while nobody waits for it."""
        self._parts.opening.warm()

    def open_all(self, paths: Iterable[Path]) -> None:
        """Open several, in this order; files of annotations are for the slide that is looked at."""
        paths = list(paths)
        drawn = [p for p in paths if self.page is not None and p.name.lower().endswith(ANNOTATION_SUFFIXES)]
        if drawn:
            self.annotations_dropped.emit(drawn)
        for path in paths:
            if path not in drawn:
                self.open(path)

    def ask(self) -> None:
        """Let the person choose files."""
        folder = self._parts.settings.last_folder
        names, _ = QFileDialog.getOpenFileNames(self._frame, "Open slides, pictures or CT", folder, _filter())
        if names:
            self._parts.settings.last_folder = str(Path(names[0]).parent)
            self.open_all(map(Path, names))

    def ask_folder(self) -> None:
        """Let the person choose a folder: of CT, or of a DICOM slide."""
        folder = self._parts.settings.last_folder
        chosen = QFileDialog.getExistingDirectory(self._frame, "Open a folder", folder)
        if chosen:
            self._parts.settings.last_folder = str(Path(chosen).parent)
            self.open(Path(chosen))

    def open_samples(self, *, only_slide: bool = False) -> None:
        """Open what comes with Parfocal (or just its slide); made at the first time."""
        self._parts.opening.open_samples(only_slide=only_slide)

    def close_current(self) -> None:
        """Close what is looked at: a page of archives in the place of the picture first."""
        shown = self._frame.stack.currentWidget()
        if isinstance(shown, ArchivePage):
            shown.leave_wished.emit()
        elif self._parts.session.current is not None:
            self._parts.session.close(self._parts.session.current)

    def ask_spacing(self, why: str = "") -> bool:
        """Ask how large a pixel of the current slide is, and why; whether there is an answer."""
        opened = self._parts.session.slide
        if opened is None:
            return False
        dialog = SpacingDialog(opened.info.spacing_doubt, self._frame, size=opened.info.size, why=why)
        dialog.exec()
        dialog.deleteLater()
        if dialog.spacing is None:
            return False
        opened.set_spacing(dialog.spacing)
        return True

    def _put(self, slide: Slide) -> None:
        self._parts.session.add(slide)
        if slide.info.warning:
            self.refused.emit(Problem(slide.info.warning))

    def _fail(self, problem: Problem, path: Path) -> None:
        """Of several that are opened at once every one is named, not the last alone."""
        self._failed[path] = problem
        if len(self._failed) > 1 and "trace" not in problem.facts:
            whats = [said.what for said in self._failed.values()]
            facts = {f"file {number}": what for number, what in enumerate(whats, 1)}
            problem = Problem(f"{len(whats)} files could not be opened.", " ".join(whats), **facts)
        self.refused.emit(problem)

    def _welcome(self, opened: Opened) -> None:
        if not isinstance(opened, OpenedSlide):
            return
        self._parts.recent.add(opened.info.path)
        slides = self._parts.session.slides
        self._parts.pictures.thumbnail(
            opened.slide,
            lambda image: self._frame.slides.set_thumbnail(opened, image) if opened in slides else None,
        )

    def _new_page(self, opened: Opened) -> SlidePage | None:
        if not isinstance(opened, OpenedSlide):
            return None
        page = SlidePage(opened, self._parts.loader, self._parts.cache, self.choices)
        page.told.connect(self.told)
        page.refused.connect(self.refused)
        page.view.glides = lambda: self._parts.settings.inertia
        page.view.tile_unreadable.connect(self._tell_unreadable)
        return page

    def _let_go(self, opened: Opened) -> None:
        """Its pages are taken off already."""
        if not isinstance(opened, OpenedSlide):
            return
        self._parts.loader.forget(opened.slide)
        self._unsay(opened.info.path)
        self._parts.watching.give_up(opened.info.path)

    def _follow(self, shown: Page | None) -> None:
        """Window and panels follow what is looked at, if it is a slide."""
        self.page = shown if isinstance(shown, SlidePage) else None
        opened = None if self.page is None else self.page.opened
        for panel in (self._frame.analyze, self._frame.findings, self._frame.annotations, self._frame.slide):
            panel.set_slide(opened)
        self.page_changed.emit(self.page)

    def _tell_unreadable(self, sentence: str) -> None:
        remedy = "The rest of the slide can be looked at. Copy the file anew if you can."
        self.refused.emit(Problem(sentence, remedy))

    def _tell_gone(self, path: Path, problem: Problem) -> None:
        self._gone[path] = Problem(
            f"{path.name} is gone: its drive or network share does not answer.",
            "What was seen stays in view, new parts are hatched. It goes on by itself when the file is back.",
            reason=problem.what,
        )
        self.refused.emit(self._gone[path])

    def _tell_back(self, path: Path) -> None:
        self._unsay(path)
        self.told.emit(f"{path.name} is back.")

    def _tell_replaced(self, path: Path) -> None:
        remedy = "Close the slide and open it again to see the new file."
        self._gone[path] = Problem(f"Another file lies in the place of {path.name} now.", remedy)
        self.refused.emit(self._gone[path])

    def _unsay(self, path: Path) -> None:
        """A file is back, or its slide closed: what was said of it goes; of another it is said again."""
        problem = self._gone.pop(path, None)
        if problem is not None and self._frame.banner.problem is problem:
            self._frame.banner.dismiss()
            if self._gone:
                self.refused.emit(next(reversed(self._gone.values())))

    def _read_associated(self, name: str) -> None:
        opened = self._parts.session.slide
        if opened is None:
            return
        self._parts.pictures.associated(
            opened.slide,
            name,
            lambda image: self._frame.slide.show_associated(name, image),
            lambda error: self.refused.emit(as_problem(error, f"Reading the {name} picture")),
        )


def _filter() -> str:
    from ml.slide.opening import supported_suffixes  # what reads slides is loaded with the first file

    endings = " ".join(f"*{suffix}" for suffix in supported_suffixes())
    return f"Slides, pictures and CT ({endings} *.zip DICOMDIR);;All files (*)"
