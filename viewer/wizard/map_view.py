"""A map of the pictures: near each other is what looks alike to the model. A click opens one."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPixmap
from PySide6.QtWidgets import QLabel, QWidget

from viewer.panels.pieces import GRID
from viewer.theme.colors import colors
from viewer.wizard.answers import Answer, MapPoint
from viewer.wizard.plot import SHADES, Plot
from viewer.work.surveying import Thumbnails

_SIGNS = ("o", "s", "t", "d", "p", "h", "star", "+")
_ROOM = 0.3  # share of the width beside the points
_HOVER = 128  # px of the picture beside the pointer


class MapView(Plot):
    """Colour and shape say the label, a ring that the answer was another one."""

    legend = True
    chosen = Signal(object)  # Answer

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "Map of the pictures",
            "Point at a picture to see it, click to open it; arrow keys go through all",
            parent,
        )
        self.points: tuple[MapPoint, ...] = ()
        self._at = -1
        self._mark: Any = None
        self._hovered: Answer | None = None
        self.thumbnails = Thumbnails(_HOVER, self)
        self.thumbnails.made.connect(lambda _: self._show_hovered())
        self.hover = QLabel(self, Qt.WindowType.ToolTip)
        self.hover.setMargin(GRID)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Map of the pictures")
        self.setProperty("keys", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._inside.setContentsMargins(1, 1, 1, 1)  # for the edge that says that keys go here

    def show_points(self, points: tuple[MapPoint, ...]) -> None:
        """Draw these."""
        self.points = tuple(sorted(points, key=lambda one: (one.answer.label, one.x, one.y)))
        self._at, self._mark = -1, None
        self.redraw()

    def draw(self) -> None:
        """A cloud a label, and rings."""
        import pyqtgraph

        for side in ("left", "bottom"):
            self.plot.hideAxis(side)  # its numbers mean nothing
        labels = list(dict.fromkeys(one.answer.label for one in self.points))
        for number, label in enumerate(labels):
            own = [one for one in self.points if one.answer.label == label]
            cloud = pyqtgraph.ScatterPlotItem(
                [one.x for one in own],
                [one.y for one in own],
                data=[one.answer for one in own],
                size=10,
                symbol=_SIGNS[number % len(_SIGNS)],
                brush=SHADES[number % len(SHADES)],
                pen=None,
                hoverable=True,
                hoverSize=14,
                tip=None,
                name=label or "none of them",
            )
            cloud.sigClicked.connect(lambda _, found, __=None: self._choose(found[0].data()))
            cloud.sigHovered.connect(self._hover)
            self.plot.addItem(cloud)
        self._draw_rings()
        self._fit()
        self._show_mark()

    def close_work(self) -> None:
        """Read no more pictures."""
        self.hover.hide()
        self.thumbnails.close()

    def _draw_rings(self) -> None:
        import pyqtgraph

        wrong = [one for one in self.points if one.answer.said and one.answer.is_wrong]
        rings = self.plot.plot([], [], pen=None, name="answered otherwise", symbolSize=10, symbolBrush=None)
        rings.setData(
            [one.x for one in wrong],
            [one.y for one in wrong],
            symbol="o",
            symbolSize=16,
            symbolPen=pyqtgraph.mkPen(QColor(self.shades.text)),
        )
        rings.setZValue(-1)
        self._mark = pyqtgraph.ScatterPlotItem(size=22, symbol="o", brush=None)
        self._mark.setPen(pyqtgraph.mkPen(QColor(self.shades.accent), width=3))
        self._mark.setZValue(-2)
        self.plot.addItem(self._mark)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Right and left go through the pictures, label by label."""
        step = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}.get(Qt.Key(event.key()), 0)
        if not step or not self.points:
            super().keyPressEvent(event)
            return
        self._choose(self.points[(self._at + step) % len(self.points)].answer)

    def leaveEvent(self, event: Any) -> None:
        """The pointer is elsewhere."""
        super().leaveEvent(event)
        self.hover.hide()

    def _choose(self, answer: Answer) -> None:
        self._at = next((n for n, one in enumerate(self.points) if one.answer is answer), -1)
        self._show_mark()
        self.chosen.emit(answer)

    def _fit(self) -> None:
        """All points, and room at the right for the legend."""
        x, y = [one.x for one in self.points], [one.y for one in self.points]
        if x:
            right = max(x) + _ROOM * (max(x) - min(x))
            self.plot.setRange(xRange=(min(x), right), yRange=(min(y), max(y)), padding=0.06)

    def _show_mark(self) -> None:
        if self._mark is not None:
            one = self.points[self._at] if self._at >= 0 else None
            self._mark.setData([one.x] if one else [], [one.y] if one else [])

    def _hover(self, _: Any, found: Any, event: Any = None) -> None:
        self._hovered = found[0].data() if len(found) else None
        if self._hovered is None:
            self.hover.hide()
            return
        if event is not None and not event.isExit():
            place = event.screenPos()
            self.hover.move(QPoint(round(place.x()) + 4 * GRID, round(place.y()) + 4 * GRID))
        self._show_hovered()

    def _show_hovered(self) -> None:
        one = self._hovered
        image = None if one is None else self.thumbnails.of(one.path, one.place)
        if one is not None and image is not None:
            self.hover.setPixmap(QPixmap.fromImage(image))
            self.hover.setStyleSheet(f"background: {colors(self.palette()).base}")
            self.hover.adjustSize()
            self.hover.show()
