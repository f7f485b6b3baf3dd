"""Builds the application, its state, its background work and its window."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from ml import paths
from ml.draft.store import FolderDrafts
from viewer.app.memory import give_back_tiles
from viewer.canvas.tile_cache import TileCache
from viewer.canvas.tile_loader import TileLoader
from viewer.main_window.parts import Parts
from viewer.main_window.window import MainWindow
from viewer.settings import Settings
from viewer.state.classes import ClassList
from viewer.state.recent import RecentFiles
from viewer.state.session import Session
from viewer.theme.style import Theme
from viewer.work.analysis import AnalysisWork
from viewer.work.annotation_files import AnnotationFiles
from viewer.work.archive import ArchiveWork
from viewer.work.ct_analysis import CtAnalysisWork
from viewer.work.ct_finding import CtFinding
from viewer.work.ct_loading import CtLoading
from viewer.work.ct_results import CtResultsWork
from viewer.work.figure_export import FigureWork
from viewer.work.keeping import Keeping
from viewer.work.models import ModelList
from viewer.work.opening import Opening, SmallPictures
from viewer.work.proving import ProofWork
from viewer.work.reformatting import Reformatting
from viewer.work.report_drafting import DraftWork
from viewer.work.reporting import ReportWork
from viewer.work.watching import Watching

_MIB = 2**20


def build(arguments: Sequence[str], library: str = "") -> tuple[QApplication, MainWindow]:
    """The application and its window, not yet shown. `arguments` are those of the process, for Qt.

    `library` is the address of a department's case library; empty: as the settings say.
    """
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        QApplication.setApplicationName("Parfocal")
        QApplication.setDesktopFileName("org.parfocal.Parfocal")
        app = QApplication(list(arguments))
        app.setWindowIcon(QIcon(str(paths.resources() / "parfocal.svg")))
    parts = _parts(app, library)
    window = MainWindow(parts)
    parts.models.read()
    return app, window


def _parts(app: QApplication, library: str) -> Parts:
    """State and background work."""
    give_back_tiles()
    settings = Settings()
    cache = TileCache(settings.cache_mib * _MIB)
    loader = TileLoader(cache)
    return Parts(
        settings=settings,
        theme=Theme(app, settings.theme),
        session=Session(classes=ClassList(settings)),
        recent=RecentFiles(settings),
        cache=cache,
        loader=loader,
        opening=Opening(),
        pictures=SmallPictures(),
        models=ModelList(),
        analysis=AnalysisWork(settings.switch_ms),
        reports=ReportWork(),
        drafts=DraftWork(),
        store=FolderDrafts(),
        figures=FigureWork(),
        proofs=ProofWork(),
        watching=Watching(loader),
        ct_analysis=CtAnalysisWork(),
        ct_finding=CtFinding(),
        ct_loading=CtLoading(),
        reformatting=Reformatting(),
        keeping=Keeping(library or settings.library),
        archive=ArchiveWork(),
        ct_results=CtResultsWork(),
        annotation_files=AnnotationFiles(),
    )
