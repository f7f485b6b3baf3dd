"""What the application makes once and every piece of the window uses."""

from __future__ import annotations

from dataclasses import dataclass

from ml.draft.store import DraftStore
from viewer.canvas.tile_cache import TileCache
from viewer.canvas.tile_loader import TileLoader
from viewer.settings import Settings
from viewer.state.recent import RecentFiles
from viewer.state.session import Session
from viewer.theme.style import Theme
from viewer.work.analysis import AnalysisWork
from viewer.work.annotation_files import AnnotationFiles
from viewer.work.archive import ArchiveWork
from viewer.work.background import Background
from viewer.work.care import Care
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


@dataclass(frozen=True)
class Parts:
    """State and background work. `close` ends every thread."""

    settings: Settings
    theme: Theme
    session: Session
    recent: RecentFiles
    cache: TileCache
    loader: TileLoader
    opening: Opening
    pictures: SmallPictures
    models: ModelList
    analysis: AnalysisWork
    reports: ReportWork
    drafts: DraftWork
    store: DraftStore
    figures: FigureWork
    proofs: ProofWork
    watching: Watching
    ct_analysis: CtAnalysisWork
    ct_finding: CtFinding
    ct_loading: CtLoading
    reformatting: Reformatting
    keeping: Keeping
    archive: ArchiveWork
    ct_results: CtResultsWork
    annotation_files: AnnotationFiles
    care: Care
    wide_edits: Background

    def close(self) -> None:
        """Stop all work and wait until its threads are gone; then let the slides go."""
        self.watching.close()
        self.proofs.close()
        for work in (self.analysis, self.reports, self.figures, self.opening, self.models, self.pictures):
            work.close()
        for passing in (self.drafts, self.archive, self.ct_results, self.annotation_files, self.care):
            passing.close()
        for reading in (self.ct_analysis, self.ct_finding, self.ct_loading, self.reformatting):
            reading.close()
        self.wide_edits.close()
        for opened in list(self.session.items):
            self.session.close(opened)
        self.keeping.close()
        self.loader.close()
        self.settings.save()
