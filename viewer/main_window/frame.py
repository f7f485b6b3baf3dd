"""The frame: cases at the left, the picture in the middle, the inspector at the right."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtWidgets import QSplitter, QStackedWidget, QTabWidget, QVBoxLayout, QWidget

from viewer.actions.command import Kind
from viewer.main_window.parts import Parts
from viewer.main_window.view_grid import ViewGrid
from viewer.panels.analyze_panel import AnalyzePanel
from viewer.panels.banner import Banner
from viewer.panels.cases_panel import CasesPanel
from viewer.panels.ct_analyze_panel import CtAnalyzePanel
from viewer.panels.ct_findings_panel import CtFindingsPanel
from viewer.panels.findings_panel import FindingsPanel
from viewer.panels.image_panel import ImagePanel
from viewer.panels.layers_panel import LayersPanel
from viewer.panels.series_panel import SeriesPanel
from viewer.panels.slide_panel import SlidePanel
from viewer.panels.welcome_page import WelcomePage
from viewer.panels.window_panel import WindowPanel

_WIDTHS = (196, 764, 320)  # px of a window 1280 wide


class Frame(QWidget):
    """Panels and picture side by side; both sides fold away, and their widths are remembered."""

    def __init__(self, parts: Parts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = parts.settings
        self.slides = CasesPanel(parts.session)
        self.welcome = WelcomePage(parts.recent.paths())
        self.banner = Banner()
        self.stack = QStackedWidget()
        self.stack.addWidget(self.welcome)
        self.grid = ViewGrid()
        self.stack.addWidget(self.grid)
        self.analyze = AnalyzePanel()
        self.layers = LayersPanel()
        self.findings = FindingsPanel()
        self.slide = SlidePanel()
        self.image = ImagePanel()
        self.window_, self.series = WindowPanel(), SeriesPanel()
        self.ct_analyze, self.ct_findings = CtAnalyzePanel(), CtFindingsPanel()
        self.inspector = QTabWidget()
        self.inspector.setDocumentMode(True)
        self.inspector.tabBar().setUsesScrollButtons(False)  # all of one kind fit
        for panel, title in (
            (self.analyze, "Analyze"),
            (self.layers, "Layers"),
            (self.findings, "Findings"),
            (self.image, "Image"),
            (self.slide, "Slide"),
            (self.ct_analyze, "Analyze"),
            (self.ct_findings, "Findings"),
            (self.window_, "Window"),
            (self.series, "Series"),
        ):
            self.inspector.addTab(panel, title)
        self._tabs: dict[Kind, int] = {}  # the last one of each kind
        self._kind: Kind = "slide"
        self._show_tabs()
        self.splitter = self._split()
        _fill(self, self.splitter)
        self._recall()

    def _split(self) -> QSplitter:
        splitter = QSplitter(Qt.Orientation.Horizontal)
        for place, widget in enumerate((self.slides, self._middle(), self.inspector)):
            splitter.addWidget(widget)
            splitter.setStretchFactor(place, int(place == 1))
        splitter.setHandleWidth(1)
        splitter.setSizes(_WIDTHS)
        return splitter

    def show_only_picture(self, wanted: bool) -> None:
        """Hide both sides, or show what the person had chosen to see."""
        self.slides.setVisible(not wanted and self._settings.slides_shown)
        self.inspector.setVisible(not wanted and self._settings.inspector_shown)

    def show_kind(self, kind: Kind) -> None:
        """Have the inspector show the panels of slides, or those of CT; each keeps its last tab."""
        if kind != self._kind:
            self._tabs[self._kind] = self.inspector.currentIndex()
            self._kind = kind
            self._show_tabs()
            self.inspector.setCurrentIndex(self._tabs[kind])

    def _show_tabs(self) -> None:
        ct_panels = {self.ct_analyze, self.ct_findings, self.window_, self.series}
        for place in range(self.inspector.count()):
            ct = self.inspector.widget(place) in ct_panels
            self.inspector.setTabVisible(place, ct == (self._kind == "ct"))

    def toggle_slides(self) -> None:
        """Show or hide the cases."""
        self._settings.slides_shown = not self._settings.slides_shown
        self.slides.setVisible(self._settings.slides_shown)

    def toggle_inspector(self) -> None:
        """Show or hide the inspector."""
        self._settings.inspector_shown = not self._settings.inspector_shown
        self.inspector.setVisible(self._settings.inspector_shown)

    def remember(self) -> None:
        """Keep widths and the tab for next time."""
        self._settings.splitter = bytes(self.splitter.saveState().data())
        self._tabs[self._kind] = self.inspector.currentIndex()
        self._settings.last_tab = self._tabs["slide"]

    def _middle(self) -> QWidget:
        middle = QWidget()
        _fill(middle, self.banner, self.stack)
        return middle

    def _recall(self) -> None:
        if self._settings.splitter:
            self.splitter.restoreState(QByteArray(self._settings.splitter))
        self._tabs = {"slide": self._settings.last_tab, "ct": self.inspector.indexOf(self.window_)}
        self.inspector.setCurrentIndex(self._settings.last_tab)
        self.show_only_picture(False)


def _fill(widget: QWidget, *children: QWidget) -> None:
    layout = QVBoxLayout(widget)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    for child in children:
        layout.addWidget(child, int(child is children[-1]))
