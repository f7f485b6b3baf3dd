"""One series in one view: the patient above, its planes, and the slices below."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from viewer.ct.cine import Cine
from viewer.ct.reading import Reading
from viewer.ct.slice_view import SliceView
from viewer.panels.patient_strip import PatientStrip
from viewer.panels.pieces import column
from viewer.panels.slice_bar import SliceBar
from viewer.theme.colors import colors

PLANES = ("axial", "coronal", "sagittal")


class CtStage(QWidget):
    """Slices alone, or with coronal and sagittal beside them; a double-click shows one of the three alone."""

    def __init__(self, reading: Reading, cine: Cine, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._reading, self._cine = reading, cine
        title = reading.opened.title
        self.strip = PatientStrip(reading.opened.about, title, self)
        self.axial = SliceView(f"Axial: {title}", self)
        self.coronal = SliceView(f"Coronal: {title}", self)
        self.sagittal = SliceView(f"Sagittal: {title}", self)
        self.bar = SliceBar(reading, cine, self)
        self._alone: SliceView | None = None
        self._grid = QGridLayout()
        self._grid.setSpacing(2)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.addWidget(self.axial, 0, 0, 2, 1)
        self._grid.addWidget(self.coronal, 0, 1)
        self._grid.addWidget(self.sagittal, 1, 1)
        self._grid.setColumnStretch(0, 3)
        layout = column(self, gap=0)
        layout.addWidget(self.strip)
        layout.addLayout(self._grid, 1)
        layout.addWidget(self.bar)
        self.setFocusProxy(self.axial)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        for view in self.views:
            view.enlarge_wished.connect(lambda view=view: self.enlarge(view))
        reading.planes_changed.connect(self._arrange)
        self._arrange()

    @property
    def views(self) -> tuple[SliceView, SliceView, SliceView]:
        """Axial, coronal, sagittal."""
        return self.axial, self.coronal, self.sagittal

    @property
    def seen(self) -> list[SliceView]:
        """Those that are to be seen now."""
        if not self._reading.three:
            return [self.axial]
        return [view for view in self.views if self._alone in {None, view}]

    def enlarge(self, view: SliceView) -> None:
        """Show one of the three alone, or all three again."""
        if self._reading.three:
            self._alone = None if self._alone is view else view
            self._arrange()

    def close_links(self) -> None:
        """Stop what runs, follow the series no more."""
        self._cine.stop()
        self.bar.close_links()

    def paintEvent(self, _: QPaintEvent) -> None:
        """Dark between the planes, as they are."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(colors(self.palette()).window))
        for row in range(2):
            painter.fillRect(
                self._grid.cellRect(row, 0).united(self._grid.cellRect(row, 1)), QColor(60, 60, 60)
            )
        painter.end()

    def _arrange(self) -> None:
        if not self._reading.three:
            self._alone = None
        seen = self.seen
        for view in self.views:
            view.setVisible(view in seen)
        beside = self.coronal in seen or self.sagittal in seen
        self._grid.setColumnStretch(0, 3 if self.axial in seen else 0)
        self._grid.setColumnStretch(1, (2 if self.axial in seen else 1) if beside else 0)
        self._grid.setRowStretch(0, int(self.coronal in seen or not beside))
        self._grid.setRowStretch(1, int(self.sagittal in seen))
