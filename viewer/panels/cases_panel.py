"""Down the left side: the case that is looked at, and behind the other tab all cases."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QSignalBlocker, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QMenu, QStackedWidget, QTabBar, QWidget

from viewer.panels.case_lines import CaseAbout, ItemLine
from viewer.panels.case_list import CaseList
from viewer.panels.case_page import CasePage
from viewer.panels.item_list import ItemList
from viewer.panels.pieces import GRID, column, named
from viewer.state.opened import Opened
from viewer.state.session import Session

CASE, ALL = 0, 1


class CasesPanel(QWidget):
    """Follows the session: what is open stands in the case, whether the library knows it yet or not."""

    open_wished = Signal()
    close_wished = Signal(object)  # Opened
    item_wished = Signal(object)  # the id of an item to open
    find_wished = Signal(object)  # the id of an item whose file is gone
    pictured = Signal(object, QImage)  # Opened and its small picture, which somebody has read
    move_wished = Signal(object)  # the id of an item that shall go to another case
    take_out_wished = Signal(object)  # the id of an item that shall go out of its case

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.tabs = QTabBar(self)
        self.tabs.setDocumentMode(True)
        self.tabs.setExpanding(True)
        self.tabs.setDrawBase(False)
        self.tabs.addTab("Case")
        self.tabs.addTab("All cases")
        named(self.tabs, "Case or all cases", "The case that you look at, or all cases")
        self.case, self.all = CasePage(self), CaseList(self)
        self.list: ItemList = self.case.list
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.case)
        self._stack.addWidget(self.all)
        layout = column(self, gap=0)
        layout.addWidget(self.tabs)
        layout.addWidget(self._stack, 1)
        self.setMinimumWidth(40 * GRID)
        self.tabs.currentChanged.connect(self._stack.setCurrentIndex)
        self.case.open_wished.connect(self.open_wished)
        self.list.chosen.connect(session.make_current)
        self.list.item_wished.connect(self.item_wished)
        self.list.menu_wanted.connect(self._show_menu)
        session.opened.connect(self.list.add)
        session.closing.connect(self.list.remove)
        session.current_changed.connect(self.list.mark_current)
        for opened in session.items:
            self.list.add(opened)
        self.list.mark_current(session.current)

    def show_tab(self, tab: int) -> None:
        """The case, or all of them."""
        self.tabs.setCurrentIndex(tab)

    def show_case(self, about: CaseAbout | None, lines: tuple[ItemLine, ...]) -> None:
        """Show another case, or this one as it is now."""
        self.case.show_case(about)
        self.list.set_lines(lines)
        if about is not None:
            with QSignalBlocker(self.all.list):
                self.all.select(about.id)

    def set_thumbnail(self, opened: Opened, image: QImage) -> None:
        """Show the small picture of something open, which somebody else has read."""
        self.list.set_thumbnail(opened, image)
        self.pictured.emit(opened, image)

    def menu_of(self, opened: Opened | None, line: ItemLine | None) -> QMenu:
        """What can be done with a slide or a series of the list."""
        menu = QMenu(self)
        if opened is not None:
            close = menu.addAction("Close")
            close.setStatusTip("Close it; the file stays as it is")
            close.triggered.connect(lambda: self.close_wished.emit(opened))
        elif line is not None:
            open_ = menu.addAction("Open")
            open_.setStatusTip("Open it as it was left")
            open_.triggered.connect(lambda: self.item_wished.emit(line.id))
            find = menu.addAction("Find its file…")
            find.setStatusTip("Say where the file lies now; nothing that was drawn is lost")
            find.triggered.connect(lambda: self.find_wished.emit(line.id))
        if line is not None:
            move = menu.addAction("Move to another case…")
            move.setStatusTip("With everything that was drawn and found on it")
            move.triggered.connect(lambda: self.move_wished.emit(line.id))
            out = menu.addAction("Take out of this case…")
            out.setStatusTip("What was drawn and found on it is deleted; the file stays")
            out.triggered.connect(lambda: self.take_out_wished.emit(line.id))
            menu.addSeparator()
        another = menu.addAction("Open…")
        another.setStatusTip("Open a slide, a picture or CT from a file")
        another.triggered.connect(self.open_wished)
        return menu

    def _show_menu(self, opened: Opened | None, line: ItemLine | None, place: QPoint) -> None:
        menu = self.menu_of(opened, line)
        menu.exec(place)
        menu.deleteLater()
