"""Opens the training wizard, and makes its model known to the rest of the window."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from viewer.actions.command import Bound
from viewer.main_window.parts import Parts
from viewer.main_window.status_line import StatusLine
from viewer.wizard.desk import Desk
from viewer.wizard.window import WizardWindow


class Training(QObject):
    """One wizard at most. It lies over the window and leaves it usable."""

    changed = Signal()

    def __init__(self, parts: Parts, status: StatusLine, window: QWidget) -> None:
        super().__init__(window)
        self._parts, self._status, self._window = parts, status, window
        self.wizard: WizardWindow | None = None

    def bounds(self) -> dict[str, Bound]:
        """What the commands of `viewer.actions.training` do."""
        return {"train": Bound(self.open)}

    def open(self) -> None:
        """Show the wizard, at the training and the step that were looked at last."""
        if self.wizard is None:
            self.wizard = WizardWindow(Desk(), self._window)
            self.wizard.model_made.connect(self._take_model)
            self.wizard.finished.connect(self._forget)
        self.wizard.show()
        self.wizard.raise_()
        self.wizard.activateWindow()

    def close(self) -> None:
        """Close the wizard; a training goes on without it."""
        if self.wizard is not None:
            self.wizard.close()

    def _forget(self, _: int = 0) -> None:
        if self.wizard is not None:
            self.wizard.desk.deleteLater()
            self.wizard.deleteLater()
            self.wizard = None

    def _take_model(self, name: str) -> None:
        """The new model stands in *Analyze region* at once, chosen."""
        self._parts.settings.model = name
        self._parts.models.read()
        self._status.showMessage(f"The model “{name}” can be used now.", 15_000)
