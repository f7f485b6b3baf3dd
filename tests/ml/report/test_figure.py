"""The pictures: every layer where it belongs, legends in the same colours, scale bars of the right length."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ml.annotation.shapes import Shape
from ml.errors import SlideProblem
from ml.geometry import Point, Rect, Size, Spacing
from ml.patches import PatchGrid
from ml.progress import Cancelled, Progress
from ml.report.drawing import INK, draw_ramp
from ml.report.figure import blend, draw_pictures, region_view
from ml.report.material import Material
from ml.report.view import View, bar_length
from ml.results.heatmap import colorize
from ml.slide.region import read_region


def picture(material: Material, name: str) -> np.ndarray:
    found = {drawn.name: drawn.image for drawn in draw_pictures(material)}
    return np.asarray(found[name])


def test_blending_is_pillows() -> None:
    rng = np.random.default_rng(3)
    pixels = rng.integers(0, 256, (40, 50, 3), dtype=np.uint8)
    rgba = rng.integers(0, 256, (40, 50, 4), dtype=np.uint8)
    below = Image.fromarray(pixels).convert("RGBA")
    wanted = np.asarray(Image.alpha_composite(below, Image.fromarray(rgba)))[..., :3].astype(int)
    assert abs(blend(pixels, rgba).astype(int) - wanted).max() <= 1


def test_the_heatmap_lies_on_its_patches(make_material: Callable[..., Material]) -> None:
    material = make_material(region=None)
    view = region_view(material)
    image, plain = picture(material, "heatmap"), read_region(material.slide, view.rect, view.size)
    scores = material.analysis.scores
    checked = 0
    for row in range(scores.grid.rows - 1):
        for column in range(scores.grid.columns):
            x, y = view.place(scores.grid.rect(row, column).center)
            below = plain[int(y), int(x)]
            value = scores.values[row, column, 2:]
            color = colorize(value, material.layers.threshold, material.layers.opacity, "viridis")
            wanted = blend(below[np.newaxis, np.newaxis], color[np.newaxis])[0, 0]
            np.testing.assert_array_equal(image[int(y), int(x)], wanted)
            checked += not np.array_equal(wanted, below)
    assert checked > 10


def test_the_plain_region_is_as_scanned(make_material: Callable[..., Material]) -> None:
    material = make_material(region=None)
    view = region_view(material)
    image, plain = picture(material, "region"), read_region(material.slide, view.rect, view.size)
    assert image.shape == (view.size.height, view.size.width, 3)
    same = (image == plain).all(axis=-1)
    assert same[: -view.size.height // 5].all()  # only the scale bar is drawn, at the bottom


def test_the_outline_is_drawn_on_white(material: Material) -> None:
    view = region_view(material)
    image = picture(material, "region")
    for corner, after in zip(material.region.rings[0], material.region.rings[0][1:], strict=False):
        x, y = view.place(Point((corner.x + after.x) / 2, (corner.y + after.y) / 2))
        around = image[int(y) - 3 : int(y) + 4, int(x) - 3 : int(x) + 4].reshape(-1, 3)
        assert (around == INK).all(axis=-1).any()


def test_the_scale_bar_is_as_long_as_it_says(make_material: Callable[..., Material]) -> None:
    material = make_material(region=None)
    view = region_view(material)
    um = bar_length(view.um_per_pixel, view.size.width * 0.25)
    corner = picture(material, "region")[-60:]
    dark = (corner == INK).all(axis=-1).sum(axis=1).max()
    assert dark == pytest.approx(um / view.um_per_pixel, abs=2)


@given(st.floats(0.01, 100), st.floats(20, 2000))
def test_scale_bars_are_round_and_fit(um_per_pixel: float, room: float) -> None:
    um = bar_length(um_per_pixel, room)
    assert um <= um_per_pixel * room * (1 + 1e-6)
    assert um * 2.5 >= um_per_pixel * room * (1 - 1e-6)
    mantissa = float(f"{um:e}".split("e")[0])
    assert mantissa in {1, 2, 5}


def test_nothing_found_disappears_by_shrinking() -> None:
    size = Size(4000, 3000)
    grid = PatchGrid.over(Shape.rectangle(Rect.of_size(size)), size, Size(2, 2), 8)
    values = np.zeros((grid.rows, grid.columns), dtype=np.float32)
    values[777, 1333] = 1
    view = View.of(Rect.of_size(size), Spacing.square(0.5), 400)
    seen = view.sample(values, grid)
    assert seen.shape == (300, 400)
    assert seen.max() == 1
    y, x = np.unravel_index(seen.argmax(), seen.shape)
    place = view.place(grid.rect(777, 1333).center)
    assert (x, y) == pytest.approx(place, abs=1.5)


@given(st.integers(1, 40), st.integers(1, 40), st.floats(-50, 50), st.floats(0.3, 3))
def test_cells_are_seen_where_they_are(rows: int, columns: int, shift: float, scale: float) -> None:
    every = np.ones((rows, columns), dtype=np.bool_)
    grid = PatchGrid(Point(20, 10), Size(8, 8), 8, every, every)
    values = np.arange(rows * columns, dtype=np.float32).reshape(rows, columns)
    rect = Rect(shift, shift, 200, 160)
    view = View.of(rect, Spacing(0.5, 0.25), round(400 * scale))
    seen = view.sample(values, grid)
    step_x, step_y = rect.width / view.size.width, rect.height / view.size.height
    for y in range(0, view.size.height, 37):
        for x in range(0, view.size.width, 37):
            place = Point(rect.x + (x + 0.5) * step_x, rect.y + (y + 0.5) * step_y)
            off = [(place.x - 20) / 8 % 1, (place.y - 10) / 8 % 1]
            if min(*off, 1 - off[0], 1 - off[1]) < 1e-6 or max(step_x, step_y) > 8:
                continue  # on an edge, or several cells in one pixel
            cell = grid.at(place)
            if cell is None:
                assert np.isnan(seen[y, x])
            else:
                assert seen[y, x] == values[cell]


def test_a_legend_has_the_heatmaps_colours() -> None:
    steps = np.linspace(0, 1, 512, dtype=np.float32)[np.newaxis]
    ramp = blend(np.full((1, 512, 3), 255, np.uint8), colorize(steps, 0.4, 0.6, "viridis"))
    strip = np.asarray(draw_ramp(Image.fromarray(ramp), "A title that is far too long " * 9, 0.4, 1000))
    middle = strip[58 + 18]
    assert (middle[4:200] == 255).all()  # below the threshold: the white below
    colored = np.nonzero((middle[:760] != 255).any(axis=-1) & (middle[:760] != INK).any(axis=-1))[0]
    wide = colored.max() - 4 + 1
    assert colored.min() == pytest.approx(4 + 0.4 * wide, abs=6)
    wanted = colorize(np.float32([0.75]), 0.4, 0.6, "viridis")
    place = 4 + round(0.75 * (wide - 1))
    np.testing.assert_allclose(middle[place], blend(np.full((1, 3), 255, np.uint8), wanted)[0], atol=3)


def test_a_diverging_map_is_explained(material: Material) -> None:
    layers = dataclasses.replace(material.layers, colormap="BrBG")
    drawn = {p.name: p for p in draw_pictures(dataclasses.replace(material, layers=layers))}
    assert "near the threshold" in drawn["heatmap"].caption
    assert "below the threshold" in {p.name: p for p in draw_pictures(material)}["heatmap"].caption


def test_stopping_and_a_slide_that_is_gone(material: Material) -> None:
    progress = Progress()
    progress.stop()
    with pytest.raises(Cancelled):
        draw_pictures(material, progress)

    def gone(*_: object) -> None:
        raise SlideProblem("The file is gone.")

    material.slide.read_tile = gone  # type: ignore[method-assign, assignment]
    with pytest.raises(SlideProblem, match="gone"):
        draw_pictures(material)
