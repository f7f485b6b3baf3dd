"""The case that is looked at: its name and status, its slides and series, what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QComboBox, QLineEdit, QMenu, QPlainTextEdit, QPushButton, QToolButton, QWidget

from viewer.panels.case_lines import STATUS_WORDS, CaseAbout, tags_of
from viewer.panels.item_list import ItemList
from viewer.panels.pieces import GRID, FoldOut, Heading, Text, column, named, row

_TYPED_MS = 300  # after the last key: what was typed is kept


class CasePage(QWidget):
    """Every field is kept as soon as it is left, or shortly after the last key."""

    renamed = Signal(str)
    status_chosen = Signal(str)  # Status
    tags_typed = Signal(object)  # tuple[str, ...]
    comment_typed = Signal(int, str, str)  # the id of the case, the text, and what it was before
    open_wished = Signal()  # files, from this computer

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.about: CaseAbout | None = None
        self._comment_before = ""  # as it was shown, or kept last
        self.heading = Heading("Open", self)
        self.name = _Name(self)
        named(self.name, "Name of the case", "Click to rename the case")
        self.more = QToolButton(self)
        self.more.setText("⋯")
        self.more.setAutoRaise(True)
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        named(self.more, "More about this case", "Add files, history, delete …")
        self.status = QComboBox(self)
        for status, words in STATUS_WORDS.items():
            self.status.addItem(words, status)
        named(self.status, "Status of the case", "How far the case is")
        self.patient = Text(quiet=True, parent=self)
        self.list = ItemList(self)
        self.notes = FoldOut("Tags and comment", "What is noted about this case", self)
        self.tags = QLineEdit(self)
        self.tags.setPlaceholderText("Tags, with commas")
        named(self.tags, "Tags of the case", "Words to find the case by, with commas between them")
        self.comment = QPlainTextEdit(self)
        self.comment.setPlaceholderText("Comment on the case")
        self.comment.setTabChangesFocus(True)
        self.comment.setFixedHeight(20 * GRID)
        named(self.comment, "Comment on the case", "Free text about the case")
        self.open_button = QPushButton("Open…", self)
        named(self.open_button, "Open a slide", "Open a slide, a picture or CT from a file")
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_TYPED_MS)
        self._lay_out()
        self._connect()
        self.show_case(None)

    def _lay_out(self) -> None:
        self._top = row(self.name, self.more, gap=0)
        self.notes.inside.addWidget(self.tags)
        self.notes.inside.addWidget(self.comment)
        layout = column(self, margin=2 * GRID)
        layout.addWidget(self.heading)
        layout.addLayout(self._top)
        layout.addWidget(self.patient)
        layout.addWidget(self.status)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.notes)
        layout.addWidget(self.open_button)

    def _connect(self) -> None:
        self.name.editingFinished.connect(self._rename)
        self.status.activated.connect(lambda _: self.status_chosen.emit(self.status.currentData()))
        self.tags.editingFinished.connect(self._keep_tags)
        self.comment.textChanged.connect(self._soon.start)
        self._soon.timeout.connect(self._keep_comment)
        self.open_button.clicked.connect(self.open_wished)

    def set_menu(self, menu: QMenu) -> None:
        """What can be done with the case."""
        self.more.setMenu(menu)

    def show_case(self, about: CaseAbout | None) -> None:
        """Show another case, or this one as it is now; what is being typed stays."""
        other = about is None or self.about is None or about.id != self.about.id
        if other:
            self.flush()
        self.about = about
        for widget in (self.name, self.more, self.status, self.notes):
            widget.setVisible(about is not None)
        self.heading.setVisible(about is None)
        self.patient.say("" if about is None else about.patient)
        if about is None:
            return
        if other or not self.name.hasFocus():
            self.name.show_name(about.name)
        self.status.setCurrentIndex(self.status.findData(about.status))
        if other or not self.tags.hasFocus():
            self.tags.setText(", ".join(about.tags))
        typing = not other and (self.comment.hasFocus() or self._soon.isActive())
        if not typing:
            self._comment_before = about.comment
            self._put_comment(about.comment)

    def take_comment(self, text: str, before: str) -> None:
        """Somebody else wrote, too: show this text, where `before` is kept now."""
        self._comment_before = before
        self._put_comment(text)
        if text != before:
            self._soon.start()

    def flush(self) -> None:
        """Keep at once what was typed."""
        if self._soon.isActive():
            self._soon.stop()
            self._keep_comment()

    def _rename(self) -> None:
        name = " ".join(self.name.text().split())
        if self.about is None:
            return
        if name and name != self.about.name:
            self.renamed.emit(name)
        else:
            self.name.show_name(self.about.name)

    def _keep_tags(self) -> None:
        tags = tags_of(self.tags.text())
        if self.about is not None and tags != self.about.tags:
            self.tags_typed.emit(tags)

    def _keep_comment(self) -> None:
        text = self.comment.toPlainText()
        before, self._comment_before = self._comment_before, text
        if self.about is not None and text != before:
            self.comment_typed.emit(self.about.id, text, before)

    def _put_comment(self, text: str) -> None:
        if self.comment.toPlainText() != text:
            place = len(self.comment.toPlainText()) - self.comment.textCursor().position()
            with QSignalBlocker(self.comment):
                self.comment.setPlainText(text)
            cursor = self.comment.textCursor()
            cursor.setPosition(max(0, len(text) - place))  # what is typed goes on where it was
            self.comment.setTextCursor(cursor)


class _Name(QLineEdit):
    """Reads as a heading until it is clicked."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFrame(False)
        font = self.font()
        font.setBold(True)
        self.setFont(font)
        self.setMaxLength(200)
        self.setStyleSheet("QLineEdit:!focus { background: transparent; }")

    def show_name(self, name: str) -> None:
        """From its beginning; whole in the tool tip."""
        if self.text() != name:
            self.setText(name)
        self.setCursorPosition(0)
        self.setToolTip(f"{name}\nClick to rename the case")

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.setCursorPosition(0)
