"""How large is a pixel? Asked only when the file does not say and something needs to know."""

from __future__ import annotations

from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QWidget,
)

from ml.geometry import Size, Spacing
from ml.slide.slide import KnownSpacing
from ml.slide.spacing import STATED_RANGE
from viewer.panels.pieces import GRID, Notice, Text, column, named, row
from viewer.panels.quantities import extent, with_unit

SOURCE = "typed by the user"
LEAST, MOST = STATED_RANGE
_USUAL = (0.1, 4.0)  # µm/px of ×100 to ×2.5: outside, a second look is asked for
_PRESETS = ((40, 0.25), (20, 0.5), (10, 1.0))


class SpacingDialog(QDialog):
    """Type a pixel size, or take that of a usual objective. `spacing` holds it after *Use this size*.

    `why`: what it is needed for, where that is not plain.
    """

    def __init__(
        self, doubt_text: str, parent: QWidget | None = None, *, size: Size | None = None, why: str = ""
    ) -> None:
        super().__init__(parent)
        self._size = size  # of the slide, level-0 px: to show what the number would mean
        self.setWindowTitle("Set pixel size")
        self.spacing: KnownSpacing | None = None
        self.field = QLineEdit(self)
        self.field.setPlaceholderText("for example 0.25")
        named(self.field, "Pixel size in µm per pixel", "How many µm one pixel is wide and high")
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.accept_button = QPushButton("Use this size", self)
        named(
            self.accept_button,
            "Use this size",
            "Use this pixel size; the file stays as it is",
        )
        self.buttons.addButton(self.accept_button, QDialogButtonBox.ButtonRole.AcceptRole)
        self.notice = Notice(parent=self)
        doubt = doubt_text or "This file does not say how large a pixel is."
        self._lay_out(f"{doubt} {why}".rstrip())
        self.field.textChanged.connect(self._weigh)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self._weigh()
        self.setMinimumWidth(100 * GRID)

    def _lay_out(self, doubt_text: str) -> None:
        layout = column(self, margin=4 * GRID, gap=3 * GRID)
        layout.addWidget(Text(doubt_text, parent=self))
        layout.addWidget(Text("Type it, or take the usual size of the scan’s magnification.", parent=self))
        presets = row()
        for power, um in _PRESETS:
            button = QPushButton(f"×{power}: {with_unit(f'{um:g}', 'µm')}", self)
            named(button, f"×{power}, {um:g} µm per pixel", f"The usual pixel size of a scan at ×{power}")
            button.setAutoDefault(False)
            button.clicked.connect(lambda _=False, um=um: self.field.setText(f"{um:g}"))
            presets.addWidget(button)
        layout.addLayout(presets)
        form = QFormLayout()
        unit = QLabel("µm per pixel", self)
        unit.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        line = row(self.field, unit)
        form.addRow("&Pixel size", line)
        label = form.labelForField(line)
        if isinstance(label, QLabel):
            label.setBuddy(self.field)
        layout.addLayout(form)
        layout.addWidget(self.notice)
        layout.addStretch(1)
        layout.addWidget(self.buttons)
        self.field.setFocus()

    def accept(self) -> None:
        """Take the number, if it is one."""
        typed = typed_spacing(self.field.text())
        if typed is not None and _fits(typed):
            self.spacing = KnownSpacing(typed, SOURCE)
            super().accept()

    def _weigh(self, _: str = "") -> None:
        """Say at once what the number would mean, or why it cannot be."""
        typed = typed_spacing(self.field.text())
        fits = typed is not None and _fits(typed)
        self.accept_button.setEnabled(fits)
        self.accept_button.setDefault(fits)
        if not self.field.text().strip():
            self.notice.say("")
        elif typed is None:
            self.notice.say("This is not a number. Type one such as 0.25, or two: 0.25 × 0.5.", "warning")
        elif not fits:
            ends = with_unit(f"{LEAST:g} to {MOST:g}", "µm per pixel")
            self.notice.say(f"No microscope scan has such pixels. Type a number from {ends}.", "warning")
        else:
            self._say_what_it_means(typed)

    def _say_what_it_means(self, typed: Spacing) -> None:
        meaning = ""
        if self._size is not None:
            whole = extent(self._size.width * typed.x, self._size.height * typed.y)
            meaning = f"The whole slide would then be {whole}."
        if _USUAL[0] <= min(typed.x, typed.y) and max(typed.x, typed.y) <= _USUAL[1]:
            self.notice.say(meaning)
        else:
            self.notice.say(f"This is unusual for a slide. {meaning}".strip(), "warning")


def typed_spacing(text: str) -> Spacing | None:
    """One number for square pixels, or width × height of one; None for anything else."""
    parts = [typed_number(part) for part in text.replace("x", "×").split("×")]
    if len(parts) > 2 or any(part is None for part in parts):
        return None
    across, down = parts[0], parts[-1]
    assert across is not None
    assert down is not None
    return Spacing(across, down)


def _fits(typed: Spacing) -> bool:
    """Whether a microscope scan may have such pixels."""
    return min(typed.x, typed.y) >= LEAST and max(typed.x, typed.y) <= MOST


def typed_number(text: str) -> float | None:
    """What a person means by "0.25", "0,25" or "0.25 µm"; None where it is no finite number above 0."""
    cleaned = text.strip().removesuffix("/px").removesuffix("µm").removesuffix("um").strip()
    try:
        value = float(cleaned.replace(",", "."))
    except ValueError:
        return None
    return value if 0 < value < float("inf") else None
