"""What the file says about the slide, and the pictures that came with it."""

from __future__ import annotations

from PySide6.QtCore import QSortFilterProxyModel, Qt, Signal
from PySide6.QtGui import QImage, QPixmap, QResizeEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFormLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from viewer.panels.bookmarks_box import BookmarksBox
from viewer.panels.links import Links
from viewer.panels.pieces import GRID, FoldOut, Notice, Page, Text, clear, column, named, row
from viewer.panels.slide_facts import facts
from viewer.state.opened_slide import OpenedSlide


class SlidePanel(QWidget):
    """Facts, pixel size and its source, every raw property, label and macro on request."""

    spacing_wished = Signal()
    draw_wished = Signal()  # a known length
    associated_wished = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._opened: OpenedSlide | None = None
        self._links = Links()
        self._pictures: dict[str, AssociatedPicture] = {}
        page = Page(self)
        self.title = Text("No slide is open.", parent=self)
        font = self.title.font()
        font.setBold(True)
        self.title.setFont(font)
        self.doubt = Notice("Set pixel size…", "Type how large a pixel of this slide is", self)
        self._make_buttons()
        self._facts = QFormLayout()
        self._facts.setHorizontalSpacing(3 * GRID)
        self._facts.setVerticalSpacing(GRID)
        self._facts.setRowWrapPolicy(QFormLayout.RowWrapPolicy.DontWrapRows)
        self.pictures_box = FoldOut("Label and overview", "Pictures that the scanner stored with the slide")
        self.bookmarks = BookmarksBox(self)
        self.properties = PropertyTable(self)
        self.properties_box = FoldOut("Everything the file says", "All properties as the scanner wrote them")
        self.properties_box.inside.addWidget(self.properties)
        for widget in (self.title, self.doubt):
            page.column.addWidget(widget)
        page.column.addLayout(self._facts)
        page.column.addLayout(row(self.spacing_button, self.draw_button))
        page.column.addWidget(self.own_button, 0, Qt.AlignmentFlag.AlignLeft)
        page.column.addWidget(self.bookmarks)
        page.column.addWidget(self.pictures_box)
        page.column.addWidget(self.properties_box)
        page.column.addStretch(1)
        column(self, gap=0).addWidget(page)
        self.doubt.wished.connect(self.spacing_wished)
        self.set_slide(None)

    def _make_buttons(self) -> None:
        self.spacing_button = QPushButton("Set pixel size…", self)
        named(self.spacing_button, "Set pixel size", "Type how large a pixel of this slide is")
        self.spacing_button.clicked.connect(self.spacing_wished)
        self.draw_button = QPushButton("Draw a known length…", self)
        named(self.draw_button, "Draw a known length", "Drag along a scale bar, and type how long it is")
        self.draw_button.clicked.connect(self.draw_wished)
        self.own_button = QPushButton("Pixel size as the file says", self)
        named(self.own_button, "Pixel size as the file says", "Take back what was typed or drawn")
        self.own_button.clicked.connect(self._take_own)

    def set_slide(self, opened: OpenedSlide | None) -> None:
        """Show another slide; whatever label was shown is hidden again."""
        self._links.drop()
        self._opened = opened
        self.title.setText(opened.title if opened else "No slide is open.")
        self.properties.set_properties(dict(opened.info.properties) if opened else {})
        self.properties_box.setVisible(bool(opened and opened.info.properties))
        self._offer_pictures(opened.info.associated if opened else ())
        if opened is not None:
            self._links.follow(opened.spacing_changed, self._tell)
        self._tell()

    def show_associated(self, name: str, image: QImage) -> None:
        """Show a picture that was asked for and has been read."""
        if (picture := self._pictures.get(name)) is not None:
            picture.show_image(image)

    def _tell(self, _: object = None) -> None:
        while self._facts.rowCount():
            self._facts.removeRow(0)
        opened = self._opened
        self.spacing_button.setVisible(opened is not None and opened.spacing is not None)
        self.draw_button.setVisible(opened is not None)
        own = opened.info.spacing if opened is not None else None
        self.own_button.setVisible(own is not None and opened is not None and opened.spacing != own)
        if opened is None:
            self.doubt.say("")
            return
        for name, value in facts(opened):
            self._facts.addRow(Text(name, quiet=True), Text(value))
        unknown = opened.info.spacing_doubt or "This file does not say how large a pixel is."
        wanted = "Sizes and analyses need it."
        self.doubt.say("" if opened.spacing else f"{unknown} {wanted}", "warning")

    def _take_own(self) -> None:
        if self._opened is not None and self._opened.info.spacing is not None:
            self._opened.set_spacing(self._opened.info.spacing)

    def _offer_pictures(self, names: tuple[str, ...]) -> None:
        clear(self.pictures_box.inside)
        self._pictures = {name: AssociatedPicture(name) for name in names}
        for name, picture in self._pictures.items():
            self.pictures_box.inside.addWidget(picture)
            picture.wished.connect(self.associated_wished)
            picture.setObjectName(name)
        self.pictures_box.unfold(False)
        self.pictures_box.setVisible(bool(names))


