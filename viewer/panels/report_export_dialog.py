"""In which formats a report goes out, and what is still missing in it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QDialog, QDialogButtonBox, QPushButton, QWidget

from ml.draft.draft import Missing
from viewer.panels.pieces import GRID, Heading, Notice, Text, column, named
from viewer.theme.colors import colors

_MOST = 6  # missing fields that have a button of their own

ABOUT = {
    "pdf": ("PDF", "To read, print and keep: tagged, PDF/A"),
    "html": ("Web page", "One file with its pictures, for any browser"),
    "docx": ("Word document", "To go on writing"),
    "xlsx": ("Spreadsheet", "Answers and all tables, a sheet each"),
    "csv": ("Tables as CSV", "One file a table"),
    "geojson": ("Annotations", "GeoJSON, as QuPath reads it"),
    "numbers": ("Results for programs", "Every patch or slice, maps, facts as JSON"),
    "dicom": ("DICOM", "The PDF in its study, and the results beside it"),
}


class ReportExportDialog(QDialog):
    """Formats are ticked; required fields that are missing are named, and one click away."""

    jump_wished = Signal(str, str)  # section, field

    def __init__(
        self,
        possible: Sequence[str],
        chosen: Sequence[str],
        missing: Sequence[Missing],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export report")
        self.setMinimumWidth(120 * GRID)
        self.boxes: dict[str, QCheckBox] = {}
        self.jumps: list[QPushButton] = []
        layout = column(self, margin=4 * GRID, gap=2 * GRID)
        if missing:
            self._add_missing(missing)
        layout.addWidget(Heading("Formats"))
        for name in possible:
            title, tip = ABOUT[name]
            box = QCheckBox(f"{title}. {tip}")
            named(box, title, tip)
            box.setChecked(name in chosen)
            box.toggled.connect(self._enable)
            layout.addWidget(box)
            self.boxes[name] = box
        layout.addWidget(
            Text("All files go into one folder. Every page says: research use only.", quiet=True)
        )
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        words = "Export as preliminary…" if missing else "Choose folder…"
        self.go = buttons.addButton(words, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)
        self._enable()

    @property
    def chosen(self) -> tuple[str, ...]:
        """The formats that are ticked."""
        return tuple(name for name, box in self.boxes.items() if box.isChecked())

    def _add_missing(self, missing: Sequence[Missing]) -> None:
        layout = self.layout()
        assert layout is not None
        notice = Notice(parent=self)
        fields = "One field is" if len(missing) == 1 else f"{len(missing)} fields are"
        notice.say(
            f"{fields} still to be answered. Until then the report calls itself preliminary.", "warning"
        )
        layout.addWidget(notice)
        for one in missing[:_MOST]:
            button = QPushButton(f"{one.words} →")
            button.setFlat(True)
            button.setStyleSheet(f"text-align: left; color: {colors().accent}")
            button.setCursor(Qt.CursorShape.PointingHandCursor)
            named(button, f"Go to {one.words}", "Go back and answer it")
            button.clicked.connect(lambda _=False, one=one: self._jump(one))
            layout.addWidget(button)
            self.jumps.append(button)
        if len(missing) > _MOST:
            layout.addWidget(Text(f"and {len(missing) - _MOST} more", quiet=True))

    def _jump(self, one: Missing) -> None:
        self.reject()
        self.jump_wished.emit(one.section, one.field)

    def _enable(self) -> None:
        self.go.setEnabled(any(box.isChecked() for box in self.boxes.values()))
