"""Figures of what is seen: asks what and how large, writes them while the window goes on."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog

from ml.errors import Problem
from ml.geometry import Rect, Size
from ml.progress import Step
from ml.slide.shown_slide import shown
from viewer.canvas.figure import Figure, check, extent, figure_of_rect, figure_of_view
from viewer.main_window.frame import Frame
from viewer.main_window.parts import Parts
from viewer.main_window.slide_page import SlidePage
from viewer.main_window.slides import Slides
from viewer.main_window.status_line import StatusLine
from viewer.panels.figure_dialog import FigureDialog, FigureWish
from viewer.state.opened import Opened
from viewer.state.opened_slide import OpenedSlide


class Figures(QObject):
    """One figure at a time."""

    changed = Signal()
    refused = Signal(object)  # Problem

    def __init__(self, parts: Parts, frame: Frame, status: StatusLine, slides: Slides) -> None:
        super().__init__(frame)
        self._parts, self._frame, self._status, self._slides = parts, frame, status, slides
        work = parts.figures
        work.step.connect(self._tell)
        work.written.connect(self._end)
        work.stopped.connect(lambda: self._close("Stopped; no figure was written."))
        work.failed.connect(self._fail)
        status.stop_wished.connect(work.stop)
        parts.session.closing.connect(self._stop_of)
        self._of: OpenedSlide | None = None  # whose figure is being written

    @property
    def running(self) -> bool:
        """Whether a figure is being written."""
        return self._parts.figures.running

    def ask(self) -> None:
        """Let the person choose, then write."""
        page = self._slides.page
        if page is None or self.running:
            return
        folder = Path(self._parts.settings.last_folder or Path.home())
        dialog = FigureDialog(
            parts_of(page),
            lambda wish: _checked(figure_of(page, wish)),
            um_known=page.opened.spacing is not None,
            start=folder / f"{self._name_of(page)} figure.png",
            parent=self._frame,
        )
        if dialog.exec() == QDialog.DialogCode.Accepted and dialog.path is not None:
            self._parts.settings.last_folder = str(dialog.path.parent)
            self.export(page, dialog.wish, dialog.path)
        dialog.deleteLater()

    def _name_of(self, page: SlidePage) -> str:
        """What the figure is named after at first: a file's name may be a patient's."""
        return page.opened.info.path.stem if self._parts.settings.keep_identity else "slide"

    def export(self, page: SlidePage, wish: FigureWish, path: Path) -> None:
        """Write the figure of a wish; never over a slide that is open."""
        opened = page.opened
        if self._parts.session.find(path) is not None:
            self.refused.emit(
                Problem(f"“{path.name}” is a slide that is open.", "Give the figure another name.")
            )
            return
        slide = shown(opened.slide.plane(opened.plane), opened.look)
        self._of = opened
        self._parts.figures.export(figure_of(page, wish), slide, path)
        self._tell(Step("Writing the figure", 0, 0))
        self.changed.emit()

    def _stop_of(self, opened: Opened) -> None:
        """A slide goes, and a figure of it with it; one of another slide goes on."""
        if opened is self._of:
            self._parts.figures.stop()

    def _tell(self, step: Step) -> None:
        if self.running:
            self._status.show_step(step)

    def _end(self, path: Path) -> None:
        self._close(f"Figure written: {path.name}")

    def _fail(self, problem: Problem) -> None:
        self._close("")
        self.refused.emit(problem)

    def _close(self, text: str) -> None:
        self._of = None
        self._status.end_work(text)
        self.changed.emit()


def parts_of(page: SlidePage) -> dict[str, str]:
    """What a figure can show, by key and in words."""
    parts = {"view": "What is in view", "slide": "The whole slide"}
    if page.opened.selected is not None:
        parts["annotation"] = "The selected annotation"
    return parts


def figure_of(page: SlidePage, wish: FigureWish) -> Figure:
    """The figure of a wish, standing as the view does."""
    opened, view = page.opened, page.view
    spacing = opened.spacing.spacing if opened.spacing else None
    rect = _rect(page, wish.part)
    scale = view.camera.scale * view.devicePixelRatioF()
    if wish.um_per_px is not None and spacing is not None:
        scale = spacing.mean / wish.um_per_px
    elif wish.width is not None:
        wide = view.camera.width / view.camera.scale if rect is None else extent(view.camera, rect)[0]
        scale = wish.width / wide
    camera = figure_of_view(view.camera, scale) if rect is None else figure_of_rect(view.camera, rect, scale)
    layers = view.layers if wish.overlays else ()
    legend = page.legend if wish.legend and page.legend.lines else None
    return Figure(camera, spacing, layers, wish.bar, legend)


def _rect(page: SlidePage, part: str) -> Rect | None:
    """The part of the slide; None for what is in view."""
    if part == "slide":
        return page.opened.info.bounds
    if part == "annotation" and page.opened.selected is not None:
        bounds = page.opened.selected.shape.bounds
        return bounds.grown(max(bounds.width, bounds.height) * 0.05)
    return None


def _checked(figure: Figure) -> Size:
    check(figure)
    return figure.size
