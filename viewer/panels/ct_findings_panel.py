"""What a model found in a series: the series as a whole, class by class, and finding by finding."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHeaderView,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from ml.report.words import percent
from ml.results.ct_findings import CtFinding
from viewer.panels.class_form import swatch
from viewer.panels.labelled_slider import LabelledSlider
from viewer.panels.links import Links
from viewer.panels.pieces import GRID, Heading, Page, Text, column, named, row
from viewer.panels.slice_curves import class_color
from viewer.state.ct_findings import CtFindings

_HEAD = (
    ("Class", "What the model tells apart; choose one to see its maps"),
    ("Highest", "The highest probability of any slice"),
    ("Slice", "Which slice that is"),
    ("Top 5", "Mean of the five likeliest slices"),
    ("Spread", "How far the members of the ensemble lie apart in that slice"),
)
_SIGN = {"accepted": "✓ ", "rejected": "✗ ", "open": ""}


class CtFindingsPanel(QWidget):
    """Follows the findings of one series."""

    go_wished = Signal(int)  # slice
    accept_wished = Signal()
    reject_wished = Signal()
    export_wished = Signal()
    dicom_wished = Signal()
    maps_wished = Signal(bool)
    opacity_wished = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._findings: CtFindings | None = None
        self._links = Links()
        self.empty = Text("Nothing yet: choose a model in Analyze and let it look at the series.", quiet=True)
        self.table = QTableWidget(0, len(_HEAD), self)
        self._dress_table()
        self.sure = Text(quiet=True, parent=self)
        self.list = QListWidget(self)
        self.list.setWordWrap(True)
        self.list.setMinimumHeight(30 * GRID)
        named(self.list, "Findings", "Runs of slices from the threshold on: choose one to go to its peak")
        self.none = Text("No slice is at or above its threshold.", quiet=True)
        self.accept = QPushButton("Accept", self)
        named(self.accept, "Accept", "Accept the selected finding (Enter)")
        self.reject = QPushButton("Reject", self)
        named(self.reject, "Reject", "Reject the selected finding (Delete)")
        self.maps = QCheckBox("Grad-CAM: bright is where it looked", self)
        self.maps.setChecked(True)
        named(self.maps, "Grad-CAM", "Show where the model looked for the chosen class, slice by slice (G)")
        self.opacity = LabelledSlider("Opacity", "How much the map covers the slice", (0, 100), 1, "%")
        self.opacity.set_value(60)
        self.export = QPushButton("Write report…", self)
        named(self.export, "Write report", "Write and export the report of this series (Ctrl+E)")
        self.dicom = QPushButton("DICOM results…", self)
        named(self.dicom, "Export DICOM results", "Masks, maps or a structured report, also to an archive")
        self._lay_out()
        self._connect()
        self.set_findings(None)

    def _dress_table(self) -> None:
        self.table.setHorizontalHeaderLabels([title for title, _ in _HEAD])
        for place, (_, tip) in enumerate(_HEAD):
            self.table.model().setHeaderData(
                place, Qt.Orientation.Horizontal, tip, Qt.ItemDataRole.ToolTipRole
            )
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setShowGrid(False)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        named(self.table, "The whole series", "Every class over the whole series; choose one to see its maps")

    def _lay_out(self) -> None:
        page = Page(self)
        for widget in (
            self.empty,
            Heading("The whole series", self),
            self.table,
            self.sure,
            Heading("Findings", self),
            self.none,
            self.list,
        ):
            page.column.addWidget(widget)
        page.column.addLayout(row(self.accept, self.reject))
        page.column.addWidget(self.maps)
        page.column.addWidget(self.opacity)
        page.column.addLayout(row(self.export, self.dicom))
        page.column.addStretch(1)
        column(self, gap=0).addWidget(page)

    def _connect(self) -> None:
        self.table.cellClicked.connect(self._choose_class)
        self.list.currentRowChanged.connect(self._choose)
        self.list.itemClicked.connect(lambda _: self._choose(self.list.currentRow()))
        self.accept.clicked.connect(self.accept_wished)
        self.reject.clicked.connect(self.reject_wished)
        self.export.clicked.connect(self.export_wished)
        self.dicom.clicked.connect(self.dicom_wished)
        self.maps.toggled.connect(self.maps_wished)
        self.opacity.changed.connect(lambda value: self.opacity_wished.emit(value / 100))

    def set_findings(self, findings: CtFindings | None) -> None:
        """Follow others."""
        self._links.drop()
        self._findings = findings
        if findings is not None:
            self._links.follow(findings.scored, self.renew)
            self._links.follow(findings.decided, self.renew)
            self._links.follow(findings.selected, self._mark)
        self.renew()

    def renew(self) -> None:
        """Show what is known now."""
        findings = self._findings
        self.empty.setVisible(findings is None)
        for widget in (self.table, self.maps, self.opacity):
            widget.setEnabled(findings is not None)
        items = () if findings is None else findings.items
        self.none.setVisible(findings is not None and not items)
        self.list.setVisible(bool(items))
        self._fill_table()
        self.sure.say("" if findings is None else how_sure(findings))
        with QSignalBlocker(self.list):
            self.list.clear()
            for finding in items:
                self.list.addItem(QListWidgetItem(self._words(finding)))
        self._mark()

    def _fill_table(self) -> None:
        findings = self._findings
        names = () if findings is None else findings.scores.class_names
        self.table.setRowCount(len(names))
        for row_, name in enumerate(names):
            assert findings is not None
            found = findings.scores.summary(row_)
            known = found.slice_number >= 0
            several = known and findings.card.members > 1  # one network cannot disagree with itself
            spread = findings.scores.spread[found.slice_number, row_] if several else float("nan")
            cells = (
                name,
                percent(found.highest),
                f"{found.slice_number + 1}" if known else "–",
                percent(found.top_mean),
                percent(float(spread)),
            )
            for place, words in enumerate(cells):
                item = QTableWidgetItem(words)
                if place:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                else:
                    color = class_color(findings, row_)
                    # Words of that colour could not be read.
                    item.setIcon(swatch((color.red(), color.green(), color.blue())))
                self.table.setItem(row_, place, item)
        height = self.table.horizontalHeader().height() + sum(
            self.table.rowHeight(n) for n in range(len(names))
        )
        self.table.setFixedHeight(height + 2 * GRID)

    def _words(self, finding: CtFinding) -> str:
        assert self._findings is not None
        name = self._findings.scores.class_names[finding.class_index]
        run = (
            f"slices {finding.first + 1}–{finding.last + 1}"
            if finding.last > finding.first
            else f"slice {finding.first + 1}"
        )
        sign = _SIGN[self._findings.verdict(finding)]
        return f"{sign}{name}, {run}: {percent(finding.peak)} in slice {finding.peak_slice + 1}"

    def _mark(self) -> None:
        findings = self._findings
        chosen = None if findings is None else findings.selection
        with QSignalBlocker(self.list):
            self.list.setCurrentRow(
                -1 if findings is None or chosen is None else findings.items.index(chosen)
            )
        with QSignalBlocker(self.table):
            if findings is not None:
                self.table.selectRow(findings.shown_class)
        for button in (self.accept, self.reject):
            button.setEnabled(chosen is not None)
        for button in (self.export, self.dicom):
            button.setEnabled(findings is not None and findings.analysis is not None)

    def _choose(self, place: int) -> None:
        if self._findings is not None and 0 <= place < len(self._findings.items):
            finding = self._findings.items[place]
            self._findings.select(finding)
            self.go_wished.emit(finding.peak_slice)

    def _choose_class(self, place: int, _: int) -> None:
        if self._findings is not None:
            self._findings.show_class(place)
            found = self._findings.scores.summary(place)
            if found.slice_number >= 0:
                self.go_wished.emit(found.slice_number)


def how_sure(findings: CtFindings) -> str:
    """What the probabilities mean, and how many networks they come from."""
    card = findings.card
    several = f"mean of {card.members} networks; spread is how far they lie apart"
    networks = several if card.members > 1 else ""
    if card.temperature == 1:
        said = "not calibrated: higher is likelier, but 70% does not mean seven of ten"
    else:
        said = "calibrated on cases that the model had not learned from"
    return f"Probabilities of {card.title}: {'; '.join(part for part in (said, networks) if part)}."
