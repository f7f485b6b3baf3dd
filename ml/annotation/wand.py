"""The magic wand: what is connected to a place and of a similar colour, as an area."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from ml.geometry import Rect

MOST = 255
"""The greatest tolerance: everything is similar."""

_SOFT = 2.0  # px: nuclei and fibres that are finer do not fray the outline
_ROUGH = 0.75  # px that the outline may be off the edges of the pixels
_LEAST_HOLE = 200.0  # px²: smaller holes are closed


class Wand:
    """Held to one place of a picture: (height, width, 3) uint8. `seen` says which pixels may be taken."""

    def __init__(
        self, pixels: NDArray[np.uint8], column: int, row: int, seen: NDArray[np.bool_] | None = None
    ) -> None:
        from scipy.ndimage import gaussian_filter

        soft = gaussian_filter(pixels.astype(np.float32), (_SOFT, _SOFT, 0))
        here = soft[row, column]
        apart = np.sqrt(((soft - here) ** 2).mean(axis=2))
        if seen is not None:
            apart[~seen] = np.inf
        self.apart = np.ceil(apart.clip(0, MOST + 1)).astype(np.uint16)
        self._place = (row, column)

    def mask(self, tolerance: int) -> NDArray[np.bool_]:
        """The pixels that are connected to the place over pixels within the tolerance: (height, width) bool.

        The distance of two colours is the root of the mean of the squares of their differences, 0 to 255, in
        the picture made soft; pixels touch by their edges.
        """
        from skimage.segmentation import flood

        within = min(tolerance, MOST)
        taken: NDArray[np.bool_] = flood(  # type: ignore[no-untyped-call]
            self.apart, self._place, connectivity=1, tolerance=within
        )
        return taken

    def area(self, tolerance: int) -> shapely.Geometry:
        """The same as an area in pixels of the picture, its corner at 0, 0."""
        return area_of(self.mask(tolerance))


def area_of(mask: NDArray[np.bool_]) -> shapely.Geometry:
    """The outline of a mask with its holes, without steps of single pixels; empty for an empty one."""
    from skimage.measure import find_contours

    framed = np.pad(mask.astype(np.float32), 1)
    rings = [
        shapely.LinearRing(
            contour[:, ::-1] - 0.5
        )  # a pixel's centre lies half a pixel from its edge; 1 of frame
        for contour in find_contours(framed, 0.5, fully_connected="low")  # type: ignore[no-untyped-call]
        if len(contour) > 3
    ]
    if not rings:
        return shapely.Polygon()
    kept = [ring for ring in rings if abs(shapely.Polygon(ring).area) >= _LEAST_HOLE]
    outer = max(rings, key=lambda ring: float(shapely.Polygon(ring).area))
    holes = [ring for ring in kept if ring is not outer]
    area = shapely.Polygon(outer, holes).simplify(_ROUGH)
    return area if area.is_valid else shapely.make_valid(area)


def laid_on_slide(area: shapely.Geometry, rect: Rect, pixels: tuple[int, int]) -> shapely.Geometry:
    """An area in pixels (width, height) of a picture of `rect`, in level-0 px."""
    scale = np.array([rect.width / pixels[0], rect.height / pixels[1]])
    moved: shapely.Geometry = shapely.transform(area, lambda places: places * scale + (rect.x, rect.y))
    return moved
