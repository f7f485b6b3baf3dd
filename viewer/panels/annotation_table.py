"""Everything drawn as a table: any number of rows, of which only those in view are ever looked at."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QModelIndex, QObject, Qt, QTimer, Signal

from ml.annotation.document import Change
from ml.annotation.places import Rows
from ml.annotation.shapes import Annotation
from ml.geometry import Spacing
from viewer.panels.annotation_columns import NOTE, Column, columns_of
from viewer.panels.annotation_lines import AnnotationLines
from viewer.panels.choosing import Choosing, choosing
from viewer.state.annotated import Annotated

_NOWHERE = QModelIndex()
_FEW = 200  # annotations of an edit: more, and the table is made anew
_VERY_MANY = 20_000
_MOST_MEASURED = 12  # columns of measurements
_AT_ONCE = 5000  # lines that are put in order before the hand is let go; more: in the time between
_BUDGET = 0.012  # s of a turn of the window
_SOON_MS = 300  # after the last of many new lines they are put in order


class AnnotationTable(AnnotationLines):
    """A row is a number in `Places` of the document; `rows` are those shown, in the order of the table.

    An edit of few changes only their lines: what does not fit the filter any more stays until it is asked
    anew, and new ones come at the end, so that nothing jumps away under the hand. Very many are looked
    through and put in order while the window goes on; until then the table stands as it was.
    """

    shown_changed = Signal()  # other rows than before
    working = Signal(float)  # the share of looking through that is done

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.generation = 0  # how often they were chosen anew
        self._positions: NDArray[np.intp] | None = None  # of each row of the document, -1 where not shown
        self._sorted_by, self._falling = -1, False
        self._text, self._class = "", ""
        self._any_class = True
        self._choosing: Choosing | None = None  # under way
        self._turns, self._later = QTimer(self), QTimer(self)
        self._turns.timeout.connect(self._turn)
        self._later.setSingleShot(True)
        self._later.setInterval(_SOON_MS)
        self._later.timeout.connect(self.renew)

    @property
    def is_choosing(self) -> bool:
        """Whether lines are being looked through, or will be in a moment."""
        return self._choosing is not None or self._later.isActive()

    def follow(self, opened: Annotated | None, spacing: Spacing | None) -> None:
        """Show the annotations of something else."""
        self._opened, self._spacing = opened, spacing
        self._show(np.empty(0, np.intp))
        self.renew()

    def set_spacing(self, spacing: Spacing | None) -> None:
        """How large a pixel is."""
        self._spacing = spacing
        self.renew()

    def filter(self, text: str, class_name: str | None) -> None:
        """Show what has this text in class, name, kind or note, and this class (None: any)."""
        wanted = (text.casefold().strip(), class_name or "", class_name is None)
        if wanted != (self._text, self._class, self._any_class):
            self._text, self._class, self._any_class = wanted
            self.renew()

    def renew(self) -> None:
        """Choose and sort the rows anew; where there are very many, in the time between."""
        self._later.stop()
        rows = self._of_class()
        columns = columns_of(self._measured())
        self._choosing = self._chosen(rows, columns)
        if len(rows) <= _AT_ONCE or not (self._text or 0 <= self._sorted_by < len(columns)):
            self._turn(float("inf"))
        else:
            self._turns.start(0)

    def _turn(self, budget: float = _BUDGET) -> None:
        """Go on with looking through, for so many seconds."""
        end = time.monotonic() + budget
        try:
            while self._choosing is not None:
                share = next(self._choosing)
                if time.monotonic() > end:
                    self.working.emit(share)
                    return
        except StopIteration as done:
            self._show(done.value)
        self._turns.stop()

    def _show(self, rows: Rows) -> None:
        self._turns.stop()
        self._choosing = None
        self.beginResetModel()
        self.columns = columns_of(self._measured())
        self.rows = rows
        self._positions = None
        self.generation += 1
        self.endResetModel()
        self.shown_changed.emit()

    def take(self, change: Change) -> None:
        """Follow an edit of the document."""
        if self._opened is None:
            return
        many = len(change.added) > _FEW
        both = many and bool(change.removed)
        very = len(change.added) > _VERY_MANY  # not even looked through for what is new about them
        if both or very or len(change.removed) > _FEW or self._brings_columns(change.added):
            self._take_many()
            return
        if self._choosing is not None or (many and self._sorted_by >= 0):
            self._later.start()
        places = self._opened.annotations.places
        coming = {annotation.id for annotation in change.added}
        if any(annotation.id not in coming for annotation in change.removed):
            self._drop_gone()
        rows = places.rows_of(annotation.id for annotation in change.added)
        at = self.positions_of(rows)
        for position in at[at >= 0].tolist():
            self.dataChanged.emit(self.index(position, 0), self.index(position, len(self.columns) - 1))
        new = self._fitting(rows[at < 0])
        if len(new):
            count = len(self.rows)
            self.beginInsertRows(_NOWHERE, count, count + len(new) - 1)
            self.rows = np.concatenate((self.rows, new))
            self._positions = None
            self.endInsertRows()
        self.shown_changed.emit()

    def positions_of(self, rows: Rows) -> NDArray[np.intp]:
        """Where rows of the document stand in the table, -1 for those that are not shown."""
        if self._opened is None:
            return np.full(len(rows), -1, np.intp)
        if self._positions is None:
            self._positions = np.full(len(self._opened.annotations.places.bounds), -1, np.intp)
            self._positions[self.rows] = np.arange(len(self.rows))
        known = rows < len(self._positions)
        return np.where(known, self._positions[np.where(known, rows, 0)], -1)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; -1: in the order of drawing."""
        wanted = (column, order is Qt.SortOrder.DescendingOrder)
        if wanted != (self._sorted_by, self._falling):
            self._sorted_by, self._falling = wanted
            self.renew()

    def _take_many(self) -> None:
        """Very many are different: what is gone leaves at once, what is to be in order follows."""
        if self._opened is not None and (self._text or self._sorted_by >= 0):
            bounds = self._opened.annotations.places.bounds
            self._show(self.rows[~np.isnan(bounds[self.rows, 0])])
        self.renew()

    def _of_class(self) -> Rows:
        """All rows of the class that is shown, in the order of drawing."""
        if self._opened is None:
            return np.empty(0, np.intp)
        places = self._opened.annotations.places
        rows = places.used
        if not self._any_class:
            wanted = np.array([name == self._class for name, _ in places.known_inks], np.bool_)
            rows = rows[wanted[places.inks[rows]]] if len(wanted) else rows
        return rows

    def _chosen(self, rows: Rows, columns: tuple[Column, ...]) -> Choosing:
        says = self._says if self._text else None
        column = columns[self._sorted_by] if 0 <= self._sorted_by < len(columns) else None
        found: list[Annotation] = []
        if self._opened is not None and (says is not None or column is not None):
            found = self._opened.annotations.places.annotations(rows)
        return choosing(rows, found, says, column, self._spacing, falling=self._falling)

    def _fitting(self, rows: Rows) -> Rows:
        if self._opened is None or (self._any_class and not self._text):
            return rows
        places = self._opened.annotations.places
        return np.array([row for row in rows.tolist() if self._fits(places.annotation(row))], np.intp)

    def _fits(self, annotation: Annotation) -> bool:
        right_class = self._any_class or annotation.class_name == self._class
        return right_class and (not self._text or self._says(annotation))

    def _says(self, annotation: Annotation) -> bool:
        said = (annotation.class_name, annotation.name, annotation.metadata.get(NOTE, ""))
        return any(self._text in one.casefold() for one in said)

    def _drop_gone(self) -> None:
        assert self._opened is not None
        gone = np.flatnonzero(np.isnan(self._opened.annotations.places.bounds[self.rows, 0]))
        for position in reversed(gone.tolist()):
            self.beginRemoveRows(_NOWHERE, position, position)
            self.rows = np.delete(self.rows, position)
            self.endRemoveRows()
        self._positions = None

    def _measured(self) -> tuple[str, ...]:
        """The measurements that most annotations have, looked at in a sample of many."""
        if self._opened is None:
            return ()
        document = self._opened.annotations
        rows = document.places.used
        sample = document.places.annotations(rows[:: max(1, len(rows) // 500)])
        found = Counter(name for one in sample for name in one.measurements)
        return tuple(sorted(name for name, _ in found.most_common(_MOST_MEASURED)))

    def _brings_columns(self, added: Iterable[Annotation]) -> bool:
        known = {column.title for column in self.columns}
        full = len(self.columns) >= len(columns_of(())) + _MOST_MEASURED
        return not full and not all(one.measurements.keys() <= known for one in added)
