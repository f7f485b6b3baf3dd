"""Figures larger than any screen: the right pixels, a known size, nothing left behind by a stop."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image
from pytestqt.qtbot import QtBot

from ml.annotation.document import AnnotationDocument, Change
from ml.annotation.shapes import Annotation, Shape
from ml.errors import Problem
from ml.geometry import Point, Rect, Size, Spacing
from ml.progress import Progress
from ml.slide.opening import open_slide
from ml.slide.region import read_region
from ml.slide.samples import samples
from ml.slide.slide import Slide
from viewer.canvas.annotation_layer import AnnotationLayer
from viewer.canvas.camera import Camera
from viewer.canvas.figure import CELL, Figure, cells, check, figure_of_rect, figure_of_view
from viewer.work.figure_export import FigureWork, write_figure

SPACING = Spacing(0.5, 0.5)
VIEW = Camera(Point(3000, 4000), 1.0, 800, 600)


@pytest.fixture(scope="module")
def slide() -> Iterator[Slide]:
    with open_slide(samples()[0]) as opened:
        yield opened


@pytest.fixture
def work(qtbot: QtBot) -> Iterator[FigureWork]:
    made = FigureWork()
    yield made
    made.close()


def written(qtbot: QtBot, work: FigureWork, figure: Figure, slide: Slide, path: Path) -> NDArray[np.uint8]:
    with qtbot.waitSignal(work.written, timeout=60_000):
        work.export(figure, slide, path)
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    Image.MAX_IMAGE_PIXELS = None
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


@pytest.mark.parametrize("ending", [".png", ".tif"])
def test_the_pixels_of_the_slide_at_a_known_size(
    qtbot: QtBot, work: FigureWork, slide: Slide, tmp_path: Path, ending: str
) -> None:
    """1 µm/px over 2.5 mm: three cells wide, each read on its own."""
    rect = Rect(1000, 2000, 5000, 2400)
    figure = Figure(figure_of_rect(VIEW, rect, 0.5), SPACING, has_bar=False)
    assert figure.size == Size(2500, 1200)
    assert figure.um_per_px == 1.0
    found = written(qtbot, work, figure, slide, tmp_path / f"figure{ending}")
    expected = read_region(slide, rect, figure.size)
    far = np.abs(found.astype(int) - expected.astype(int))
    assert far.max() <= 1
    if ending == ".tif":
        with open_slide(tmp_path / "figure.tif") as again:
            assert again.info.spacing is not None
            assert again.info.spacing.spacing.x == pytest.approx(1.0)
        with tifffile.TiffFile(tmp_path / "figure.tif") as tiff:
            assert tiff.pages[0].tile == (CELL, CELL)  # type: ignore[union-attr]
    else:
        with Image.open(tmp_path / "figure.png") as image:
            assert image.info["dpi"][0] == pytest.approx(25_400, rel=1e-3)


@pytest.mark.parametrize(
    ("angle", "flipped", "turns"), [(90.0, False, -1), (180.0, False, -2), (0.0, True, 0)]
)
def test_a_turned_view_makes_a_turned_figure(
    qtbot: QtBot, work: FigureWork, slide: Slide, tmp_path: Path, angle: float, flipped: bool, turns: int
) -> None:
    rect = Rect(2000, 3000, 1300, 700)
    view = replace(VIEW, angle=angle, flipped=flipped)
    figure = Figure(figure_of_rect(view, rect, 1.0), SPACING, has_bar=False)
    found = written(qtbot, work, figure, slide, tmp_path / "figure.png")
    expected = read_region(slide, rect, Size(1300, 700))
    expected = expected[:, ::-1] if flipped else np.rot90(expected, turns)
    assert found.shape == expected.shape
    assert np.abs(found.astype(int) - expected.astype(int)).max() <= 1


def test_at_any_angle_places_are_where_the_camera_says(
    qtbot: QtBot, work: FigureWork, slide: Slide, tmp_path: Path
) -> None:
    camera = figure_of_view(replace(VIEW, angle=37.0), 0.5)
    document = AnnotationDocument()
    spot = Rect(2980, 3980, 60, 60)
    document.apply(Change((), (Annotation(Shape.rectangle(spot), color=(0, 255, 0)),), "draw"))
    figure = Figure(camera, SPACING, (AnnotationLayer(document),), has_bar=False)
    found = written(qtbot, work, figure, slide, tmp_path / "figure.png")
    for corner in (Point(spot.x, spot.y), Point(spot.right, spot.y), Point(spot.right, spot.bottom)):
        x, y = camera.to_widget(corner)
        near = found[round(y) - 3 : round(y) + 4, round(x) - 3 : round(x) + 4].reshape(-1, 3).astype(int)
        assert ((near[:, 1] > 200) & (near[:, 0] < 80)).any()


def test_words_lie_across_cells(qtbot: QtBot, work: FigureWork, slide: Slide, tmp_path: Path) -> None:
    camera = figure_of_rect(VIEW, Rect(0, 0, 9216, 9216), 0.3)
    plain = written(qtbot, work, Figure(camera, SPACING, has_bar=False), slide, tmp_path / "a.png")
    (tmp_path / "a.png").unlink()
    marked = written(qtbot, work, Figure(camera, SPACING), slide, tmp_path / "b.png")
    rows, columns = np.nonzero((plain != marked).any(axis=-1))
    assert rows.min() > 2500  # at the bottom
    assert columns.min() < 60  # at the left
    assert np.ptp(columns) > 400  # as large as fits the figure
    assert np.ptp(rows) > 60


def test_a_stop_leaves_nothing(qtbot: QtBot, work: FigureWork, slide: Slide, tmp_path: Path) -> None:
    figure = Figure(figure_of_rect(VIEW, Rect(0, 0, 9216, 9216), 1.0), SPACING)
    work.step.connect(lambda step: work.stop() if step.done == 3 else None)
    with qtbot.waitSignal(work.stopped, timeout=60_000):
        work.export(figure, slide, tmp_path / "large.tif")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("ending", [".png", ".tif"])
def test_memory_does_not_grow_with_the_figure(slide: Slide, tmp_path: Path, ending: str) -> None:
    """Three times as tall, 25 MB more of pixels: they are written band by band."""
    peaks = []
    for height in (512, 1536):
        figure = Figure(figure_of_rect(VIEW, Rect(2000, 2000, 512, height), 4.0), SPACING)
        tracemalloc.start()
        write_figure(figure, slide, tmp_path / f"figure{ending}", lambda _, pixels: pixels, Progress())
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 10e6


@pytest.mark.parametrize(("angle", "x", "y"), [(0, 1.0, 1.1), (90, 1.1, 1.0), (180, 1.0, 1.1)])
def test_pixels_that_are_not_square(
    qtbot: QtBot, work: FigureWork, slide: Slide, tmp_path: Path, angle: float, x: float, y: float
) -> None:
    camera = figure_of_view(replace(VIEW, angle=float(angle)), 0.5)
    for ending in ("png", "tif"):
        path = tmp_path / ending / f"figure.{ending}"
        path.parent.mkdir()
        written(qtbot, work, Figure(camera, Spacing(0.5, 0.55)), slide, path)
    with open_slide(tmp_path / "tif" / "figure.tif") as again:
        assert again.info.spacing is not None
        spacing = again.info.spacing.spacing
        assert (spacing.x, spacing.y) == (pytest.approx(x), pytest.approx(y))
    with Image.open(tmp_path / "png" / "figure.png") as image:
        assert image.info["dpi"] == (pytest.approx(25_400 / x, rel=1e-3), pytest.approx(25_400 / y, rel=1e-3))


def test_what_cannot_be_is_refused(qtbot: QtBot, work: FigureWork, slide: Slide, tmp_path: Path) -> None:
    with pytest.raises(Problem, match="too large"):
        check(Figure(figure_of_rect(VIEW, Rect(0, 0, 9216, 9216), 10.0), SPACING))
    small = Figure(figure_of_view(VIEW, 1.0), SPACING)
    check(small)
    with qtbot.waitSignal(work.failed, timeout=60_000) as told:
        work.export(small, slide, tmp_path / "figure.gif")
    assert "neither PNG nor TIFF" in told.args[0].what
    with qtbot.waitSignal(work.failed, timeout=60_000):
        work.export(small, slide, tmp_path / "nowhere" / "figure.png")


def test_cells_cover_a_figure_once() -> None:
    camera = replace(VIEW, width=2500.0, height=1030.0, angle=30.0)
    covered = np.zeros((1030, 2500), dtype=int)
    for cell in cells(camera):
        covered[cell.y : cell.y + cell.size.height, cell.x : cell.x + cell.size.width] += 1
        x, y = camera.to_widget(cell.camera.to_slide(0, 0))
        assert (x, y) == (pytest.approx(cell.x), pytest.approx(cell.y))
    assert (covered == 1).all()
