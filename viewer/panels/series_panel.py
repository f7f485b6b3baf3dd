"""What a series says about itself, what is odd about it, and what was measured in it."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QFormLayout, QListWidget, QListWidgetItem, QPushButton, QWidget

from viewer.ct.measure_layer import words_of
from viewer.panels.links import Links
from viewer.panels.pieces import GRID, Heading, Notice, Page, Text, column, named
from viewer.panels.series_facts import facts, remarks
from viewer.state.measurements import Measurement
from viewer.state.opened_series import OpenedSeries

_ID = Qt.ItemDataRole.UserRole
_NAMES = {"length": "Length", "angle": "Angle", "rectangle": "Rectangle", "ellipse": "Ellipse"}


class SeriesPanel(QWidget):
    """Follows one series. A click on a measurement goes to it."""

    go_wished = Signal(object)  # Measurement
    delete_wished = Signal(object)  # Measurement
    copy_wished = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._opened: OpenedSeries | None = None
        self._private = False
        self._links = Links()
        page = Page(self)
        self.title = Text(parent=self)
        font = self.title.font()
        font.setBold(True)
        self.title.setFont(font)
        self.odd = Notice(parent=self)
        self._facts = QFormLayout()
        self._facts.setHorizontalSpacing(3 * GRID)
        self._facts.setVerticalSpacing(GRID)
        self.none = Text("Nothing yet: L for a length, R or O for a region, then drag.", quiet=True)
        self.list = QListWidget(self)
        self.list.setWordWrap(True)
        self.list.setMinimumHeight(50 * GRID)
        named(self.list, "Measurements", "What was measured: choose one to go to it")
        self.copy = QPushButton("Copy as table", self)
        named(self.copy, "Copy as table", "Copy all measurements to the clipboard, to paste into a sheet")
        page.column.addWidget(self.title)
        page.column.addWidget(self.odd)
        page.column.addLayout(self._facts)
        page.column.addWidget(Heading("Measurements"))
        page.column.addWidget(self.none)
        page.column.addWidget(self.list)
        page.column.addWidget(self.copy, 0, Qt.AlignmentFlag.AlignLeft)
        page.column.addStretch(1)
        column(self, gap=0).addWidget(page)
        self.list.itemClicked.connect(self._go)
        self.list.itemActivated.connect(self._go)
        self.copy.clicked.connect(self.copy_wished)
        self.set_series(None)

    def set_series(self, opened: OpenedSeries | None) -> None:
        """Follow another series."""
        self._links.drop()
        self._opened = opened
        if opened is not None:
            self._links.follow(opened.measurements.changed, self._list)
            self._links.follow(opened.measurements.selected, self._mark)
            self._links.follow(opened.complete, self._tell)
        self._tell()
        self._list()

    def set_private(self, private: bool) -> None:
        """Hide or show whose it is."""
        self._private = private
        self._tell()

    def _tell(self) -> None:
        while self._facts.rowCount():
            self._facts.removeRow(0)
        opened = self._opened
        self.title.setText("" if opened is None else opened.title)
        self.odd.say(" ".join(remarks(opened)) if opened is not None else "", "warning")
        if opened is not None:
            for name, value in facts(opened, hidden=self._private):
                self._facts.addRow(Text(name, quiet=True), Text(value))

    def _list(self) -> None:
        items = () if self._opened is None else self._opened.measurements.items
        with QSignalBlocker(self.list):
            self.list.clear()
            for measurement in items:
                item = QListWidgetItem(in_words(measurement, sized=self._opened is not None and self._sized))
                item.setData(_ID, measurement.id)
                self.list.addItem(item)
        for widget in (self.list, self.copy):
            widget.setVisible(bool(items))
        self.none.setVisible(not items)
        self._mark(None if self._opened is None else self._opened.measurements.selected_id)

    @property
    def _sized(self) -> bool:
        return self._opened is not None and self._opened.sized

    def _mark(self, measurement_id: str | None) -> None:
        rows = [self.list.item(row) for row in range(self.list.count())]
        with QSignalBlocker(self.list):
            chosen = next((item for item in rows if item.data(_ID) == measurement_id), None)
            self.list.setCurrentItem(chosen)  # type: ignore[arg-type] # None: no current item

    def _go(self, item: QListWidgetItem) -> None:
        if self._opened is not None:
            measurement = self._opened.measurements.find(item.data(_ID))
            if measurement is not None:
                self.go_wished.emit(measurement)


def in_words(measurement: Measurement, *, sized: bool = True) -> str:
    """ "Ellipse, Slice 54: Mean 36.1 HU, SD 4.2; …"."""
    numbers = "; ".join(words_of(measurement, sized=sized))
    return f"{_NAMES[measurement.kind]}, {measurement.where}: {numbers}"


def measurements_as_table(items: tuple[Measurement, ...], *, sized: bool = True) -> str:
    """A heading and one line each, parted by tabs, with plain numbers for a sheet."""
    unit = "mm" if sized else "px"
    heading = (
        "Kind",
        "Where",
        f"Length {unit}",
        "Angle °",
        "Mean",
        "SD",
        "Min",
        "Max",
        f"Area {unit}²",
        "Unit",
    )
    lines = ["\t".join(heading)]
    for m in items:
        length = f"{m.value:.2f}" if m.kind == "length" else ""
        turned = f"{m.value:.2f}" if m.kind == "angle" else ""
        numbers = [""] * 6
        if (f := m.facts) is not None:
            numbers = [f"{n:.2f}" for n in (f.mean, f.sd, f.least, f.greatest, f.area)] + [m.unit]
        lines.append("\t".join((_NAMES[m.kind], m.where, length, turned, *numbers)))
    return "\n".join(lines)
