"""Deletes models in the background, and says before what depends on them."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from ml.zoo.store import ModelEntry
from viewer.work.background import Background, as_problem


@dataclass(frozen=True)
class Dependents:
    """Models made from one that is to go."""

    entry: ModelEntry
    children: tuple[str, ...]  # their titles


class ModelShelf(QObject):
    """One wish after another."""

    known = Signal(object)  # Dependents
    removed = Signal(str)  # its name
    failed = Signal(object)  # Problem

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = Background("model shelf", self)

    def look(self, entry: ModelEntry) -> None:
        """Which models were made from it; `known` follows."""
        self._thread.submit(lambda: _dependents(entry), self.known.emit, self._fail)

    def remove(self, entry: ModelEntry) -> None:
        """Delete it; `removed` or `failed` follows."""
        self._thread.submit(lambda: _remove(entry), self.removed.emit, self._fail)

    def close(self) -> None:
        """Wait for the one that is under way."""
        self._thread.close()

    def _fail(self, error: BaseException) -> None:
        self.failed.emit(as_problem(error, "Deleting the model"))


def _dependents(entry: ModelEntry) -> Dependents:
    from ml.zoo.store import descendants

    found = (one.card for one in descendants(entry.name))
    return Dependents(entry, tuple(card.title or card.name for card in found if card is not None))


def _remove(entry: ModelEntry) -> str:
    from ml.zoo.store import remove

    remove(entry.path)
    return entry.name
