"""One slide on the table, with everything that belongs to it while it is open."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from ml.annotation.measured import measured_anew
from ml.slide.look import Look
from ml.slide.slide import KnownSpacing, Slide
from viewer.state.annotated import Annotated
from viewer.state.bookmarks import Bookmarks
from viewer.state.classes import ClassList
from viewer.state.findings import Findings
from viewer.state.learning import LearningNotes


class OpenedSlide(Annotated):
    """A slide, its spacing (from the file or from the person), annotations, undo and findings."""

    spacing_changed = Signal(object)  # KnownSpacing
    look_changed = Signal(object)  # Look
    plane_changed = Signal(int)  # which of `info.planes` is in focus
    findings_changed = Signal(object)  # Findings, or None
    comment_changed = Signal(str)

    def __init__(self, slide: Slide, parent: QObject | None = None, classes: ClassList | None = None) -> None:
        super().__init__(slide.info.path, parent, classes)
        self.slide = slide
        self.info = slide.info
        self.spacing: KnownSpacing | None = slide.info.spacing
        self.look = Look()
        self.plane = slide.info.planes // 2
        self.bookmarks = Bookmarks(self)
        self.learning = LearningNotes(self)
        self.findings: Findings | None = None
        self.comment = ""  # the free text of the report
        self.selection_changed.connect(self._turn_to_drawn)

    def let_go(self) -> None:
        """Close the file."""
        self.slide.close()

    def set_spacing(self, spacing: KnownSpacing) -> None:
        """Say how large a pixel is, and who says so."""
        self.spacing = spacing
        change = measured_anew(self.annotations, spacing.spacing)
        if change is not None:  # rulers and angles keep their number for other programs
            self.edit(change)
        self.spacing_changed.emit(spacing)

    def set_look(self, look: Look) -> None:
        """Show it in other colours."""
        if look != self.look:
            self.look = look
            self.look_changed.emit(look)

    def set_plane(self, plane: int) -> None:
        """Focus on another plane; as near to it as there are planes."""
        plane = min(max(plane, 0), self.info.planes - 1)
        if plane != self.plane:
            self.plane = plane
            self.plane_changed.emit(plane)

    def focus_by(self, steps: int) -> None:
        """So many planes up or down."""
        self.set_plane(self.plane + steps)

    def set_comment(self, text: str) -> None:
        """Say something about the slide, as it shall stand in the report."""
        if text != self.comment:
            self.comment = text
            self.comment_changed.emit(text)

    def set_findings(self, findings: Findings | None) -> None:
        """Replace what the last analysis found."""
        self.findings = findings
        self.findings_changed.emit(findings)

    def _turn_to_drawn(self, selection: tuple[str, ...]) -> None:
        """What was drawn or chosen last is what keys act on: the box that was selected before is left."""
        if selection and self.findings is not None:
            self.findings.select(None)
