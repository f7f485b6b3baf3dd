"""Operations on the selected annotations: cut, join, simplify, copy, lock. Each is one step to undo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import shapely
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog

from ml.annotation import edits
from ml.annotation.document import Change
from ml.annotation.shapes import Annotation
from ml.errors import Problem
from ml.report.words import count
from viewer.actions.command import Bound
from viewer.main_window.frame import Frame
from viewer.main_window.slides import Slides
from viewer.main_window.status_line import StatusLine
from viewer.panels.annotation_columns import NOTE
from viewer.panels.simplify_dialog import SimplifyDialog
from viewer.state.opened_slide import OpenedSlide
from viewer.state.session import Session

Edit = Callable[[Sequence[Annotation]], Change]
_BESIDE = 24.0  # widget px between an annotation and its duplicate
_AROUND = 256.0  # level-0 px of tissue that are shown around a small annotation, at least


class AnnotationEdits(QObject):
    """What cannot be done is refused with a word about what to do instead."""

    changed = Signal()
    refused = Signal(object)  # Problem

    def __init__(self, session: Session, frame: Frame, status: StatusLine, slides: Slides) -> None:
        super().__init__(frame)
        self._session, self._frame, self._status, self._slides = session, frame, status, slides
        self._copied: tuple[tuple[Annotation, ...], OpenedSlide | None] = ((), None)
        table = frame.annotations.view
        table.jump_wished.connect(self.look_at)
        table.typed.connect(self.type)
        session.closing.connect(self._forget)

    def bounds(self) -> dict[str, Bound]:
        """What the commands do."""
        some, several = partial(self._has, 1), partial(self._has, 2)
        edits_: dict[str, tuple[Edit, Callable[[], bool]]] = {
            "merge": (edits.merged, several),
            "subtract": (edits.subtracted, several),
            "intersect": (edits.intersected, several),
            "split_parts": (edits.split_in_parts, some),
            "split_line": (edits.split_by_lines, several),
            "fill_holes": (edits.filled, some),
            "inverse": (self._inverse, some),
            "duplicate": (self._duplicated, some),
        }
        bounds = {name: Bound(partial(self.do, edit), able) for name, (edit, able) in edits_.items()}
        return bounds | {
            "simplify": Bound(self.simplify, some),
            "copy_annotations": Bound(self.copy, some),
            "paste_annotations": Bound(self.paste, self._can_paste),
            "lock": Bound(partial(self.lock, True), some),
            "unlock": Bound(partial(self.lock, False), some),
            "show_selected": Bound(self.look_at_selected, some),
        }

    def do(self, edit: Edit) -> None:
        """Carry out an operation on the selection, and select what came of it."""
        opened = self._session.slide
        if opened is None:
            return
        try:
            change = edit(opened.selected_all)
        except Problem as problem:
            self.refused.emit(problem)
            return
        opened.edit(change)
        opened.select(one.id for one in change.added)

    def simplify(self) -> None:
        """Ask how much finer lines may be off, and show what it takes away."""
        opened = self._session.slide
        if opened is None:
            return
        spacing = None if opened.spacing is None else opened.spacing.spacing.mean
        dialog = SimplifyDialog(opened.selected_all, spacing, self._frame)
        if dialog.exec() == QDialog.DialogCode.Accepted:
            self.do(partial(edits.simplified, tolerance=dialog.tolerance))
        dialog.deleteLater()

    def copy(self) -> None:
        """Keep the selection, to paste it here or on another slide."""
        opened = self._session.slide
        if opened is not None:
            self._copied = (opened.selected_all, opened)
            self._status.showMessage(f"{count(len(self._copied[0]), 'annotation')} copied.", 5000)
            self.changed.emit()

    def paste(self) -> None:
        """Put copies in the same place; on a slide of another pixel size in the same place in µm."""
        opened, (copied, source) = self._session.slide, self._copied
        if opened is None or not copied:
            return
        sx = sy = 1.0
        if source is not None and source.spacing is not None and opened.spacing is not None:
            before, now = source.spacing.spacing, opened.spacing.spacing
            sx, sy = before.x / now.x, before.y / now.y
        change = edits.pasted(copied, sx, sy, 0, 0)
        bounds = change.added[0].shape.bounds
        for one in change.added[1:]:
            bounds = bounds.union(one.shape.bounds)
        dx, dy = edits.pulled_in(bounds, opened.info.bounds)
        if dx or dy:
            change = edits.pasted(copied, sx, sy, dx, dy)
        opened.edit(change)
        opened.select(one.id for one in change.added)

    def lock(self, locked: bool) -> None:
        """Lock or unlock all that is selected."""
        opened = self._session.slide
        if opened is not None:
            title = "Lock" if locked else "Unlock"
            chosen = opened.selected_all
            opened.edit_many(partial(edits.given, chosen, title, locked=locked), len(chosen), title)

    def type(self, annotation: Annotation, field: str, text: str) -> None:
        """Give one annotation a name or a note."""
        opened = self._session.slide
        if opened is None or opened.annotations[annotation.id] is not annotation:
            return
        if field == "name":
            opened.edit_if(edits.given((annotation,), "Rename", name=text))
            return
        said = {name: value for name, value in annotation.metadata.items() if name != NOTE}
        if text:
            said[NOTE] = text
        opened.edit_if(edits.given((annotation,), "Note", metadata=said))

    def look_at(self, annotation: Annotation) -> None:
        """Bring an annotation into view with some tissue round it."""
        if self._slides.page is not None:
            bounds = annotation.shape.bounds
            edge = max(bounds.width, bounds.height)
            self._slides.page.view.show_rect(bounds.grown(max(edge / 4, _AROUND)))

    def look_at_selected(self) -> None:
        """Bring the one that was selected last into view."""
        opened = self._session.slide
        if opened is not None and opened.selected is not None:
            self.look_at(opened.selected)

    def _inverse(self, annotations: Sequence[Annotation]) -> Change:
        opened = self._session.slide
        assert opened is not None
        whole = opened.info.bounds
        like = opened.classes.dressed(Annotation(annotations[0].shape))
        return edits.inverse(annotations, shapely.box(whole.x, whole.y, whole.right, whole.bottom), like)

    def _duplicated(self, annotations: Sequence[Annotation]) -> Change:
        page = self._slides.page
        way = _BESIDE / page.view.camera.scale if page is not None else _BESIDE
        return edits.duplicated(annotations, way, way)

    def _has(self, least: int) -> bool:
        opened = self._session.slide
        return opened is not None and len(opened.selection) >= least

    def _can_paste(self) -> bool:
        return self._session.slide is not None and bool(self._copied[0])

    def _forget(self, closed: object) -> None:
        """What was copied stays; of the slide only its pixel size was needed."""
        copied, source = self._copied
        if source is closed and source is not None:
            self._copied = (copied, None)
