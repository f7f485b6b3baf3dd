"""A brush on an outline of 50,000 places: ms a move, beside shapely's own union of the whole with each dab.

That is what drawing would cost if the outline were put together anew with every move. Both
strokes are the same, and it is said how far the two areas differ.
"""

from __future__ import annotations

import itertools
import math
import statistics
import time

import numpy as np
import shapely
from PySide6.QtGui import QGuiApplication, QImage, QPainter

from ml.annotation.brush import swept_by
from ml.annotation.document import Change
from ml.annotation.shapes import Annotation, Shape
from ml.geometry import Point
from tests.viewer.canvas.slides import NumberedSlide
from tests.viewer.tools.boards import ALT, NONE, HeardBoard, at
from viewer.canvas.camera import Camera
from viewer.state.opened_slide import OpenedSlide
from viewer.tools.brush import BrushTool

PLACES = 50_000
MOVES = 60
PEER_MOVES = 6  # of the peer, spread over the stroke
RADIUS_WIDGET = 24.0
SIDE = 65_000


def main() -> None:
    """Paint and wipe along the border, at two magnifications."""
    app = QGuiApplication([])
    outline = wavy()
    print(f"an outline of {len(outline.rings[0]):,} places, {MOVES} moves, ms a move")
    for scale, words in ((0.012, "all of it in view"), (0.2, "a twentieth in view")):
        for erases in (False, True):
            one(outline, scale, words, erases=erases)
    del app


def wavy() -> Shape:
    """A ring with waves and noise, as a freehand outline or a segmentation has them."""
    chance = np.random.default_rng(3)
    turns = np.linspace(0, 2 * math.pi, PLACES, endpoint=False)
    radius = 22_000 * (1 + 0.1 * np.sin(9 * turns) + 0.002 * chance.standard_normal(PLACES))
    places = np.column_stack([32_000 + radius * np.cos(turns), 32_000 + radius * np.sin(turns)])
    polygon = shapely.make_valid(shapely.Polygon(places))
    return Shape.areas([max(shapely.get_parts(polygon), key=lambda piece: float(piece.area))])


def one(outline: Shape, scale: float, words: str, *, erases: bool) -> None:
    """One stroke by the tool, painted as the view does, and by shapely alone."""
    way = [border(outline, n) for n in range(MOVES)]
    middle = way[MOVES // 2] if scale > 0.1 else Point(32_000, 32_000)
    camera = Camera(middle, scale, 1280, 800)
    way = [place for place in way if camera.visible().holds(place)] if scale > 0.1 else way
    opened = OpenedSlide(NumberedSlide(SIDE, SIDE))
    opened.edit(Change((), (Annotation(outline, id="it"),), "Draw"))
    opened.select("it")
    tool = BrushTool(HeardBoard(opened, camera=camera))
    modifiers = ALT if erases else NONE
    picture = QImage(1280, 800, QImage.Format.Format_RGB32)
    moved, painted = [], []
    tool.mouse_press(at(way[0].x, way[0].y, modifiers, camera=camera))
    for place in way[1:]:
        moved.append(
            timed(lambda place=place: tool.mouse_move(at(place.x, place.y, modifiers, camera=camera)))
        )
        painted.append(timed(lambda: paint(tool, picture, camera)))
    kept = timed(lambda: tool.mouse_release(at(way[-1].x, way[-1].y, modifiers, camera=camera)))
    found = opened.annotations["it"].shape.polygon
    whole, union = peers(outline, way, RADIUS_WIDGET / scale, erases=erases)
    differs = found.symmetric_difference(whole).area / whole.area
    ratio = statistics.median(moved) / statistics.median(union)
    print(
        f"{'wipe' if erases else 'paint':5}, {words:19}: move {median(moved)} (worst {max(moved):.1f}), "
        f"painting it {median(painted)}, letting go {kept:.0f}; shapely's union alone {median(union)}: "
        f"{ratio:.3f} of it; areas differ by {differs:.1e}"
    )


def peers(
    outline: Shape, way: list[Point], radius: float, *, erases: bool
) -> tuple[shapely.Geometry, list[float]]:
    """The same stroke by the whole outline: the result, and what a move costs that way."""
    join = shapely.difference if erases else shapely.union
    dabs = [swept_by([(a.x, a.y), (b.x, b.y)], radius) for a, b in itertools.pairwise(way)]
    area, some = outline.polygon, dabs[:: max(1, len(dabs) // PEER_MOVES)]
    times = [timed(lambda dab=dab: join(area, dab)) for dab in some]
    return join(area, shapely.union_all(dabs)), times


def border(outline: Shape, number: int) -> Point:
    """Places along a third of the outline."""
    ring = outline.rings[0]
    return ring[number * len(ring) // (3 * MOVES)]


def paint(tool: BrushTool, picture: QImage, camera: Camera) -> None:
    painter = QPainter(picture)
    tool.paint(painter, camera)
    painter.end()


def timed(work: object) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    work()  # type: ignore[operator]
    return (time.perf_counter() - began) * 1000


def median(times: list[float]) -> str:
    """The middle one."""
    return f"{statistics.median(times):.2f}"


if __name__ == "__main__":
    main()
