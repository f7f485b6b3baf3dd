"""What was measured in a series: each thing lies in a plane of the patient."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand

from ml.ct_measure import Place, RoiFacts

Kind = Literal["length", "angle", "rectangle", "ellipse"]


@dataclass(frozen=True, slots=True)
class Measurement:
    """Two places (of a length, or opposite corners of a region) or three (an angle; its corner second).

    Places are mm in the patient, LPS. `right` and `down` are the unit vectors of the plane that it was drawn
    on; `value` is mm or degrees, `facts` are those of a region as it was drawn.
    """

    kind: Kind
    places: tuple[Place, ...]
    right: Place
    down: Place
    where: str  # "Slice 54", "Coronal"
    slice_: int | None = None  # of the series, where it was drawn on one
    value: float = 0.0
    facts: RoiFacts | None = None
    unit: str = "HU"  # of what `facts` say
    id: str = field(default_factory=lambda: uuid.uuid4().hex)


class Measurements(QObject):
    """Those of one series, in the order in which they were made; at most one is selected."""

    changed = Signal()
    selected = Signal(object)  # id, or None

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.items: tuple[Measurement, ...] = ()
        self.selected_id: str | None = None

    def apply(self, removed: Iterable[Measurement], added: Iterable[Measurement]) -> None:
        """Carry out an edit: what is added under an id that goes takes its place in the order."""
        gone = {measurement.id for measurement in removed}
        come = {measurement.id: measurement for measurement in added}
        kept = [come.pop(m.id) if m.id in come else m for m in self.items if m.id in come or m.id not in gone]
        self.items = (*kept, *come.values())
        if self.find(self.selected_id) is None:
            self.select(None)
        self.changed.emit()

    def find(self, measurement_id: str | None) -> Measurement | None:
        """One of them by its id."""
        return next((m for m in self.items if m.id == measurement_id), None)

    def select(self, measurement_id: str | None) -> None:
        """Select one, or none."""
        if measurement_id != self.selected_id:
            self.selected_id = measurement_id
            self.selected.emit(measurement_id)


class MeasurementEdit(QUndoCommand):
    """An edit of measurements that can be undone."""

    def __init__(
        self,
        title: str,
        measurements: Measurements,
        removed: Iterable[Measurement],
        added: Iterable[Measurement],
    ) -> None:
        super().__init__(title)
        self._measurements, self._removed, self._added = measurements, tuple(removed), tuple(added)

    def redo(self) -> None:
        """Carry it out."""
        self._measurements.apply(self._removed, self._added)

    def undo(self) -> None:
        """Take it back."""
        self._measurements.apply(self._added, self._removed)
