"""Where annotations lie: asked by rectangle, kept up with one edit after the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import repeat

import numpy as np
import shapely
from numpy.typing import NDArray

from ml.annotation.shapes import Annotation, Color
from ml.geometry import Rect

Rows = NDArray[np.intp]
Ink = tuple[str, Color | None]
"""What annotations look like: their class and their own colour. Those of one ink are drawn together."""

_OWN = ("inks", "orders", "known_inks", "_ink_numbers", "_held", "_rows", "_free", "_loose", "_is_loose")
_FIRST_ROOM = 64
_FEW = 400_000  # so many rectangles are looked through in a millisecond: building a tree takes half a second
_WIDE = 0.02  # of all there is: a larger rectangle holds so much that looking through is quicker


class Places:
    """One row an annotation: its bounds, its ink, and its place in the order of drawing.

    Rows are numbers into `bounds` (x, y, right, bottom in level-0 px; NaN in rows that are free), `inks` and
    `orders`. Rectangles are found by a tree of shapely's, and by looking through what was edited since the
    tree was built; it is built anew when that is a quarter of all. An edit of n annotations costs n steps,
    however many there are.
    """

    def __init__(self) -> None:
        self.bounds = _no_bounds(_FIRST_ROOM)
        self.inks: NDArray[np.int32] = np.zeros(_FIRST_ROOM, np.int32)
        self.orders: NDArray[np.int64] = np.zeros(_FIRST_ROOM, np.int64)
        self.known_inks: list[Ink] = []
        self._ink_numbers: dict[Ink, int] = {}
        self._held: list[Annotation | None] = []
        self._rows: dict[str, int] = {}
        self._free: list[int] = []
        self._next_order = 0
        self._tree: shapely.STRtree | None = None
        self._tree_rows: Rows = np.empty(0, np.intp)
        self._loose: set[int] = set()  # rows that the tree knows nothing of, or something wrong
        self._is_loose: NDArray[np.bool_] = np.zeros(_FIRST_ROOM, np.bool_)

    def __len__(self) -> int:
        return len(self._rows)

    def copied(self) -> Places:
        """The same once more; the tree, which nothing changes, is shared."""
        copy = Places()
        copy.become(self)
        copy.bounds = self.bounds.copy(order="F")
        for name in _OWN:
            copy.__dict__[name] = self.__dict__[name].copy()
        return copy

    def become(self, other: Places) -> None:
        """Be as another one from now on, which nobody uses any more."""
        self.__dict__.update(other.__dict__)

    def apply(self, gone: Iterable[Annotation], added: Sequence[Annotation]) -> None:
        """Follow an edit: what is added under an id that is there takes its row; `gone` goes for good."""
        self._drop([annotation.id for annotation in gone])
        self._make_room(len(added))
        if not self._rows and len(added) >= len(self._held):  # all rows are free, and all are taken again
            self._held, self._free = [], []
        if not self._free and self._rows.keys().isdisjoint([annotation.id for annotation in added]):
            self._append(added)
            return
        known, held = self._rows.get, self._held
        rows: list[int] = []
        new: list[int] = []
        moved: list[int] = []
        bounds: list[Rect] = []
        for annotation in added:
            row = known(annotation.id)
            if row is None:
                row = self._take_row(annotation.id)
                new.append(row)
            before = held[row]
            if before is None or before.shape is not annotation.shape:
                moved.append(row)
                bounds.append(annotation.shape.bounds)
            held[row] = annotation
            rows.append(row)
        self.inks[rows] = self._inks_of(added)
        self.orders[new] = np.arange(self._next_order, self._next_order + len(new))
        self._next_order += len(new)
        if moved:
            self.bounds[moved] = _corners(bounds)
            self._loosen(moved)

    def _append(self, added: Sequence[Annotation]) -> None:
        """The same, where all of it is new and comes behind all others: nothing is looked up one by one."""
        if not added:
            return
        first, end = len(self._held), len(self._held) + len(added)
        self._held += added
        self._rows.update(zip([annotation.id for annotation in added], range(first, end), strict=True))
        self.inks[first:end] = self._inks_of(added)
        self.orders[first:end] = np.arange(self._next_order, self._next_order + len(added))
        self._next_order += len(added)
        self.bounds[first:end] = _corners([annotation.shape.bounds for annotation in added])
        if self._tree is not None:
            self._loosen(list(range(first, end)))

    def annotation(self, row: int) -> Annotation:
        """What stands in a row."""
        found = self._held[row]
        assert found is not None, "a free row was asked for"
        return found

    def annotations(self, rows: Rows) -> list[Annotation]:
        """What stands in these rows, in the order given."""
        held = self._held
        return [found for row in rows.tolist() if (found := held[row]) is not None]

    def row_of(self, annotation_id: str) -> int | None:
        """The row of an annotation, None where it is not there."""
        return self._rows.get(annotation_id)

    def rows_of(self, ids: Iterable[str]) -> Rows:
        """The rows of those of these annotations that are there."""
        rows: Rows = np.array(list(map(self._rows.get, ids, repeat(-1))), np.intp)
        return rows[rows >= 0]

    @property
    def used(self) -> Rows:
        """All rows that hold something, in the order of drawing."""
        return self.ordered(np.flatnonzero(~np.isnan(self.bounds[:, 0])))

    def touching(self, rect: Rect) -> Rows:
        """Whose bounds touch a rectangle, in the order of drawing; one without width counts too."""
        return self.ordered(self.touching_unordered(rect))

    def touching_unordered(self, rect: Rect) -> Rows:
        """The same in any order."""
        box = (rect.x, rect.y, rect.right, rect.bottom)
        if len(self) <= _FEW or self._is_wide(rect):
            return np.flatnonzero(_meet(self.bounds, box))
        if self._tree is None or len(self._loose) > max(_FEW, len(self) // 4):
            self._build()
        assert self._tree is not None
        found = self._tree_rows[self._tree.query(shapely.box(*box))]
        found = found[~self._is_loose[found]]
        if self._loose:
            loose = np.fromiter(self._loose, np.intp, len(self._loose))
            found = np.concatenate((found, loose[_meet(self.bounds[loose], box)]))
        return np.asarray(found, np.intp)

    def within(self, rect: Rect) -> Rows:
        """Whose bounds lie wholly in a rectangle, in the order of drawing."""
        found = self.touching(rect)
        x, y, right, bottom = self.bounds[found].T
        whole = (x >= rect.x) & (y >= rect.y) & (right <= rect.right) & (bottom <= rect.bottom)
        return np.asarray(found[whole], np.intp)

    def _is_wide(self, rect: Rect) -> bool:
        """Whether a rectangle takes a good part of where things lie; without a tree nobody knows."""
        if self._tree is None or not len(self._tree_rows):
            return False
        return rect.intersection(self._extent).area > _WIDE * self._extent.area

    def _build(self) -> None:
        self._tree_rows = np.flatnonzero(~np.isnan(self.bounds[:, 0]))
        boxes = self.bounds[self._tree_rows]
        self._tree = shapely.STRtree(shapely.box(*boxes.T))
        x, y, right, bottom = boxes[:, 0].min(), boxes[:, 1].min(), boxes[:, 2].max(), boxes[:, 3].max()
        self._extent = Rect(float(x), float(y), float(right - x), float(bottom - y))
        self._is_loose[:] = False
        self._loose.clear()

    def ordered(self, rows: Rows) -> Rows:
        """These rows in the order of drawing."""
        orders = self.orders[rows]
        if len(rows) > 1 and not bool((orders[1:] > orders[:-1]).all()):
            rows = rows[np.argsort(orders)]
        return rows

    def _inks_of(self, annotations: Sequence[Annotation]) -> list[int]:
        numbers = self._ink_numbers
        inks = [(annotation.class_name, annotation.color) for annotation in annotations]
        for ink in dict.fromkeys(inks):
            if ink not in numbers:
                numbers[ink] = len(self.known_inks)
                self.known_inks.append(ink)
        return [numbers[ink] for ink in inks]

    def _take_row(self, annotation_id: str) -> int:
        if self._free:
            row = self._free.pop()
        else:
            row = len(self._held)
            self._held.append(None)
        self._rows[annotation_id] = row
        return row

    def _drop(self, ids: Sequence[str]) -> None:
        rows = [self._rows.pop(one) for one in ids]
        for row in rows:
            self._held[row] = None
        self._free += rows
        self.bounds[rows] = np.nan
        self._loosen(rows)

    def _loosen(self, rows: list[int]) -> None:
        if self._tree is not None:
            self._loose.update(rows)
            self._is_loose[rows] = True

    def _make_room(self, more: int) -> None:
        needed, room = len(self._held) + more, len(self.bounds)
        if needed > room:
            new = max(needed, 2 * room)
            grown = _no_bounds(new)
            grown[:room] = self.bounds
            self.bounds = grown
            self.inks = np.concatenate((self.inks, np.zeros(new - room, np.int32)))
            self.orders = np.concatenate((self.orders, np.zeros(new - room, np.int64)))
            self._is_loose = np.concatenate((self._is_loose, np.zeros(new - room, np.bool_)))


def _corners(bounds: Sequence[Rect]) -> NDArray[np.float64]:
    """x, y, right and bottom of each."""
    flat = [value for b in bounds for value in (b.x, b.y, b.x + b.width, b.y + b.height)]
    return np.array(flat, np.float64).reshape(-1, 4)


def _no_bounds(rows: int) -> NDArray[np.float64]:
    """Room for so many; each column lies together, as all of it is looked through."""
    return np.full((rows, 4), np.nan, order="F")


def _meet(bounds: NDArray[np.float64], box: tuple[float, float, float, float]) -> NDArray[np.bool_]:
    """Which of the bounds touch a box; none that is NaN does."""
    x, y, right, bottom = box
    meets: NDArray[np.bool_] = bounds[:, 0] <= right
    meets &= bounds[:, 2] >= x
    meets &= bounds[:, 1] <= bottom
    meets &= bounds[:, 3] >= y
    return meets
