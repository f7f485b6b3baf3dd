"""The pieces of the window that belong to CT, made together."""

from __future__ import annotations

from dataclasses import dataclass

from viewer.main_window.ct_analyzing import CtAnalyzing
from viewer.main_window.ct_deciding import CtDeciding
from viewer.main_window.ct_opening import CtOpening
from viewer.main_window.ct_reporting import CtReporting
from viewer.main_window.ct_results import CtExporting
from viewer.main_window.ct_viewing import CtViewing
from viewer.main_window.frame import Frame
from viewer.main_window.parts import Parts
from viewer.main_window.reporting import Reporting
from viewer.main_window.status_line import StatusLine
from viewer.main_window.views import Views


@dataclass(frozen=True)
class CtPieces:
    """Each follows `opening`, which knows the series that is looked at."""

    opening: CtOpening
    viewing: CtViewing
    analyzing: CtAnalyzing
    deciding: CtDeciding
    reporting: CtReporting
    exporting: CtExporting

    @classmethod
    def of(
        cls, parts: Parts, frame: Frame, status: StatusLine, views: Views, reporting: Reporting
    ) -> CtPieces:
        """`reporting` shows reports, of slides and of CT."""
        opening = CtOpening(parts, frame, status, views)
        follows = (parts, frame, status, opening)
        analyzing = CtAnalyzing(*follows)
        return cls(
            opening,
            CtViewing(*follows),
            analyzing,
            CtDeciding(*follows, analyzing),
            CtReporting(*follows, reporting),
            CtExporting(*follows),
        )
