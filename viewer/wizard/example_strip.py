"""A few pictures in a row with words under them: as the network sees them, or what it says of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from viewer.panels.pieces import GRID, clear
from viewer.work.surveying import Thumbnails


@dataclass(frozen=True)
class Tile:
    """One picture and what is written under it, a line each."""

    path: Path | None  # None: no picture can be shown
    lines: tuple[str, ...]
    tip: str = ""


class ExampleStrip(QScrollArea):
    """Scrolls sideways; pictures come as they are read."""

    def __init__(self, edge: int = 96, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._edge = edge
        self.tiles: tuple[Tile, ...] = ()
        self._labels: list[tuple[Path, QLabel]] = []
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
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setAutoFillBackground(False)
        body.setAutoFillBackground(False)

    def show_tiles(self, tiles: tuple[Tile, ...]) -> None:
        """Show these; the same pictures with other words keep their places."""
        if tiles == self.tiles:
            return
        same = [tile.path for tile in tiles] == [tile.path for tile in self.tiles]
        self.tiles = tiles
        if same and all(len(t.lines) == len(w) for t, w in zip(tiles, self._words, strict=True)):
            for tile, labels in zip(tiles, self._words, strict=True):
                for words, label in zip(tile.lines, labels, strict=True):
                    label.setText(words)
            return
        clear(self._row)
        self._labels.clear()
        self._words.clear()
        for tile in tiles:
            self._row.addLayout(self._laid(tile))
        lines = max((len(tile.lines) for tile in tiles), default=0)
        bar = self.horizontalScrollBar().sizeHint().height()
        self.setFixedHeight(self._edge + lines * (self.fontMetrics().height() + 2) + bar + 2 * GRID)

    def close_work(self) -> None:
        """Read no more pictures."""
        self.thumbnails.close()

    def _laid(self, tile: Tile) -> QVBoxLayout:
        layout = QVBoxLayout()
        layout.setSpacing(2)
        layout.setAlignment(Qt.AlignmentFlag.AlignTop)
        picture = QLabel(self)
        picture.setFixedSize(QSize(self._edge, self._edge))
        picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        picture.setToolTip(tile.tip)
        picture.setAccessibleName(", ".join(tile.lines))
        layout.addWidget(picture)
        labels = []
        for words in tile.lines:
            label = QLabel(words, self)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setToolTip(tile.tip or words)
            labels.append(label)
            layout.addWidget(label)
        self._words.append(labels)
        if tile.path is not None:
            self._labels.append((tile.path, picture))
            self._show_picture(tile.path)
        return layout

    def _show_picture(self, path: Path) -> None:
        image = self.thumbnails.of(path)
        if image is None:
            return
        for one, label in self._labels:
            if one == path:
                label.setPixmap(QPixmap.fromImage(image))
