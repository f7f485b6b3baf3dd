"""How the slide is shown: colours, channels, stains, focus. What is analyzed stays as it was scanned."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QCheckBox, QFormLayout, QPushButton, QWidget

from ml.slide.color import facts_of
from ml.slide.look import Look
from viewer.panels.channels_box import ChannelsBox
from viewer.panels.labelled_slider import LabelledSlider
from viewer.panels.links import Links
from viewer.panels.pieces import GRID, Heading, Page, Text, column, named
from viewer.panels.quantities import with_unit
from viewer.panels.stain_box import StainBox
from viewer.state.opened_slide import OpenedSlide

_QUIET = "For the eye alone: analyses and their reports use the pixels as they were scanned."


class ImagePanel(QWidget):
    """Follows one slide's look. Changes come at most once in a turn of the event loop."""

    pick_background_wished = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._opened: OpenedSlide | None = None
        self._links = Links()
        self._next: Look | None = None
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._apply)
        self.empty = Text("Open a slide to change how it is shown.", quiet=True)
        self.quiet = Text(_QUIET, quiet=True)
        self.profile = QCheckBox("Colours as the scanner meant them")
        self.profile_text = Text(quiet=True)
        self.brightness = LabelledSlider("Brightness", "Darker or brighter", (-1, 1), 0.01)
        self.contrast = LabelledSlider("Contrast", "Flatter or harder, about the middle", (0, 4), 0.01)
        self.gamma = LabelledSlider("Gamma", "Above 1 the middle tones become brighter", (0.2, 5), 0.01)
        self.pick = QPushButton("Pick background…")
        named(self.pick, "Pick background", "Click on empty glass: it becomes white")
        self.white = QPushButton("Leave white as it is")
        named(self.white, "Leave white as it is", "Take the white balance back")
        self.reset = QPushButton("Reset all")
        named(self.reset, "Reset all", "Show the slide as the file has it")
        self.channels, self.stain = ChannelsBox(), StainBox()
        self.focus = LabelledSlider("Focus", "Which plane is in focus (Ctrl+Shift+wheel)", (1, 2), 1)
        self._lay_out()
        self._connect()
        self.set_slide(None)

    def set_slide(self, opened: OpenedSlide | None) -> None:
        """Show another slide."""
        self._apply()
        self._links.drop()
        self._opened = opened
        for widget in (self._controls, self.quiet, self.reset):
            widget.setVisible(opened is not None)
        self.empty.setVisible(opened is None)
        if opened is None:
            self.channels.hide()
            return
        info = opened.info
        self.channels.set_channels(info.channels, opened.look)
        bright = not info.channels
        for widget in (self.profile, self.profile_text, self.stain, self.pick, self.white):
            widget.setVisible(bright)
        if bright:
            self._tell_profile(info.profile)
        self.focus.setVisible(info.planes > 1)
        if info.planes > 1:
            self.focus.slider.setRange(1, info.planes)
            self.focus.number.setRange(1, info.planes)
            between = f", {with_unit(f'{info.plane_um:g}', 'µm')} apart" if info.plane_um else ""
            self.focus.label.setText(f"Focus: {info.planes} planes{between}")
        self._links.follow(opened.look_changed, self._show)
        self._links.follow(opened.plane_changed, lambda plane: self.focus.set_value(plane + 1))
        self.focus.set_value(opened.plane + 1)
        self._show(opened.look)

    @property
    def look(self) -> Look:
        """What is shown, with what is still to be applied."""
        if self._next is not None:
            return self._next
        return self._opened.look if self._opened else Look()

    def change(self, look: Look) -> None:
        """Show the slide so, at the next turn of the event loop."""
        self._next = look
        self._soon.start()

    def _apply(self) -> None:
        look, self._next = self._next, None
        self._soon.stop()
        if look is not None and self._opened is not None:
            self._opened.set_look(look)

    def _show(self, look: Look) -> None:
        self.profile.blockSignals(True)
        self.profile.setChecked(look.profile)
        self.profile.blockSignals(False)
        for slider, value in (
            (self.brightness, look.brightness),
            (self.contrast, look.contrast),
            (self.gamma, look.gamma),
        ):
            if abs(slider.value - value) > 1e-9:
                slider.set_value(value)
        self.white.setEnabled(look.white is not None)
        self.white.setText(
            "Leave white as it is"
            if look.white is None
            else f"White was {' · '.join(map(str, look.white))}: undo"
        )
        self.stain.show_view(look.stain)
        if self._opened is not None and self._opened.info.channels:
            self.channels.show_look(self._opened.info.channels, look)
        plain = replace(look, profile=True) == Look()
        self.reset.setEnabled(not (plain and look.profile))

    def _tell_profile(self, profile: bytes | None) -> None:
        if profile is None:
            self.profile.setEnabled(False)
            self.profile_text.say("This file has no colour profile.")
            return
        facts = facts_of(profile)
        self.profile.setEnabled(facts.usable)
        name = facts.name or "unnamed"
        words = f"Profile in the file: {name}." if facts.usable else facts.trouble
        same = " It is that of a screen: nothing changes." if facts.usable and not facts.changes else ""
        self.profile_text.say(f"{words}{same}")

    def _lay_out(self) -> None:
        page = Page(self)
        self._controls = QWidget()
        inside = column(self._controls, gap=2 * GRID)
        inside.addWidget(self.channels)
        inside.addWidget(self.focus)
        inside.addWidget(Heading("Colours"))
        inside.addWidget(self.profile)
        inside.addWidget(self.profile_text)
        form = QFormLayout()
        for slider in (self.brightness, self.contrast, self.gamma):
            slider.label.setMinimumWidth(72)
            slider.reset_on_double_click(0.0 if slider is self.brightness else 1.0)
            form.addRow(slider)
        inside.addLayout(form)
        for button in (self.pick, self.white):
            inside.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        inside.addWidget(self.stain)
        for widget in (self.empty, self._controls):
            page.column.addWidget(widget)
        page.column.addWidget(self.reset, 0, Qt.AlignmentFlag.AlignLeft)
        page.column.addWidget(self.quiet)
        page.column.addStretch(1)
        column(self, gap=0).addWidget(page)
        named(
            self.profile,
            "Colours as the scanner meant them",
            "From the file's colour profile to the screen's",
        )

    def _connect(self) -> None:
        self.profile.toggled.connect(lambda on: self.change(replace(self.look, profile=on)))
        self.brightness.changed.connect(lambda v: self.change(replace(self.look, brightness=v)))
        self.contrast.changed.connect(lambda v: self.change(replace(self.look, contrast=v)))
        self.gamma.changed.connect(lambda v: self.change(replace(self.look, gamma=v)))
        self.white.clicked.connect(lambda: self.change(replace(self.look, white=None)))
        self.pick.clicked.connect(self.pick_background_wished)
        self.reset.clicked.connect(lambda: self.change(Look()))
        self.channels.changed.connect(lambda looks: self.change(replace(self.look, channels=looks)))
        self.stain.changed.connect(lambda view: self.change(replace(self.look, stain=view)))
        self.focus.changed.connect(
            lambda plane: self._opened.set_plane(round(plane) - 1) if self._opened else None
        )
