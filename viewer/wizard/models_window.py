"""The person's models: where each comes from, its report, and how to be rid of one."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QDialog,
    QListWidget,
    QListWidgetItem,
    QMessageBox,
    QVBoxLayout,
    QWidget,
)

from ml.zoo.store import ModelEntry
from viewer.panels.pieces import GRID, Heading, Notice, Page, Text, clear, column, named, push_button, row
from viewer.wizard.desk import OUT, trainings_folder
from viewer.wizard.origin_words import loss_in_words, origin_in_words
from viewer.work.model_shelf import Dependents, ModelShelf
from viewer.work.models import ModelList

Uses = Callable[[str, Callable[[tuple[str, ...]], None]], None]
"""Asks which files were analyzed by the model of this name, and tells their names when it knows."""

_SIZE = QSize(760, 480)


class ModelsWindow(QDialog):
    """Follows the list of models; `uses` is asked before one is deleted."""

    removed = Signal(str)
    retrain_wished = Signal(str)  # name of the model to go on from

    def __init__(self, models: ModelList, uses: Uses, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._models, self._uses = models, uses
        self._entries: tuple[ModelEntry, ...] = ()
        self.shelf = ModelShelf(self)
        self.setWindowTitle("Your models – Parfocal")
        self.resize(_SIZE)
        self.list = QListWidget(self)
        self.list.setFixedWidth(64 * GRID)
        self.list.setWordWrap(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        named(self.list, "Models", "Choose one to see where it comes from")
        self.title = Heading("", self)
        self.page = Page(self)
        self.page.column.setContentsMargins(0, 0, 0, 0)
        self._lines: QVBoxLayout = column(gap=2 * GRID)
        self.page.column.addLayout(self._lines)
        self.page.column.addStretch(1)
        self.notice = Notice(parent=self)
        self.report_button = push_button("Report as PDF", "Open the report of its training", self)
        tip = "Train again as this model was, with what people said of its findings since"
        self.retrain_button = push_button("Retrain from here…", tip, self)
        self.delete_button = push_button("Delete…", "See what depends on it, then delete it or not", self)
        self.close_button = push_button("Close", "Close this window", self)
        self._lay_out()
        self._connect()
        models.read()

    @property
    def entry(self) -> ModelEntry | None:
        """The chosen model."""
        place = self.list.currentRow()
        return self._entries[place] if 0 <= place < len(self._entries) else None

    def show_models(self, entries: tuple[ModelEntry, ...]) -> None:
        """List these; a person's own first."""
        before = self.entry.name if self.entry is not None else ""
        self._entries = tuple(sorted(entries, key=lambda entry: entry.builtin))
        self.list.blockSignals(True)
        self.list.clear()
        for entry in self._entries:
            card = entry.card
            title = f"{card.title or card.name} {card.version}" if card else f"{entry.name} (refused)"
            self.list.addItem(QListWidgetItem(f"{title}{' · comes with Parfocal' if entry.builtin else ''}"))
        names = [entry.name for entry in self._entries]
        self.list.setCurrentRow(names.index(before) if before in names else 0)
        self.list.blockSignals(False)
        self._show()

    def done(self, result: int) -> None:
        """Closed: wait for what is under way."""
        self._models.listed.disconnect(self.show_models)
        self.shelf.close()
        super().done(result)

    def _show(self) -> None:
        entry = self.entry
        card = entry.card if entry is not None else None
        self.title.setText((card.title or card.name) if card else entry.name if entry else "")
        clear(self._lines)
        lines = origin_in_words(card, self._entries) if card else ()
        if entry is not None and entry.problem is not None:
            lines = (("Refused", str(entry.problem)),)
        for name, text in lines:
            pair = QWidget(self)
            inside = column(pair, gap=0)
            inside.addWidget(Text(name, quiet=True, parent=pair))
            inside.addWidget(Text(text, parent=pair))
            self._lines.addWidget(pair)
        self.retrain_button.setEnabled(card is not None)
        self.report_button.setVisible(self._report() is not None)
        self.delete_button.setEnabled(entry is not None and not entry.builtin)

    def _report(self) -> QUrl | None:
        card = self.entry.card if self.entry is not None else None
        if card is None or not card.lineage.training:
            return None
        path = trainings_folder() / card.lineage.training / OUT / "report.pdf"
        return QUrl.fromLocalFile(str(path)) if path.is_file() else None

    def _open_report(self) -> None:
        report = self._report()
        if report is not None:
            QDesktopServices.openUrl(report)

    def _retrain(self) -> None:
        if self.entry is not None:
            self.retrain_wished.emit(self.entry.name)

    def _wish(self) -> None:
        if self.entry is not None:
            self.notice.say("")
            self.shelf.look(self.entry)

    def _know(self, found: Dependents) -> None:
        self._uses(found.entry.name, lambda uses: self._ask(found, uses))

    def _ask(self, found: Dependents, uses: tuple[str, ...]) -> None:
        if not self.isVisible():
            return
        card = found.entry.card
        title = (card.title or card.name) if card else found.entry.name
        words = loss_in_words(title, found.children, uses)
        buttons = QMessageBox.StandardButton
        asked = QMessageBox.question(
            self, "Delete the model?", words, buttons.Yes | buttons.Cancel, buttons.Cancel
        )
        if asked == buttons.Yes:
            self.shelf.remove(found.entry)

    def _gone(self, name: str) -> None:
        self.notice.say(f"“{name}” is deleted.", "done")
        self.removed.emit(name)
        self._models.read()

    def _lay_out(self) -> None:
        right = column()
        for widget in (self.title, self.page, self.notice):
            right.addWidget(widget, int(widget is self.page))
        foot = row(self.report_button, self.retrain_button, self.delete_button)
        foot.addStretch(1)
        foot.addWidget(self.close_button)
        right.addLayout(foot)
        whole = row(self.list, gap=3 * GRID)
        whole.addLayout(right, 1)
        whole.setContentsMargins(3 * GRID, 3 * GRID, 3 * GRID, 3 * GRID)
        self.setLayout(whole)
        self.setWindowFlag(Qt.WindowType.Window)

    def _connect(self) -> None:
        self._models.listed.connect(self.show_models)
        self.list.currentRowChanged.connect(lambda _: self._show())
        self.report_button.clicked.connect(self._open_report)
        self.retrain_button.clicked.connect(self._retrain)
        self.delete_button.clicked.connect(self._wish)
        self.close_button.clicked.connect(self.close)
        self.shelf.known.connect(self._know)
        self.shelf.removed.connect(self._gone)
        self.shelf.failed.connect(lambda problem: self.notice.say(str(problem), "refusal"))
