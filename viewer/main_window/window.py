"""The main window: puts frame, strip, menu and status line together and joins them to the commands."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QMimeData, QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import QMainWindow, QMenu, QToolBar

from ml.errors import Problem
from ml.geometry import Point
from viewer.actions.annotating import HERE, IN_TABLE
from viewer.actions.catalog import MENUS, STRIP
from viewer.actions.command import Kind
from viewer.actions.surface import Surface
from viewer.main_window.analyzing import Analyzing
from viewer.main_window.asking import Asking
from viewer.main_window.case_pieces import CasePieces
from viewer.main_window.commands import Hands, commands_of
from viewer.main_window.ct_page import CtPage
from viewer.main_window.ct_pieces import CtPieces
from viewer.main_window.deciding import Deciding
from viewer.main_window.frame import Frame
from viewer.main_window.further import Further
from viewer.main_window.looking import Looking
from viewer.main_window.navigating import Navigating
from viewer.main_window.page import Page
from viewer.main_window.parts import Parts
from viewer.main_window.recent_menu import RecentMenu
from viewer.main_window.recognizing import Recognizing
from viewer.main_window.reporting import Reporting
from viewer.main_window.slides import Slides
from viewer.main_window.splitting import Splitting
from viewer.main_window.status_line import StatusLine
from viewer.main_window.viewing import Viewing
from viewer.main_window.views import Views
from viewer.state.opened import Opened
from viewer.state.opened_series import OpenedSeries
from viewer.state.opened_slide import OpenedSlide

_FIRST_SIZE = QSize(1280, 800)
_HERE = ("analyze", "explain", "accept", "annotate", "delete", *HERE, "rectangle", "polygon", "fit", "export")
_HERE_ON_CT = (
    *("analyze_series", "accept_finding"),
    *("delete", "ruler", "angle", "rectangle", "ellipse"),
    *("window_own", "invert", "three_planes", "cine", "fit", "copy_view"),
)
_WITH_CASE = ("rename_case", "add_files", "case_history", "new_case", "delete_case")
_IDLE_MS = 1000  # nobody drags for so long after the picture is sharp: time to load the network library


class MainWindow(QMainWindow):
    """Everything a person sees. It makes no decision itself: commands do, in the pieces that it holds."""

    closed = Signal()

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        self.frame = Frame(parts)
        self.status = StatusLine()
        self.strip = QToolBar("Tool strip")
        self.setCentralWidget(self.frame)
        self.setStatusBar(self.status)
        self.addToolBar(self.strip)
        self.views = Views(parts, self.frame)
        self.slides = Slides(parts, self.frame, self.views)
        self.viewing = Viewing(self.frame, self.status, self.slides, self.views)
        self.analyzing = Analyzing(parts, self.frame, self.status, self.slides)
        self.recognizing = Recognizing(parts, self.frame, self.slides, self.viewing)
        self.deciding = Deciding(parts.session, self.frame, self.slides)
        self.reporting = Reporting(parts, self.frame, self.status, self.slides)
        self.asking = Asking(self, parts, self.frame, self.strip, self.analyzing, self.viewing)
        follows = (parts, self.frame, self.status, self.slides, self.viewing)
        self.looking, self.navigating = Looking(*follows), Navigating(*follows)
        self.on_ct = CtPieces.of(parts, self.frame, self.status, self.views, self.reporting)
        self.ct = self.on_ct.viewing
        self.cases = CasePieces.of(
            parts, self.frame, self.status, self.views, self.slides, self.on_ct.opening
        )
        self.splitting = Splitting(parts, self.frame, self.status, self.views, self.viewing)
        seen = (self.views, self.slides, self.viewing, self.reporting)
        self.further = Further.of(self, parts, self.frame, self.status, *seen)
        pieces = (self.slides, self.viewing, self.analyzing, self.deciding, self.reporting, self.asking)
        looking = (self.looking, self.navigating, self.splitting)
        hands = Hands(parts, *pieces, *looking, self.on_ct, (*self.further, self.cases.commands))
        self.surface = Surface(self, self.further.caring.noted(commands_of(hands)))
        self.asking.commands = tuple(self.surface.commands.values())
        self.recent = RecentMenu(parts.recent, self.slides.open, self)
        self._idle = QTimer(self)
        self._dress()
        self._connect()

    def run(self, command_id: str) -> None:
        """Run a command by its name, as its menu entry would."""
        self.surface.action(command_id).trigger()

    def show_problem(self, problem: Problem) -> None:
        """Show what happened and what to try, over the picture; the window goes on."""
        bug = "trace" in problem.facts
        self.frame.banner.show_problem(problem, "refusal" if bug else "warning")

    def _dress(self) -> None:
        self.strip.setObjectName("tool strip")
        self.strip.setMovable(False)
        self.strip.setIconSize(QSize(20, 20))
        self.surface.fill_menus(self, MENUS)
        files = self.menuBar().actions()[0].menu()
        assert isinstance(files, QMenu)
        more = QMenu(self)
        more.addActions([self.surface.action(name) for name in _WITH_CASE])
        self.frame.slides.case.set_menu(more)
        files.insertMenu(self.surface.action("samples"), self.recent)
        self.surface.fill_strip(self.strip, STRIP, in_words=("open", "analyze", "analyze_series"))
        self.setAcceptDrops(True)
        self.resize(_FIRST_SIZE)
        if self._parts.settings.geometry:
            self.restoreGeometry(QByteArray(self._parts.settings.geometry))
        self._show_title(None)
        self.surface.refresh()

    def _connect(self) -> None:
        pieces = (self.looking, self.navigating, self.splitting, *self.further)
        on_ct = self.on_ct
        cases = self.cases
        of_cases = (cases.work, cases.shown, cases.opening, cases.commands, cases.telling)
        refusing = (on_ct.opening, on_ct.analyzing, on_ct.reporting, on_ct.exporting, *of_cases)
        asked = (self.looking, self.navigating, self.splitting, *self.further.refusing)
        for piece in (self.slides, self.analyzing, self.reporting, *refusing, *asked):
            piece.refused.connect(self.show_problem)
        self._parts.session.current_changed.connect(self.status.leave)
        for changed in (
            self.viewing.changed,
            self.analyzing.changed,
            self.reporting.changed,
            self.asking.changed,
            self.ct.changed,
            on_ct.analyzing.changed,
            on_ct.deciding.changed,
            cases.commands.changed,
            on_ct.exporting.changed,
            *(piece.changed for piece in pieces),
        ):
            changed.connect(self.surface.refresh)
        self.views.page_changed.connect(self._show_title)
        for telling in (self.slides, cases.work, cases.opening, cases.commands, cases.telling):
            telling.told.connect(lambda sentence: self.status.showMessage(sentence, 8000))
        cases.reopening.report_wished.connect(self.further.caring.show_reports)
        self.ct.changed.connect(cases.shown.show_privacy)
        self.viewing.menu_wanted.connect(self._show_menu)
        self.ct.menu_wanted.connect(self._show_ct_menu)
        self.ct.private_changed.connect(self.further.archive.set_private)
        lines = self.frame.annotations.view
        lines.menu_wished.connect(lambda place: self.surface.menu(self, IN_TABLE).popup(place))
        cases.work.taken_up.connect(self._resume)
        self.status.follow_opening(self._parts.opening)
        self._idle.setSingleShot(True)
        self._idle.setInterval(_IDLE_MS)
        self.viewing.sharp.connect(self._idle.start)
        self.viewing.moved.connect(self._put_off)
        self._idle.timeout.connect(self.analyzing.warm)

    def _show_title(self, page: Page | None) -> None:
        kind: Kind = "ct" if isinstance(page, CtPage) else "slide"
        self.frame.show_kind(kind)
        self.surface.show_kind(kind)
        self.setWindowTitle("Parfocal" if page is None else f"{page.opened.title} – Parfocal")

    def _resume(self, opened: Opened) -> None:
        """What the library had of it is shown: what was analyzed can be explained on."""
        if isinstance(opened, OpenedSlide):
            self.analyzing.resume(opened)
        elif isinstance(opened, OpenedSeries):
            self.on_ct.analyzing.resume(opened)

    def _put_off(self) -> None:
        if self._idle.isActive():
            self._idle.start()

    def _show_menu(self, point: Point, place: QPoint) -> None:
        self.asking.menu_point = point
        page = self.slides.page
        if page is not None:
            page.select_at(point)
        self.surface.menu(self, _HERE).popup(place)

    def _show_ct_menu(self, point: Point, place: QPoint) -> None:
        page = self.ct.page
        if page is not None:
            page.select_at(point)
        self.surface.menu(self, _HERE_ON_CT).popup(place)

    # ------------------------------------------------------------------ Qt's events

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space hides all layers while it is held."""
        if event.key() == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self.viewing.hold(True)
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Space let go: the layers are back."""
        if event.key() == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self.viewing.hold(False)
        else:
            super().keyReleaseEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files may be dropped anywhere."""
        if _files_in(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        self.slides.open_all(_files_in(event.mimeData()))
        event.acceptProposedAction()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Keep the layout, stop all work, let every file go."""
        self._idle.stop()
        self.recognizing.close()
        self.cases.finish()
        self.further.learning.close()
        self.further.training.close()
        self.further.cohorts.close()
        self.frame.remember()
        if not self.asking.only_picture:
            self._parts.settings.geometry = bytes(self.saveGeometry().data())
        self.hide()  # what is left takes up to one batch; nobody has to watch it
        self.cases.close()
        self._parts.close()
        super().closeEvent(event)
        self.closed.emit()


def _files_in(data: QMimeData) -> list[Path]:
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
