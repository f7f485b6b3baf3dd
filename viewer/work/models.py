"""The list of models, read from disk in the background."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from ml.zoo.store import ModelEntry
from viewer.work.background import Background, as_problem


class ModelList(QObject):
    """Reads the cards of all models; the weights stay where they are."""

    listed = Signal(object)  # tuple[ModelEntry, ...]
    failed = Signal(object)  # Problem

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = Background("model list", self)

    def read(self) -> None:
        """Read the list anew; `listed` follows."""
        self._thread.submit(_models, self.listed.emit, self._fail)

    def close(self) -> None:
        """Read nothing more."""
        self._thread.close()

    def _fail(self, error: BaseException) -> None:
        self.failed.emit(as_problem(error, "Reading the list of models"))


def _models() -> tuple[ModelEntry, ...]:
    from ml.zoo.store import models

    return models()
