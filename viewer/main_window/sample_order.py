"""Of the samples the slide is what one looks at, though the others are read after it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from viewer.state.opened import Opened
from viewer.state.session import Session
from viewer.work.opening import Opening


class SampleOrder(QObject):
    """Whatever is opened is looked at; so is each of the others when it comes, then the slide again."""

    def __init__(self, opening: Opening, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._slide = Path()
        self._coming: set[Path] = set()
        opening.samples_made.connect(self._expect)
        session.current_changed.connect(self._come)

    def _expect(self, paths: tuple[Path, ...]) -> None:
        self._slide, *others = paths
        self._coming = {path.resolve() for path in others}

    def _come(self, opened: Opened | None) -> None:
        path = Path() if opened is None else opened.path.resolve()
        if path not in self._coming:
            return
        self._coming.discard(path)
        slide = self._session.find(self._slide)
        if slide is not None:
            QTimer.singleShot(0, partial(self._session.make_current, slide))
