"""Of a crowd nothing is left out: every annotation is drawn by itself or counts in a cell."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QImage, QPainter

from ml.annotation.document import AnnotationDocument, Change
from ml.annotation.shapes import Annotation, Shape
from ml.geometry import Point, Rect
from viewer.canvas import crowd
from viewer.canvas.annotation_layer import AnnotationLayer
from viewer.canvas.camera import Camera

BLUE, RED = (0, 0, 200), (200, 0, 0)
EDGES = st.integers(1, 300)
BOXES = st.lists(
    st.tuples(st.integers(0, 900), st.integers(0, 700), EDGES, st.booleans()), min_size=1, max_size=40
)


def document_of(boxes: list[tuple[int, int, int, bool]]) -> AnnotationDocument:
    document = AnnotationDocument()
    drawn = tuple(
        Annotation(
            Shape.rectangle(Rect(x, y, edge, edge)),
            color=BLUE if blue else RED,
            class_name="b" if blue else "r",
            id=f"id{n}",
        )
        for n, (x, y, edge, blue) in enumerate(boxes)
    )
    document.apply(Change((), drawn, "Draw"))
    return document


@given(BOXES, st.floats(0.02, 3))
def test_everybody_is_in_one_lot(boxes: list[tuple[int, int, int, bool]], scale: float) -> None:
    places = document_of(boxes).places
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(crowd, "CROWD", 0)
        lots = crowd.split(places, places.used, scale)
    together = np.concatenate((lots.full, lots.outlines, lots.cells))
    assert sorted(together.tolist()) == sorted(places.used.tolist())
    for lot, low, high in ((lots.cells, 0, crowd.OUTLINE), (lots.full, crowd.FULL, np.inf)):
        sizes = crowd.sizes_of(places, lot) * scale
        assert ((sizes >= low) & (sizes < high)).all()


@given(BOXES, st.floats(0.05, 1))
def test_cells_painted_in_two_halves_are_those_painted_at_once(
    boxes: list[tuple[int, int, int, bool]], scale: float
) -> None:
    places = document_of(boxes).places
    rows = places.used
    palette = [color or BLUE for _, color in places.known_inks]
    marked = np.zeros(len(rows), np.bool_)

    def cells(clip: Rect) -> dict[tuple[int, int], tuple[int, ...]]:
        found = crowd.cells_of(places, rows, palette, marked, clip, scale)
        step = crowd.CELL / scale
        left, top = round(found.rect.x / step), round(found.rect.y / step)
        lines, columns = np.nonzero(found.pixels[..., 3])
        return {
            (left + int(c), top + int(n)): tuple(map(int, found.pixels[n, c]))
            for n, c in zip(lines, columns, strict=True)
        }

    whole = cells(Rect(0, 0, 1300, 1100))
    assert {**cells(Rect(0, 0, 600, 1100)), **cells(Rect(600, 0, 700, 1100))} == whole
    step = crowd.CELL / scale
    middles = {(int(np.floor((x + e / 2) / step)), int(np.floor((y + e / 2) / step))) for x, y, e, _ in boxes}
    assert set(whole) == middles


def test_a_cell_has_the_colour_of_most_and_is_lighter_where_one_is_selected() -> None:
    places = document_of([(10, 10, 2, True), (11, 10, 2, True), (10, 11, 2, False)]).places
    palette = [color or BLUE for _, color in places.known_inks]
    none, some = np.zeros(3, np.bool_), np.array([False, False, True])
    plain, chosen = (
        crowd.cells_of(places, places.used, palette, marked, Rect(0, 0, 50, 50), 0.1).pixels[0, 0]
        for marked in (none, some)
    )
    assert tuple(plain[:3]) == BLUE
    assert chosen[:3].astype(int).sum() > plain[:3].astype(int).sum()
    assert chosen[3] == 255 > plain[3] > 0


def test_the_layer_hides_classes_and_tells_how_many_are_dots(
    qapp: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowd, "CROWD", 2)
    monkeypatch.setattr("viewer.canvas.annotation_layer.CROWD", 2)
    document = document_of([(50 * n, 100, 10, n % 2 == 0) for n in range(10)])
    layer = AnnotationLayer(document)
    camera = Camera(Point(400, 300), 1.0, 800, 600)
    assert layer.in_cells(camera) == (10, 10)
    assert layer.hit(Point(55, 105), 2) == "id1"
    image = QImage(800, 600, QImage.Format.Format_ARGB32_Premultiplied)

    def colors() -> set[str]:
        image.fill(0)
        painter = QPainter(image)
        layer.paint(painter, camera)
        painter.end()
        places = [camera.to_widget(Point(50 * n + 5, 105)) for n in range(10)]
        found = [image.pixelColor(int(x), int(y)) for x, y in places]
        return {"blue" if c.blue() > c.red() else "red" for c in found if c.alpha()}

    assert colors() == {"blue", "red"}
    layer.hide(frozenset({"r"}))
    assert colors() == {"blue"}
    assert layer.in_cells(camera) == (5, 5)
    assert layer.hit(Point(55, 105), 2) is None
    assert len(layer.within(Rect(0, 0, 800, 600))) == 5
    layer.close()
