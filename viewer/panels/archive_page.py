"""Picture archives, in the place of the picture: choose one, find studies, fetch series."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QPushButton, QToolButton, QWidget

from ml.pacs.pacs import RemoteSeries
from ml.pacs.server import Server
from ml.progress import Step
from viewer.panels.archive_search import ArchiveSearch
from viewer.panels.archive_tree import ArchiveTree
from viewer.panels.pieces import GRID, Heading, Notice, PrimaryButton, Text, clear, column, named, row
from viewer.panels.run_view import Ending, RunView
from viewer.panels.symbols import Sign

_NONE = (
    "No archive is known yet. Whoever runs the picture archive (PACS) of your hospital can tell its address, "
    "port and title, or its web address; and it must know this computer."
)
_SIGNS: dict[Ending, Sign] = {
    "finished": "done",
    "nothing": "info",
    "stopped": "info",
    "refused": "warning",
    "failed": "refusal",
}
_FIRST = "Type what you know, or nothing, and press Find studies."


class ArchivePage(QWidget):
    """What it shows is what its piece of the window tells it; it asks for everything by signals."""

    leave_wished = Signal()
    add_wished = Signal()
    edit_wished = Signal()
    remove_wished = Signal()
    secret_wished = Signal()
    test_wished = Signal()
    fetch_wished = Signal()
    stop_wished = Signal()

    def __init__(self, here: Callable[[RemoteSeries], int], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._running = False
        self.choice = QComboBox(self)
        named(self.choice, "Archive", "Which archive to ask")
        self.test = _button("Test connection", "Ask the archive whether it answers", self)
        self.add = _button("Add…", "Enter another archive", self)
        self.edit = _button("Edit…", "Change the entry of this archive", self)
        self.remove = _button("Remove…", "Forget this archive and its password", self)
        self.secret = _button("Password…", "Type the password or token; the system's keyring keeps it", self)
        self.leave = QToolButton(self)
        self.leave.setText("×")
        self.leave.setAutoRaise(True)
        self.leave.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        named(self.leave, "Back to the picture", "Back to the picture (Esc)")
        self.none = Text(_NONE, parent=self)
        self.first = PrimaryButton("Add an archive…", self)
        named(self.first, "Add an archive", "Enter the address of a picture archive")
        self.search = ArchiveSearch(self)
        self.news = Notice("Type the password…", "The system's keyring keeps it, no file does", self)
        self.tree = ArchiveTree(here, self)
        self.hint = Text(_FIRST, quiet=True, parent=self)
        self.fetch = PrimaryButton("Fetch and open", self)
        named(self.fetch, "Fetch and open", "Bring the chosen series onto this computer and open them")
        self.run_view = RunView(self, "images/s")
        self._lay_out()
        self._connect()
        self._show_other()

    @property
    def server_name(self) -> str:
        """Of the archive that is chosen; empty where there is none."""
        return self.choice.currentText()

    def set_servers(self, servers: tuple[Server, ...], chosen: str) -> None:
        """Offer these archives; what was found stays where the chosen one is the same."""
        before = self.server
        with QSignalBlocker(self.choice):
            self.choice.clear()
            for server in servers:
                self.choice.addItem(server.name, server)
            self.choice.setCurrentIndex(max(0, self.choice.findText(chosen)))
        if self.server != before:
            self._show_other()

    @property
    def server(self) -> Server | None:
        """The archive that is chosen."""
        found: Server | None = self.choice.currentData()
        return found

    def say(self, text: str, kind: Ending = "nothing", *, secret: bool = False) -> None:
        """Say what came of the last wish; `secret`: that a password is what is missing."""
        self.news.button.setVisible(secret)
        self.news.say(text, _SIGNS[kind])

    def run_started(self) -> None:
        """Something is asked of the archive."""
        self._running = True
        self.say("")
        self.run_view.start("")
        self.run_view.show()
        self._offer()

    def show_step(self, step: Step) -> None:
        """Say how far it is."""
        self.run_view.step(step)

    def run_ended(self) -> None:
        """An answer is there."""
        self._running = False
        self.run_view.clear()
        self.run_view.hide()
        self.tree.renew_here()
        self._offer()

    def set_hint(self, text: str) -> None:
        """What there is to know about the list of studies."""
        self.hint.say(text)

    def event(self, event: QEvent) -> bool:
        """Keys belong to what is typed here, not to the tools of the picture."""
        if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            plain = event.modifiers() in {
                Qt.KeyboardModifier.NoModifier,
                Qt.KeyboardModifier.ShiftModifier,
                Qt.KeyboardModifier.KeypadModifier,
            }
            if plain and not Qt.Key.Key_F1 <= event.key() <= Qt.Key.Key_F35:
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc stops what is asked, else goes back to the picture."""
        if event.key() == Qt.Key.Key_Escape:
            (self.stop_wished if self._running else self.leave_wished).emit()
        elif event.key() != Qt.Key.Key_Space:  # which would hide layers of a picture that is not seen
            super().keyPressEvent(event)

    # ------------------------------------------------------------------ inside

    def _lay_out(self) -> None:
        layout = column(self, margin=4 * GRID, gap=3 * GRID)
        head = row(Heading("Archives (PACS)", self))
        head.addStretch(1)
        head.addWidget(self.leave)
        layout.addLayout(head)
        self._bar = QWidget(self)
        line = row(self.choice, self.test, self.add, self.edit, self.secret, self.remove)
        line.setStretch(0, 1)
        self._bar.setLayout(line)
        for widget in (self.none, self._bar, self.search, self.news, self.hint):
            layout.addWidget(widget)
        layout.addWidget(self.first, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self.tree, 1)
        self._foot = QWidget(self)
        foot = row()
        foot.addWidget(self.fetch, 0, Qt.AlignmentFlag.AlignTop)
        foot.addWidget(self.run_view, 4)
        foot.addStretch(1)
        self._foot.setLayout(foot)
        self._foot.setMinimumHeight(14 * GRID)  # so that nothing jumps when something runs
        layout.addWidget(self._foot)
        self._rest = column()
        layout.addLayout(self._rest)
        self.run_view.hide()

    def _connect(self) -> None:
        for button, signal in (
            (self.leave, self.leave_wished),
            (self.add, self.add_wished),
            (self.first, self.add_wished),
            (self.edit, self.edit_wished),
            (self.remove, self.remove_wished),
            (self.secret, self.secret_wished),
            (self.test, self.test_wished),
            (self.fetch, self.fetch_wished),
        ):
            button.clicked.connect(signal)
        self.news.wished.connect(self.secret_wished)
        self.run_view.stop_wished.connect(self.stop_wished)
        self.choice.currentIndexChanged.connect(self._show_other)
        self.tree.choice_changed.connect(self._offer)
        self.tree.fetch_wished.connect(self.fetch.click)

    def _show_other(self, _: int = 0) -> None:
        """Another archive: what another one has is not in it."""
        known = self.server is not None
        for widget in (self._bar, self.search, self.tree, self._foot):
            widget.setVisible(known)
        for widget in (self.none, self.first):
            widget.setVisible(not known)
        clear(self._rest)
        if not known:
            self._rest.addStretch(1)
        self.tree.set_studies(())
        self.say("")
        self.set_hint(_FIRST if known else "")
        self._offer()

    def _offer(self) -> None:
        server, idle = self.server, not self._running
        for widget in (self.choice, self.test, self.add, self.edit, self.remove, self.search.button):
            widget.setEnabled(idle)
        self.secret.setEnabled(idle and server is not None and server.sign_in != "none")
        self.fetch.setEnabled(idle and bool(self.tree.chosen))


def _button(text: str, tip: str, parent: QWidget) -> QPushButton:
    made = QPushButton(text, parent)
    named(made, text.rstrip("…"), tip)
    return made
