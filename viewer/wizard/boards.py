"""TensorBoard and MLflow for whoever wants them: a server on this computer alone, opened in the browser."""

from __future__ import annotations

import contextlib
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

import psutil
from PySide6.QtCore import QObject, QProcess, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtNetwork import QTcpSocket

from ml.verbs.board import WANTED, BoardName, is_installed
from viewer.work.child import command_line

TITLES: dict[BoardName, str] = {"tensorboard": "TensorBoard", "mlflow": "MLflow"}
_KEPT = "The training is kept as an experiment all the same."
_HERE = "127.0.0.1"  # nobody else's computer can ask it
_EVERY_MS = 300


@dataclass(frozen=True)
class Page:
    """Where a server is to be seen."""

    board: BoardName
    url: str


class BoardServer(QObject):
    """At most one server a board. It ends with the window; nothing leaves the computer."""

    opened = Signal(object)  # Page: it answers
    failed = Signal(str)  # in words

    def __init__(self, board: BoardName, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.board = board
        self.port = 0
        self._process: QProcess | None = None
        self._asking = QTcpSocket(self)
        self._asking.connected.connect(self._answered)
        self._clock = QTimer(self)
        self._clock.setInterval(_EVERY_MS)
        self._clock.timeout.connect(self._ask)

    @property
    def running(self) -> bool:
        """Whether there is a process."""
        return self._process is not None

    def open(self, folder: Path) -> None:
        """Serve what lies in this folder; `opened` follows when it answers. Once open, it is shown again."""
        if self._process is not None:
            self._ask()
            return
        if not is_installed(self.board):
            self.failed.emit(how_to_get(self.board))
            return
        self.port = _free_port()
        program, *words = command_line()
        process = self._process = QProcess(self)
        process.setStandardOutputFile(QProcess.nullDevice())
        process.setStandardErrorFile(QProcess.nullDevice())
        process.finished.connect(self._ended)
        process.errorOccurred.connect(lambda _: self._ended())
        process.start(
            program, [*words, "board", self.board, "--folder", str(folder), "--port", str(self.port)]
        )
        self._clock.start()

    def close(self) -> None:
        """End it, and all that it has started."""
        self._clock.stop()
        self._asking.abort()
        process, self._process = self._process, None
        if process is None:
            return
        process.blockSignals(True)
        with contextlib.suppress(psutil.Error):
            for child in psutil.Process(process.processId()).children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    child.kill()
        process.kill()
        process.waitForFinished(5000)
        process.deleteLater()

    def _ask(self) -> None:
        self._asking.abort()
        self._asking.connectToHost(_HERE, self.port)

    def _answered(self) -> None:
        self._clock.stop()
        self._asking.abort()
        self.opened.emit(Page(self.board, f"http://{_HERE}:{self.port}/"))

    def _ended(self) -> None:
        if self._process is not None:
            self.close()
            title = TITLES[self.board]
            self.failed.emit(f"{title} could not be opened: its server ended before it answered. Try again.")


def how_to_get(board: BoardName) -> str:
    """What to say where its pages are missing."""
    kept = f" {_KEPT}" if board == "mlflow" else ""
    if getattr(sys, "frozen", False):
        return f"The installed program does not bring the pages of {TITLES[board]} along.{kept}"
    size = " (some 350 MB)" if board == "mlflow" else ""
    return (
        f"The pages of {TITLES[board]} are not installed: pip install “{WANTED[board]}” brings them{size}; "
        f"then press the button again.{kept}"
    )


def show(page: Page) -> None:
    """In the person's browser."""
    QDesktopServices.openUrl(QUrl(page.url))


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind((_HERE, 0))
        return int(asked.getsockname()[1])
