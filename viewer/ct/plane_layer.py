"""What lies over a plane and scrolls with it."""

from __future__ import annotations

from viewer.canvas.layer import Layer
from viewer.ct.plane import Shown


class PlaneLayer(Layer):
    """A layer that is told which plane is under it."""

    shown: Shown | None = None

    def show(self, shown: Shown | None) -> None:
        """Another plane is under it; the view paints anew by itself."""
        self.shown = shown
