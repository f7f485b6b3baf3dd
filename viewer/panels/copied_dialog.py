"""What a de-identified copy leaves out, and what stays in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QWidget

from ml.report.words import SPACE, count
from viewer.panels.pieces import GRID, Heading, Notice, Page, Text, column

if TYPE_CHECKING:
    from ml.deidentify.copied import Copied

_LOOK = "Tissue itself and pen marks on the glass are not looked at. Look at the copy before you hand it on."


class CopiedDialog(QDialog):
    """Shown when the copy has been written, opened again and compared."""

    def __init__(self, copied: Copied, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("De-identified copy")
        name = copied.files[0].name if len(copied.files) == 1 else copied.files[0].parent.name
        amount = f"{copied.bytes / 1e6:,.1f}{SPACE}MB"
        files = "" if len(copied.files) == 1 else f", {count(len(copied.files), 'file')}"
        self.headline = Notice(parent=self)
        self.headline.say(f"“{name}” was written ({amount}{files}). It shows the same pixels.", "done")
        page = Page(self)
        for title, lines in (
            ("Left out", copied.removed or ("nothing: there was nothing to leave out",)),
            ("Files left out", copied.left_out),
            ("Kept", copied.kept),
        ):
            _add(page, title, lines)
        page.column.addStretch(1)
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        close.rejected.connect(self.reject)
        layout = column(self, margin=3 * GRID)
        layout.addWidget(self.headline)
        layout.addWidget(page, 1)
        layout.addWidget(Text(_LOOK, quiet=True, parent=self))
        layout.addWidget(close)
        self.resize(140 * GRID, 120 * GRID)


def _add(page: Page, title: str, lines: Sequence[str]) -> None:
    if lines:
        page.column.addWidget(Heading(title))
        page.column.addWidget(Text("\n".join(f"– {line}" for line in lines)))
