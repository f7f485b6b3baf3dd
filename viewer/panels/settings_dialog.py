"""What a person may set once and for all: memory for tiles, inertia, where cases and settings lie."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QDialog, QDialogButtonBox, QFormLayout, QLineEdit, QWidget

from ml.report.words import SPACE
from viewer.panels.number_field import WholeField
from viewer.panels.pieces import GRID, Text, column, named
from viewer.settings import Settings

LEAST_MIB, MOST_MIB = 256, 65536  # a 4K screen of sharp tiles and their neighbours takes 200


class SettingsDialog(QDialog):
    """Writes into `settings` when it is accepted. Theme and panels have their own commands in the menu."""

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self.setWindowTitle("Settings")
        self.cache = WholeField(self)
        self.cache.setRange(LEAST_MIB, MOST_MIB)
        self.cache.setSuffix(f"{SPACE}MiB")
        self.cache.setValue(settings.cache_mib)
        named(self.cache, "Memory for the picture", "Up to this size, tiles that were seen are kept")
        self.inertia = QCheckBox("The picture glides on after a drag", self)
        self.inertia.setChecked(settings.inertia)
        named(self.inertia, "Inertia", "Let go while dragging, and the picture glides on for a moment")
        self.library = QLineEdit(settings.library, self)
        self.library.setPlaceholderText("On this computer")
        named(self.library, "Case library", "The address of your department's: postgresql://…")
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, self
        )
        form = QFormLayout()
        form.setHorizontalSpacing(3 * GRID)
        form.setVerticalSpacing(2 * GRID)
        form.addRow("Memory for the picture", self.cache)
        form.addRow("", self.inertia)
        form.addRow("Case library", self.library)
        layout = column(self, margin=4 * GRID, gap=3 * GRID)
        layout.addLayout(form)
        library = "Another case library is opened at the next start. Leave it empty for one on this computer."
        layout.addWidget(Text(library, quiet=True, parent=self))
        where = f"Settings are kept in {settings.path}. A line “keys/NAME=…” there changes a key."
        layout.addWidget(Text(where, quiet=True, parent=self))
        layout.addWidget(buttons)
        self.setMinimumWidth(110 * GRID)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)

    def accept(self) -> None:
        """Keep what is set."""
        self._settings.cache_mib = self.cache.value()
        self._settings.inertia = self.inertia.isChecked()
        self._settings.library = self.library.text().strip()
        super().accept()
