"""Any rectangle at any size: against OpenSlide and Pillow where they say the same, and against arithmetic."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import openslide
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from PIL import Image

from ml.geometry import Rect, Size
from ml.slide.opening import open_slide
from ml.slide.openslide_reader import OpenSlideReader
from ml.slide.region import level_for, read_region
from ml.slide.slide import Pixels, Slide

WIDTH, HEIGHT = 508, 500


@pytest.fixture(scope="module")
def ramp(tmp_path_factory: pytest.TempPathFactory) -> Slide:
    """Red is x / 2 and green is y / 2, dithered so that means are exact; blue is noise."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    chance = np.random.default_rng(1)
    dither, noise = chance.random((2, HEIGHT, WIDTH)), chance.integers(0, 256, (HEIGHT, WIDTH))
    pixels = np.stack([x / 2 + dither[0], y / 2 + dither[1], noise], axis=-1).astype(np.uint8)
    path = tmp_path_factory.mktemp("ramp") / "ramp.png"
    Image.fromarray(pixels).save(path)
    return open_slide(path)


def whole(slide: Slide) -> Pixels:
    return slide.read_block(0, 0, 0, slide.info.size)


def test_bit_exact_where_pixels_are_asked_for_as_they_are(ramp: Slide) -> None:
    found = read_region(ramp, Rect(33, 21, 200, 150), Size(200, 150))
    np.testing.assert_array_equal(found, whole(ramp)[21:171, 33:233])


@given(
    st.floats(-900, 900), st.floats(-700, 700), st.floats(0.5, 900), st.floats(0.5, 700),
    st.integers(1, 300), st.integers(1, 300),
)  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_any_rectangle_has_the_shape_and_the_background(
    ramp: Slide, x: float, y: float, width: float, height: float, columns: int, rows: int
) -> None:
    rect = Rect(x, y, width, height)
    found = read_region(ramp, rect, Size(columns, rows))
    assert found.shape == (rows, columns, 3)
    assert found.flags.c_contiguous
    step_x, step_y = width / columns, height / rows
    left, top = (np.arange(columns) * step_x + x, np.arange(rows) * step_y + y)
    reach_x, reach_y = max(1.0, step_x) * 2 + 2, max(1.0, step_y) * 2 + 2
    outside_x = (left + step_x < -reach_x) | (left > WIDTH + reach_x)
    outside_y = (top + step_y < -reach_y) | (top > HEIGHT + reach_y)
    assert (found[outside_y] == 255).all()
    assert (found[:, outside_x] == 255).all()


@given(
    st.floats(40, 200), st.floats(40, 200), st.floats(30, 250), st.floats(30, 250),
    st.integers(40, 200), st.integers(40, 200),
)  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_a_place_is_where_it_was_asked_for(
    ramp: Slide, x: float, y: float, width: float, height: float, columns: int, rows: int
) -> None:
    """The ramp says where each pixel comes from: exact to half a level-0 px, all over the picture.

    Answers are whole grey levels of 2 px each. Where a step is a whole number of levels all are rounded
    alike, by up to 1 px; that says nothing about the place, and such steps are left out.
    """
    for step, count in ((width / columns, columns), (height / rows, rows)):
        levels = step / 2
        assume(abs(levels - round(levels)) * count >= 2)
    found = read_region(ramp, Rect(x, y, width, height), Size(columns, rows)).astype(float)
    expected_x = x + (np.arange(columns) + 0.5) * width / columns - 0.5
    expected_y = y + (np.arange(rows) + 0.5) * height / rows - 0.5
    inner = np.s_[1:-1]
    assert abs((found[:, inner, 0].mean(axis=0) * 2 - expected_x[inner]).mean()) <= 0.55
    assert abs((found[inner, :, 1].mean(axis=1) * 2 - expected_y[inner]).mean()) <= 0.55


def test_a_dot_stays_where_it_is_at_every_level(tmp_path: Path) -> None:
    """The centre of mass of a blob, read at many reductions, over level boundaries."""
    y, x = np.mgrid[:2048, :2048]
    blob = 255 * (1 - np.exp(-((x - 1000.5) ** 2 + (y - 900.5) ** 2) / (2 * 60.0**2)))
    path = tmp_path / "dot.png"
    Image.fromarray(np.repeat(blob.round().astype(np.uint8)[..., None], 3, axis=-1)).save(path)
    with open_slide(path) as slide:
        for out in (2048, 1500, 1024, 777, 512, 300, 256, 130, 128, 64):
            found = 255 - read_region(slide, Rect(0, 0, 2048, 2048), Size(out, out))[..., 0].astype(float)
            places = (np.arange(out) + 0.5) * 2048 / out
            x_mass = (found.sum(axis=0) * places).sum() / found.sum()
            y_mass = (found.sum(axis=1) * places).sum() / found.sum()
            assert x_mass == pytest.approx(1001, abs=0.5), out
            assert y_mass == pytest.approx(901, abs=0.5), out


