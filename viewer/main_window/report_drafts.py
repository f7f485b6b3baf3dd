"""The drafts of what is open: as they were left, or new ones by the template that fits."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from ml.draft.draft import Draft, Subject, rebased
from ml.draft.template import Template, templates
from ml.errors import Problem
from viewer.main_window.page import Page
from viewer.main_window.parts import Parts
from viewer.main_window.report_pictures import ReportPictures
from viewer.main_window.report_subject import key_of, model_of, subject_of, with_comment
from viewer.state.drafting import Drafting
from viewer.state.opened import Opened

_PLAIN: dict[Subject, str] = {"slide": "slide", "ct": "ct"}


class ReportDrafts(QObject):
    """One draft a slide or series; it lives as long as that is open, and lies in the store."""

    refused = Signal(object)  # Problem

    def __init__(self, parts: Parts, pictures: ReportPictures, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._parts, self._pictures = parts, pictures
        self._draftings: dict[Opened, Drafting] = {}

    def of(self, page: Page) -> Drafting:
        """The draft of what a page shows. One that is damaged is told, and a new one begun."""
        if page.opened not in self._draftings:
            key, draft = key_of(page), None
            try:
                draft = self._parts.store.load(key)
            except Problem as problem:
                self.refused.emit(problem)
            made = Drafting(key, draft or self._new(page), self._parts.store, self)
            made.not_kept.connect(self.refused)
            self._draftings[page.opened] = made
        return self._draftings[page.opened]

    def rebase(self, drafting: Drafting, template: Template) -> None:
        """Another template; the next report begins with it."""
        drafting.edit(rebased(drafting.draft, template.draft), "Change template")
        if template.subject == "ct":
            self._parts.settings.report_ct_template = template.name
        else:
            self._parts.settings.report_template = template.name

    def remember(self, draft: Draft) -> None:
        """Who writes it, and where, is the same in the next report."""
        settings, header = self._parts.settings, draft.header
        settings.report_hospital, settings.report_author = header.hospital, header.author
        settings.report_logo = header.logo

    def let_go(self, opened: Opened) -> None:
        """Something is closed: what was not yet kept of its draft is kept."""
        drafting = self._draftings.pop(opened, None)
        if drafting is not None:
            drafting.close()
            drafting.deleteLater()

    def _new(self, page: Page) -> Draft:
        subject, settings = subject_of(page), self._parts.settings
        found = {one.name: one for one in templates(subject)[0]}
        last = settings.report_ct_template if subject == "ct" else settings.report_template
        name = next(name for name in (model_of(page), last, _PLAIN[subject], *found) if name in found)
        return with_comment(self._pictures.dressed(found[name].draft), page)
