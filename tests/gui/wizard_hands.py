"""The wizard by itself, without the window behind it, for tests that click one step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ml.errors import Problem
from viewer.cases.library import Library
from viewer.wizard.desk import Desk
from viewer.wizard.window import WizardWindow

LONG = 30_000  # ms
QUESTION, DATA, CHECK, PATCHES, METHOD, TRAINING, VERDICT, USE = range(8)


@contextmanager
def a_wizard(qtbot: QtBot, folder: Path, library: Library | None = None) -> Iterator[WizardWindow]:
    """Shown with a plan of its own in `folder`; the library answers at once."""

    def ask(
        job: Callable[[Library], Any], done: Callable[[Any], Any], failed: Callable[[Problem], Any]
    ) -> None:
        assert library is not None
        try:
            made = job(library)
        except Problem as problem:
            failed(problem)
        else:
            done(made)

    desk = Desk(folder)
    desk.library = ask if library is not None else None
    wizard = WizardWindow(desk)
    try:
        with qtbot.waitExposed(wizard):
            wizard.show()
        yield wizard
    finally:
        wizard.close()
        wizard.deleteLater()
        desk.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def a_picture(path: Path, shade: int, mode: str = "RGB", dpi: float = 0.0) -> Path:
    """A small picture that no other has the bytes of."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new("RGB", (32, 32), (shade, 255 - shade, shade // 2)).convert(mode)
    image.save(path, **({"dpi": (dpi, dpi)} if dpi else {}))
    return path
