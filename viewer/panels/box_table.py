"""The boxes as a table that grows while a run goes on and keeps its order, its selection and its place."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from ml.geometry import Spacing
from ml.results.boxes import Box
from viewer.state.findings import Findings, Verdict

AnyIndex = QModelIndex | QPersistentModelIndex
VERDICTS: dict[Verdict, str] = {"open": "– open", "accepted": "✓ accepted", "rejected": "✗ rejected"}
_ORDER: dict[Verdict, int] = {"open": 0, "accepted": 1, "rejected": 2}
SCORE, AREA, VERDICT, PEAK, PATCHES, POSITION = range(6)
_HEADERS = (
    ("Score", "Mean score of the box's patches, 0 to 1"),
    ("mm²", "Area of the box's patches in mm²"),
    ("Verdict", "What you decided: open, accepted or rejected"),
    ("Peak", "Highest score among the box's patches, 0 to 1"),
    ("Patches", "How many patches the box holds"),
    ("Position, mm", "The middle of the box, from the top left corner of the slide"),
)
_MANY_GAPS = 64  # more runs of vanished rows than this: building anew is quicker
_NOWHERE = QModelIndex()


class BoxTable(QAbstractTableModel):
    """One row a box. `follow` shows other findings; `update_boxes` takes over what changed, and only that."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._boxes: list[Box] = []
        self._rows: dict[str, int] = {}
        self._findings: Findings | None = None
        self._column = SCORE
        self._falling = True

    def follow(self, findings: Findings | None) -> None:
        """Show the boxes of these findings."""
        self.beginResetModel()
        self._findings = findings
        self._put(findings.boxes if findings else ())
        self.endResetModel()

    def update_boxes(self, boxes: tuple[Box, ...]) -> None:
        """Take away what is gone, refresh what stayed, add what is new, then put it in order."""
        coming = {box.key: box for box in boxes}
        gone = [row for row, box in enumerate(self._boxes) if box.key not in coming]
        runs = _runs(gone)
        if len(runs) > _MANY_GAPS:
            self.beginResetModel()
            self._put(boxes)
            self.endResetModel()
            return
        for first, last in reversed(runs):
            self.beginRemoveRows(_NOWHERE, first, last)
            del self._boxes[first : last + 1]
            self.endRemoveRows()
        stayed = {box.key for box in self._boxes}
        changed = any(coming[box.key] != box for box in self._boxes)
        self._boxes = [coming[box.key] for box in self._boxes]
        new = [box for box in boxes if box.key not in stayed]
        if new:
            self.beginInsertRows(_NOWHERE, len(self._boxes), len(self._boxes) + len(new) - 1)
            self._boxes += new
            self.endInsertRows()
        self._index_rows()
        if changed and self._boxes:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._boxes) - 1, len(_HEADERS) - 1))
        self._reorder()

    def verdict_changed(self, key: str) -> None:
        """Show a box's new verdict; its row stays where it is until the table is sorted again."""
        if (row := self.row_of(key)) is not None:
            self.dataChanged.emit(self.index(row, 0), self.index(row, len(_HEADERS) - 1))

    def box(self, row: int) -> Box | None:
        """The box in this row."""
        return self._boxes[row] if 0 <= row < len(self._boxes) else None

    def row_of(self, key: str | None) -> int | None:
        """Where the box with this key stands, None where it is not in the table."""
        return self._rows.get(key) if key is not None else None

    def next_open(self, after: int) -> Box | None:
        """The next box without a verdict below a row, then from the top; None when all have one."""
        count = len(self._boxes)
        turn = (self._boxes[(after + 1 + n) % count] for n in range(count))
        return next((box for box in turn if self._verdict(box) == "open"), None)

    def rowCount(self, parent: AnyIndex = _NOWHERE) -> int:
        """Number of boxes."""
        return 0 if parent.isValid() else len(self._boxes)

    def columnCount(self, parent: AnyIndex = _NOWHERE) -> int:
        """Number of columns."""
        return 0 if parent.isValid() else len(_HEADERS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """The name of a column and what it means."""
        if orientation is Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return _HEADERS[section][0]
        if role in {Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.StatusTipRole}:
            return _HEADERS[section][1]
        return None

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """One cell; the verdict is a sign and a word, never a colour alone."""
        box = self.box(index.row())
        if box is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._shown(box, index.column())
        if role == Qt.ItemDataRole.TextAlignmentRole:
            left = index.column() in {VERDICT, POSITION}
            side = Qt.AlignmentFlag.AlignLeft if left else Qt.AlignmentFlag.AlignRight
            return side | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"Found with {box.rule.in_words()}"
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; later boxes fall into the same order."""
        self._column = max(column, 0)
        self._falling = order is Qt.SortOrder.DescendingOrder
        self._reorder()

    def _shown(self, box: Box, column: int) -> str:
        texts: dict[int, Callable[[], str]] = {
            SCORE: lambda: f"{box.score:.2f}",
            AREA: lambda: f"{box.area_mm2:.3f}",
            VERDICT: lambda: VERDICTS[self._verdict(box)],
            PEAK: lambda: f"{box.peak:.2f}",
            PATCHES: lambda: f"{box.patches:,}",
            POSITION: lambda: position_in_mm(box, self._findings.spacing if self._findings else None),
        }
        return texts[column]()

    def _verdict(self, box: Box) -> Verdict:
        return self._findings.verdict(box.key) if self._findings else "open"

    def _place(self, box: Box) -> tuple[float, ...]:
        value = {
            SCORE: (box.score,),
            AREA: (box.area_mm2,),
            VERDICT: (float(_ORDER[self._verdict(box)]), -box.score),
            PEAK: (box.peak,),
            PATCHES: (float(box.patches),),
            POSITION: (box.rect.center.y, box.rect.center.x),
        }
        return value[self._column]

    def _put(self, boxes: Iterable[Box]) -> None:
        self._boxes = sorted(boxes, key=self._place, reverse=self._falling)
        self._index_rows()

    def _index_rows(self) -> None:
        self._rows = {box.key: row for row, box in enumerate(self._boxes)}

    def _reorder(self) -> None:
        ordered = sorted(self._boxes, key=self._place, reverse=self._falling)
        if all(one is other for one, other in zip(ordered, self._boxes, strict=True)):
            return
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        keys = [self._boxes[index.row()].key for index in before]
        self._boxes = ordered
        self._index_rows()
        after = [self.index(self._rows[key], index.column()) for key, index in zip(keys, before, strict=True)]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()


def position_in_mm(box: Box, spacing: Spacing | None) -> str:
    """The middle of a box from the slide's top left corner, "12.34, 5.60"."""
    if spacing is None:
        return ""
    middle = box.rect.center
    return f"{middle.x * spacing.x / 1000:.2f}, {middle.y * spacing.y / 1000:.2f}"


def _runs(rows: list[int]) -> list[tuple[int, int]]:
    """Rising row numbers as runs (first, last) without a gap."""
    if not rows:
        return []
    breaks = [n for n, (one, other) in enumerate(pairwise(rows), 1) if other != one + 1]
    starts, ends = [0, *breaks], [*(n - 1 for n in breaks), len(rows) - 1]
    return [(rows[start], rows[end]) for start, end in zip(starts, ends, strict=True)]
