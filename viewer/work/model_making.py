"""Gives a trained model its card, installs it or writes it as one file, in the background."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from ml.verbs.describe import CardTexts
from viewer.work.background import Background, as_problem


class ModelMaking(QObject):
    """One wish after another."""

    installed = Signal(str)  # its name
    saved = Signal(object)  # Path
    failed = Signal(object)  # Problem

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = Background("model making", self)

    def install(self, bundle: Path, texts: CardTexts) -> None:
        """Put it among the person's models; `installed` or `failed` follows."""
        self._thread.submit(lambda: _install(bundle, texts), self.installed.emit, self._fail)

    def save(self, bundle: Path, texts: CardTexts, path: Path) -> None:
        """Write it as one file; `saved` or `failed` follows."""
        self._thread.submit(lambda: _save(bundle, texts, path), self.saved.emit, self._fail)

    def close(self) -> None:
        """Wait for the one that is under way."""
        self._thread.close()

    def _fail(self, error: BaseException) -> None:
        self.failed.emit(as_problem(error, "Making the model"))


def _install(bundle: Path, texts: CardTexts) -> str:
    from ml.verbs.describe import describe
    from ml.zoo.store import install

    with tempfile.TemporaryDirectory() as scratch:
        made = describe(bundle, texts, Path(scratch) / texts.name)
        return install(made.path).name


def _save(bundle: Path, texts: CardTexts, path: Path) -> Path:
    from ml.report.atomic import whole_file
    from ml.verbs.describe import describe

    with tempfile.TemporaryDirectory() as scratch:
        made = describe(bundle, texts, Path(scratch) / texts.name)
        with whole_file(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as file:
            for inner in sorted(made.path.iterdir()):
                file.write(inner, inner.name)
    return path
