"""Something opened that a person annotates: its annotations, which of them are selected, and every edit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import shapely
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand

from ml.annotation.corrections import noted
from ml.annotation.document import AnnotationDocument, Change, Ready
from ml.annotation.shapes import Annotation, Shape, polygons_of
from ml.annotation.undisturbed import left_out
from viewer.state.classes import ClassList
from viewer.state.opened import Opened
from viewer.state.wide_edits import MANY, WideEdits, free

MOST_AREAS = 200
"""So many selected areas make a region to analyze at most."""


class _Edit(QUndoCommand):
    """The only undo command there is: it replays a change."""

    def __init__(self, wide: WideEdits, change: Change, first: Callable[[], None]) -> None:
        super().__init__(change.title)
        self._wide = wide
        self.change = change
        self._first: Callable[[], None] | None = first

    def redo(self) -> None:
        first, self._first = self._first, None
        if first is not None:
            first()
        else:
            self._wide.carry_out(self.change)

    def undo(self) -> None:
        self._wide.carry_out(self.change.inverse())


class Annotated(Opened):
    """Its annotations change through `edit` (or `draw`) alone, and every edit can be undone."""

    annotations_changed = Signal(object)  # Change
    loading_changed = Signal(bool)  # whether what is kept of it is still being read
    selection_changed = Signal(object)  # tuple of the ids of annotations, in the order of choosing

    def __init__(self, path: Path, parent: QObject | None = None, classes: ClassList | None = None) -> None:
        super().__init__(path, parent)
        self.classes = classes or ClassList(parent=self)
        self.annotations = AnnotationDocument()
        self.annotations.listen(self._drop_gone_selection)  # first: nobody shall see a selection that is gone
        self.annotations.listen(self.annotations_changed.emit)
        self.wide = WideEdits(self.annotations, self)
        self.is_loading = False  # there are more annotations, which are still being read
        self.selection: tuple[str, ...] = ()
        self._chosen: frozenset[str] = frozenset()  # the same, to ask quickly
        self._region: tuple[tuple[Shape, ...], Shape | None] = ((), None)  # the last one, and of what

    def set_loading(self, loading: bool) -> None:
        """Whether more annotations are to come out of the library."""
        if loading != self.is_loading:
            self.is_loading = loading
            self.loading_changed.emit(loading)

    def edit(self, change: Change) -> None:
        """Carry out an edit so that it can be undone. What it corrects of a model's findings is noted."""
        self.wide.settle()
        change = noted(change)
        self.undo.push(_Edit(self.wide, change, partial(self.annotations.apply, change)))

    def edit_if(self, change: Change | None) -> None:
        """Carry out an edit, if there is any."""
        if change is not None:
            self.edit(change)

    def edit_many(
        self,
        make: Callable[[], Change | None],
        number: int,
        title: str,
        then: Callable[[], None] = lambda: None,
    ) -> None:
        """The same for what is about a number of annotations: of very many it is made in a thread.

        `then` is called when it is there, or when there was nothing to edit.
        """

        def noted_change() -> Change | None:
            change = make()
            return None if change is None else noted(change)

        def push(ready: Ready | None) -> None:
            if ready is not None:
                self.undo.push(_Edit(self.wide, ready.change, partial(self.annotations.take, ready)))
            then()

        if number < MANY:
            self.wide.settle()
            self.edit_if(make())
            then()
        else:
            self.wide.begin(noted_change, push, title)

    def settle(self) -> None:
        """Carry out what is being made."""
        self.wide.settle()

    def free(self, *, alone: bool) -> None:
        """Closed: give the memory of very many annotations back, away from the window."""
        if self.wide.worker is not None and (left_out() or len(self.annotations) >= MANY):
            edits = [self.undo.command(number) for number in range(self.undo.count())]
            changes = [edit.change for edit in edits if isinstance(edit, _Edit)]
            free(self.annotations, changes, self.wide.worker, alone=alone)
            del edits
            self.undo.clear()

    def draw(self, shape: Shape, title: str) -> Annotation:
        """Add a shape of the current class, so that it can be undone, and select it."""
        annotation = self.classes.dressed(Annotation(shape))
        self.edit(Change((), (annotation,), title))
        self.select(annotation.id)
        return annotation

    def select(self, wanted: str | Iterable[str] | None) -> None:
        """Select an annotation, or several in this order, or none."""
        ids = () if wanted is None else (wanted,) if isinstance(wanted, str) else tuple(dict.fromkeys(wanted))
        if ids != self.selection:
            self.selection, self._chosen = ids, frozenset(ids)
            self.selection_changed.emit(ids)

    def toggle(self, annotation_id: str) -> None:
        """Add one to the selection, or take it away."""
        if self.is_selected(annotation_id):
            self.select(other for other in self.selection if other != annotation_id)
        else:
            self.select((*self.selection, annotation_id))

    def is_selected(self, annotation_id: str) -> bool:
        """Whether an annotation is among the selected ones."""
        return annotation_id in self._chosen

    @property
    def selected_id(self) -> str | None:
        """The one that was selected last, None where none is."""
        return self.selection[-1] if self.selection else None

    @property
    def selected(self) -> Annotation | None:
        """The annotation that was selected last, None where none is."""
        return self.annotations[self.selection[-1]] if self.selection else None

    @property
    def selected_all(self) -> tuple[Annotation, ...]:
        """All that are selected, in the order of choosing."""
        return tuple(map(self.annotations.__getitem__, self.selection))

    @property
    def region(self) -> Shape | None:
        """What *Analyze region* means: the selected area, or all selected areas as one; None for none.

        More than `MOST_AREAS` are no region: nobody means 300,000 nuclei.
        """
        if len(self.selection) > MOST_AREAS:
            return None
        areas = tuple(annotation.shape for annotation in self.selected_all if annotation.shape.is_area)
        if len(areas) < 2:
            return areas[0] if areas else None
        known, region = self._region
        if region is None or known != areas:
            region = Shape.areas(polygons_of(shapely.union_all([area.polygon for area in areas])))
            self._region = (areas, region)
        return region

    def _drop_gone_selection(self, _: Change) -> None:
        if not self._chosen:
            return
        there = [one for one in self.selection if one in self.annotations]
        if len(there) < len(self.selection):
            self.select(there)
