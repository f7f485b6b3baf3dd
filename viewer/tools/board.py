"""What every drawing tool works on: the slide, where new shapes go, what catches, and whom to tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

import shapely

from ml.annotation.document import Change
from ml.annotation.feature import with_shape
from ml.annotation.forms import area_on
from ml.annotation.measured import Means, meaning, measured
from ml.annotation.shapes import Annotation, Shape
from ml.annotation.snapping import Caught, caught, touches
from ml.errors import Problem
from ml.geometry import Point, Rect, Spacing
from viewer.canvas.camera import Camera
from viewer.canvas.tissue import Tissue
from viewer.canvas.tool import Pointer
from viewer.state.opened_slide import OpenedSlide

Hit = Callable[[Point, float], str | None]
"""The key of what stands at a place of the slide, with a tolerance in level-0 px."""

CATCHES = 10.0
"""Widget px within which a corner or a line of another shape catches."""

_MOST_CAUGHT = 2000  # shapes that are asked whether they catch


@dataclass
class Choices:
    """What a person chose for tools, the same on every slide of the window."""

    brush: float = 24.0  # radius in widget px
    tolerance: int = 24  # of the wand, 0 to 255
    snaps: bool = False


@dataclass
class Board:
    """One view of a slide under a drawing hand. `drawn` is told when a shape is done that is drawn singly."""

    opened: OpenedSlide
    drawn: Callable[[], None] = lambda: None
    choices: Choices = field(default_factory=Choices)
    annotation_at: Hit = lambda _point, _reach: None
    tell: Callable[[str], None] = lambda _: None
    refuse: Callable[[Problem], None] = lambda _: None
    lift: Callable[[Iterable[str]], None] = lambda _: None  # these are in the hand: the layer shows them not
    camera: Callable[[], Camera | None] = lambda: None
    tissue: Callable[[], Tissue | None] = lambda: None
    near: Callable[[Rect], Iterable[Annotation]] | None = None  # quickly, where somebody keeps an index
    held: Caught | None = None  # what caught the last place

    @property
    def bounds(self) -> Rect:
        """The whole slide."""
        return self.opened.info.bounds

    @property
    def spacing(self) -> Spacing | None:
        """How large a pixel is, where somebody knows."""
        return None if self.opened.spacing is None else self.opened.spacing.spacing

    def place(self, pointer: Pointer, but: Iterable[str] = ()) -> Point:
        """Where the pointer means: the place itself, or what catches it where catching is on."""
        return self.caught(pointer.point, pointer.tolerance(CATCHES), but)

    def caught(self, point: Point, reach: float, but: Iterable[str] = ()) -> Point:
        """The corner or line within reach of a place, of any shape but these; else the place."""
        self.held = None
        if self.choices.snaps:
            left_out = frozenset(but)
            close = (one for one in self.close_to(point, reach) if one.id not in left_out)
            self.held = caught(point, islice(close, _MOST_CAUGHT), reach)
        return point if self.held is None else self.held.place

    def close_to(self, point: Point, reach: float) -> Iterator[Annotation]:
        """The annotations whose bounds come within reach of a place."""
        around = Rect(point.x, point.y, 0, 0).grown(reach)
        all_ = self.opened.annotations if self.near is None else self.near(around)
        return (one for one in all_ if one.shape.bounds.grown(reach).holds(point))

    def draw(
        self, shape: Shape, title: str, means: Means = "", name: str = "", *, selects: bool = True
    ) -> Annotation:
        """Add a shape of the current class, so that it can be undone, and select it unless said otherwise."""
        annotation = self.opened.classes.dressed(Annotation(shape, name))
        if means:
            annotation = meaning(annotation, means, self.spacing)
        self.opened.edit(Change((), (annotation,), title))
        if selects:
            self.opened.select(annotation.id)
        return annotation

    def reshape(self, old: Annotation, shape: Shape, title: str) -> None:
        """Give an annotation another shape, with the measurements that follow from it."""
        new = measured(with_shape(old, shape), self.spacing)
        self.opened.edit(Change((old,), (new,), title))

    def put_area(self, old: Annotation | None, area: shapely.Geometry, title: str) -> None:
        """An area after a stroke: of an annotation, or a new one. Of nothing left, nothing is kept."""
        shape = area_on(area, self.bounds)
        if old is None:
            if shape is not None:
                self.draw(shape, title)
        elif shape is None:
            self.opened.edit(Change((old,), (), f"{title}: nothing left"))
        else:
            self.reshape(old, shape, title)

    def area_at(self, point: Point, radius: float, *, erases: bool, joins: bool) -> Annotation | None:
        """The area that a stroke which begins here goes on with; None: it begins a new one.

        That is the selected area where the stroke begins on it, or wherever it begins if it `joins`. What
        `erases` goes for the area under it where none is selected.
        """
        one = self.opened.selected
        wanted = joins or erases
        if one is not None and _free(one) and (wanted or touches(one.shape, point, radius)):
            return one
        if not erases:
            return None
        key = self.annotation_at(point, radius)
        found = None if key is None or key not in self.opened.annotations else self.opened.annotations[key]
        return found if found is not None and _free(found) else None


def _free(annotation: Annotation) -> bool:
    return annotation.shape.is_area and not annotation.locked
