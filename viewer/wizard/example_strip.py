"""A few pictures in a row with words under them: as the network sees them, or what it says of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QToolButton, QVBoxLayout, QWidget

from viewer.panels.pieces import GRID, clear, in_order
from viewer.work.surveying import Place, Thumbnails


@dataclass(frozen=True)
class Tile:
    """One picture and what is written under it, a line each."""

    path: Path | None  # None: no picture can be shown
    lines: tuple[str, ...]
    tip: str = ""
    place: Place | None = None  # of a slide: which part of it


class ExampleStrip(QScrollArea):
    """Scrolls sideways; pictures come as they are read. `clickable`: `chosen` tells the number of one."""

    chosen = Signal(int)

    def __init__(self, edge: int = 96, parent: QWidget | None = None, *, clickable: bool = False) -> None:
        super().__init__(parent)
        self._edge, self._clickable = edge, clickable
        self.tiles: tuple[Tile, ...] = ()
        self.pictures: list[QLabel | QToolButton] = []
        self._words: list[list[QLabel]] = []
        self.thumbnails = Thumbnails(edge, self)
        self.thumbnails.made.connect(self._show_picture)
        body = QWidget(self)
        self._row = QHBoxLayout(body)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(3 * GRID)
        self._row.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.setWidget(body)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus if clickable else Qt.FocusPolicy.StrongFocus)
        self.setProperty("keys", not clickable)  # keys scroll it: the style sheet shows that it has them
        self.setAccessibleName("Pictures")
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setAutoFillBackground(False)
        body.setAutoFillBackground(False)

    def show_tiles(self, tiles: tuple[Tile, ...]) -> None:
        """Show these; as many as there were, with as many lines, take the same places."""
        if tiles == self.tiles:
            return
        before, self.tiles = self.tiles, tiles
        if [len(tile.lines) for tile in tiles] == [len(tile.lines) for tile in before]:
            for number, tile in enumerate(tiles):
                if tile != before[number]:
                    self._fill(number, tile)
            return
        clear(self._row)
        self.pictures.clear()
        self._words.clear()
        for number, tile in enumerate(tiles):
            self._row.addLayout(self._laid(tile))
            self._fill(number, tile)
        in_order(self, *self.pictures)
        lines = max((len(tile.lines) for tile in tiles), default=0)
        bar = self.horizontalScrollBar().sizeHint().height()
        extra = 2 * GRID if self._clickable else 0
        self.setFixedHeight(self._edge + extra + lines * (self.fontMetrics().height() + 2) + bar + 2 * GRID)

    def close_work(self) -> None:
        """Read no more pictures."""
        self.thumbnails.close()

    def _laid(self, tile: Tile) -> QVBoxLayout:
        layout = QVBoxLayout()
        layout.setSpacing(2)
        layout.setAlignment(Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self._frame())
        labels = [QLabel(self) for _ in tile.lines]
        for label in labels:
            label.setTextFormat(Qt.TextFormat.PlainText)
            layout.addWidget(label)
        self._words.append(labels)
        return layout

    def _fill(self, number: int, tile: Tile) -> None:
        """Its words at once; its picture when it is read, and none until then: never another one's."""
        frame = self.pictures[number]
        frame.setToolTip(tile.tip)
        frame.setAccessibleName(", ".join(tile.lines))
        for words, label in zip(tile.lines, self._words[number], strict=True):
            label.setText(words)
            label.setToolTip(tile.tip or words)
        image = None if tile.path is None else self.thumbnails.of(tile.path, tile.place)
        self._put(frame, QPixmap() if image is None else QPixmap.fromImage(image))

    def _frame(self) -> QLabel | QToolButton:
        """Where a picture comes: a button where one may click on it."""
        size = QSize(self._edge, self._edge)
        made: QLabel | QToolButton
        if self._clickable:
            made = QToolButton(self)
            made.setAutoRaise(True)
            made.setIconSize(size)
            made.setFixedSize(size + QSize(2 * GRID, 2 * GRID))
            number = len(self.pictures)
            made.clicked.connect(lambda: self.chosen.emit(number))
        else:
            made = QLabel(self)
            made.setAlignment(Qt.AlignmentFlag.AlignCenter)
            made.setFixedSize(size)
        self.pictures.append(made)
        return made

    def _filling(self, pixmap: QPixmap) -> QPixmap:
        """A small picture is enlarged: what is to be looked at closely shall not be the smallest."""
        if max(pixmap.width(), pixmap.height()) >= self._edge or pixmap.isNull():
            return pixmap
        keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        return pixmap.scaled(self._edge, self._edge, keep, smooth)

    def _show_picture(self, path: Path) -> None:
        for tile, frame in zip(self.tiles, self.pictures, strict=True):
            image = self.thumbnails.of(path, tile.place) if tile.path == path else None
            if image is not None:
                self._put(frame, QPixmap.fromImage(image))

    def _put(self, frame: QLabel | QToolButton, pixmap: QPixmap) -> None:
        filling = self._filling(pixmap)
        if isinstance(frame, QLabel):
            frame.setPixmap(filling)
        else:
            frame.setIcon(QIcon(filling))
