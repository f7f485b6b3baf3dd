"""The strip over one of several views: which slide it shows, what is to be done in it, and a way out."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QPalette, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QToolButton, QWidget

from viewer.panels.pieces import GRID, column, named, row
from viewer.theme.icons import icon


class ViewTitle(QWidget):
    """The slide's name, cut in its middle where there is no room; a request beside it while one is open."""

    close_wished = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = ""
        self.name = _cut_label(self)
        self.request = QLabel(self)
        self.request.setTextFormat(Qt.TextFormat.PlainText)
        self.close_button = QToolButton(self)
        self.close_button.setIcon(icon("x"))
        self.close_button.setIconSize(QSize(14, 14))
        self.close_button.setAutoRaise(True)
        self.close_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.close_button.clicked.connect(self.close_wished)
        named(self.close_button, "Close this view", "Close this view; its slide stays open")
        line = row(self.name, self.request, self.close_button)
        line.setContentsMargins(2 * GRID, 0, GRID, 0)
        line.setStretch(0, 1)
        column(self, gap=0).addLayout(line)
        self.setFixedHeight(7 * GRID)
        self.request.hide()
        self.show_name("")

    def show_name(self, name: str) -> None:
        """Say which slide it is; empty: none."""
        self._name = name
        self.name.setToolTip(name)
        self._cut()

    def ask(self, request: str) -> None:
        """Say what the person is to do in this view; empty: nothing."""
        self.request.setText(request)
        self.request.setVisible(bool(request))

    def set_active(self, active: bool) -> None:
        """Whether commands go to this view: its name stands out."""
        font = self.name.font()
        font.setBold(active)
        self.name.setFont(font)
        self.name.setForegroundRole(
            QPalette.ColorRole.WindowText if active else QPalette.ColorRole.PlaceholderText
        )
        request = self.request.font()
        request.setBold(True)
        self.request.setFont(request)
        self.request.setForegroundRole(QPalette.ColorRole.Link)
        self._cut()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cut the name anew."""
        super().resizeEvent(event)
        self._cut()

    def changeEvent(self, event: QEvent) -> None:
        """Another font: another cut."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._cut()

    def _cut(self) -> None:
        room = max(20, self.name.width())
        text = self.name.fontMetrics().elidedText(self._name or "Empty", Qt.TextElideMode.ElideMiddle, room)
        self.name.setText(text)


def _cut_label(parent: QWidget) -> QLabel:
    """A label that asks for no width of its own."""
    label = QLabel(parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return label
