"""What stands in a view: the contract that the window asks of a page, whatever it shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from viewer.state.opened import Opened


class Picture(Protocol):
    """A widget that shows something through a camera."""

    def hasFocus(self) -> bool:
        """Whether keys go to it."""

    def zoom_by(self, factor: float) -> None:
        """Show it so many times larger."""

    def fit(self) -> None:
        """Show the whole of it."""

    def turn_by(self, degrees: float) -> None:
        """Turn it clockwise."""

    def mirror(self, *, vertically: bool) -> None:
        """Left becomes right, or top becomes bottom."""

    def set_upright(self) -> None:
        """As the file has it."""

    def hold_layers(self, hidden: bool) -> None:
        """Hide what lies over it for a moment; False: it is back."""


class Page(QObject):
    """Something opened as it is shown in one view, and the tool in the hand there.

    A subclass gives `view` a closer type, and lays off what it made in `close`.
    """

    tool_changed = Signal(str)

    opened: Opened
    view: QWidget
    tool: str

    @property
    def pictures(self) -> Sequence[Picture]:
        """What is to be seen, what matters most first."""
        raise NotImplementedError

    @property
    def tools(self) -> frozenset[str]:
        """The names of the tools that there are here; "move" is one of them."""
        raise NotImplementedError

    def take(self, tool: str) -> None:
        """Take a tool into the hand: one of `tools`."""
        raise NotImplementedError

    def close(self) -> None:
        """The page is taken off for good."""
        raise NotImplementedError

    def take_back(self) -> bool:
        """Lay down any tool but the hand that moves; whether there was one."""
        held = self.tool != "move"
        if held:
            self.take("move")
        return held

    @property
    def picture(self) -> Picture:
        """The picture that keys go to, or the first."""
        seen = self.pictures
        return next((picture for picture in seen if picture.hasFocus()), seen[0])

    def zoom_by(self, factor: float) -> None:
        """Show a picture so many times larger."""
        self.picture.zoom_by(factor)

    def fit(self) -> None:
        """Show all pictures whole."""
        for picture in self.pictures:
            picture.fit()

    def hold_layers(self, hidden: bool) -> None:
        """Hide what lies over the pictures for a moment; False: it is back."""
        for picture in self.pictures:
            picture.hold_layers(hidden)
