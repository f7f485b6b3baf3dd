"""How one series is being read in one view: which place, which window, which planes, how fast."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from PySide6.QtCore import QObject, Signal

from ml.ct_about import NamedWindow
from ml.ct_measure import Place
from ml.volume.window import Window
from viewer.ct.look import CtLook, nudged
from viewer.state.opened_series import OpenedSeries

SlabKind = Literal["mean", "max", "min"]


@dataclass(frozen=True, slots=True)
class Slab:
    """How thick the planes are, mm (0: one voxel), and what of the thickness is shown."""

    thickness: float = 0.0
    kind: SlabKind = "max"


class Reading(QObject):
    """State of one view. Everything that shows it follows its signals; nothing else holds it."""

    place_changed = Signal()
    look_changed = Signal()
    slab_changed = Signal()
    planes_changed = Signal()

    def __init__(self, opened: OpenedSeries, look: CtLook, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.opened = opened
        self.look = look
        self.slab = Slab()
        self.three = False  # planes: axial, coronal and sagittal, or the slices alone
        rows, columns = opened.series.slices[0].size
        self.voxel: Place = ((columns - 1) / 2, (rows - 1) / 2, float(opened.middle))

    @property
    def count(self) -> int:
        """How many slices there are."""
        return len(self.opened.series)

    @property
    def slice_(self) -> int:
        """The slice that is looked at."""
        return min(max(round(self.voxel[2]), 0), self.count - 1)

    @property
    def place(self) -> Place:
        """The same place in the patient, mm."""
        return self.opened.volume.geometry.to_patient(*self.voxel)

    def go(self, slice_: int) -> None:
        """Look at a slice, or at the last one there is on that side."""
        self._move((self.voxel[0], self.voxel[1], float(min(max(slice_, 0), self.count - 1))))

    def step(self, steps: int) -> None:
        """So many slices on."""
        self.go(self.slice_ + steps)

    def go_to_place(self, place: Place) -> None:
        """Bring all planes to a place in the patient; within the volume."""
        self.go_to_voxel(self.opened.volume.geometry.to_voxel(*place))

    def go_to_voxel(self, voxel: Place) -> None:
        """Bring all planes to a voxel: column, row, slice; within the volume."""
        rows, columns = self.opened.series.slices[0].size
        most = (columns - 1.0, rows - 1.0, self.count - 1.0)
        column, row, slice_ = (min(max(value, 0.0), top) for value, top in zip(voxel, most, strict=True))
        self._move((column, row, slice_))

    def set_look(self, look: CtLook) -> None:
        """Show it otherwise."""
        if look != self.look:
            self.look = look
            self.look_changed.emit()

    def set_window(self, window: Window) -> None:
        """Another window."""
        self.set_look(replace(self.look, window=window))

    def nudge(self, level: float, width: float) -> None:
        """Move and widen the window by so many HU."""
        self.set_window(nudged(self.look.window, level, width))

    def next_window(self, windows: tuple[NamedWindow, ...]) -> NamedWindow | None:
        """The first of several windows, or the one after that which is shown; round and round."""
        if not windows:
            return None
        shown = [named.window for named in windows]
        at = shown.index(self.look.window) if self.look.window in shown else -1
        chosen = windows[(at + 1) % len(windows)]
        self.set_window(chosen.window)
        return chosen

    def set_slab(self, slab: Slab) -> None:
        """Thicker or thinner planes."""
        if slab != self.slab:
            self.slab = slab
            self.slab_changed.emit()

    def set_three(self, three: bool) -> None:
        """Three planes at right angles, or the slices alone."""
        if three != self.three:
            self.three = three
            self.planes_changed.emit()

    def _move(self, voxel: Place) -> None:
        if voxel != self.voxel:
            self.voxel = voxel
            self.place_changed.emit()
