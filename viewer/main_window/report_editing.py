"""Writing a report: the draft of what is looked at, its editor, and its outputs."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from ml.draft.compose import Drawn
from ml.draft.draft import Draft, Subject
from ml.draft.evidence import Evidence
from ml.draft.template import templates
from ml.errors import Problem
from ml.report.words import count
from viewer.actions.command import Bound
from viewer.main_window.frame import Frame
from viewer.main_window.page import Page
from viewer.main_window.parts import Parts
from viewer.main_window.report_drafts import ReportDrafts
from viewer.main_window.report_exporting import ReportExporting
from viewer.main_window.report_pictures import ReportPictures
from viewer.main_window.report_subject import evidence_of, key_of, signals_of, subject_of
from viewer.main_window.reporting import Reporting
from viewer.main_window.slide_page import SlidePage
from viewer.main_window.status_line import StatusLine
from viewer.main_window.views import Views
from viewer.panels.links import Links
from viewer.panels.report_editor import ReportEditor
from viewer.state.drafting import Drafting
from viewer.state.opened import Opened
from viewer.work.report_drafting import SetPages

_FOLLOW_MS = 300  # results may stream in: the editor follows them in steps
_PLAIN: dict[Subject, str] = {"slide": "slide", "ct": "ct"}


class ReportEditing(QObject):
    """One editor at a time. Drafts live as long as their slide or series is open, and lie in the store."""

    changed = Signal()
    refused = Signal(object)  # Problem

    def __init__(
        self, parts: Parts, frame: Frame, status: StatusLine, views: Views, reporting: Reporting
    ) -> None:
        super().__init__(frame)
        self._parts, self._frame, self._status, self._views = parts, frame, status, views
        self._page: Page | None = None  # that the editor is about
        self._links = Links()
        self.editor: ReportEditor | None = None
        self.pictures = ReportPictures(parts, frame)
        self.drafts = ReportDrafts(parts, self.pictures, self)
        self.pictures.refused.connect(self.refused)
        self.drafts.refused.connect(self.refused)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_FOLLOW_MS)
        self._soon.timeout.connect(self._follow_results)
        work = parts.drafts
        work.drawn.connect(self._show_drawn)
        work.set_.connect(self._show_pages)
        work.not_set.connect(self._show_fault)
        self.exporting = ReportExporting(parts, status, reporting, self._settle, self)
        self.exporting.changed.connect(self.changed)
        self.exporting.refused.connect(self.refused)
        views.page_changed.connect(lambda _: self.changed.emit())
        parts.session.closing.connect(self._let_go)
        frame.findings.export_wished.connect(self.open)
        frame.ct_findings.export_wished.connect(self.open)

    def bounds(self) -> dict[str, Bound]:
        """What its commands do."""
        return {
            "export": Bound(self.open, lambda: self._views.page is not None),
            "snapshot": Bound(self.add_snapshot, lambda: self._views.page is not None),
        }

    def open(self) -> None:
        """Write the report of what is looked at; where it is being written already, come back to it."""
        page = self._views.page
        if page is None:
            return
        if self.editor is not None:
            if self._page is not None and self._page.opened is page.opened:
                self.editor.raise_()
                self.editor.activateWindow()
                return
            self.editor.close()
        drafting, evidence = self.drafts.of(page), evidence_of(page)
        found, problems = templates(subject_of(page))
        for problem in problems:
            self.refused.emit(problem)
        self._page = page
        self.editor = editor = ReportEditor(drafting, evidence, found)
        editor.pages_wished.connect(self._set)
        editor.template_wished.connect(lambda template: self.drafts.rebase(drafting, template))
        editor.snapshot_wished.connect(self._add_to_editor)
        editor.file_wished.connect(lambda section: self.pictures.add_file(drafting, section))
        editor.logo_wished.connect(lambda: self.pictures.choose_logo(drafting))
        editor.export_wished.connect(lambda: self.exporting.ask(page))
        self.exporting.editor = editor
        editor.finished.connect(self._forget)
        drafting.changed.connect(self.drafts.remember)
        self._follow(page)
        self._follow_results()
        editor.show()

    def add_snapshot(self) -> None:
        """Keep the view that is looked at in the report of its slide or series, whether or not it is open."""
        page = self._views.page
        if page is not None:
            drafting = self.drafts.of(page)
            mine = self.editor is not None and self.editor.drafting is drafting
            section = self.editor.sections.current if mine and self.editor is not None else ""
            self._add(drafting, page, section)

    def _add_to_editor(self, section: str) -> None:
        """Keep the view that is looked at in the report that is open, also that of another slide."""
        page = self._views.page
        if page is not None and self.editor is not None:
            self._add(self.editor.drafting, page, section)

    def _add(self, drafting: Drafting, page: Page, section: str) -> None:
        of = page.opened.title if drafting.key != key_of(page) else ""  # another slide than the report's
        number = self.pictures.add_view(drafting, page, section, of)
        if number:
            self._status.showMessage(f"Added to the report, which holds {count(number, 'view')} now.", 5000)

    # ------------------------------------------------------------------ what it is about

    def _follow(self, page: Page) -> None:
        self._links.drop()
        for signal in signals_of(page):
            self._links.follow(signal, self._later)

    def _later(self, *_: object) -> None:
        self._soon.start()

    def _follow_results(self) -> None:
        if self.editor is not None and self._page is not None:
            self._follow(self._page)  # a new analysis has signals of its own
            stale = ""
            if isinstance(self._page, SlidePage):
                stale = self._frame.analyze.run_view.stale.text.text()
            self.editor.set_evidence(evidence_of(self._page), stale)

    def _settle(self) -> None:
        """Results that came a moment ago belong into the report."""
        if self._soon.isActive():
            self._follow_results()

    def _let_go(self, opened: Opened) -> None:
        """Something is closed: its editor with it; its draft lies in the store."""
        page = self._page
        if self.editor is not None and page is not None and page.opened is opened:
            self.editor.close()
        self.drafts.let_go(opened)

    # ------------------------------------------------------------------ the work

    def _set(self, draft: Draft) -> None:
        if self.editor is not None:
            self._parts.drafts.set_pages(draft, self.editor.evidence, self.editor.drafting.store.picture)

    def _show_drawn(self, evidence: Evidence, drawn: Drawn) -> None:
        if self.editor is not None and self.editor.evidence.mark == evidence.mark:
            self.editor.show_drawn(drawn)

    def _show_pages(self, pages: SetPages) -> None:
        if self.editor is not None:
            self.editor.show_pages(pages.pdf, pages.problems)

    def _show_fault(self, problem: Problem) -> None:
        if self.editor is not None:
            self.editor.show_fault(problem)

    def _forget(self, _: int = 0) -> None:
        editor, self.editor, self._page = self.editor, None, None
        self._links.drop()
        self._soon.stop()
        self.exporting.editor = None
        if editor is not None:
            editor.drafting.changed.disconnect(self.drafts.remember)
            editor.deleteLater()
        self.changed.emit()
