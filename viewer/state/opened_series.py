"""One CT series on the table, with everything that belongs to it while it is open."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from ml.ct_about import NamedWindow, windows_of
from ml.volume.series import Series
from ml.volume.volume import Volume
from viewer.state.ct_findings import CtFindings
from viewer.state.learning import SeriesNotes
from viewer.state.measurements import Measurement, MeasurementEdit, Measurements
from viewer.state.opened import Opened


@dataclass(frozen=True, slots=True)
class Mark:
    """Something to be found at a slice, as it stands on the slice slider. Weight 0..1 is its height."""

    slice_: int
    words: str
    weight: float = 1.0


class OpenedSeries(Opened):
    """A series with its volume, which fills while one looks at it, its measurements and its marks."""

    arrived = Signal(int)  # this slice is there, or it is known that it will never be
    complete = Signal()  # every slice is there or missing
    marks_changed = Signal()
    findings_changed = Signal()  # another analysis, or none

    def __init__(self, series: Series, path: Path, parent: QObject | None = None) -> None:
        """Raises `Problem` where memory does not suffice."""
        super().__init__(path, parent)
        self.series = series
        self.about = series.about
        self.windows: tuple[NamedWindow, ...] = windows_of(series)
        self.volume = Volume.empty(series)
        self.measurements = Measurements(self)
        self.learning = SeriesNotes(self)
        self.marks: tuple[Mark, ...] = ()
        self.is_complete = False
        self.findings: CtFindings | None = None
        self.outcome = ""  # of the last analysis, in a sentence

    @property
    def title(self) -> str:
        """What the series is called; never a folder's name, which may be a patient's."""
        return self.series.description

    @property
    def frames(self) -> set[tuple[str, int]]:
        """What tells its slices from all others: their UIDs, and the frames of their files."""
        return {(slice_.uid, slice_.frame) for slice_ in self.series.slices}

    @property
    def middle(self) -> int:
        """The slice that is shown first."""
        return len(self.series) // 2

    @property
    def known(self) -> bool:
        """Whether the file says how large a pixel is and where slices lie."""
        return self.volume.geometry.is_known

    @property
    def sized(self) -> bool:
        """Whether the file says how large a pixel is: within a slice, lengths are mm."""
        return self.series.slices[0].spacing is not None

    def come(self, number: int) -> None:
        """A slice was decoded (or given up)."""
        self.arrived.emit(number)

    def finish(self) -> None:
        """The last slice has come."""
        self.is_complete = True
        self.complete.emit()

    def measure(self, measurement: Measurement) -> None:
        """Keep a measurement, so that it can be undone, and select it."""
        title = {"length": "Measure length", "angle": "Measure angle"}.get(measurement.kind, "Measure region")
        self.undo.push(MeasurementEdit(title, self.measurements, (), (measurement,)))
        self.measurements.select(measurement.id)

    def change(self, before: Measurement, after: Measurement) -> None:
        """Replace a measurement by the same one elsewhere, so that it can be undone."""
        self.undo.push(MeasurementEdit("Change measurement", self.measurements, (before,), (after,)))

    def delete(self, measurement: Measurement) -> None:
        """Delete a measurement, so that it can be undone."""
        self.undo.push(MeasurementEdit("Delete measurement", self.measurements, (measurement,), ()))

    def set_findings(self, findings: CtFindings | None) -> None:
        """Another analysis begins to arrive."""
        self.findings = findings
        self.set_marks(())
        self.findings_changed.emit()

    def set_marks(self, marks: tuple[Mark, ...]) -> None:
        """Say at which slices there is something to be found."""
        self.marks = marks
        self.marks_changed.emit()
