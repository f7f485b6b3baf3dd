"""The pieces of the window that bring their own commands, made together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from viewer.main_window.annotating import Annotating
from viewer.main_window.archive import Archive
from viewer.main_window.caring import Caring
from viewer.main_window.cohorts import Cohorts
from viewer.main_window.drawing import Drawing
from viewer.main_window.frame import Frame
from viewer.main_window.learning import Learning
from viewer.main_window.parts import Parts
from viewer.main_window.proving import Proving
from viewer.main_window.report_editing import ReportEditing
from viewer.main_window.reporting import Reporting
from viewer.main_window.slides import Slides
from viewer.main_window.status_line import StatusLine
from viewer.main_window.training import Training
from viewer.main_window.viewing import Viewing
from viewer.main_window.views import Views

if TYPE_CHECKING:
    from PySide6.QtWidgets import QMainWindow

Piece = Annotating | Drawing | Archive | ReportEditing | Proving | Training | Cohorts | Caring | Learning


@dataclass(frozen=True)
class Further:
    """Each has `bounds` and `changed`."""

    annotating: Annotating
    drawing: Drawing
    archive: Archive
    editing: ReportEditing
    proving: Proving
    training: Training
    cohorts: Cohorts
    caring: Caring
    learning: Learning

    @classmethod
    def of(
        cls,
        window: QMainWindow,
        parts: Parts,
        frame: Frame,
        status: StatusLine,
        views: Views,
        slides: Slides,
        viewing: Viewing,
        reporting: Reporting,
    ) -> Further:
        """After those that they follow."""
        training = Training(parts, status, slides, window)
        return cls(
            Annotating(parts, frame, status, slides, viewing),
            Drawing(frame, status, slides, viewing),
            Archive(parts, frame, status, slides),
            ReportEditing(parts, frame, status, views, reporting),
            Proving(parts, frame, status),
            training,
            Cohorts(parts, frame, status, window),
            Caring(parts, frame, status),
            Learning(parts, status, views, slides, training, window, lambda: frame.slides.all.marked),
        )

    def __iter__(self) -> Iterator[Piece]:
        return iter([getattr(self, field.name) for field in fields(self)])

    @property
    def refusing(self) -> tuple[Annotating | Drawing | ReportEditing | Proving | Cohorts | Learning, ...]:
        """Those whose refusals are shown over the picture; the others have a place of their own for them."""
        return self.annotating, self.drawing, self.editing, self.proving, self.cohorts, self.learning
