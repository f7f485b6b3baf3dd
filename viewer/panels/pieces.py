"""Small pieces that panels are laid out with: pages, headings, wrapped text, fold-outs, notices."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPalette
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QStyle,
    QStyleOptionViewItem,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from viewer.panels.symbols import Sign, SignLabel

GRID = 4  # px; every margin and every gap is a multiple of it


def column(parent: QWidget | None = None, margin: int = 0, gap: int = 2 * GRID) -> QVBoxLayout:
    """A vertical layout on the grid."""
    layout = QVBoxLayout(parent) if parent is not None else QVBoxLayout()
    layout.setContentsMargins(margin, margin, margin, margin)
    layout.setSpacing(gap)
    return layout


def row(*widgets: QWidget, gap: int = 2 * GRID) -> QHBoxLayout:
    """Widgets side by side on the grid."""
    layout = QHBoxLayout()
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(gap)
    for widget in widgets:
        layout.addWidget(widget)
    return layout


def named(widget: QWidget, name: str, tip: str) -> None:
    """Give a control its name for a screen reader and its tip for the status line and the pointer."""
    widget.setAccessibleName(name)
    widget.setStatusTip(tip)
    widget.setToolTip(tip)


def push_button(text: str, tip: str, parent: QWidget) -> QPushButton:
    """A button that Enter presses only where it has the focus; without a text its tip is its name."""
    made = QPushButton(text, parent)
    made.setAutoDefault(False)
    named(made, text or tip, tip)
    return made


def in_order(*widgets: QWidget) -> None:
    """Have Tab go from one to the next, as the eye does: by itself it goes as they were made.

    Qt passes over those that never take the focus, not even by a click.
    """
    for before, after in pairwise(widgets):
        QWidget.setTabOrder(before, after)


class Text(QLabel):
    """Wrapped text that can be selected and read aloud. `quiet` is for what matters second."""

    def __init__(self, text: str = "", quiet: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)  # what a file or a card says is never markup
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)  # a new policy forgets that the text is wrapped
        self.setSizePolicy(policy)
        if quiet:
            self.setForegroundRole(QPalette.ColorRole.PlaceholderText)

    def say(self, text: str) -> None:
        """Show a text; with none, take up no room."""
        self.setText(text)
        self.setVisible(bool(text))


class Heading(QLabel):
    """A heading inside a panel."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        font = self.font()
        font.setBold(True)
        self.setFont(font)


class Page(QScrollArea):
    """The scrolling part of a panel: one column, never scrolled sideways."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._body = _PageBody()
        self.column = column(self._body, margin=3 * GRID)
        self.setWidget(self._body)
        self.viewport().setAutoFillBackground(False)
        self._body.setAutoFillBackground(False)

    def minimumSizeHint(self) -> QSize:
        """Narrow is fine, but never narrower than its widest control."""
        inner = self._body.minimumSizeHint().width()
        return QSize(inner + self.verticalScrollBar().sizeHint().width(), 20 * GRID)


class _PageBody(QWidget):
    """As high as its text is at the page's width: by itself it would be as high as at the narrowest."""

    def minimumSizeHint(self) -> QSize:
        """Of wrapped text the page asks for the height that goes with its width."""
        least = super().minimumSizeHint()
        return QSize(least.width(), 0) if self.hasHeightForWidth() else least


class FoldOut(QWidget):
    """A heading that opens and closes what is under it."""

    toggled = Signal(bool)

    def __init__(self, title: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.button = QToolButton(self)
        self.button.setText(title)
        self.button.setCheckable(True)
        self.button.setAutoRaise(True)
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setArrowType(Qt.ArrowType.RightArrow)
        self.button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        named(self.button, title, tip)
        self._body = QWidget(self)
        self.inside = column(self._body)
        self.inside.setContentsMargins(2 * GRID, GRID, 0, 0)
        self._body.hide()
        layout = column(self, gap=0)
        layout.addWidget(self.button)
        layout.addWidget(self._body)
        self.button.toggled.connect(self._unfold)

    @property
    def is_open(self) -> bool:
        """Whether what is inside shows."""
        return self.button.isChecked()

    def unfold(self, wanted: bool = True) -> None:
        """Open or close it."""
        self.button.setChecked(wanted)

    def _unfold(self, wanted: bool) -> None:
        self.button.setArrowType(Qt.ArrowType.DownArrow if wanted else Qt.ArrowType.RightArrow)
        self._body.setVisible(wanted)
        self.toggled.emit(wanted)


class Notice(QFrame):
    """A sign, a text, and at most one thing to do about it."""

    wished = Signal()

    def __init__(self, button: str = "", tip: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sign = SignLabel("info", self)
        self.text = Text(parent=self)
        self.button = QPushButton(button, self)
        self.button.setVisible(bool(button))
        self.button.clicked.connect(self.wished)
        named(self.button, button, tip)
        line = row(self._sign, self.text)
        line.setAlignment(self._sign, Qt.AlignmentFlag.AlignTop)
        line.setStretch(1, 1)
        layout = column(self, gap=GRID)
        layout.addLayout(line)
        layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        self.hide()

    def say(self, text: str, sign: Sign = "info") -> None:
        """Show a sentence with a sign; with no sentence, take up no room."""
        self._sign.set_sign(sign)
        self.text.setText(text)
        self.setAccessibleName(f"{sign}: {text}" if text else "")
        self.setVisible(bool(text))


class PrimaryButton(QPushButton):
    """The one button of a panel that does what the panel is for, in the accent colour."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        font = self.font()
        font.setBold(True)
        self.setFont(font)
        self.setMinimumHeight(9 * GRID)
        self.setProperty("primary", True)  # the style sheet: a palette's accent is painted paler than it is

    def sizeHint(self) -> QSize:
        """As wide while it cannot be pressed as when it can: the frame comes with the colour."""
        hint, words = super().sizeHint(), self.fontMetrics().horizontalAdvance(self.text())
        return QSize(max(hint.width(), words + 8 * GRID), hint.height())


def rule() -> QFrame:
    """A thin line between two parts of a panel."""
    line = QFrame()
    line.setFrameShape(QFrame.Shape.HLine)
    line.setFrameShadow(QFrame.Shadow.Sunken)
    return line


def clear(layout: QLayout) -> None:
    """Take everything out of a layout and let it go."""
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.setParent(None)
            widget.deleteLater()
        elif (inner := item.layout()) is not None:
            clear(inner)
            inner.deleteLater()


def dress_rows(table: QTableView) -> None:
    """As lists of findings and of annotations look: one line a row, columns that can be moved, a menu."""
    table.setShowGrid(False)
    table.setAlternatingRowColors(True)
    table.setTabKeyNavigation(False)
    table.setWordWrap(False)
    table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
    line = table.fontMetrics().height() + 2 * GRID
    rows, columns = table.verticalHeader(), table.horizontalHeader()
    rows.hide()
    rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    rows.setDefaultSectionSize(line)
    columns.setHighlightSections(False)
    columns.setSectionsMovable(True)
    table.setMinimumHeight(6 * line)


def paint_ground(painter: QPainter, option: QStyleOptionViewItem) -> bool:
    """The ground of a line in a list that paints itself; whether it is the chosen one."""
    chosen = bool(option.state & QStyle.StateFlag.State_Selected)
    if chosen:
        painter.fillRect(option.rect, option.palette.highlight())
    elif option.state & QStyle.StateFlag.State_MouseOver:
        painter.fillRect(option.rect, option.palette.alternateBase())
    return chosen
