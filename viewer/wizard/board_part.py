"""Buttons of step 6 that open TensorBoard and MLflow, where step 5 has asked for them."""

from __future__ import annotations

from PySide6.QtWidgets import QPushButton, QWidget

from ml.verbs.board import BoardName
from viewer.panels.pieces import Notice, Text, column, named, row
from viewer.wizard.boards import TITLES, BoardServer, Page, show
from viewer.wizard.desk import Desk

BOARD = "board"
"""Folder of TensorBoard's curves in that of a training."""


class BoardPart(QWidget):
    """A button for each that was chosen; hidden where none was."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.notice = Notice(parent=self)
        self.buttons: dict[BoardName, QPushButton] = {}
        self.servers: dict[BoardName, BoardServer] = {}
        line = row()
        for board, title in TITLES.items():
            button = self.buttons[board] = QPushButton(f"Open {title}", self)
            button.setAutoDefault(False)
            named(button, f"Open {title}", "In your browser, from this computer alone; ends with this window")
            server = self.servers[board] = BoardServer(board, self)
            server.opened.connect(self._opened)
            server.failed.connect(lambda words: self.notice.say(words, "warning"))
            button.clicked.connect(lambda _=False, which=board: self._open(which))
            line.addWidget(button)
        line.addStretch(1)
        words = "In your browser: TensorBoard draws curves, MLflow lists trainings beside each other."
        layout = column(self)
        layout.addLayout(line)
        layout.addWidget(Text(words, quiet=True, parent=self))
        layout.addWidget(self.notice)

    def show_plan(self) -> None:
        """Those that were chosen."""
        plan = self._desk.plan
        for board, chosen in (("tensorboard", plan.tensorboard), ("mlflow", plan.mlflow)):
            self.buttons[board].setVisible(chosen)  # type: ignore[index]
        self.setVisible(plan.tensorboard or plan.mlflow)

    def close_work(self) -> None:
        """End the servers."""
        for server in self.servers.values():
            server.close()

    def _open(self, board: BoardName) -> None:
        self.notice.say(f"{TITLES[board]} is being started…", "info")
        self.servers[board].open(self._desk.folder / BOARD)

    def _opened(self, page: Page) -> None:
        self.notice.say(
            f"{TITLES[page.board]} is open in your browser at {page.url} on this computer.", "info"
        )
        show(page)


def words_for_training(desk: Desk) -> list[str]:
    """What `parfocal-ml train` is told besides."""
    plan = desk.plan
    board = ["--tensorboard", str(desk.folder / BOARD)] if plan.tensorboard else []
    return [*board, *(["--mlflow", "local"] if plan.mlflow else [])]
