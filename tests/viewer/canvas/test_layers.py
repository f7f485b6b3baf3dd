"""What lies over the slide lies in the right place, in the right colours, and is hit where it is seen."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage, QPainter
from pytestqt.qtbot import QtBot

from ml.annotation.document import AnnotationDocument, Change
from ml.annotation.shapes import Annotation, Shape
from ml.geometry import Point, Rect, Size, Spacing
from ml.patches import PatchGrid
from ml.results.boxes import BoxRule, find_boxes
from ml.results.cam import CamMap, CamPart
from ml.results.heatmap import colorize
from ml.results.scores import ScorePart, Scores
from viewer.canvas.annotation_layer import AnnotationLayer
from viewer.canvas.box_layer import BoxLayer
from viewer.canvas.cam_layer import CamLayer
from viewer.canvas.camera import Camera
from viewer.canvas.heatmap_layer import HeatmapLayer
from viewer.canvas.layer import Layer
from viewer.canvas.legend import Legend, LegendLine

pytestmark = pytest.mark.usefixtures("qapp")
CAMERA = Camera(Point(400, 300), 0.5, 400, 300)  # level-0 px 0..800 × 0..600
GRID = PatchGrid(Point(100, 100), Size(100, 100), 64, np.ones((3, 4), bool), np.ones((3, 4), bool))


def painted(layer: Layer, camera: Camera = CAMERA) -> NDArray[np.uint8]:
    """The layer alone on white: (h, w, 4) RGBA."""
    image = QImage(int(camera.width), int(camera.height), QImage.Format.Format_RGBA8888)
    image.fill(QColor("white"))
    painter = QPainter(image)
    layer.paint(painter, camera)
    painter.end()
    flat = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return flat[:, : 4 * image.width()].reshape(image.height(), image.width(), 4).copy()


def at(picture: NDArray[np.uint8], point: Point, camera: Camera = CAMERA) -> NDArray[np.uint8]:
    x, y = camera.to_widget(point)
    return picture[int(y), int(x), :3]


@pytest.fixture
def scores() -> Scores:
    made = Scores.empty(GRID, ("other", "found"))
    values = np.array([[0.1, 0.9, 0.8, 0.2], [0.1, 0.95, 0.1, 0.1], [0.1, 0.1, 0.1, 0.7]], np.float32)
    made.values[..., 1] = values
    made.values[..., 0] = 1 - values
    return made


def test_each_patch_has_its_own_colour_in_its_own_place(scores: Scores) -> None:
    picture = painted(HeatmapLayer(scores, 1, threshold=0.5))
    for row in range(3):
        for column in range(4):
            rgba = colorize(scores.values[row, column, 1:], 0.5, 1.0)[0].astype(float)
            expected = rgba[:3] * rgba[3] / 255 + 255 * (1 - rgba[3] / 255)
            found = at(picture, GRID.rect(row, column).center)
            assert np.abs(found - expected).max() <= 3, (row, column)
    assert (at(picture, Point(50, 50)) == 255).all()


def test_scores_that_come_later_are_painted_and_told(scores: Scores) -> None:
    growing = Scores.empty(GRID, scores.class_names)
    layer = HeatmapLayer(growing, 1)
    assert (painted(layer)[..., :3] == 255).all()
    told: list[Rect] = []
    layer.changed.connect(told.append)
    part = ScorePart(np.array([1]), np.array([1]), scores.values[1, 1][np.newaxis])
    growing.put(part)
    layer.put(part)
    assert told == [GRID.rect(1, 1)]
    assert (at(painted(layer), GRID.rect(1, 1).center) != 255).any()
    assert layer.value_at(GRID.rect(1, 1).center) == pytest.approx(0.95)
    assert layer.value_at(GRID.rect(0, 0).center) is None


def test_skipped_background_is_marked_as_such() -> None:
    kept = np.ones((3, 4), bool)
    kept[0] = False
    grid = PatchGrid(GRID.origin, GRID.patch, GRID.pixels, np.ones((3, 4), bool), kept)
    picture = painted(HeatmapLayer(Scores.empty(grid, ("a", "b")), 1))
    x, y = (int(value) for value in CAMERA.to_widget(Point(100, 100)))
    assert (picture[y : y + 50, x : x + 200, :3] != 255).any()
    assert (picture[y + 52 : y + 148, x : x + 200, :3] == 255).all()


def test_one_scale_for_all_patches_of_a_cam() -> None:
    cam = CamMap.empty(GRID, 1, 5)
    layer = CamLayer(cam)
    for column, strength in ((0, 1.0), (1, 4.0)):
        part = CamPart(np.array([0]), np.array([column]), np.full((1, 5, 5), strength, np.float32))
        cam.put(part)
        layer.put(part)
    layer.settle()
    assert layer.value_at(GRID.rect(0, 0).center) == pytest.approx(0.25)
    assert layer.value_at(GRID.rect(0, 1).center) == 1
    assert layer.value_at(GRID.rect(2, 2).center) is None
    picture = painted(layer).astype(int)
    weak, strong = (255 - at(picture, GRID.rect(0, n).center) for n in (0, 1))
    assert weak.sum() > 0
    assert strong.sum() != weak.sum()


def test_boxes_are_framed_and_hit(scores: Scores) -> None:
    boxes = find_boxes(scores, BoxRule(1, 0.5), Spacing.square(0.5))
    assert len(boxes) == 2
    layer = BoxLayer(scores.class_names, ((0, 0, 0), (200, 0, 0)))
    layer.set_boxes(boxes, {boxes[0].key: "accepted", boxes[1].key: "open"})
    picture = painted(layer)
    first = boxes[0].rect
    x, y = (int(value) for value in CAMERA.to_widget(Point(first.x, first.bottom)))
    assert (picture[y - 20 : y + 3, x - 3 : x + 4, :3] != 255).any()
    assert layer.hit(first.center, 2) == boxes[0].key
    assert layer.hit(Point(first.x - 3, first.y), 5) == boxes[0].key
    assert layer.hit(Point(20, 20), 5) is None


def test_the_smaller_box_is_hit_where_two_lie_over_one_another(scores: Scores) -> None:
    from dataclasses import replace

    (one, two) = find_boxes(scores, BoxRule(1, 0.5), Spacing.square(0.5))
    large = replace(one, key="large", rect=Rect(0, 0, 800, 600))
    layer = BoxLayer(scores.class_names)
    layer.set_boxes((large, two))
    assert layer.hit(two.rect.center, 1) == two.key


def test_annotations_follow_the_document() -> None:
    document = AnnotationDocument()
    layer = AnnotationLayer(document)
    told: list[object] = []
    layer.changed.connect(told.append)
    drawn = Annotation(Shape.rectangle(Rect(200, 150, 300, 200)), color=(0, 120, 60))
    document.apply(Change((), (drawn,), "Draw"))
    assert told
    picture = painted(layer)
    x, y = (int(value) for value in CAMERA.to_widget(Point(350, 150)))
    assert (picture[y - 2 : y + 3, x, :3] != 255).any()
    assert layer.hit(Point(201, 250), 3) == drawn.id
    assert layer.hit(Point(350, 250), 3) == drawn.id  # inside
    assert layer.hit(Point(700, 500), 3) is None
    document.apply(Change((drawn,), (), "Delete"))
    assert (painted(layer)[..., :3] == 255).all()
    assert layer.hit(Point(350, 250), 3) is None


def test_the_legend_says_what_colours_mean(qtbot: QtBot) -> None:
    from PySide6.QtWidgets import QWidget

    parent = QWidget()
    qtbot.addWidget(parent)
    legend = Legend(parent)
    assert not legend.isVisibleTo(parent)
    legend.set_lines([LegendLine("Probability of “high”", "viridis", ("0", "1"), 0.5)])
    assert legend.isVisibleTo(parent)
    assert "high" in legend.accessibleName()
    picture = legend.grab().toImage()
    low, high = (picture.pixelColor(x, legend.fontMetrics().height() + 15) for x in (12, 150))
    assert low.lightness() < high.lightness()
    legend.set_lines([])
    assert not legend.isVisibleTo(parent)
