"""Studies of an archive, each with its series under it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from ml.pacs.pacs import RemoteSeries, Study
from viewer.panels.archive_words import here_in_words, series_in_columns, study_in_columns
from viewer.panels.pieces import named

_WHAT = Qt.ItemDataRole.UserRole
_HEAD = ("Patient", "Date", "Kind", "Description", "Images", "Fetched")


class ArchiveTree(QTreeWidget):
    """A click on a study opens it; series can be chosen, several with Ctrl or Shift."""

    series_wished = Signal(str)  # UID of a study whose series are not known yet
    choice_changed = Signal()
    fetch_wished = Signal()  # a double-click, or Enter, on a series

    def __init__(self, here: Callable[[RemoteSeries], int], parent: QWidget | None = None) -> None:
        """`here` says how many images of a series have been fetched."""
        super().__init__(parent)
        self._here, self._hidden = here, False
        self.setHeaderLabels(_HEAD)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setUniformRowHeights(True)
        self.setAlternatingRowColors(True)
        self.setAllColumnsShowFocus(True)
        self.setExpandsOnDoubleClick(False)
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(3, QHeaderView.ResizeMode.Stretch)
        named(self, "Studies", "What the archive has: open a study, then choose its series")
        self.itemClicked.connect(lambda item: item.setExpanded(True))
        self.itemExpanded.connect(self._want_series)
        self.itemActivated.connect(self._activate)
        self.itemSelectionChanged.connect(self.choice_changed)

    @property
    def chosen(self) -> tuple[RemoteSeries, ...]:
        """The series that are selected; those of a study where it is selected."""
        found: dict[str, RemoteSeries] = {}
        for item in self.selectedItems():
            for one in (item, *_under(item)):
                if isinstance(what := one.data(0, _WHAT), RemoteSeries):
                    found[what.uid] = what
        return tuple(found.values())

    def set_studies(self, studies: tuple[Study, ...]) -> None:
        """Show these."""
        self.clear()
        for study in studies:
            item = QTreeWidgetItem(list(study_in_columns(study, hidden=self._hidden)))
            item.setData(0, _WHAT, study)
            item.setTextAlignment(4, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            item.setChildIndicatorPolicy(QTreeWidgetItem.ChildIndicatorPolicy.ShowIndicator)
            self.addTopLevelItem(item)
        self.choice_changed.emit()

    def set_series(self, study_uid: str, series: tuple[RemoteSeries, ...]) -> None:
        """The series of one of them, the first of what can be shown chosen."""
        for item in self._studies():
            study: Study = item.data(0, _WHAT)
            if study.uid == study_uid and not item.childCount():
                for one in series:
                    child = QTreeWidgetItem([*series_in_columns(one), ""])
                    child.setData(0, _WHAT, one)
                    child.setTextAlignment(4, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                    item.addChild(child)
                item.setChildIndicatorPolicy(
                    QTreeWidgetItem.ChildIndicatorPolicy.DontShowIndicatorWhenChildless
                )
                item.setExpanded(True)
                first = next((c for c in _under(item) if c.data(0, _WHAT).modality in {"CT", "SM"}), None)
                if first is not None:
                    self.setCurrentItem(first)
        self.renew_here()

    def renew_here(self) -> None:
        """Say anew what has been fetched of each series."""
        for item in self._studies():
            for child in _under(item):
                series: RemoteSeries = child.data(0, _WHAT)
                child.setText(5, here_in_words(self._here(series), series.images))

    def set_private(self, hidden: bool) -> None:
        """Hide or show whose studies they are."""
        self._hidden = hidden
        for item in self._studies():
            item.setText(0, study_in_columns(item.data(0, _WHAT), hidden=hidden)[0])

    def _studies(self) -> Iterator[QTreeWidgetItem]:
        for place in range(self.topLevelItemCount()):
            item = self.topLevelItem(place)
            assert item is not None
            yield item

    def _want_series(self, item: QTreeWidgetItem) -> None:
        study = item.data(0, _WHAT)
        if isinstance(study, Study) and not item.childCount():
            self.series_wished.emit(study.uid)

    def _activate(self, item: QTreeWidgetItem) -> None:
        if isinstance(item.data(0, _WHAT), RemoteSeries):
            self.fetch_wished.emit()
        else:
            item.setExpanded(True)


def _under(item: QTreeWidgetItem) -> list[QTreeWidgetItem]:
    return [child for place in range(item.childCount()) if (child := item.child(place)) is not None]
