"""What was counted, class by class, in a corner of the picture while one counts."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QShowEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QRadioButton, QWidget

from ml.annotation.counted import Counted
from ml.annotation.document import Change
from ml.report.words import SPACE
from viewer.panels.class_form import swatch
from viewer.panels.links import Links
from viewer.panels.pieces import GRID, Heading, clear, named
from viewer.state.classes import AnnotationClass
from viewer.state.opened_slide import OpenedSlide

_EDGE = 12  # px between the card and the corner


class CountCard(QWidget):
    """A line for each class: a click (or its digit) has the next points counted into it."""

    def __init__(self, opened: OpenedSlide, view: QWidget) -> None:
        super().__init__(view)
        self._opened, self._view = opened, view
        self._counted: Counted | None = None  # nobody counts while the card is hidden
        self._links = Links()
        self.numbers: dict[str, QLabel] = {}
        self.buttons: dict[str, QRadioButton] = {}
        self.total = QLabel()
        self.within = QLabel()
        self.setAccessibleName("Counted points")
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        self._grid.setHorizontalSpacing(4 * GRID)
        self._grid.setVerticalSpacing(GRID // 2)
        opened.annotations.listen(self._take)
        for signal, slot in (
            (opened.classes.changed, self._fill),
            (opened.classes.current_changed, self._mark),
            (opened.selection_changed, self._tell),
            (opened.spacing_changed, self._tell),
        ):
            self._links.follow(signal, slot)
        view.installEventFilter(self)
        self._fill()
        self.hide()

    def close_links(self) -> None:
        """Follow the slide no more."""
        self._links.drop()
        self._opened.annotations.unlisten(self._take)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay in the upper right corner of the view."""
        if event.type() == QEvent.Type.Resize:
            self._settle()
        return super().eventFilter(watched, event)

    def paintEvent(self, _: QPaintEvent) -> None:
        """A plate like the legend's."""
        dark = self.palette().color(QPalette.ColorRole.Window).lightness() < 128
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(30, 30, 32, 225) if dark else QColor(255, 255, 255, 235))
        painter.drawRoundedRect(self.rect(), 4, 4)
        painter.end()

    def _fill(self) -> None:
        """A line for no class and for each of the list."""
        clear(self._grid)
        self.numbers, self.buttons = {}, {}
        self._grid.addWidget(Heading("Counting"), 0, 0, 1, 2)
        self._add_line(1, "", "No class", "0", None)
        for place, one in enumerate(self._opened.classes.items, 2):
            self._add_line(place, one.name, one.name, one.key, one)
        self.total, self.within = QLabel(), QLabel()
        for place, label in enumerate((self.total, self.within), self._grid.rowCount()):
            self._grid.addWidget(label, place, 0, 1, 2, Qt.AlignmentFlag.AlignRight)
        self._mark(self._opened.classes.current)
        self._tell()

    def _add_line(self, place: int, name: str, words: str, key: str, one: AnnotationClass | None) -> None:
        button = QRadioButton(f"{key}  {words}" if key else words)
        button.setIcon(swatch(None if one is None else one.color))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        tip = f"Count into “{words}”" + (f" ({key})" if key else "")
        named(button, words, tip)
        button.clicked.connect(lambda: self._opened.classes.choose(name))
        number = QLabel("0")
        number.setAccessibleName(f"Counted: {words}")
        self._grid.addWidget(button, place, 0)
        self._grid.addWidget(number, place, 1, Qt.AlignmentFlag.AlignRight)
        self.buttons[name], self.numbers[name] = button, number

    def _mark(self, current: AnnotationClass | None) -> None:
        button = self.buttons.get("" if current is None else current.name)
        if button is not None:
            button.setChecked(True)

    def showEvent(self, event: QShowEvent) -> None:
        """Say how it stands by now."""
        super().showEvent(event)
        self._tell()

    def _take(self, change: Change) -> None:
        if self.isHidden():
            self._counted = None
        elif self._counted is not None:
            self._counted.take(change)
        self._tell()

    def _tell(self, _: object = None) -> None:
        if self.isHidden():
            return
        if self._counted is None:
            self._counted = Counted(self._opened.annotations)
        totals = self._counted.totals()
        for name, label in self.numbers.items():
            label.setText(f"{totals[name]:,}")
        gone = sum(n for name, n in totals.items() if name not in self.numbers)
        others = f", {gone:,} in other classes" if gone else ""
        self.total.setText(f"Together {totals.total():,}{others}")
        self.within.setText(self._within(self._counted))
        self.within.setVisible(bool(self.within.text()))
        self._settle()

    def _within(self, counted: Counted) -> str:
        """ "In the selected area 12, 11.8 / mm²"; empty where no area is selected."""
        region, known = self._opened.region, self._opened.spacing
        if region is None:
            return ""
        number = counted.totals(region).total()
        mm2 = 0.0 if known is None else known.spacing.area_mm2(region.area)
        density = f" · {number / mm2:,.1f}{SPACE}/{SPACE}mm²" if mm2 > 0 else ""
        return f"In the selected area {number:,}{density}"

    def _settle(self) -> None:
        self._grid.activate()
        self.resize(self.sizeHint())
        self.move(self._view.width() - self.width() - _EDGE, _EDGE)
