"""Where one looks and has looked: going to a place, history, bookmarks, and ways of standing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication

from ml.errors import Problem
from ml.geometry import Point
from viewer.actions.command import Bound
from viewer.canvas.camera import Camera
from viewer.canvas.place_words import destination
from viewer.main_window.figures import Figures
from viewer.main_window.frame import Frame
from viewer.main_window.parts import Parts
from viewer.main_window.slide_page import SlidePage
from viewer.main_window.slides import Slides
from viewer.main_window.status_line import StatusLine, place_in_words
from viewer.main_window.viewing import Viewing
from viewer.panels.goto_dialog import GotoDialog
from viewer.panels.links import Links
from viewer.state.bookmarks import Bookmark, BookmarkEdit

_STEP = 15.0  # degrees


class Navigating(QObject):
    """Follows the page that is looked at."""

    changed = Signal()  # a command may be possible now that was not, or the other way round
    refused = Signal(object)  # Problem

    def __init__(
        self, parts: Parts, frame: Frame, status: StatusLine, slides: Slides, viewing: Viewing
    ) -> None:
        super().__init__(frame)
        self._parts, self._frame, self._status, self._slides = parts, frame, status, slides
        self._viewing = viewing
        self._links = Links()
        self._at = -1  # which bookmark was gone to last
        self.figures = Figures(parts, frame, status, slides)
        self.figures.refused.connect(self.refused)
        self.figures.changed.connect(self.changed)
        slides.page_changed.connect(self._follow)
        status.goto_wished.connect(self.ask)
        frame.slide.bookmarks.add_wished.connect(self.add_bookmark)
        frame.slide.bookmarks.go_wished.connect(self.go_to_bookmark)

    @property
    def page(self) -> SlidePage | None:
        """What is looked at."""
        return self._viewing.page

    def bounds(self) -> dict[str, Bound]:
        """What the commands of `viewer.actions.navigating` do."""
        shown, marked = self._shown, self._marked
        return {
            "go_to": Bound(self.ask, shown),
            "back": Bound(self.back, lambda: shown() and self._page().history.can_go_back),
            "forward": Bound(self.forward, lambda: shown() and self._page().history.can_go_forward),
            "bookmark": Bound(self.add_bookmark, shown),
            "next_bookmark": Bound(partial(self.step_bookmark, 1), marked),
            "previous_bookmark": Bound(partial(self.step_bookmark, -1), marked),
            "turn_left": Bound(partial(self._turn, -_STEP), shown),
            "turn_right": Bound(partial(self._turn, _STEP), shown),
            "quarter_left": Bound(partial(self._turn, -90.0), shown),
            "quarter_right": Bound(partial(self._turn, 90.0), shown),
            "flip_horizontally": Bound(lambda: self._page().view.mirror(vertically=False), shown),
            "flip_vertically": Bound(lambda: self._page().view.mirror(vertically=True), shown),
            "upright": Bound(
                self._stand_upright,
                lambda: shown() and not self._page().view.camera.is_upright,
            ),
            "visited": Bound(
                self._toggle_visited, shown, lambda: shown() and self._page().view.shows_visited
            ),
            "forget_visited": Bound(self._forget_visited, shown),
            "copy_view": Bound(self.copy, shown),
            "export_figure": Bound(self.figures.ask, lambda: shown() and not self.figures.running),
        }

    def ask(self) -> None:
        """Let the person type where to."""
        page = self.page
        if page is None:
            return
        times = page.view.magnification
        dialog = GotoDialog(self.go, f"×{times:.3g}" if times else "", self._frame)
        dialog.exec()
        dialog.deleteLater()

    def go(self, text: str) -> None:
        """Go where a text says. Raises `Problem` for one that says nothing."""
        page = self._page()
        known = page.opened.spacing
        where = destination(text, known.spacing if known else None)
        camera, bounds = page.view.camera, page.opened.info.bounds
        center = where.center or camera.center
        if not (bounds.x <= center.x <= bounds.right and bounds.y <= center.y <= bounds.bottom):
            end = place_in_words(Point(bounds.right, bounds.bottom), known.spacing if known else None)
            raise Problem("That place is not on the slide.", f"It ends at {end}.")
        page.view.set_camera(replace(camera, center=center, scale=where.scale or camera.scale))

    def back(self) -> None:
        """The place before this one."""
        self._look(self._page().history.back())

    def forward(self) -> None:
        """The place that one went back from."""
        self._look(self._page().history.forward())

    def add_bookmark(self) -> None:
        """Keep the place in view; its name can be changed in the Slide panel."""
        page = self.page
        if page is None:
            return
        camera, marks = page.view.camera, page.opened.bookmarks
        name = marks.next_name()
        place = camera.center
        mark = Bookmark(name, place.x, place.y, camera.scale, camera.angle, camera.flipped)
        page.opened.undo.push(BookmarkEdit("Add bookmark", marks, (), (mark,)))
        self._status.showMessage(f"Kept as “{name}”: see Bookmarks in the Slide panel.", 5000)

    def step_bookmark(self, step: int) -> None:
        """Go to the next or the previous one, round and round."""
        marks = self._page().opened.bookmarks.items
        self._at = (self._at + step) % len(marks) if self._at >= 0 else (0 if step > 0 else len(marks) - 1)
        self.go_to_bookmark(marks[self._at])

    def go_to_bookmark(self, mark: Bookmark) -> None:
        """Look at a place as it was looked at."""
        page = self._page()
        marks = page.opened.bookmarks.items
        self._at = next((n for n, other in enumerate(marks) if other.id == mark.id), -1)
        camera = page.view.camera
        self._look(
            replace(
                camera,
                center=Point(mark.x, mark.y),
                scale=mark.scale,
                angle=mark.angle,
                flipped=mark.flipped,
            )
        )
        self._status.showMessage(mark.name, 5000)

    def copy(self) -> None:
        """Put what is in view, with layers, legend and scale bar, on the clipboard."""
        page = self._page()
        image = page.view.grab_figure()
        if page.legend.isVisible():
            page.legend.render(image, page.legend.pos())
        QGuiApplication.clipboard().setImage(image)
        self._status.showMessage("The view is on the clipboard.", 5000)

    def _follow(self, page: SlidePage | None) -> None:
        self._links.drop()
        self._at = -1
        self._frame.slide.bookmarks.set_slide(None if page is None else page.opened)
        if page is not None:
            self._links.follow(page.view.camera_changed, self._tell)
            self._links.follow(page.opened.bookmarks.changed, self._tell)
            self._links.follow(page.view.back_wished, self.back)
            self._links.follow(page.view.forward_wished, self.forward)

    def _look(self, camera: Camera | None) -> None:
        if camera is not None:
            self._page().view.set_camera(camera)

    def _turn(self, degrees: float) -> None:
        self._page().view.turn_by(degrees)

    def _stand_upright(self) -> None:
        self._page().view.set_upright()

    def _forget_visited(self) -> None:
        self._page().view.reset_visited()

    def _toggle_visited(self) -> None:
        view = self._page().view
        view.set_shows_visited(not view.shows_visited)
        self.changed.emit()

    def _tell(self, _: object = None) -> None:
        page = self.page
        possible = (
            page is not None,
            page is not None and page.history.can_go_back,
            page is not None and page.history.can_go_forward,
            page is not None and page.view.camera.is_upright,
            page is not None and bool(page.opened.bookmarks.items),
        )
        if possible != self._possible:  # a drag tells a hundred cameras a second; menus change seldom
            self._possible = possible
            self.changed.emit()

    _possible: tuple[bool, ...] = ()

    def _page(self) -> SlidePage:
        assert self.page is not None
        return self.page

    @property
    def _shown(self) -> Callable[[], bool]:
        return lambda: self.page is not None

    @property
    def _marked(self) -> Callable[[], bool]:
        return lambda: self.page is not None and bool(self.page.opened.bookmarks.items)
