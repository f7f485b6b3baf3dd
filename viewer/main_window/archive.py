"""From an archive to the picture: its page in the place of the picture, what is found, what is fetched."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from ml import paths
from ml.errors import Problem
from ml.pacs.pacs import FoundStudies, Query, RemoteSeries
from ml.pacs.trouble import SecretWanted
from ml.progress import Step
from ml.report.words import count
from viewer.actions.command import Bound
from viewer.main_window.archive_entries import ArchiveEntries
from viewer.main_window.frame import Frame
from viewer.main_window.parts import Parts
from viewer.main_window.slides import Slides
from viewer.main_window.status_line import StatusLine
from viewer.panels.archive_page import ArchivePage
from viewer.panels.archive_words import delivered_in_words
from viewer.work.archive import Delivered, ListedSeries, images_here

_FOLDER = "archive"  # under the person's data: study, then series, each named after its UID


class Archive(QObject):
    """One wish at a time. What was fetched is opened like any folder."""

    changed = Signal()

    def __init__(self, parts: Parts, frame: Frame, status: StatusLine, slides: Slides) -> None:
        super().__init__(frame)
        self._parts, self._frame, self._status, self._slides = parts, frame, status, slides
        self._home = paths.data() / _FOLDER
        self._before: QWidget | None = None  # what stood there before the page
        self._asked = Query()
        self.page = ArchivePage(self._count_here)
        frame.stack.addWidget(self.page)
        self.entries = ArchiveEntries(parts, self.page)
        page, work = self.page, parts.archive
        for signal, slot in (
            (page.leave_wished, self.leave),
            (page.search.find_wished, self.find),
            (page.tree.series_wished, self._list_series),
            (page.fetch_wished, self.fetch),
            (page.stop_wished, work.stop),
            (work.step, self._tell),
            (work.found, self._show_found),
            (work.listed, self._show_series),
            (work.delivered, self._open),
            (work.stopped, self._say_stopped),
            (work.failed, self._fail),
            (status.stop_wished, work.stop),
            (frame.stack.currentChanged, lambda _: self.changed.emit()),
            (frame.welcome.archives_wished, self.show),
        ):
            signal.connect(slot)

    @property
    def shown(self) -> bool:
        """Whether the page stands in the place of the picture."""
        return self._frame.stack.currentWidget() is self.page

    def bounds(self) -> dict[str, Bound]:
        """What its command does."""
        return {"archives": Bound(self.toggle, checked=lambda: self.shown)}

    def toggle(self) -> None:
        """Show the page, or go back to the picture."""
        if self.shown:
            self.leave()
        else:
            self.show()

    def show(self) -> None:
        """Show the page, with the archives that are known now."""
        if not self.shown:
            self._before = self._frame.stack.currentWidget()
        self.page.tree.set_private(self._parts.settings.private)
        if not self._parts.archive.running:
            self.entries.renew(self._parts.settings.archive)
        self._frame.stack.setCurrentWidget(self.page)
        (self.page.search.name if self.page.server is not None else self.page.first).setFocus()

    def leave(self) -> None:
        """Back to what was seen before."""
        if self.shown and self._before is not None:
            self._frame.stack.setCurrentWidget(self._before)
            page = self._frame.grid.active.page
            (self._before if page is None else page.view).setFocus()

    def set_private(self, private: bool) -> None:
        """Hide or show whose studies are listed."""
        self.page.tree.set_private(private)

    def find(self) -> None:
        """Look for what is typed."""
        server = self.page.server
        if server is None or self._parts.archive.running:
            return
        try:
            self._asked = self.page.search.query
        except Problem as problem:
            self.page.say(str(problem), "refused")
            return
        self._parts.settings.archive = server.name
        self.page.tree.set_studies(())
        self.page.set_hint("")
        self.page.run_started()
        self._parts.archive.find(server, self._asked)

    def fetch(self) -> None:
        """Bring what is chosen, and open it."""
        server, chosen = self.page.server, self.page.tree.chosen
        if server is not None and chosen and not self._parts.archive.running:
            self.page.run_started()
            self._parts.archive.fetch(server, chosen, self._home)

    # ------------------------------------------------------------------ inside

    def _count_here(self, series: RemoteSeries) -> int:
        return images_here(series, self._home)

    def _list_series(self, study_uid: str) -> None:
        server = self.page.server
        if server is not None and not self._parts.archive.running:
            self.page.run_started()
            self._parts.archive.list_series(server, study_uid)

    def _tell(self, step: Step) -> None:
        self.page.show_step(step)
        if not self.shown:  # it goes on while one looks at something else
            self._status.show_step(step)

    def _end(self, text: str = "") -> None:
        self.page.run_ended()
        self._status.end_work(text)

    def _show_found(self, found: FoundStudies) -> None:
        self._end()
        self.page.tree.set_studies(found.studies)
        if not found.studies:
            self.page.say(
                "No study fits. Leave out what is not certain: the beginning of the name is enough.",
                "nothing",
            )
            return
        more = "; there are more: narrow the search" if found.more else ""
        self.page.set_hint(f"{count(len(found.studies), 'study', 'studies')}, the newest first{more}.")
        if len(found.studies) == 1:
            self._list_series(found.studies[0].uid)

    def _show_series(self, listed: ListedSeries) -> None:
        self._end()
        self.page.tree.set_series(listed.study_uid, listed.series)
        self.page.tree.setFocus()
        if not listed.series:
            self.page.say("The archive lists no series of this study.", "nothing")

    def _open(self, delivered: Delivered) -> None:
        came = delivered_in_words(len(delivered.folders), delivered.images, delivered.already)
        self._end(f"Fetched. {came}")
        if delivered.incomplete:
            words = " ".join((*delivered.incomplete, "Fetch again: only the rest is asked for."))
            self.page.say(words, "refused")
        else:
            self.page.say(came, "finished")
        self._slides.open_all(delivered.folders)

    def _say_stopped(self) -> None:
        self._end("Stopped. What has arrived is kept.")
        self.page.say("Stopped. What has arrived is kept: fetch again, and it goes on there.", "stopped")

    def _fail(self, problem: Problem) -> None:
        self._end("" if self.shown else problem.what)
        wants = isinstance(problem, SecretWanted)
        self.page.say(problem.what if wants else str(problem), "refused", secret=wants)
        if not self.shown or "trace" in problem.facts:
            self._frame.banner.show_problem(problem, "refusal" if "trace" in problem.facts else "warning")
