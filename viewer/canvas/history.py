"""Where one has looked: back and forward, as in a browser. Pure: cameras and times in, cameras out."""

from __future__ import annotations

import math

from viewer.canvas.camera import Camera

REST = 0.5
"""Seconds that a view must stand still to be a place that one may want to come back to."""

_MOST = 200
_OTHER_SCALE = 1.5  # times larger or smaller: another place
_OTHER_FIELD = 0.5  # of the field aside: another place


class History:
    """Remembers where a view stood before it went elsewhere. `moved` is told every camera."""

    def __init__(self) -> None:
        self._places: list[Camera] = []
        self._index = -1  # where among them one is
        self._last: Camera | None = None
        self._since = 0.0

    def moved(self, camera: Camera, now: float) -> None:
        """The view looks from here since `now` (s); where it stood before is kept if it stood long enough."""
        if self._last is not None and now - self._since >= REST:
            self._keep(self._last)
        self._last, self._since = camera, now

    @property
    def can_go_back(self) -> bool:
        """Whether there is a place before this one."""
        return self._index > 0 or (self._index == 0 and self._is_elsewhere())

    @property
    def can_go_forward(self) -> bool:
        """Whether one went back before, and nowhere else since."""
        return self._index < len(self._places) - 1 and not self._is_elsewhere()

    def back(self) -> Camera | None:
        """The place before this one; None where there is none. Where one is now can be come back to."""
        if not self.can_go_back:
            return None
        if self._last is not None:
            self._keep(self._last)
        return self._go(self._index - 1)

    def forward(self) -> Camera | None:
        """The place that one went back from; None where there is none."""
        if not self.can_go_forward:
            return None
        return self._go(self._index + 1)

    def _go(self, index: int) -> Camera:
        """The way there is no place of its own, nor is what is left by it a new one."""
        self._index = index
        self._last, self._since = self._places[index], math.inf
        return self._places[index]

    def _is_elsewhere(self) -> bool:
        return self._last is not None and (
            self._index < 0 or not _alike(self._places[self._index], self._last)
        )

    def _keep(self, camera: Camera) -> None:
        """As in a browser: whoever goes on from a place loses what was ahead of it."""
        if self._index >= 0 and _alike(self._places[self._index], camera):
            return
        del self._places[self._index + 1 :]
        self._places.append(camera)
        del self._places[:-_MOST]
        self._index = len(self._places) - 1


def _alike(one: Camera, other: Camera) -> bool:
    """Whether two cameras show the same place, for a person."""
    ratio = max(one.scale / other.scale, other.scale / one.scale)
    if ratio > _OTHER_SCALE or one.flipped != other.flipped:
        return False
    turned = abs((one.angle - other.angle + 180) % 360 - 180)
    field = min(one.width, one.height) / one.scale
    way = math.hypot(one.center.x - other.center.x, one.center.y - other.center.y)
    return turned < 10 and way <= field * _OTHER_FIELD
