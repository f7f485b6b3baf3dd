"""The contents of the section that is looked at, whatever its kind."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QStackedWidget, QWidget

from ml.draft.compose import text_of
from ml.draft.draft import (
    AnySection,
    Draft,
    FigureSection,
    FormSection,
    TableSection,
    TextSection,
)
from ml.draft.evidence import Evidence
from ml.draft.field import Field
from ml.errors import Problem
from ml.report.words import count
from viewer.panels.pieces import Page, Text, column, named
from viewer.panels.report_figures import FiguresView, Kept
from viewer.panels.report_form import FormView
from viewer.panels.report_head import HeadView
from viewer.panels.report_sections import HEAD
from viewer.panels.report_text import TextSectionView


class SectionParts(QWidget):
    """One page a kind of section. It tells edits; the draft comes back by `show_section`."""

    header_changed = Signal(object, str)  # Header, place
    section_changed = Signal(object, str, str)  # section, what was done, place
    answered = Signal(str, str, object)  # section, field, Value
    snapshot_wished = Signal()
    file_wished = Signal()
    logo_wished = Signal()

    def __init__(self, kept: Kept, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._key = HEAD
        self._section: AnySection | None = None
        self.title = QLineEdit(self)
        named(self.title, "Title of the section", "As it shall stand in the report")
        self.head = HeadView(kept, self)
        self.text = TextSectionView(self)
        self.figures = FiguresView(kept, self)
        self.form_page = Page(self)
        self.form: FormView | None = None
        self._fields: tuple[Field, ...] | None = None
        self.about = Text(quiet=True, parent=self)
        other = QWidget(self)
        beside = column(other)
        beside.addWidget(self.about)
        beside.addStretch(1)
        self.stack = QStackedWidget(self)
        for widget in (self.head, self.text, self.figures, self.form_page, other):
            self.stack.addWidget(widget)
        self._other = other
        layout = column(self)
        layout.addWidget(self.title)
        layout.addWidget(self.stack, 1)
        self._connect()

    def show_section(self, draft: Draft, key: str, evidence: Evidence) -> None:
        """Show one section of a draft, or its head."""
        self._key = key
        self.title.setVisible(key != HEAD)
        if key == HEAD:
            self._section = None
            self.head.show_header(draft.header)
            self.stack.setCurrentWidget(self.head)
            return
        self._section = section = draft.section(key)
        if self.title.text() != section.title:
            self.title.setText(section.title)
        if isinstance(section, TextSection):
            self._show_text(section, draft, evidence)
        elif isinstance(section, FormSection):
            self._show_form(section)
        elif isinstance(section, FigureSection):
            self.figures.show_section(section, evidence.figures)
            self.stack.setCurrentWidget(self.figures)
        else:
            self.about.setText(_about(section, evidence))
            self.stack.setCurrentWidget(self._other)

    def go_to(self, field: str) -> None:
        """Put the cursor into a field of what is shown."""
        form = self.head.form if self._key == HEAD else self.form
        if form is not None:
            form.go_to(field)

    def _connect(self) -> None:
        self.head.changed.connect(self.header_changed)
        self.head.answered.connect(lambda name, value: self.answered.emit(HEAD, name, value))
        self.head.logo_wished.connect(self.logo_wished)
        self.text.edited.connect(self._type)
        self.text.reset_wished.connect(self._reset)
        self.title.textEdited.connect(lambda text: self._put("Rename section", "title", title=text))
        self.figures.changed.connect(lambda section, what: self.section_changed.emit(section, what, ""))
        self.figures.snapshot_wished.connect(self.snapshot_wished)
        self.figures.file_wished.connect(self.file_wished)

    def _show_text(self, section: TextSection, draft: Draft, evidence: Evidence) -> None:
        text, problem = "", ""
        try:
            text = text_of(section, evidence, draft)
        except Problem as found:
            problem = str(found)
        own = section.text is not None
        self.text.show_text(text, own=own, worded=bool(section.words.strip()), problem=problem)
        self.stack.setCurrentWidget(self.text)

    def _show_form(self, section: FormSection) -> None:
        if self.form is None or section.fields != self._fields or self.form.objectName() != section.key:
            if self.form is not None:
                self.form.hide()
                self.form_page.column.removeWidget(self.form)
                self.form.deleteLater()
            self._fields = section.fields
            self.form = FormView(section.fields, self)
            self.form.setObjectName(section.key)
            self.form.answered.connect(lambda name, value: self.answered.emit(self._key, name, value))
            self.form_page.column.insertWidget(0, self.form)
            self.form_page.column.addStretch(1)
        self.form.show_values(section.values)
        self.stack.setCurrentWidget(self.form_page)

    def _type(self, text: str) -> None:
        self._put("Type", "text", text=text)

    def _reset(self) -> None:
        self._put("Take the template's words", "", text=None)

    def _put(self, what: str, place: str, **changes: object) -> None:
        if self._section is not None:
            self._section = replace(self._section, **changes)  # type: ignore[arg-type]
            self.section_changed.emit(self._section, what, place)


def _about(section: AnySection, evidence: Evidence) -> str:
    """What a section that cannot be edited will hold."""
    if isinstance(section, TableSection):
        grid = evidence.grids.get(section.table)
        if grid is None:
            return "There is no such table: nothing was analyzed. The section is left out."
        if not grid.rows:
            return f"{grid.empty} The table is worked out from the results and follows them."
        return f"{count(len(grid.rows), 'row')}, from the results; it follows them."
    return "Model, weights, device, parameters, versions and pixel size: worked out, never typed."
