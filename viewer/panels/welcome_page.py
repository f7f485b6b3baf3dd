"""What stands where the picture will be, while no slide is open."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from viewer.panels.pieces import GRID, Heading, PrimaryButton, Text, clear, column, named, row

_SHOWN = 8
_WIDTH = 100 * GRID  # of the column, px


class WelcomePage(QWidget):
    """One sentence, three buttons, the files of last time."""

    open_wished = Signal()
    folder_wished = Signal()
    samples_wished = Signal()
    archives_wished = Signal()
    file_wished = Signal(object)  # Path

    def __init__(self, recent: Sequence[Path] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        title = QLabel("Open a slide or CT to begin", self)
        font = title.font()
        font.setPointSizeF(font.pointSizeF() * 1.6)
        title.setFont(font)
        sentence = Text(
            "Drop a slide, a picture or a folder of CT here, or open one: then draw a region and measure it, "
            "or let a model look at it.",
            parent=self,
        )
        self._make_buttons()
        self._heading = Heading("Recent files", self)
        self._buttons: list[RecentFile] = []
        self._recent: QVBoxLayout = column(gap=0)
        middle = QWidget(self)
        middle.setFixedWidth(_WIDTH)
        sentence.setMinimumHeight(sentence.heightForWidth(_WIDTH))  # a centred column does not ask for it
        inside = column(middle, gap=3 * GRID)
        inside.addWidget(title)
        inside.addWidget(sentence)
        buttons = row(self.open_button, self.folder_button, self.archives_button, self.samples_button)
        buttons.addStretch(1)
        inside.addLayout(buttons)
        inside.addSpacing(4 * GRID)
        inside.addWidget(self._heading)
        inside.addLayout(self._recent)
        outside = column(self, margin=6 * GRID)
        outside.addStretch(2)
        outside.addWidget(middle, 0, Qt.AlignmentFlag.AlignHCenter)
        outside.addStretch(3)
        middle.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Maximum)
        self.set_recent(recent)

    def _make_buttons(self) -> None:
        self.open_button = PrimaryButton("Open…", self)
        named(self.open_button, "Open", "Open a slide, a picture or CT from a file")
        self.folder_button = QPushButton("Open folder…", self)
        self.folder_button.setMinimumHeight(9 * GRID)
        named(self.folder_button, "Open a folder", "Open the CT series or the DICOM slide of a folder")
        self.samples_button = QPushButton("Samples", self)
        self.samples_button.setMinimumHeight(9 * GRID)
        named(self.samples_button, "Samples", "Open one of the pictures that come with Parfocal")
        self.archives_button = QPushButton("Archive…", self)
        self.archives_button.setMinimumHeight(9 * GRID)
        named(self.archives_button, "Archives", "Find studies in a picture archive (PACS) and open them")
        self.archives_button.clicked.connect(self.archives_wished)
        self.open_button.clicked.connect(self.open_wished)
        self.folder_button.clicked.connect(self.folder_wished)
        self.samples_button.clicked.connect(self.samples_wished)

    def set_recent(self, recent: Sequence[Path]) -> None:
        """Show other recent files, the newest first."""
        clear(self._recent)
        self._buttons = []
        self._heading.setVisible(bool(recent))
        for path in list(recent)[:_SHOWN]:
            button = RecentFile(path, self)
            button.clicked.connect(lambda _=False, path=path: self.file_wished.emit(path))
            self._recent.addWidget(button)
            self._buttons.append(button)

    @property
    def recent_buttons(self) -> list[RecentFile]:
        """The recent files, as they stand on the page."""
        return list(self._buttons)


class RecentFile(QPushButton):
    """One file of last time: its name, and where it lies in quieter letters."""

    def __init__(self, path: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.path = path
        self.setFlat(True)
        self.setMinimumHeight(8 * GRID)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        named(self, f"Open {path.name}", f"Open {path}")
        name = QLabel(path.name, self)
        folder = Text(path.parent.name, quiet=True, parent=self)
        folder.setWordWrap(False)
        for label in (name, folder):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
            label.setTextFormat(Qt.TextFormat.PlainText)
        line = row(name, folder)
        line.setContentsMargins(2 * GRID, 0, 2 * GRID, 0)
        line.addStretch(1)
        self.setLayout(line)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
