"""Light or dark for the whole application, as the system or the person wishes."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QFont, QGuiApplication
from PySide6.QtWidgets import QApplication

from ml import paths
from viewer.settings import ThemeChoice
from viewer.theme.colors import DARK, LIGHT, Colors, palette_of


class Theme(QObject):
    """Dresses the application, again whenever the system turns light or dark."""

    def __init__(self, app: QApplication, choice: ThemeChoice = "auto") -> None:
        super().__init__(app)
        self._app = app
        self.choice = choice
        app.setStyle("Fusion")
        app.setFont(tabular(app.font()))
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._follow)
        self.choose(choice)

    def choose(self, choice: ThemeChoice) -> None:
        """Light, dark, or as the system."""
        self.choice = choice
        chosen = self._colors()
        self._app.setPalette(palette_of(chosen))
        self._app.setStyleSheet(_sheet(chosen))

    def _colors(self) -> Colors:
        if self.choice == "auto":
            scheme = QGuiApplication.styleHints().colorScheme()
            return DARK if scheme is Qt.ColorScheme.Dark else LIGHT
        return DARK if self.choice == "dark" else LIGHT

    def _follow(self, _: Qt.ColorScheme) -> None:
        if self.choice == "auto":
            self.choose("auto")


def tabular(font: QFont) -> QFont:
    """The same font with figures of one width, so that running numbers do not jump."""
    dressed = QFont(font)
    dressed.setFeature(QFont.Tag("tnum"), 1)
    return dressed


def _sheet(chosen: Colors) -> str:
    """What a palette cannot say: lines between areas, quiet bars, boxes that are seen on any ground."""
    return f"""
    QToolTip {{ border: 1px solid {chosen.line}; padding: 4px; background: {chosen.raised};
                color: {chosen.text}; }}
    QStatusBar {{ border-top: 1px solid {chosen.line}; }}
    QStatusBar::item {{ border: none; }}
    QToolBar {{ border: none; border-bottom: 1px solid {chosen.line}; padding: 4px; spacing: 4px; }}
    QToolBar::separator {{ background: {chosen.line}; width: 1px; margin: 4px; }}
    QSplitter::handle {{ background: {chosen.line}; }}
    QSplitter::handle:hover {{ background: {chosen.accent}; }}
    *[keys="true"] {{ border: 1px solid transparent; }}
    *[keys="true"]:focus {{ border-color: {chosen.accent}; }}
    QPushButton[primary="true"]:enabled {{ background: {chosen.accent}; color: {chosen.on_accent};
                border: 2px solid {chosen.accent}; border-radius: 4px; padding: 2px 12px; }}
    QPushButton[primary="true"]:enabled:hover, QPushButton[primary="true"]:enabled:focus {{
                border-color: {chosen.text}; }}
    QProgressBar {{ background: {chosen.base}; border: 1px solid {chosen.line}; border-radius: 3px; }}
    QProgressBar::chunk {{ background: {chosen.accent}; border-radius: 2px; }}
    {_boxes(chosen)}
    {_sliders(chosen)}
    """


def _boxes(chosen: Colors) -> str:
    """Boxes to tick and to choose by: the style draws their edges darker than a dark ground, unseen."""
    tick = (paths.resources() / "theme" / f"tick-{'dark' if chosen is DARK else 'light'}.svg").as_posix()
    kinds = ("QCheckBox", "QAbstractItemView", "QGroupBox")
    empty, ticked = (
        ", ".join(f"{kind}::indicator:{state}:enabled" for kind in kinds)
        for state in ("unchecked", "checked")
    )
    return f"""
    {empty} {{ border: 1px solid {chosen.quiet}; border-radius: 2px; background: {chosen.base};
                width: 12px; height: 12px; }}
    {ticked} {{ border: 1px solid {chosen.accent}; border-radius: 2px; background: {chosen.accent};
                width: 12px; height: 12px; image: url("{tick}"); }}
    QRadioButton::indicator:unchecked:enabled {{ border: 1px solid {chosen.quiet}; border-radius: 7px;
                background: {chosen.base}; width: 12px; height: 12px; }}
    QRadioButton::indicator:checked:enabled {{ border: 4px solid {chosen.accent}; border-radius: 7px;
                background: {chosen.on_accent}; width: 6px; height: 6px; }}
    """


def _sliders(chosen: Colors) -> str:
    """Handles that are told from the way and from the ground, and a way that ends somewhere."""
    handle = "QSlider::handle:horizontal"
    return f"""
    QSlider::groove:horizontal {{ height: 4px; border-radius: 2px; background: {chosen.line}; }}
    QSlider::sub-page:horizontal:enabled {{ border-radius: 2px; background: {chosen.accent}; }}
    {handle} {{ width: 10px; margin: -4px 0; border-radius: 6px; border: 1px solid {chosen.line};
                background: {chosen.raised}; }}
    {handle}:enabled {{ border-color: {chosen.quiet}; }}
    {handle}:enabled:hover, {handle}:enabled:focus {{ border-color: {chosen.accent};
                background: {chosen.accent}; }}
    """
