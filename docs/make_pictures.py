"""Pictures for the documentation, taken from the real window: `make pictures` writes docs/images/*.png.

Every step is a command or a gesture that the window offers. Only samples that come with Parfocal are shown.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import cos, sin
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication, QWidget

    from viewer.main_window.slide_page import SlidePage
    from viewer.main_window.window import MainWindow

HERE = Path(__file__).resolve().parent / "images"
MODEL = "cellularity"
PATCHES = 16  # edge of the region in patches: enough to see what grows, little enough for a CPU
PATIENCE_S = 300.0
_SETTLED_S = 0.3  # so long everything must have stood still


class Camera:
    """One window, driven by its commands and photographed."""

    def __init__(self, app: QApplication, window: MainWindow) -> None:
        self._app, self.window = app, window

    @property
    def page(self) -> SlidePage:
        """The slide that is looked at."""
        page = self.window.slides.page
        assert page is not None
        return page

    def until(self, what: str, is_so: Callable[[], bool]) -> None:
        """Let the window live until it is so, and has been for a moment. Raises `TimeoutError`."""
        begun = since = time.monotonic()
        while time.monotonic() - since < _SETTLED_S:
            self._app.processEvents()
            time.sleep(0.005)
            if not is_so():
                since = time.monotonic()
            if time.monotonic() - begun > PATIENCE_S:
                raise TimeoutError(f"waited for {what}")

    def at_rest(self) -> None:
        """Sharp, everything kept, and no passing word left at the bottom."""
        status = self.window.status
        self.until(
            "a sharp picture that is saved",
            lambda: self.is_sharp() and status.kept.text() == "Saved" and not status.currentMessage(),
        )

    def is_sharp(self) -> bool:
        """Whether a slide is there, down to its last tile."""
        page = self.window.slides.page
        return page is not None and page.view.is_sharp

    def keep(self, name: str, widget: QWidget | None = None) -> None:
        """Write what a person would see now."""
        from PIL import Image

        path = HERE / f"{name}.png"
        (widget or self.window).grab().save(str(path))
        with Image.open(path) as picture:
            plain = picture.convert("RGB")
        plain.save(path, optimize=True)
        sys.stdout.write(f"{path.name}  {path.stat().st_size / 1000:.0f} kB\n")
        sys.stdout.flush()

    def tab(self, panel: QWidget) -> None:
        """Show a panel of the inspector."""
        self.window.frame.inspector.setCurrentWidget(panel)


def story(camera: Camera) -> None:
    """The first hour, step by step."""
    window = camera.window
    camera.until("the case library", lambda: True)
    camera.keep("empty")
    window.slides.open_samples(only_slide=True)
    camera.at_rest()
    camera.tab(window.frame.slide)
    camera.at_rest()
    camera.keep("slide")
    _draw(camera)
    camera.tab(window.frame.analyze)
    camera.until("the model", lambda: window.frame.analyze.model.choice.findData(MODEL) >= 0)
    window.frame.analyze.choose_model(MODEL)
    camera.at_rest()
    camera.keep("region")
    _analyze(camera)
    for name in ("layers", "findings", "annotations", "image"):
        camera.tab(getattr(window.frame, name))
        camera.at_rest()
        camera.keep(f"panel-{name}", window.frame.inspector)
    camera.tab(window.frame.findings)
    window.run("theme_dark")
    camera.at_rest()
    camera.keep("window-dark")
    window.run("theme_light")
    _further(camera)
    _drawn(camera)
    _ct(camera)


def _further(camera: Camera) -> None:
    """The windows beside the main one."""
    window = camera.window
    editing = window.further.editing
    editing.open()
    editor = editing.editor
    assert editor is not None
    camera.until("the pages", lambda: editor.view.isVisible() and not editor.page_notice.isVisible())
    _wait(camera, 4)
    camera.keep("report", editor)
    editor.close()
    window.run("train")
    wizard = window.further.training.wizard
    assert wizard is not None
    _wait(camera, 2)
    camera.keep("wizard", wizard)
    wizard.close()


def _drawn(camera: Camera) -> None:
    """What was drawn by hand: an outline, an ellipse, a length."""
    window, view = camera.window, camera.page.view
    window.run("fit")
    camera.at_rest()
    width, height = view.width(), view.height()
    for tool, places in (
        ("outline", [(0.8 + 0.1 * cos(n / 6), 0.5 + 0.17 * sin(n / 6)) for n in range(37)]),
        ("ellipse", [(0.10, 0.45), (0.18, 0.52), (0.26, 0.60)]),
        ("ruler", [(0.70, 0.76), (0.80, 0.76), (0.91, 0.76)]),
    ):
        window.run(tool)
        _drag(view, [QPoint(round(x * width), round(y * height)) for x, y in places])
    window.run("move")
    camera.tab(window.frame.annotations)
    camera.at_rest()
    camera.keep("drawing")


def _ct(camera: Camera) -> None:
    """The made-up head among the samples, in the brain window, with the drawn bleeding measured."""
    window = camera.window
    window.run("samples")
    session = window.slides._parts.session
    camera.until("the samples", lambda: len(session.items) == 3 and session.current is session.items[0])
    session.make_current(session.items[-1])
    camera.until("the series", lambda: window.ct.page is not None and window.ct.page.opened.is_complete)
    page = window.ct.page
    assert page is not None
    window.run("window_brain")
    page.reading.go(17)
    view = page.view.axial
    middle = view.rect().center()
    window.run("ellipse")
    _drag(view, [middle + QPoint(62, -70), middle + QPoint(100, -30), middle + QPoint(136, 24)])
    window.run("move")
    camera.tab(window.frame.series)
    _wait(camera, 1)
    camera.keep("ct")


def _drag(widget: QWidget, places: Sequence[QPoint]) -> None:
    """Press the mouse, move it over all places, let go at the last."""
    from PySide6.QtTest import QTest

    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QTest.mousePress(widget, left, none, places[0])
    for place in places[1:]:
        QTest.mouseMove(widget, place)
    QTest.mouseRelease(widget, left, none, places[-1])


def _wait(camera: Camera, seconds: float) -> None:
    """For what says nothing when it is there, as pages that are drawn."""
    end = time.monotonic() + seconds
    camera.until("a moment", lambda: time.monotonic() > end)


def _draw(camera: Camera) -> None:
    """A square region in the tissue, selected and brought into view."""
    from ml.annotation.document import Change
    from ml.annotation.shapes import Annotation, Shape
    from ml.geometry import Point, Rect

    opened, analyze = camera.page.opened, camera.window.frame.analyze
    camera.until("a model", lambda: analyze.model.choice.findData(MODEL) >= 0)
    analyze.choose_model(MODEL)
    entry, spacing = analyze.model.entry, opened.spacing
    assert entry is not None
    assert entry.card is not None
    assert spacing is not None
    edge = PATCHES * entry.card.size_on(spacing.spacing).width
    bounds = opened.info.bounds
    middle = Point(bounds.width * 0.36, bounds.height * 0.36)
    region = Rect(middle.x - edge / 2, middle.y - edge / 2, edge, edge).intersection(bounds).rounded()
    annotation = Annotation(Shape.rectangle(region))
    opened.edit(Change((), (annotation,), "Draw rectangle"))
    opened.select(annotation.id)
    camera.page.view.show_rect(region)


def _analyze(camera: Camera) -> None:
    window = camera.window
    cam = window.frame.analyze.run_options.cam
    cam.setCurrentIndex(cam.findData("all"))
    window.run("analyze")
    camera.until("the analysis", lambda: not window.analyzing.running)
    findings = camera.page.opened.findings
    if findings is not None and findings.boxes:
        findings.select(findings.boxes[0].key)
        window.run("accept")
    camera.tab(window.frame.findings)
    camera.at_rest()
    camera.keep("window")


@contextmanager
def _window() -> Iterator[Camera]:
    """A window over a home of its own, which leaves nothing of the person's in any picture."""
    with TemporaryDirectory() as home:
        os.environ["PARFOCAL_HOME"] = home
        from viewer.app import build

        app, window = build([sys.argv[0]], str(Path(home) / "library.sqlite"))
        window.run("theme_light")
        window.resize(1280, 800)
        window.show()
        window.cases.begin()
        try:
            yield Camera(app, window)
        finally:
            window.close()


def main() -> None:
    """Take all pictures. Without a screen the same window is painted into memory."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    HERE.mkdir(exist_ok=True)
    with _window() as camera:
        story(camera)


if __name__ == "__main__":
    main()
