"""What can be done with several annotations at once, each as one `Change` that can be undone.

Every function gets annotations as they stand in a document, in the order in which they were chosen, and gives
the edit. Raises `Problem` where there is nothing to do, or where a locked one would change.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter

import shapely

from ml.annotation.document import Change
from ml.annotation.shapes import Annotation, Ring, Shape, polygons_of
from ml.annotation.undisturbed import undisturbed
from ml.errors import Problem
from ml.geometry import Point, Rect

_FINER = 6  # times that the tolerance is halved at most
_LEAST = 1e-6  # level-0 px²: a smaller area is what rounding left over


def edited(
    annotations: Iterable[Annotation], edit: Callable[[Annotation], Annotation], title: str
) -> Change | None:
    """The same edit for each that is not locked; None where nothing becomes different."""
    pairs = [(before, edit(before)) for before in annotations if not before.locked]
    return _change([(before, after) for before, after in pairs if before != after], title)


def given(annotations: Iterable[Annotation], title: str, **said: object) -> Change | None:
    """These values in these fields for each that is not locked; None where all have them.

    Only a lock itself is changed of what is locked. 300,000 at once take well under a second.
    """
    says = attrgetter(*said)
    wanted = tuple(said.values()) if len(said) > 1 else next(iter(said.values()))
    unlocks = "locked" in said
    with undisturbed():
        others = [one for one in annotations if (unlocks or not one.locked) and says(one) != wanted]
        return _change([(one, one.but(**said)) for one in others], title)


def _change(pairs: list[tuple[Annotation, Annotation]], title: str) -> Change | None:
    if not pairs:
        return None
    removed = tuple([before for before, _ in pairs])
    return Change(removed, tuple([after for _, after in pairs]), titled(title, len(pairs)))


def titled(title: str, number: int) -> str:
    """A title with how many it is about: "Lock (12)"."""
    return title if number == 1 else f"{title} ({number:,})"


def merged(annotations: Sequence[Annotation]) -> Change:
    """All areas as one, with all that the first one says."""
    areas = _areas(annotations, 2, "Merging")
    union = shapely.union_all([one.shape.polygon for one in areas])
    return Change(tuple(areas), (_shaped(areas[0], union),), titled("Merge", len(areas)))


def subtracted(annotations: Sequence[Annotation]) -> Change:
    """The first area without what the others cover; the others stay."""
    first, *others = _areas(annotations, 2, "Subtracting", stay=1)
    cutter = shapely.union_all([one.shape.polygon for one in others])
    left = shapely.difference(first.shape.polygon, cutter)
    if left.area <= _LEAST:
        raise Problem(
            "Nothing would be left: the others cover all of the first one.",
            "Select first what shall be kept.",
        )
    return Change((first,), (_shaped(first, left),), "Subtract")


def intersected(annotations: Sequence[Annotation]) -> Change:
    """What all areas have in common, with all that the first one says."""
    areas = _areas(annotations, 2, "Intersecting")
    common = shapely.intersection_all([one.shape.polygon for one in areas])
    if common.area <= _LEAST:
        raise Problem("They have no place in common.", "Select annotations that overlap.")
    return Change(tuple(areas), (_shaped(areas[0], common),), titled("Intersect", len(areas)))


def split_in_parts(annotations: Sequence[Annotation]) -> Change:
    """Each part of an area, each line of several and each point of several becomes an annotation."""
    several = [one for one in annotations if len(_parts(one.shape)) > 1]
    if not several:
        raise Problem("Nothing here has several parts.", "Select an annotation of several parts.")
    _refuse_locked(several)
    added = [_first_keeps(one, _parts(one.shape)) for one in several]
    return Change(tuple(several), tuple(new for each in added for new in each), "Split into parts")


def split_by_lines(annotations: Sequence[Annotation]) -> Change:
    """Areas cut along the lines that are selected with them; the lines are used up."""
    lines = [one for one in annotations if one.shape.kind == "line"]
    areas = [one for one in annotations if one.shape.is_area]
    if not lines or not areas:
        raise Problem(
            "Splitting needs an area and a line across it.", "Draw the line, and select both with Shift."
        )
    blade = shapely.union_all([one.shape.geometry for one in lines])
    removed: list[Annotation] = []
    added: list[Annotation] = []
    for area in areas:
        pieces = _cut(area.shape.polygon, blade)
        if len(pieces) > 1:
            removed.append(area)
            added += _first_keeps(area, [Shape.areas([piece]) for piece in pieces])
    if not removed:
        raise Problem("No line goes all the way across.", "Draw it from outside to outside.")
    _refuse_locked([*removed, *lines])
    return Change((*removed, *lines), tuple(added), "Split by line")


def simplified(annotations: Sequence[Annotation], tolerance: float) -> Change:
    """Outlines and lines without places that lie within `tolerance` (level-0 px) of the way without them."""
    free = [one for one in annotations if not one.locked]
    change = edited(free, lambda one: one.but(shape=simpler(one.shape, tolerance)), "Simplify")
    if change is None:
        raise Problem("Nothing becomes simpler at this tolerance.", "Choose a larger one.")
    return change


def simpler(shape: Shape, tolerance: float) -> Shape:
    """A shape with fewer places, or the same; rectangles, ellipses and points are simple already.

    By Douglas and Peucker, ring by ring from its first place: no place is farther than `tolerance` (level-0
    px) from the new line. Where rings would cross, a finer tolerance is taken.
    """
    if shape.kind not in {"polygon", "line"} or tolerance <= 0:
        return shape
    for _ in range(_FINER):
        rings = tuple(_thinned(ring, tolerance, closed=shape.is_area) for ring in shape.rings)
        new = Shape(rings, shape.kind, shape.starts)
        if _places(new) == _places(shape):
            return shape
        if min(map(len, rings)) >= (3 if shape.is_area else 2) and new.geometry.is_valid:
            return new
        tolerance /= 2
    return shape


def _thinned(ring: Ring, tolerance: float, *, closed: bool) -> Ring:
    places = [(p.x, p.y) for p in ring] + [(ring[0].x, ring[0].y)] * closed
    line = shapely.simplify(shapely.LineString(places), tolerance, preserve_topology=False)
    kept = shapely.get_coordinates(line)
    return tuple(Point(float(x), float(y)) for x, y in (kept[:-1] if closed else kept))


@dataclass(frozen=True)
class Loss:
    """What simplifying takes away: places before and after, and the share of all area that changes sides."""

    before: int
    after: int
    area: float


def loss_of(change: Change) -> Loss:
    """How much is lost by an edit that replaces shapes by simpler ones."""
    after = {one.id: one.shape for one in change.added}
    pairs = [(one.shape, after[one.id]) for one in change.removed if one.id in after]
    moved = [shapely.symmetric_difference(old.polygon, new.polygon).area for old, new in pairs if old.is_area]
    whole = math.fsum(old.area for old, _ in pairs)
    return Loss(
        sum(_places(old) for old, _ in pairs),
        sum(_places(new) for _, new in pairs),
        math.fsum(moved) / whole if whole else 0.0,
    )


def filled(annotations: Sequence[Annotation]) -> Change:
    """Areas without their holes."""
    change = edited(annotations, lambda one: one.but(shape=_without_holes(one.shape)), "Fill holes")
    if change is None:
        raise Problem("There are no holes to fill.", "Select an area with a hole that is not locked.")
    return change


def inverse(annotations: Sequence[Annotation], within: shapely.Geometry, like: Annotation) -> Change:
    """A new annotation of all that the areas leave free of `within`; `like` says its class and colour."""
    areas = _areas(annotations, 1, "Turning round", stay=len(annotations))
    left = shapely.difference(within, shapely.union_all([one.shape.polygon for one in areas]))
    if left.area <= _LEAST:
        raise Problem("They leave nothing free.", "Select smaller ones.")
    return Change((), (_shaped(_copy(like), left),), "Make inverse")


def duplicated(annotations: Sequence[Annotation], dx: float, dy: float) -> Change:
    """Copies beside the originals, so far to the right and down (level-0 px)."""
    return pasted(annotations, 1.0, 1.0, dx, dy, title="Duplicate")


def pasted(
    annotations: Sequence[Annotation], sx: float, sy: float, dx: float, dy: float, title: str = "Paste"
) -> Change:
    """Copies laid out anew: x' = sx·x + dx, y' = sy·y + dy. They are unlocked and have ids of their own."""
    copies = tuple(_laid(_copy(one), sx, sy, dx, dy) for one in annotations)
    return Change((), copies, titled(title, len(copies)))


def pulled_in(bounds: Rect, slide: Rect) -> tuple[float, float]:
    """How far something must move so that its middle lies on the slide: (dx, dy), mostly (0, 0)."""
    middle = bounds.center
    x = min(max(middle.x, slide.x), slide.right)
    y = min(max(middle.y, slide.y), slide.bottom)
    return x - middle.x, y - middle.y


def _areas(annotations: Sequence[Annotation], least: int, doing: str, stay: int = 0) -> list[Annotation]:
    """Those that enclose something. `stay`: after so many, others are not changed and may be locked."""
    areas = [one for one in annotations if one.shape.is_area]
    if len(areas) < least:
        number = {1: "an area", 2: "two areas"}[least]
        raise Problem(f"{doing} needs {number} at least.", "Select more with Shift, or drag with Select.")
    _refuse_locked(areas[:stay] if stay == 1 else [] if stay else areas)
    return areas


def _refuse_locked(annotations: Iterable[Annotation]) -> None:
    locked = [one for one in annotations if one.locked]
    if locked:
        name = locked[0].name or locked[0].class_name or locked[0].shape.kind
        raise Problem(
            f"“{name}” is locked." if len(locked) == 1 else f"{len(locked):,} of them are locked.",
            "Unlock first what shall change.",
        )


def _shaped(annotation: Annotation, geometry: shapely.Geometry) -> Annotation:
    pieces = [piece for piece in polygons_of(geometry) if piece.area > _LEAST]
    return annotation.but(shape=Shape.areas(pieces), nucleus=None)


def _copy(annotation: Annotation) -> Annotation:
    return annotation.but(id=str(uuid.uuid4()), locked=False)


def _first_keeps(annotation: Annotation, shapes: Sequence[Shape]) -> list[Annotation]:
    """One annotation a shape; the first keeps the identifier, and none what was measured of the whole."""
    bare = annotation.but(measurements={}, nucleus=None)
    return [
        bare.but(shape=shape) if not number else _copy(bare).but(shape=shape)
        for number, shape in enumerate(shapes)
    ]


def _parts(shape: Shape) -> list[Shape]:
    if shape.kind == "points":
        return [Shape.points([place]) for place in shape.rings[0]]
    if shape.kind == "line":
        return [Shape.line(ring) for ring in shape.rings]
    return [Shape(part, shape.kind) for part in shape.parts]


def _cut(area: shapely.Geometry, blade: shapely.Geometry) -> list[shapely.Polygon]:
    """An area in pieces along lines, holes kept."""
    lines = shapely.union_all([area.boundary, blade])
    pieces = polygons_of(shapely.polygonize([lines]))
    return [piece for piece in pieces if area.contains(piece.representative_point())]


def _without_holes(shape: Shape) -> Shape:
    if not shape.is_area or len(shape.rings) == len(shape.starts):
        return shape
    outer = [shapely.Polygon([(p.x, p.y) for p in part[0]]) for part in shape.parts]
    return Shape.areas(polygons_of(shapely.union_all(outer)))


def _laid(annotation: Annotation, sx: float, sy: float, dx: float, dy: float) -> Annotation:
    def moved(shape: Shape) -> Shape:
        rings = tuple(tuple(Point(sx * p.x + dx, sy * p.y + dy) for p in ring) for ring in shape.rings)
        return Shape(rings, shape.kind, shape.starts)

    nucleus = annotation.nucleus
    return annotation.but(shape=moved(annotation.shape), nucleus=None if nucleus is None else moved(nucleus))


def _places(shape: Shape) -> int:
    return sum(map(len, shape.rings))
