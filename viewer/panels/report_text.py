"""Free text of one section; until somebody types, it says what the template words."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QPlainTextEdit, QPushButton, QWidget

from viewer.panels.pieces import Notice, Text, column, named


class TextSectionView(QWidget):
    """Plain text: spelling is left to the system, and layout to the report."""

    edited = Signal(str)
    reset_wished = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = QPlainTextEdit(self)
        self.text.setTabChangesFocus(True)
        self.text.setPlaceholderText("Empty: this section is left out")
        named(self.text, "Text of this section", "As it shall stand in the report")
        self.automatic = Text(quiet=True, parent=self)
        self.reset = QPushButton("Take the template's words again", self)
        named(self.reset, "Take the template's words again", "Drop your text; undo brings it back")
        self.notice = Notice(parent=self)
        layout = column(self)
        layout.addWidget(self.notice)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.automatic)
        layout.addWidget(self.reset)
        self.text.textChanged.connect(lambda: self.edited.emit(self.text.toPlainText()))
        self.reset.clicked.connect(self.reset_wished)

    def show_text(self, text: str, *, own: bool, worded: bool, problem: str) -> None:
        """Show a text: the person's `own`, or the template's; `worded`: the template has words for it."""
        if self.text.toPlainText() != text:
            with QSignalBlocker(self.text):
                self.text.setPlainText(text)
        automatic = worded and not own
        self.automatic.say("Worded by the template; follows the results until you type." if automatic else "")
        self.reset.setVisible(worded and own)
        self.notice.say(problem, "warning")
