"""Feeds the planes of one view from its reading: slices at once, cuts across them from the background."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, QTimer

from ml.ct_measure import Place
from ml.report.words import SPACE
from ml.volume.geometry import Geometry
from ml.volume.reformat import Plane, View, plane_through, view_of_slices
from viewer.ct.cross_layer import CrossLayer
from viewer.ct.look import in_words
from viewer.ct.plane import Shown, acquired
from viewer.ct.reading import Reading, Slab
from viewer.ct.slice_view import SliceView
from viewer.panels.ct_stage import CtStage
from viewer.work.reformatting import Reformat, Reformatting, Wish

_SLABS = {"max": "MIP", "mean": "mean", "min": "MinIP"}
_ANEW_MS = 150  # while slices come, cuts across them are made anew no more often


class CtPlanes(QObject):
    """Follows a reading. What did not change is not cut again."""

    def __init__(self, reading: Reading, stage: CtStage, reformatting: Reformatting) -> None:
        super().__init__(stage)
        self._reading, self._stage, self._reformatting = reading, stage, reformatting
        self.crosses = {view: CrossLayer() for view in stage.views}
        self._cuts: dict[SliceView, tuple[Plane, Slab]] = {}
        self._kinds: dict[SliceView, View] = {
            stage.axial: "axial",
            stage.coronal: "coronal",
            stage.sagittal: "sagittal",
        }
        self._anew = QTimer(self)
        self._anew.setSingleShot(True)
        self._anew.setInterval(_ANEW_MS)
        self._anew.timeout.connect(self._cut_anew)
        reading.place_changed.connect(self.show)
        reading.slab_changed.connect(self.show)
        reading.planes_changed.connect(self._rearranged)
        reading.look_changed.connect(self._show_look)
        reading.opened.arrived.connect(self._arrived)
        reading.opened.complete.connect(self._completed)
        for view in stage.views:
            view.oriented, view.sized = reading.opened.known, reading.opened.sized
            view.scroll_wished.connect(partial(self.scroll, view))
        self._show_look()
        self.show()

    def close(self) -> None:
        """Wish for nothing any more."""
        self._anew.stop()
        self._reading.opened.arrived.disconnect(self._arrived)
        self._reading.opened.complete.disconnect(self._completed)
        for view in self._stage.views:
            self._reformatting.forget(view)
        self._cuts.clear()

    def show(self) -> None:
        """Show the planes through the place of the reading."""
        reading, axial = self._reading, self._stage.axial
        straight = reading.slab.thickness == 0 and stands_straight(reading.opened.volume.geometry)
        if not reading.three or straight:
            self._cuts.pop(axial, None)
            self._reformatting.forget(axial)
            self._put(axial, acquired(reading.opened.volume, reading.slice_))
        for view in self._stage.views if reading.three else ():
            self.crosses[view].set_place(reading.place)
            if view is not axial or not straight:
                self._wish(view)
        if not reading.three:
            self.crosses[axial].set_place(None)

    def scroll(self, view: SliceView, steps: int) -> None:
        """Move through a plane's normal: by slices, or across them by as much as a pixel is wide."""
        reading = self._reading
        if view is self._stage.axial or view.shown is None:
            reading.step(steps)
            return
        normal, step = view.shown.normal, reading.opened.volume.geometry.spacing[0]
        sign = 1 if sum(normal) > 0 else -1
        x, y, z = (p + sign * steps * step * n for p, n in zip(reading.place, normal, strict=True))
        reading.go_to_place((x, y, z))

    def _wish(self, view: SliceView) -> None:
        reading = self._reading
        volume = reading.opened.volume
        plane = plane_through(volume, self._kinds[view], reading.place)
        if self._cuts.get(view) == (plane, reading.slab):
            return
        self._cuts[view] = (plane, reading.slab)
        slab = reading.slab

        def done(cut: Reformat) -> None:
            if view in self._cuts:
                self._put(
                    view, replace(shown_of(cut, self._kinds[view], slab, reading.place), unit=volume.unit)
                )

        wish = Wish(volume, plane, slab.thickness, slab.kind, done, self._fail)
        self._reformatting.wish(view, wish)

    def _fail(self, error: BaseException) -> None:
        raise error

    def _put(self, view: SliceView, shown: Shown) -> None:
        view.show_plane(shown)
        self._say(view)

    def _say(self, view: SliceView) -> None:
        reading, shown = self._reading, view.shown
        if shown is None:
            return
        left = shown.words.split("\n")
        if shown.slice_ is not None and reading.opened.known:
            height = shown.origin[2]
            left.append(f"{'H' if height >= 0 else 'F'} {abs(height):.1f}{SPACE}mm")
        tilt = reading.opened.volume.geometry.tilt
        if tilt and reading.opened.known:
            left.append(f"tilt {tilt:.1f}°" + (", put straight" if shown.slice_ is None else ""))
        if reading.three and view is not self._stage.axial:
            view.set_words(tuple(left), ())
            return
        look = reading.look
        name = look.name or next(
            (named.name for named in reading.opened.windows if named.window == look.window), ""
        )
        right = [f"{name}  {in_words(look.window)}".strip()]
        if look.inverted:
            right.append("inverted")
        view.set_words(tuple(left), tuple(right))

    def _show_look(self) -> None:
        for view in self._stage.views:
            view.set_look(self._reading.look)
            self._say(view)

    def _rearranged(self) -> None:
        self._cuts.clear()
        self.show()

    def _arrived(self, number: int) -> None:
        if number == self._reading.slice_ and self._stage.axial not in self._cuts:
            self._put(self._stage.axial, acquired(self._reading.opened.volume, number))
        if self._reading.three and not self._anew.isActive():
            self._anew.start()

    def _completed(self) -> None:
        """Slices that never came say so now."""
        self._anew.stop()
        self._cuts.clear()
        self.show()

    def _cut_anew(self) -> None:
        if self._reading.three:
            self._cuts.clear()
            self.show()


def stands_straight(geometry: Geometry) -> bool:
    """Whether the slices themselves are the axial plane: as one looks at it, and of a gantry not tilted."""
    axes = geometry.axes
    upright = axes[0][0] > 0 and axes[1][1] > 0
    return geometry.tilt == 0 and upright and view_of_slices(geometry) == "axial"


def shown_of(cut: Reformat, view: View, slab: Slab, place: Place) -> Shown:
    """A cut as a plane that is shown."""
    plane, spacing = cut.plane, cut.plane.spacing
    normal = (
        plane.right[1] * plane.down[2] - plane.right[2] * plane.down[1],
        plane.right[2] * plane.down[0] - plane.right[0] * plane.down[2],
        plane.right[0] * plane.down[1] - plane.right[1] * plane.down[0],
    )
    axis = max(range(3), key=lambda n: abs(normal[n]))
    letters = (("L", "R"), ("P", "A"), ("H", "F"))[axis]
    where = f"{letters[0] if place[axis] >= 0 else letters[1]} {abs(place[axis]):.1f}{SPACE}mm"
    thick = f"\n{slab.thickness:g}{SPACE}mm {_SLABS[slab.kind]}" if slab.thickness else ""
    return Shown(
        cut.values,
        1.0,
        0.0,
        (spacing, spacing),
        plane.origin,
        plane.right,
        plane.down,
        f"{view.capitalize()}\n{where}{thick}",
        None,
        max(slab.thickness, spacing),
    )
