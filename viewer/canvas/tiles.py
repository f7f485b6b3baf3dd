"""Which tiles a camera wants: the display pyramid of a slide, and the wish list of a view. Pure numbers.

The display pyramid has a level for every halving, whatever the file holds: levels of the file as they are,
and between and above them levels that are made by reading the next finer one (`ml.slide.region`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from ml.geometry import Point, Rect, Size, to_pixel
from ml.slide.slide import Level, SlideInfo
from viewer.canvas.camera import Camera

EDGE = 512
"""Edge of a tile where the file's own tiles do not serve (strips, whole pages, made levels), px."""

_SMALLEST, _LARGEST = 128, 1024  # edges of the file's tiles that are worth using as they are, px
_GAP = 2.5  # ratio of two levels of the file above which a level is made between them
_STAND_IN = 2  # levels above the sharp one that stand in for it: 1/16 of the pixels


class TileKey(NamedTuple):
    """One tile; `slide` is a number (`TileLoader.number`), `level` one of the display pyramid."""

    slide: int
    level: int
    column: int
    row: int


@dataclass(frozen=True, slots=True)
class DisplayLevel:
    """One magnification of the display pyramid."""

    size: Size  # px of this level
    downsample_x: float  # level-0 px a pixel of this level
    downsample_y: float
    tile: Size  # px of this level
    native: int | None  # the file's level with exactly these pixels; None: made
    aligned: bool  # whether the file's tiles are these tiles

    @property
    def downsample(self) -> float:
        """Mean of both axes."""
        return (self.downsample_x + self.downsample_y) / 2

    @property
    def columns(self) -> int:
        """Number of tiles across."""
        return -(-self.size.width // self.tile.width)

    @property
    def rows(self) -> int:
        """Number of tiles down."""
        return -(-self.size.height // self.tile.height)

    def tile_size(self, column: int, row: int) -> Size:
        """Pixels of one tile, cut at the level's edge."""
        width = min(self.tile.width, self.size.width - column * self.tile.width)
        height = min(self.tile.height, self.size.height - row * self.tile.height)
        return Size(width, height)

    def rect(self, column: int, row: int) -> Rect:
        """What a tile covers, level-0 px. The last ones may reach beyond the slide by a part of a pixel."""
        size = self.tile_size(column, row)
        return Rect(
            column * self.tile.width * self.downsample_x,
            row * self.tile.height * self.downsample_y,
            size.width * self.downsample_x,
            size.height * self.downsample_y,
        )

    def touched(self, rect: Rect) -> tuple[range, range]:
        """Columns and rows of the tiles that a rectangle in level-0 px touches."""
        width, height = self.tile.width * self.downsample_x, self.tile.height * self.downsample_y
        left, top = math.floor(rect.x / width), math.floor(rect.y / height)
        right, bottom = math.ceil(rect.right / width), math.ceil(rect.bottom / height)
        if rect.is_empty:
            return range(0), range(0)
        columns = range(max(0, left), min(self.columns, right))
        rows = range(max(0, top), min(self.rows, bottom))
        return columns, rows


@dataclass(frozen=True)
class DisplayPyramid:
    """All display levels of a slide, finest first; the coarsest is one tile: the overview."""

    levels: tuple[DisplayLevel, ...]
    bounds: Rect

    @classmethod
    def of(cls, info: SlideInfo) -> DisplayPyramid:
        """The file's levels, and made ones wherever two neighbours are more than a halving apart."""
        levels: list[DisplayLevel] = []
        natives = [(index, _native(info, index)) for index in _distinct(info.levels)]
        for place, (_, level) in enumerate(natives):
            levels.append(level)
            following = natives[place + 1][1] if place + 1 < len(natives) else None
            while _wants_more(levels[-1], following):
                levels.append(_halved(levels[-1]))
        return cls(tuple(levels), info.bounds)

    @property
    def overview(self) -> int:
        """The coarsest level: one tile."""
        return len(self.levels) - 1

    def sharp(self, device_scale: float) -> int:
        """The coarsest level that need not be enlarged at a scale in device px per level-0 px."""
        allowed = 1.03 / device_scale  # three in a hundred nobody sees, and they save a halving
        fitting = [i for i, level in enumerate(self.levels) if level.downsample <= allowed]
        return fitting[-1] if fitting else 0

    def source(self, level: int) -> int:
        """The file's level that a level is read from: its own, or the next finer one."""
        natives = (made.native for made in reversed(self.levels[: level + 1]))
        return next(native for native in natives if native is not None)

    def rect(self, key: TileKey) -> Rect:
        """What a tile covers, level-0 px."""
        return self.levels[key.level].rect(key.column, key.row)

    def tiles(self, slide: int, level: int, rect: Rect) -> Iterator[TileKey]:
        """The tiles of a level that a rectangle touches, row by row."""
        columns, rows = self.levels[level].touched(rect)
        return (TileKey(slide, level, column, row) for row in rows for column in columns)


def wanted(
    pyramid: DisplayPyramid,
    slide: int,
    camera: Camera,
    device_ratio: float,
    focus: Point | None = None,
    travel: Point | None = None,
) -> list[TileKey]:
    """All tiles a view wants, best first, each once.

    The overview (so that there is never nothing); a coarse stand-in of what is in view (a sixteenth of the
    pixels, so that it is there at once); the sharp tiles in view from `focus` (the cursor, else the middle)
    outwards; those of the field that comes next if the picture goes on by `travel` (level-0 px); one ring of
    sharp tiles around; four tiles one level finer about the focus, for whoever zooms in there; stand-ins as
    far again as the view is wide.

    A stand-in that has to be made from the very pixels of the sharp tiles would come no sooner than they do:
    it comes after them, and the overview too when most of the slide is in view anyway.
    """
    level = pyramid.sharp(camera.scale * device_ratio)
    view = camera.visible()
    middle = focus if focus is not None and view.holds(focus) else view.center
    wishes: list[TileKey] = []
    for wish_level, rect in _parts(pyramid, level, view, middle, travel):
        keys: Iterable[TileKey] = pyramid.tiles(slide, wish_level, rect)
        if rect is view and not camera.is_upright:
            keys = (key for key in keys if _is_seen(camera, pyramid.rect(key)))
        wishes += sorted(keys, key=lambda key: _distance(pyramid.rect(key).center, middle))
    return list(dict.fromkeys(wishes))


def _parts(
    pyramid: DisplayPyramid, level: int, view: Rect, middle: Point, travel: Point | None
) -> list[tuple[int, Rect]]:
    """Levels and rectangles whose tiles are wanted, best first; see `wanted`."""
    coarse = min(level + _STAND_IN, pyramid.overview)
    sharp = pyramid.levels[level]
    edge = max(sharp.tile.width * sharp.downsample_x, sharp.tile.height * sharp.downsample_y)
    around = view.grown(max(view.width, view.height) / 2)
    first: list[tuple[int, Rect]] = []
    later: list[tuple[int, Rect]] = [(level, view)]
    most = view.intersection(pyramid.bounds).area * 2 >= pyramid.bounds.area
    source = pyramid.source(level)
    (later if most and pyramid.source(pyramid.overview) == source else first).append(
        (pyramid.overview, pyramid.bounds)
    )
    (later if pyramid.source(coarse) == source else first).append((coarse, view))
    ahead = [(level, _shifted(view, travel))] if travel is not None else []
    finer = [(level - 1, _about(middle, edge / 2))] if level > 0 else []
    return [*first, *later, *ahead, (level, view.grown(edge)), *finer, (coarse, around)]


def _shifted(view: Rect, travel: Point) -> Rect:
    """The field after the picture has gone on, no farther than one field."""
    x = min(max(travel.x, -view.width), view.width)
    y = min(max(travel.y, -view.height), view.height)
    return Rect(view.x + x, view.y + y, view.width, view.height)


def _about(point: Point, edge: float) -> Rect:
    return Rect(point.x - edge / 2, point.y - edge / 2, edge, edge)


def _is_seen(camera: Camera, rect: Rect) -> bool:
    """Whether a turned view shows a part of a rectangle: of its bounding box in the widget, to be exact."""
    corners = (
        Point(rect.x, rect.y),
        Point(rect.right, rect.y),
        Point(rect.x, rect.bottom),
        Point(rect.right, rect.bottom),
    )
    xs, ys = zip(*(camera.to_widget(corner) for corner in corners), strict=True)
    across = bool(max(xs) > 0 and min(xs) < camera.width)
    return across and bool(max(ys) > 0 and min(ys) < camera.height)


def affordable(pyramid: DisplayPyramid, wishes: list[TileKey], budget: int) -> list[TileKey]:
    """As many wishes, best first, as fit into so many bytes at once: more would push each other out."""
    room = budget
    for place, key in enumerate(wishes):
        room -= pyramid.levels[key.level].tile_size(key.column, key.row).area * 4  # as `QImage` of 32 bit
        if room < 0:
            return wishes[:place]
    return wishes


def visible_sharp(pyramid: DisplayPyramid, slide: int, camera: Camera, device_ratio: float) -> list[TileKey]:
    """The sharp tiles in view: when all are there, the field is sharp."""
    keys = pyramid.tiles(slide, pyramid.sharp(camera.scale * device_ratio), camera.visible())
    if camera.is_upright:
        return list(keys)
    return [key for key in keys if _is_seen(camera, pyramid.rect(key))]


def _distance(one: Point, other: Point) -> float:
    return (one.x - other.x) ** 2 + (one.y - other.y) ** 2


def _distinct(levels: tuple[Level, ...]) -> list[int]:
    """The file's levels without those that hardly differ from the one before."""
    kept = [0]
    for index, level in enumerate(levels):
        if level.downsample > levels[kept[-1]].downsample * 1.2:
            kept.append(index)
    return kept


def _native(info: SlideInfo, index: int) -> DisplayLevel:
    level = info.levels[index]
    edges = (level.tile.width, level.tile.height)
    whole = level.columns * level.rows == 1 and max(edges) <= _LARGEST
    aligned = whole or (min(edges) >= _SMALLEST and max(edges) <= _LARGEST)
    x, y = _ratios(info.size, level)
    return DisplayLevel(level.size, x, y, level.tile if aligned else Size(EDGE, EDGE), index, aligned)


def _ratios(slide: Size, level: Level) -> tuple[float, float]:
    """Level-0 px a pixel of this level, along x and y.

    Writers cut or fill up a last part of a pixel, so the ratio of the sizes is not quite the true one: a
    whole number that explains both sizes is.
    """
    x, y = slide.width / level.size.width, slide.height / level.size.height
    whole = float(to_pixel((x + y) / 2))
    off_x = abs(level.size.width * whole - slide.width)
    off_y = abs(level.size.height * whole - slide.height)
    return (whole, whole) if whole >= 1 and max(off_x, off_y) < whole else (x, y)


def _wants_more(level: DisplayLevel, following: DisplayLevel | None) -> bool:
    if following is None:
        return level.columns * level.rows > 1 or max(level.size.width, level.size.height) > EDGE * 2
    return following.downsample / level.downsample > _GAP


def _halved(level: DisplayLevel) -> DisplayLevel:
    size = Size(-(-level.size.width // 2), -(-level.size.height // 2))
    return DisplayLevel(
        size, level.downsample_x * 2, level.downsample_y * 2, Size(EDGE, EDGE), None, aligned=False
    )
