"""The window in which a report is written: sections and their contents at the left, pages at the right."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QKeySequence, QShortcut, QUndoStack
from PySide6.QtWidgets import QComboBox, QDialog, QLabel, QPushButton, QSplitter, QToolButton, QWidget

from ml.draft.compose import Drawn
from ml.draft.draft import (
    Draft,
)
from ml.draft.evidence import Evidence
from ml.draft.template import Template
from ml.errors import Problem
from viewer.panels.links import Links
from viewer.panels.pieces import GRID, Notice, PrimaryButton, Text, column, named, row
from viewer.panels.report_edits import DraftEdits
from viewer.panels.report_pages import PagesPane, tool_button
from viewer.panels.report_parts import SectionParts
from viewer.panels.report_sections import SectionsView
from viewer.state.drafting import Drafting

_SET_MS = 500  # after the last edit: the pages are set anew


class ReportEditor(QDialog):
    """Follows a draft. It asks for what it cannot do itself: pages, snapshots, files, the export."""

    pages_wished = Signal(object)  # Draft
    template_wished = Signal(object)  # Template
    snapshot_wished = Signal(str)  # key of the section of figures that it goes to
    file_wished = Signal(str)  # the same, for a picture of a file
    logo_wished = Signal()
    export_wished = Signal()

    def __init__(
        self,
        drafting: Drafting,
        evidence: Evidence,
        templates: Sequence[Template],
    ) -> None:
        super().__init__(None, Qt.WindowType.Window)  # no parent: the slide can come to the front
        self.setWindowTitle(f"Report: {evidence.name}")
        self.drafting, self.evidence = drafting, evidence
        self._links = Links()
        self._edits = DraftEdits(drafting, self)
        self.notice = Notice(parent=self)
        self.template = QComboBox(self)
        named(self.template, "Template", "Which sections the report has, and what is asked in it")
        for one in templates:
            self.template.addItem(f"{one.title} (own)" if one.own else one.title, one)
            self.template.setItemData(self.template.count() - 1, one.about, Qt.ItemDataRole.ToolTipRole)
        self.sections = SectionsView(drafting.draft.subject, self)
        self.parts = SectionParts(drafting.store.picture, self)
        self.pages = PagesPane(self)
        self.view, self.page_notice = self.pages.view, self.pages.notice
        self.outcome = Notice("Open folder", "Show the folder that the report lies in", self)
        self.kept = Text(quiet=True, parent=self)
        self.missing = QPushButton(self)
        self.missing.setFlat(True)
        self._folder: Path | None = None  # of what was written last
        self.export_button = PrimaryButton("Export…", self)
        named(self.export_button, "Export", "Write the report as PDF, Word, tables (Ctrl+E)")
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_SET_MS)
        self._soon.timeout.connect(lambda: self.pages_wished.emit(self.drafting.draft))
        self._lay_out()
        self._connect()
        self.resize(1280, 800)
        self.show_draft(drafting.draft)

    def set_evidence(self, evidence: Evidence, stale: str = "") -> None:
        """Other results, or more was drawn: everything follows. `stale` says how they fell behind."""
        self.evidence = evidence
        if evidence.analyzed:
            self.notice.say(stale, "warning")
        else:
            self.notice.say("Nothing analyzed yet: the report holds what you write, draw and add.", "info")
        self.show_draft(self.drafting.draft)

    def show_draft(self, draft: Draft) -> None:
        """Show a draft everywhere, and have its pages set soon."""
        missing = draft.missing
        with QSignalBlocker(self.template):
            names = [self.template.itemData(n).name for n in range(self.template.count())]
            self.template.setCurrentIndex(names.index(draft.template) if draft.template in names else -1)
        self.sections.show_draft(draft, frozenset(one.section for one in missing))
        count = len(missing)
        words = "All required fields are answered"
        if missing:
            words = "1 field to be answered →" if count == 1 else f"{count} fields to be answered →"
        self.missing.setText(words)
        self.missing.setEnabled(bool(count))
        tip = "; ".join(one.words for one in missing) or words
        named(self.missing, words, f"Go to: {tip}" if count else tip)
        self._soon.start()

    def show_pages(self, pdf: bytes, problems: Sequence[Problem]) -> None:
        """Show the pages of the newest draft, and what could not be put into them."""
        self.page_notice.say("\n".join(str(problem) for problem in problems), "warning")
        self.view.show_pdf(pdf)

    def show_writing(self, words: str) -> None:
        """Say that files are being written; empty: they are."""
        self.export_button.setEnabled(not words)
        self.export_button.setText(words or "Export…")
        self.outcome.say("")

    def show_written(self, words: str, folder: Path) -> None:
        """Say what was written, and where."""
        self._folder = folder
        self.outcome.say(words, "done")

    def show_fault(self, problem: Problem) -> None:
        """The pages could not be set; what was there stays."""
        self.page_notice.say(str(problem), "refusal")

    def show_drawn(self, drawn: Drawn) -> None:
        """Thumbnails of automatic figures."""
        self.parts.figures.set_thumbs({name: plates[0].data for name, plates in drawn.items() if plates})

    def go_to(self, section: str, field: str) -> None:
        """Look at a section, and put the cursor into one of its fields."""
        self.sections.choose(section)
        self.parts.go_to(field)
        self.raise_()
        self.activateWindow()

    def done(self, result: int) -> None:
        """Closed: nothing is set any more; the draft is written down."""
        self._soon.stop()
        self.view.close_pdf()
        self._links.drop()
        self.drafting.close()
        super().done(result)

    # ------------------------------------------------------------------ inside

    def _lay_out(self) -> None:
        whole = QSplitter(Qt.Orientation.Horizontal, self)
        whole.addWidget(self._left())
        whole.addWidget(self.pages)
        whole.setSizes([152 * GRID, 162 * GRID])
        whole.setChildrenCollapsible(False)
        whole.setHandleWidth(1)
        self.pages.setContentsMargins(2 * GRID, 0, 0, 0)
        below = row(self.kept, self.missing)
        below.addStretch(1)
        close = QPushButton("Close")
        named(close, "Close", "The draft is kept and opened again with this slide or series")
        close.setAutoDefault(False)
        close.clicked.connect(self.reject)
        below.addWidget(close)
        below.addWidget(self.export_button)
        outer = column(self, margin=3 * GRID)
        outer.addWidget(whole, 1)
        outer.addWidget(self.outcome)
        outer.addLayout(below)

    def _left(self) -> QWidget:
        label = QLabel("Template")
        label.setBuddy(self.template)
        above = row(label, self.template, *_undo_buttons(self.drafting.undo, self._links))
        above.setStretch(1, 1)
        inner = QSplitter(Qt.Orientation.Horizontal, self)
        inner.addWidget(self.sections)
        inner.addWidget(self.parts)
        inner.setSizes([44 * GRID, 84 * GRID])
        inner.setChildrenCollapsible(False)
        inner.setHandleWidth(1)
        self.parts.setContentsMargins(2 * GRID, 0, 0, 0)
        self.sections.setContentsMargins(0, 0, 2 * GRID, 0)
        left = QWidget(self)
        layout = column(left)
        layout.addLayout(above)
        layout.addWidget(self.notice)
        layout.addWidget(inner, 1)
        left.setContentsMargins(0, 0, 2 * GRID, 0)
        return left

    def _connect(self) -> None:
        drafting, parts = self.drafting, self.parts
        self._links.follow(drafting.changed, self._take)
        self._links.follow(drafting.kept, lambda: self.kept.setText("Kept"))
        self._links.follow(drafting.not_kept, lambda problem: self.notice.say(str(problem), "refusal"))
        self.template.activated.connect(lambda n: self.template_wished.emit(self.template.itemData(n)))
        self.sections.chosen.connect(self._show_section)
        self.sections.ordered.connect(self._edits.reorder)
        self.sections.ticked.connect(self._edits.tick)
        self.sections.add_wished.connect(self._add)
        self.sections.remove_wished.connect(self._edits.take_out)
        parts.header_changed.connect(self._edits.put_header)
        parts.section_changed.connect(self._edits.put)
        parts.answered.connect(self._edits.answer)
        parts.snapshot_wished.connect(lambda: self.snapshot_wished.emit(self.sections.current))
        parts.file_wished.connect(lambda: self.file_wished.emit(self.sections.current))
        parts.logo_wished.connect(self.logo_wished)
        self.export_button.clicked.connect(self.export_wished)
        self.missing.clicked.connect(self._go_to_missing)
        self.outcome.wished.connect(lambda: _open(self._folder))
        keys: Mapping[str, Callable[[], object]] = {
            "Ctrl+Z": drafting.undo.undo,
            "Ctrl+Y": drafting.undo.redo,
            "Ctrl+E": self.export_wished.emit,
            "Ctrl+Shift+C": lambda: self.snapshot_wished.emit(self.sections.current),
        }
        for key, action in keys.items():
            QShortcut(QKeySequence(key), self, action)

    def _take(self, draft: Draft) -> None:
        self.kept.setText("Keeping …")
        self.show_draft(draft)

    def _show_section(self, key: str) -> None:
        self.parts.show_section(self.drafting.draft, key, self.evidence)

    def _add(self, kind: str, table: str) -> None:
        self.sections.choose(self._edits.add(kind, table, self.sections.current))

    def _go_to_missing(self) -> None:
        for one in self.drafting.draft.missing[:1]:
            self.go_to(one.section, one.field)


def _undo_buttons(stack: QUndoStack, links: Links) -> tuple[QToolButton, QToolButton]:
    """Undo and redo of the draft."""
    undo, redo = tool_button("Undo", "Take back the last edit"), tool_button("Redo", "Do it again")
    undo.clicked.connect(stack.undo)
    redo.clicked.connect(stack.redo)
    links.follow(stack.canUndoChanged, undo.setEnabled)
    links.follow(stack.canRedoChanged, redo.setEnabled)
    undo.setEnabled(stack.canUndo())
    redo.setEnabled(stack.canRedo())
    return undo, redo


def _open(folder: Path | None) -> None:
    """Show a folder in the system's file window."""
    if folder is not None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
