"""Gives a trained model its card, installs it or writes it as one file, in the background."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from ml.verbs.describe import CardTexts
from ml.zoo.lineage import Lineage
from viewer.work.background import Background, as_problem


class ModelMaking(QObject):
    """One wish after another."""

    installed = Signal(str)  # its name
    saved = Signal(object)  # Path
    thresholded = Signal(float)
    failed = Signal(object)  # Problem

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = Background("model making", self)

    def install(self, bundle: Path, texts: CardTexts, lineage: Lineage | None = None) -> None:
        """Put it among the person's models; `installed` or `failed` follows."""
        self._thread.submit(lambda: _install(bundle, texts, lineage), self.installed.emit, self._fail)

    def save(self, bundle: Path, texts: CardTexts, path: Path, lineage: Lineage | None = None) -> None:
        """Write it as one file; `saved` or `failed` follows."""
        self._thread.submit(lambda: _save(bundle, texts, path, lineage), self.saved.emit, self._fail)

    def set_threshold(
        self, bundle: Path, class_name: str, threshold: float, meaning: Mapping[str, object]
    ) -> None:
        """Write the threshold into the bundle's card; `thresholded` or `failed` follows."""
        from ml.zoo.operating import set_threshold

        self._thread.submit(
            lambda: set_threshold(bundle, class_name, threshold, meaning).card.threshold,
            self.thresholded.emit,
            self._fail,
        )

    def close(self) -> None:
        """Wait for the one that is under way."""
        self._thread.close()

    def _fail(self, error: BaseException) -> None:
        self.failed.emit(as_problem(error, "Making the model"))


def _install(bundle: Path, texts: CardTexts, lineage: Lineage | None) -> str:
    from ml.verbs.describe import describe
    from ml.zoo.store import install

    with tempfile.TemporaryDirectory() as scratch:
        made = describe(bundle, texts, Path(scratch) / texts.name, lineage)
        return install(made.path).name


def _save(bundle: Path, texts: CardTexts, path: Path, lineage: Lineage | None) -> Path:
    from ml.report.atomic import whole_file
    from ml.verbs.describe import describe

    with tempfile.TemporaryDirectory() as scratch:
        made = describe(bundle, texts, Path(scratch) / texts.name, lineage)
        with whole_file(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as file:
            for inner in sorted(made.path.iterdir()):
                file.write(inner, inner.name)
    return path
