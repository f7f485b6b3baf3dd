"""The history of a case: who did what when, whether the record holds, and a file of it to hand on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from ml.report.words import count
from viewer.cases.values import AuditEntry, Json
from viewer.panels.pieces import GRID, Notice, Text, column, named

_COLUMNS = ("When", "Who", "What")
_STATES = {
    "comment": "Comment",
    "bookmarks": "Bookmarks",
    "measurements": "Measurements",
    "spacing": "Pixel size",
    "model": "Findings' rule and model",
}


class HistoryDialog(QDialog):
    """The newest entry is on top. What stands in here cannot be edited, here or anywhere."""

    export_wished = Signal()

    def __init__(self, case_name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"History of {case_name}")
        self.says = Text("Reading the history …", quiet=True, parent=self)
        self.holds = Notice(parent=self)
        self.table = QTableWidget(0, len(_COLUMNS), self)
        self.table.setHorizontalHeaderLabels(list(_COLUMNS))
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setShowGrid(False)
        self.table.setWordWrap(False)
        self.table.horizontalHeader().setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        self.table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        named(self.table, "History of the case", "Who did what when; the newest is on top")
        self.export_button = QPushButton("Export…", self)
        named(self.export_button, "Export the history", "Write all entries with their hashes into a file")
        self.export_button.setEnabled(False)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.addButton(self.export_button, QDialogButtonBox.ButtonRole.ActionRole)
        layout = column(self, margin=4 * GRID)
        for widget in (self.says, self.table, self.holds, buttons):
            layout.addWidget(widget, int(widget is self.table))
        self.resize(180 * GRID, 120 * GRID)
        self.export_button.clicked.connect(self.export_wished)
        buttons.rejected.connect(self.reject)

    def show_entries(
        self, entries: tuple[AuditEntry, ...], names: Mapping[int, str], broken: AuditEntry | None
    ) -> None:
        """`names` are those of the items by their ids; `broken` is the first entry that does not hold."""
        self.says.say("" if entries else "Nothing has been done with this case yet.")
        self.export_button.setEnabled(bool(entries))
        self.table.setRowCount(len(entries))
        for row, entry in enumerate(reversed(entries)):
            told = (moment_in_words(entry.at), entry.author, entry_in_words(entry, names))
            for place, text in enumerate(told):
                cell = QTableWidgetItem(text)
                cell.setToolTip(f"{text}\nEntry {entry.seq}, hash {entry.hash[:16]}…")
                self.table.setItem(row, place, cell)
        self.table.resizeColumnToContents(0)
        self.table.resizeColumnToContents(1)
        if broken is not None:
            words = f"Entry {broken.seq} of the library is not as it was written. Ask who has the file."
            self.holds.say(words, "refusal")
        elif entries:
            self.holds.say(
                f"{count(len(entries), 'entry', 'entries')}; the record holds: nothing was changed later.",
                "done",
            )


def moment_in_words(at: str) -> str:
    """ "2026-03-01 14:03:27", in the time zone of this computer."""
    return f"{datetime.fromisoformat(at).astimezone():%Y-%m-%d %H:%M:%S}"


def entry_in_words(entry: AuditEntry, names: Mapping[int, str]) -> str:
    """One entry as a person would tell it: "Draw rectangle (1 added) on S12.svs"."""
    facts = entry.facts
    on = names.get(entry.item_id or 0, "")
    where = f" on {on}" if on else ""
    if entry.kind == "edit":
        return f"{facts.get('title')}{_counts(facts)}{where}"
    if entry.kind == "case changed":
        return "; ".join(f"{name.capitalize()}: {_value(value)}" for name, value in facts.items())
    if entry.kind == "state":
        return f"{_STATES.get(str(facts.get('name')), str(facts.get('name')))} changed{where}"
    if entry.kind == "analysis":
        ended = "" if facts.get("complete", True) else ", stopped"
        return f"Analysis by {facts.get('model')} {facts.get('model_version', '')}{ended}{where}".replace(
            "  ", " "
        )
    if entry.kind == "verdict":
        return f"Finding {facts.get('verdict')}{where}"
    named_ = str(facts.get("name", "")) or on
    return f"{entry.kind.capitalize()}{f': {named_}' if named_ else ''}"


def _counts(facts: Mapping[str, Json]) -> str:
    parts = [f"{facts[name]} {name}" for name in ("added", "removed") if facts.get(name)]
    if facts.get("added") == facts.get("removed") and facts.get("added"):
        parts = [f"{facts['added']} changed"]
    return f" ({', '.join(parts)})" if parts else ""


def _value(value: Json) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return str(value) or "none"
