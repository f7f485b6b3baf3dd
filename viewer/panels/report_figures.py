"""The pictures of one section: thumbnails, ticked where they are printed, dragged into their order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFormLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QPushButton,
    QToolButton,
    QWidget,
)

from ml.draft.draft import AUTO, PICTURE, Figure, FigureSection
from ml.errors import Problem
from viewer.panels.pieces import GRID, Text, column, named, row
from viewer.theme.icons import icon

_THUMB = QSize(72, 54)
Kept = Callable[[str], bytes]


class FiguresView(QWidget):
    """Automatic figures are drawn anew for every report; snapshots stay as they were taken."""

    changed = Signal(object, str)  # FigureSection, what was done
    snapshot_wished = Signal()
    file_wished = Signal()

    def __init__(self, kept: Kept, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kept = kept
        self._section = FigureSection("", "")
        self._titles: Mapping[str, str] = {}
        self._thumbs: dict[str, QIcon] = {}
        self.list = QListWidget(self)
        self.list.setIconSize(_THUMB)
        self.list.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.list.setDefaultDropAction(Qt.DropAction.MoveAction)
        named(self.list, "Pictures of this section", "Tick what shall be printed; drag to order")
        self.none = Text("No pictures yet. Add the view that you look at, or an automatic one.", quiet=True)
        self.snapshot = QPushButton("Add snapshot of this view", self)
        named(self.snapshot, "Add snapshot of this view", "Keep what you look at as a picture (Ctrl+Shift+C)")
        self.add = QToolButton(self)
        self.add.setText("Add…")
        self.add.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        named(self.add, "Add a picture", "Add an automatic picture, or one of a file")
        self.menu = QMenu(self)
        self.add.setMenu(self.menu)
        self.remove = QToolButton(self)
        self.remove.setIcon(icon("trash-2"))
        named(self.remove, "Remove picture", "Take the selected picture out of the report")
        self.title, self.caption = QLineEdit(self), QLineEdit(self)
        named(self.title, "Title of the picture", "Stands above the picture")
        named(self.caption, "Words under the picture", "Stands below the picture")
        self._lay_out()
        self._connect()

    def show_section(self, section: FigureSection, titles: Mapping[str, str]) -> None:
        """Show a section; `titles` names the automatic figures that there are."""
        self._section, self._titles = section, titles
        chosen = self.list.currentRow()
        with QSignalBlocker(self.list):
            self.list.clear()
            for figure in section.figures:
                self.list.addItem(self._item(figure))
            self.list.setCurrentRow(min(max(chosen, 0), self.list.count() - 1))
        self.list.setVisible(bool(section.figures))
        self.none.setVisible(not section.figures)
        self._fill_menu()
        self._show_words()

    def set_thumbs(self, drawn: Mapping[str, bytes]) -> None:
        """Thumbnails of automatic figures by their names."""
        made = {f"{AUTO}{name}": _thumb(data) for name, data in drawn.items()}
        self._thumbs = {s: t for s, t in self._thumbs.items() if not s.startswith(AUTO)} | made
        for number, figure in enumerate(self._section.figures):
            if number < self.list.count() and figure.source in made:
                self.list.item(number).setIcon(made[figure.source])

    def _lay_out(self) -> None:
        words = QFormLayout()
        words.setContentsMargins(0, 0, 0, 0)
        words.addRow("Title", self.title)
        words.addRow("Words", self.caption)
        buttons = row(self.snapshot, self.add, gap=GRID)
        buttons.addStretch(1)
        buttons.addWidget(self.remove)
        layout = column(self, gap=2 * GRID)
        layout.addLayout(buttons)
        layout.addWidget(self.none)
        layout.addWidget(self.list, 1)
        layout.addLayout(words)

    def _connect(self) -> None:
        self.snapshot.clicked.connect(self.snapshot_wished)
        self.remove.clicked.connect(lambda _=False: self._take_out())
        self.list.itemChanged.connect(self._tick)
        self.list.currentRowChanged.connect(lambda _: self._show_words())
        self.list.model().rowsMoved.connect(self._reorder, Qt.ConnectionType.QueuedConnection)
        self.title.textEdited.connect(lambda text: self._reword("title", text))
        self.caption.textEdited.connect(lambda text: self._reword("caption", text))

    def _item(self, figure: Figure) -> QListWidgetItem:
        item = QListWidgetItem(self._thumb_of(figure), self._called(figure))
        item.setData(Qt.ItemDataRole.UserRole, figure.source)
        item.setCheckState(Qt.CheckState.Checked if figure.shown else Qt.CheckState.Unchecked)
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable
        item.setFlags(flags | Qt.ItemFlag.ItemIsDragEnabled)
        return item

    def _called(self, figure: Figure) -> str:
        name = figure.source.removeprefix(AUTO)
        if figure.source.startswith(PICTURE):
            return figure.title or "Picture"
        called = figure.title or self._titles.get(name, name.capitalize())
        return called if name in self._titles else f"{called} (not there yet)"

    def _thumb_of(self, figure: Figure) -> QIcon:
        if figure.source not in self._thumbs and figure.source.startswith(PICTURE):
            try:
                self._thumbs[figure.source] = _thumb(self._kept(figure.source.removeprefix(PICTURE)))
            except Problem:
                return icon("triangle-alert")
        return self._thumbs.get(figure.source) or icon("image")

    def _fill_menu(self) -> None:
        self.menu.clear()
        there = {figure.source for figure in self._section.figures}
        for name, title in self._titles.items():
            if f"{AUTO}{name}" not in there:
                self.menu.addAction(title, partial(self._put_in, name))
        self.menu.addSeparator()
        self.menu.addAction("Picture of a file…", self.file_wished.emit)

    def _put_in(self, name: str) -> None:
        figures = (*self._section.figures, Figure(f"{AUTO}{name}"))
        self.changed.emit(replace(self._section, figures=figures), "Add picture")

    def _take_out(self) -> None:
        place = self.list.currentRow()
        if place >= 0:
            figures = self._section.figures
            rest = (*figures[:place], *figures[place + 1 :])
            self.changed.emit(replace(self._section, figures=rest), "Remove picture")

    def _tick(self, item: QListWidgetItem) -> None:
        shown = item.checkState() is Qt.CheckState.Checked
        self._put(self.list.row(item), "Tick picture", shown=shown)

    def _reword(self, what: str, text: str) -> None:
        self._put(self.list.currentRow(), "Type words of a picture", **{what: text})
        item = self.list.currentItem()
        if item is not None and what == "title":
            with QSignalBlocker(self.list):
                item.setText(self._called(self._section.figures[self.list.currentRow()]))

    def _put(self, place: int, what: str, **changes: object) -> None:
        figures = list(self._section.figures)
        if not 0 <= place < len(figures):
            return
        figures[place] = replace(figures[place], **changes)  # type: ignore[arg-type]
        self._section = replace(self._section, figures=tuple(figures))
        self.changed.emit(self._section, what)

    def _reorder(self, *_: object) -> None:
        """Rows were dragged: figures follow them."""
        waiting = list(self._section.figures)
        ordered = []
        for number in range(self.list.count()):
            source = self.list.item(number).data(Qt.ItemDataRole.UserRole)
            figure = next(f for f in waiting if f.source == source)
            waiting.remove(figure)
            ordered.append(figure)
        self.changed.emit(replace(self._section, figures=tuple(ordered)), "Move picture")

    def _show_words(self) -> None:
        place, figures = self.list.currentRow(), self._section.figures
        there = 0 <= place < len(figures)
        for line, what in ((self.title, "title"), (self.caption, "caption")):
            line.setEnabled(there)
            text = getattr(figures[place], what) if there else ""
            if line.text() != text:
                line.setText(text)
            automatic = there and figures[place].source.startswith(AUTO)
            line.setPlaceholderText("as drawn" if automatic else "")
        self.remove.setEnabled(there)


def _thumb(data: bytes) -> QIcon:
    picture = QPixmap()
    picture.loadFromData(data)
    mode = Qt.TransformationMode.SmoothTransformation
    return QIcon(picture.scaled(_THUMB * 2, Qt.AspectRatioMode.KeepAspectRatio, mode))
