"""What stands in a view: the contract that the window asks of a page, whatever it shows."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from viewer.state.opened import Opened


class Page(QObject):
    """Something opened as it is shown in one view, and the tool in the hand there.

    A subclass gives `view` and `tool` closer types, and lays off what it made in `close`.
    """

    tool_changed = Signal(str)

    opened: Opened
    view: QWidget
    tool: str

    def take(self, tool: str) -> None:
        """Take a tool into the hand: one of `tools`."""
        raise NotImplementedError

    @property
    def tools(self) -> frozenset[str]:
        """The names of the tools that there are here."""
        raise NotImplementedError

    def take_back(self) -> bool:
        """Lay down any tool but the one that moves; whether there was one."""
        raise NotImplementedError

    def zoom_by(self, factor: float) -> None:
        """Show it so many times larger."""
        raise NotImplementedError

    def fit(self) -> None:
        """Show the whole of it."""
        raise NotImplementedError

    def hold_layers(self, hidden: bool) -> None:
        """Hide what lies over the picture for a moment; False: it is back."""
        raise NotImplementedError

    def close(self) -> None:
        """The page is taken off for good."""
        raise NotImplementedError