class AssociatedPicture(QWidget):
    """One picture beside the slide, hidden until somebody asks: a label may carry a patient's name."""

    wished = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._image = QImage()
        self.button = QPushButton(f"Show {name}", self)
        self.button.setCheckable(True)
        named(self.button, f"Show {name}", f"Show the picture “{name}”: it may carry a patient's name")
        private = name.lower() in {"label", "macro"}
        self.warning = Text("May carry a patient's name." if private else "", quiet=True, parent=self)
        self.warning.setVisible(private)
        self.picture = QLabel(self)
        self.picture.setAccessibleName(name)
        self.picture.hide()
        layout: QVBoxLayout = column(self, gap=GRID)
        layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self.warning)
        layout.addWidget(self.picture)
        self.button.toggled.connect(self._toggled)

    def show_image(self, image: QImage) -> None:
        """Show it, unless the person has hidden it again meanwhile."""
        if self.button.isChecked():
            self._image = image
            self._fit()
            self.picture.show()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the picture as wide as the panel."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        if self._image.isNull():
            return
        ratio = self.devicePixelRatioF()
        edge = max(1, round(min(self.width(), self._image.width()) * ratio))
        shown = self._image.scaled(
            edge,
            round(75 * GRID * ratio),
            Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        shown.setDevicePixelRatio(ratio)
        self.picture.setPixmap(QPixmap.fromImage(shown))
        self.picture.setMinimumWidth(1)

    def _toggled(self, wanted: bool) -> None:
        self.button.setText(f"{'Hide' if wanted else 'Show'} {self._name}")
        self.button.setAccessibleName(self.button.text())
        if wanted:
            self.wished.emit(self._name)
        else:  # let the pixels go, too
            self._image = QImage()
            self.picture.clear()
            self.picture.hide()


class PropertyTable(QWidget):
    """Every raw property of the file, searchable."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.search = QLineEdit(self)
        self.search.setPlaceholderText("Search")
        self.search.setClearButtonEnabled(True)
        named(self.search, "Search properties", "Show only properties whose name or value holds this")
        self._model = QStandardItemModel(0, 2, self)
        self._model.setHorizontalHeaderLabels(["Property", "Value"])
        self._filter = QSortFilterProxyModel(self)
        self._filter.setSourceModel(self._model)
        self._filter.setFilterKeyColumn(-1)
        self._filter.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.table = QTableView(self)
        self.table.setModel(self._filter)
        self.table.verticalHeader().hide()
        self.table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        self.table.horizontalHeader().setStretchLastSection(True)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setTabKeyNavigation(False)
        self.table.setMinimumHeight(50 * GRID)
        named(self.table, "Properties of the file", "All properties as the scanner wrote them")
        layout = column(self, gap=GRID)
        layout.addWidget(self.search)
        layout.addWidget(self.table)
        self.search.textChanged.connect(self._filter.setFilterFixedString)

    def set_properties(self, properties: dict[str, str]) -> None:
        """Show these instead."""
        self.search.clear()
        self._model.setRowCount(0)
        for name, value in sorted(properties.items()):
            items = [QStandardItem(name), QStandardItem(value)]
            for item in items:
                item.setToolTip(f"{name}: {value[:400]}")
            self._model.appendRow(items)
        self.table.setColumnWidth(0, 36 * GRID)
