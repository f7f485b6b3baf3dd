"""One slide on the table, with everything that belongs to it while it is open."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand

from ml.annotation.document import AnnotationDocument, Change
from ml.annotation.shapes import Annotation
from ml.slide.look import Look
from ml.slide.slide import KnownSpacing, Slide
from viewer.state.bookmarks import Bookmarks
from viewer.state.findings import Findings
from viewer.state.opened import Opened


class _Edit(QUndoCommand):
    """The only undo command there is: it replays a change."""

    def __init__(self, document: AnnotationDocument, change: Change) -> None:
        super().__init__(change.title)
        self._document = document
        self._change = change

    def redo(self) -> None:
        self._document.apply(self._change)

    def undo(self) -> None:
        self._document.apply(self._change.inverse())


class OpenedSlide(Opened):
    """A slide, its spacing (from the file or from the person), annotations, undo and findings."""

    spacing_changed = Signal(object)  # KnownSpacing
    look_changed = Signal(object)  # Look
    plane_changed = Signal(int)  # which of `info.planes` is in focus
    annotations_changed = Signal(object)  # Change
    selection_changed = Signal(object)  # id of an annotation, or None
    findings_changed = Signal(object)  # Findings, or None
    comment_changed = Signal(str)

    def __init__(self, slide: Slide, parent: QObject | None = None) -> None:
        super().__init__(slide.info.path, parent)
        self.slide = slide
        self.info = slide.info
        self.spacing: KnownSpacing | None = slide.info.spacing
        self.look = Look()
        self.plane = slide.info.planes // 2
        self.bookmarks = Bookmarks(self)
        self.annotations = AnnotationDocument()
        self.annotations.listen(self._drop_gone_selection)  # first: nobody shall see a selection that is gone
        self.annotations.listen(self.annotations_changed.emit)
        self.selected_id: str | None = None
        self.findings: Findings | None = None
        self.comment = ""  # the free text of the report

    def let_go(self) -> None:
        """Close the file."""
        self.slide.close()

    def set_spacing(self, spacing: KnownSpacing) -> None:
        """Say how large a pixel is, and who says so."""
        self.spacing = spacing
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

    def edit(self, change: Change) -> None:
        """Carry out an edit so that it can be undone."""
        self.undo.push(_Edit(self.annotations, change))

    def select(self, annotation_id: str | None) -> None:
        """Select an annotation: the region that *Analyze region* means."""
        if annotation_id != self.selected_id:
            self.selected_id = annotation_id
            self.selection_changed.emit(annotation_id)

    @property
    def selected(self) -> Annotation | None:
        """The selected annotation, None where none is."""
        return None if self.selected_id is None else self.annotations[self.selected_id]

    def set_comment(self, text: str) -> None:
        """Say something about the slide, as it shall stand in the report."""
        if text != self.comment:
            self.comment = text
            self.comment_changed.emit(text)

    def set_findings(self, findings: Findings | None) -> None:
        """Replace what the last analysis found."""
        self.findings = findings
        self.findings_changed.emit(findings)

    def _drop_gone_selection(self, _: Change) -> None:
        if self.selected_id is not None and self.selected_id not in self.annotations:
            self.select(None)