def test_like_pillow_where_pillow_can(ramp: Slide) -> None:
    """Pillow's antialiased resize of the whole picture at once."""
    full = Image.fromarray(whole(ramp))
    for out in ((254, 250), (169, 166), (72, 71)):
        expected = np.asarray(full.resize(out, Image.Resampling.BILINEAR)).astype(int)
        found = read_region(ramp, Rect(0, 0, WIDTH, HEIGHT), Size(*out)).astype(int)
        inner = np.s_[2:-2, 2:-2, :2]  # the edge has background in it; blue the levels' halving
        assert np.abs(found[inner] - expected[inner]).max() <= 1


@given(st.floats(0, 500), st.floats(0, 300), st.integers(16, 120))
@settings(max_examples=40, deadline=None)
def test_pieces_are_the_whole(ramp: Slide, x: float, y: float, edge: int) -> None:
    """Two halves read on their own are the halves of one read: what batches of patches rely on."""
    both = read_region(ramp, Rect(x, y, 2 * edge * 1.3, edge * 1.3), Size(2 * edge, edge)).astype(int)
    left = read_region(ramp, Rect(x, y, edge * 1.3, edge * 1.3), Size(edge, edge)).astype(int)
    right = read_region(ramp, Rect(x + edge * 1.3, y, edge * 1.3, edge * 1.3), Size(edge, edge)).astype(int)
    assert np.abs(np.concatenate([left, right], axis=1) - both).max() <= 1


def test_the_level_is_the_coarsest_that_is_fine_enough(tmp_path: Path) -> None:
    Image.new("L", (2100, 1500), 200).save(tmp_path / "large.png")
    with open_slide(tmp_path / "large.png") as slide:
        assert [level.downsample for level in slide.info.levels][:3] == [1.0, 2.0, 4.0]
        for factor, level in (
            (0.5, 0),
            (1.0, 0),
            (1.9, 0),
            (1.99, 1),
            (2.0, 1),
            (3.9, 1),
            (3.99, 2),
            (4.0, 2),
        ):
            assert level_for(slide, Rect(0, 0, 100 * factor, 100 * factor), Size(100, 100)) == level, factor


def test_nothing_to_read(ramp: Slide) -> None:
    with pytest.raises(ValueError, match="Nothing to read"):
        read_region(ramp, Rect(0, 0, 0, 10), Size(1, 1))


@pytest.mark.data
@pytest.mark.parametrize("name", ["carotid_thrombus_he.svs", "cmu1_small_region.svs"])
def test_the_same_pixels_as_openslide(real_data: Path, name: str) -> None:
    """Every level, tile borders and the slide's edges, bit by bit."""
    path = real_data / "slides" / name
    chance = np.random.default_rng(4)
    with OpenSlideReader(path) as slide, openslide.OpenSlide(str(path)) as other:
        for number, level in enumerate(slide.info.levels):
            size = level.size
            places = [(int(chance.integers(size.width)), int(chance.integers(size.height))) for _ in range(4)]
            for x, y in [(0, 0), (size.width - 40, size.height - 40), (250, 250), *places]:
                width, height = (min(300, size.width - x), min(200, size.height - y))
                scale = other.level_downsamples[number]
                expected = other.read_region((round(x * scale), round(y * scale)), number, (width, height))
                white = Image.new("RGBA", expected.size, "white")
                white.alpha_composite(expected)
                found = slide.read_block(number, x, y, Size(width, height)).astype(int)
                assert np.abs(found - np.asarray(white.convert("RGB")).astype(int)).max() <= 1


@pytest.mark.data
def test_patches_like_openslide_and_pillow(real_data: Path) -> None:
    """What WSInfer does: level 0, then Pillow's antialiased resize; the spacing is not that of any level."""
    path = real_data / "slides" / "carotid_thrombus_he.svs"
    chance = np.random.default_rng(6)
    with open_slide(path) as slide, openslide.OpenSlide(str(path)) as other:
        for _ in range(12):
            x, y = int(chance.integers(2000, 9000)), int(chance.integers(2000, 20000))
            expected = other.read_region((x, y), 0, (307, 307)).convert("RGB")
            expected = np.asarray(expected.resize((224, 224), Image.Resampling.BILINEAR)).astype(int)
            found = read_region(slide, Rect(x, y, 307, 307), Size(224, 224)).astype(int)
            assert np.abs(found - expected)[2:-2, 2:-2].max() <= 2


@pytest.mark.data
def test_many_threads_read_the_same(real_data: Path) -> None:
    with open_slide(real_data / "slides" / "carotid_thrombus_he.svs") as slide:
        places = [(700 * n % 9000, 1100 * n % 20000) for n in range(24)]
        expected = [read_region(slide, Rect(x, y, 300, 300), Size(200, 200)) for x, y in places]
        wrong: list[int] = []

        def read(start: int) -> None:
            for n in range(start, len(places), 2):
                x, y = places[n]
                if not (read_region(slide, Rect(x, y, 300, 300), Size(200, 200)) == expected[n]).all():
                    wrong.append(n)

        threads = [threading.Thread(target=read, args=(start,)) for start in (0, 1, 0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []
