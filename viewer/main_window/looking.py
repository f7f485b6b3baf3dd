"""How the slide is shown: colours, stains, channels, focus."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, Signal

from ml.errors import Problem
from ml.geometry import Rect, Size
from ml.slide import stains
from ml.slide.channels import auto_range
from ml.slide.color import background_of
from ml.slide.look import ChannelLook, Look
from ml.slide.region import read_region
from ml.slide.shown_slide import shown
from ml.slide.slide import Pixels
from viewer.actions.command import Bound
from viewer.main_window.frame import Frame
from viewer.main_window.measuring import Measuring
from viewer.main_window.parts import Parts
from viewer.main_window.slide_page import SlidePage
from viewer.main_window.slides import Slides
from viewer.main_window.status_line import StatusLine
from viewer.main_window.viewing import Viewing
from viewer.panels.links import Links
from viewer.state.opened import Opened
from viewer.state.opened_slide import OpenedSlide
from viewer.tools.pick import PickTool
from viewer.work.background import as_problem
from viewer.work.opening import channel_samples

_MOST_EDGE = 1024  # px of what is read to find a colour


class Looking(QObject):
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
        slides.page_changed.connect(self._follow)
        panel = frame.image
        panel.profile.toggled.connect(lambda on: setattr(parts.settings, "profile", on))
        parts.session.opened.connect(self._begin)
        panel.pick_background_wished.connect(self.pick_background)
        panel.stain.pick_wished.connect(self.pick_stain)
        panel.stain.estimate_wished.connect(self.estimate_stains)
        panel.channels.auto_wished.connect(self.auto_contrast)
        self.measuring = Measuring(frame, status, slides, viewing)
        self.measuring.changed.connect(self.changed)

    def bounds(self) -> dict[str, Bound]:
        """What the commands of `viewer.actions.looking` do."""
        bright, dark, planes = self._is_bright, self._has_channels, self._has_planes
        panel = self._frame.image

        bounds = {
            "profile": Bound(panel.profile.toggle, bright, lambda: bright() and self._look().profile),
            "pick_background": Bound(self.pick_background, bright),
            "reset_look": Bound(lambda: panel.change(Look()), lambda: self._page() is not None),
            "auto_contrast": Bound(partial(self.auto_contrast, -1), dark),
            "focus_up": Bound(lambda: self._focus(1), planes),
            "focus_down": Bound(lambda: self._focus(-1), planes),
        } | self.measuring.bounds()
        for number, name in enumerate(("stain_off", "stain_1", "stain_2", "stain_3")):
            possible = partial(self._has_stain, number)
            bounds[name] = Bound(
                partial(self._show_stain, number), possible, partial(self._shows_stain, number)
            )
        return bounds

    def pick_background(self) -> None:
        """Hand over a tool that makes what it points at white."""

        def take(pixels: Pixels) -> None:
            panel = self._frame.image
            panel.change(replace(panel.look, white=background_of(pixels)))
            self._status.showMessage("White is what you picked. “Reset all” takes it back.", 8000)

        self._pick(take, self._look_for_white())

    def pick_stain(self, name: str) -> None:
        """Hand over a tool that takes a stain's colour from what it points at."""

        def take(pixels: Pixels) -> None:
            box = self._frame.image.stain
            view = box.view()
            if view is not None:
                vectors = dict(view.vectors) | {name: stains.vector_of(pixels)}
                box.set_vectors(tuple(vectors.items()))

        self._pick(take, self._look_for_white())

    def estimate_stains(self) -> None:
        """Find the two stains in what is in view."""
        if (page := self._page()) is None:
            return

        def take(pixels: Pixels) -> None:
            names = [name for name, _ in self._frame.image.stain.view_names()][:2]
            found = stains.vectors_from_region(pixels)
            self._frame.image.stain.set_vectors(tuple(zip(names, found, strict=True)))

        self._read(page, page.view.camera.visible(), take, self._look_for_white())

    def auto_contrast(self, number: int) -> None:
        """The range that shows most of the signal, of one channel or (-1) of all."""
        page = self._page()
        if page is None:
            return
        opened = page.opened

        def take(samples: object) -> None:
            panel = self._frame.image
            looks = panel.look.channels or tuple(map(ChannelLook.of, opened.info.channels))
            panel.change(replace(panel.look, channels=_auto(looks, samples, number)))

        self._samples(opened, take)

    def _follow(self, page: SlidePage | None) -> None:
        self._links.drop()
        opened = None if page is None else page.opened
        self._frame.image.set_slide(opened)
        if page is not None and opened is not None:
            self._links.follow(opened.look_changed, self._tell)
            self._links.follow(opened.plane_changed, self._tell)
            self._links.follow(page.view.focus_wished, opened.focus_by)
            if opened.info.channels:
                self._samples(opened, self._show_histograms)
        self._tell()

    def _begin(self, opened: Opened) -> None:
        """A slide is opened: with its profile, unless the person does without."""
        if isinstance(opened, OpenedSlide) and not self._parts.settings.profile:
            opened.set_look(replace(opened.look, profile=False))

    def _show_histograms(self, samples: object) -> None:
        rows = self._frame.image.channels.rows
        for line, its in zip(rows, samples, strict=False):  # type: ignore[call-overload]
            line.show_samples(its)

    def _pick(self, take: Callable[[Pixels], None], look: Look) -> None:
        page = self._page()
        if page is None:
            return

        def picked(rect: Rect) -> None:
            self._read(page, rect, take, look)
            page.take("move")

        page.lend(PickTool(picked, lambda: page.take("move")), "pick")
        self.changed.emit()

    def _read(self, page: SlidePage, rect: Rect, take: Callable[[Pixels], None], look: Look) -> None:
        """Read a part of the slide in the background, and have it looked at."""
        opened = page.opened
        within = rect.intersection(opened.info.bounds)
        if within.is_empty:
            self.refused.emit(Problem("There is no slide there.", "Point at the slide."))
            return
        scale = min(1.0, _MOST_EDGE / max(within.width, within.height))
        size = Size(max(1, round(within.width * scale)), max(1, round(within.height * scale)))
        slide = shown(opened.slide.plane(opened.plane), look)

        def look_at(pixels: Pixels) -> None:
            if self._parts.session.slide is not opened:  # another slide is looked at by now
                return
            try:
                take(pixels)
            except Problem as problem:
                self.refused.emit(problem)

        self._parts.pictures.read(lambda: read_region(slide, within, size), look_at, self._fail)

    def _samples(self, opened: OpenedSlide, take: Callable[[object], None]) -> None:
        slide = opened.slide.plane(opened.plane)

        def look_at(samples: object) -> None:
            if self._parts.session.slide is opened:
                take(samples)

        self._parts.pictures.read(lambda: channel_samples(slide), look_at, self._fail)

    def _focus(self, step: int) -> None:
        if (page := self._page()) is not None:
            page.opened.focus_by(step)

    def _fail(self, error: BaseException) -> None:
        self.refused.emit(as_problem(error, "Reading the slide"))

    def _look_for_white(self) -> Look:
        """What is picked from: the scanner's colours as a screen shows them, nothing else changed."""
        return Look(profile=self._look().profile)

    def _look(self) -> Look:
        return Look() if (page := self._page()) is None else page.opened.look

    def _page(self) -> SlidePage | None:
        return self._viewing.page

    def _is_bright(self) -> bool:
        return (page := self._page()) is not None and not page.opened.info.channels

    def _has_channels(self) -> bool:
        return (page := self._page()) is not None and bool(page.opened.info.channels)

    def _has_planes(self) -> bool:
        return (page := self._page()) is not None and page.opened.info.planes > 1

    def _has_stain(self, number: int) -> bool:
        return self._is_bright() and number <= len(self._frame.image.stain.view_names())

    def _shows_stain(self, number: int) -> bool:
        if not self._has_stain(number):
            return False
        return self._frame.image.stain.choice.currentIndex() == number

    def _show_stain(self, number: int) -> None:
        self._frame.image.stain.choice.setCurrentIndex(number)

    def _tell(self, _: object = None) -> None:
        page = self._page()
        self._status.show_altered("" if page is None else altered_in_words(page.opened))
        self.changed.emit()


def _auto(looks: tuple[ChannelLook, ...], samples: object, number: int) -> tuple[ChannelLook, ...]:
    """Looks with the range of one channel, or (-1) of all, found in its samples."""
    found = list(looks)
    for place, its in enumerate(samples):  # type: ignore[arg-type, var-annotated]
        if number in {-1, place}:
            low, high = auto_range(its)
            found[place] = replace(found[place], low=low, high=high)
    return tuple(found)


def altered_in_words(opened: OpenedSlide) -> str:
    """What a person should know who judges a colour; empty where the picture is as the file has it."""
    look, parts = opened.look, []
    if look.stain is not None:
        parts.append(f"{look.stain.stain} alone")
    if look.white is not None or (look.brightness, look.contrast, look.gamma) != (0.0, 1.0, 1.0):
        parts.append("colours adjusted")
    if look.channels and look.channels != tuple(map(ChannelLook.of, opened.info.channels)):
        parts.append("channels adjusted")
    if opened.info.profile is not None and not look.profile:
        parts.append("without its colour profile")
    if opened.info.planes > 1:
        parts.append(f"plane {opened.plane + 1} of {opened.info.planes}")
    return " · ".join(parts)
