"""The pages of a report beside what is being written, with their zoom and what could not be put into them."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QToolButton, QWidget

from viewer.panels.pdf_view import PdfView
from viewer.panels.pieces import Notice, column, named, row
from viewer.panels.quantities import with_unit


class PagesPane(QWidget):
    """Pages, larger and smaller."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view = PdfView(self)
        self.notice = Notice(parent=self)
        zoom = QLabel(self)
        smaller = tool_button("−", "Show the pages smaller")
        larger = tool_button("+", "Show the pages larger")
        fit = tool_button("Fit width", "As wide as there is room")
        smaller.clicked.connect(self.view.zoom_out)
        larger.clicked.connect(self.view.zoom_in)
        fit.clicked.connect(self.view.fit_width)
        self.view.zoomed.connect(lambda times: zoom.setText(with_unit(f"{times * 100:.0f}", "%")))
        self.view.failed.connect(lambda why: self.notice.say(why, "refusal"))
        above = row(smaller, zoom, larger, fit)
        above.addStretch(1)
        layout = column(self)
        layout.addLayout(above)
        layout.addWidget(self.notice)
        layout.addWidget(self.view, 1)


def tool_button(text: str, tip: str) -> QToolButton:
    """A small button with words on it; one of a single sign is called by its tip."""
    button = QToolButton()
    button.setText(text)
    named(button, text if len(text) > 1 else tip, tip)
    return button
