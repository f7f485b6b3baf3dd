"""`make demo`: the main job once, through the same window that a person uses.

Opens the sample slide, draws a region, lets the built-in model look at it, accepts the best box, writes the
report, and keeps a picture of the window. Every step is a command or a gesture that the window offers.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication

from ml.annotation.document import Change
from ml.annotation.shapes import Annotation, Shape
from ml.errors import Problem
from ml.geometry import Point, Rect
from viewer.main_window.slide_page import SlidePage
from viewer.main_window.window import MainWindow

MODEL = "cellularity"
PATCHES = 24  # edge of the region, in patches: large enough to see it grow, small enough for a CPU
_LOOK_MS = 20
_PATIENCE_S = 600  # a step that takes longer than this has failed

Wait = tuple[str, Callable[[], bool]]
"""What is waited for, in words, and whether it is there."""


class Demo(QObject):
    """Plays the story. With `stay` the window is left open afterwards; without, it is closed."""

    def __init__(self, window: MainWindow, folder: Path, *, stay: bool) -> None:
        super().__init__(window)
        self._window, self._folder, self._stay = window, folder.absolute(), stay
        self._problem: Problem | None = None
        self._finished = False
        self._written = False
        self._steps = self._story()
        self._wait: Wait = next(self._steps)
        self._since = time.monotonic()
        self._clock = QTimer(self)
        self._clock.setInterval(_LOOK_MS)
        self._clock.timeout.connect(self._look)
        for piece in (window.slides, window.analyzing, window.reporting):
            piece.refused.connect(self._refuse)
        window.reporting.written.connect(self._note_written)
        window.closed.connect(self._clock.stop)

    def play(self, app: QApplication) -> int:
        """Run the application until the story has ended and the window is closed; the exit code."""
        self._clock.start()
        app.exec()
        if self._problem is not None:
            _say(f"The demo failed. {self._problem}")
            return 1
        if not self._finished:
            _say("The demo was closed before its end.")
        return 0 if self._finished else 1

    def _look(self) -> None:
        what, is_there = self._wait
        if self._problem is None and time.monotonic() - self._since > _PATIENCE_S:
            self._problem = Problem(f"Waited {_PATIENCE_S / 60:.0f} minutes for {what}.", "See the log.")
        if self._problem is not None:
            self._end()
        elif is_there():
            self._since = time.monotonic()
            try:
                self._wait = next(self._steps)
            except StopIteration:
                self._finished = True
                self._end()

    def _end(self) -> None:
        self._clock.stop()
        if self._problem is not None or not self._stay:
            self._window.close()

    def _refuse(self, problem: Problem) -> None:
        self._problem = self._problem or problem

    def _note_written(self, _: Path) -> None:
        self._written = True

    # ------------------------------------------------------------------ the story

    def _story(self) -> Iterator[Wait]:
        window, analyzing = self._window, self._window.analyzing
        yield "the window", self._is_seen
        _say(f"The window was there {time.time() - psutil.Process().create_time():.1f} s after the start.")
        window.slides.open_samples(only_slide=True)
        yield "the sample slide", self._is_sharp
        yield "the built-in model", lambda: window.frame.analyze.model.choice.findData(MODEL) >= 0
        window.frame.analyze.choose_model(MODEL)
        region = self._draw()
        cam = window.frame.analyze.run_options.cam
        cam.setCurrentIndex(cam.findData("all"))
        window.run("analyze")
        yield "the analysis", lambda: not analyzing.running
        self._accept_best()
        self._page.view.show_rect(region)
        yield "the picture, and that all is saved", lambda: self._is_sharp() and self._is_saved()
        self._folder.mkdir(parents=True, exist_ok=True)
        self._keep_picture()
        window.reporting.export_into(self._folder)
        yield "the report", lambda: self._written
        if window.reporting.preview is not None:
            window.reporting.preview.close()
        self._tell()

    def _draw(self) -> Rect:
        """A square region in the middle of the tissue that is seen first, selected and brought into view."""
        page = self._page
        bounds = page.opened.info.bounds
        edge = PATCHES * self._patch_edge()
        middle = Point(bounds.width * 0.36, bounds.height * 0.36)
        wished = Rect(middle.x - edge / 2, middle.y - edge / 2, edge, edge)
        region = wished.intersection(bounds).rounded()
        annotation = Annotation(Shape.rectangle(region))
        page.opened.edit(Change((), (annotation,), "Draw rectangle"))
        page.opened.select(annotation.id)
        page.view.show_rect(region)
        return region

    def _patch_edge(self) -> float:
        spacing, entry = self._page.opened.spacing, self._window.frame.analyze.model.entry
        assert spacing is not None
        assert entry is not None
        assert entry.card is not None
        return entry.card.size_on(spacing.spacing).width

    def _accept_best(self) -> None:
        findings = self._page.opened.findings
        if findings is not None and findings.boxes:
            findings.select(findings.boxes[0].key)
            self._window.run("accept")

    @property
    def _page(self) -> SlidePage:
        page = self._window.slides.page
        assert page is not None, "the story has not opened its slide yet"
        return page

    def _is_seen(self) -> bool:
        handle = self._window.windowHandle()
        return handle is not None and handle.isExposed()

    def _is_sharp(self) -> bool:
        return self._window.slides.page is not None and self._page.view.is_sharp

    def _is_saved(self) -> bool:
        """As the status line says: the picture shall not catch it while it writes."""
        return self._window.status.kept.text() == "Saved"

    def _keep_picture(self) -> None:
        path = self._folder / "window.png"
        if not self._window.grab().save(str(path)):
            self._problem = Problem(f"{path.name} could not be written.", "Choose another folder.")

    def _tell(self) -> None:
        _say(f"Written into {self._folder}:")
        for path in sorted(self._folder.iterdir()):
            if path.is_file():
                _say(f"  {path.name}  {path.stat().st_size / 1000:,.0f} kB")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
