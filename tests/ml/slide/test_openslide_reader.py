"""The reader against openslide-python itself, and what it does when a file is damaged or closed."""

from __future__ import annotations

import shutil
import sys
import threading
from pathlib import Path

import numpy as np
import openslide
import pytest
import tifffile
from PIL import Image

from ml.errors import SlideProblem
from ml.geometry import Size
from ml.slide.openslide_reader import OpenSlideReader, detected
from ml.slide.slide import Pixels, Slide

SLIDES = (
    "carotid_thrombus_he.svs",
    "cmu1_small_region.svs",
    "tcga_head_neck_jp2k_no_mpp.svs",
    "tiny_pyramid_bad_mpp.tiff",
    "carotid_half_dicom/level0.dcm",
)


def theirs(other: openslide.OpenSlide, x_level: int, y_level: int, level: int, size: Size) -> Pixels:
    """What openslide-python shows, laid over white."""
    scale = other.level_downsamples[level]
    x, y = int(x_level * scale + 0.5), int(y_level * scale + 0.5)
    picture = other.read_region((x, y), level, (size.width, size.height))
    white = Image.new("RGBA", picture.size, "white")
    white.alpha_composite(picture)
    return np.asarray(white.convert("RGB"))


@pytest.mark.data
@pytest.mark.parametrize("name", SLIDES)
def test_what_the_file_says_is_passed_on(real_data: Path, name: str) -> None:
    path = real_data / "slides" / name
    with OpenSlideReader(path) as slide, openslide.OpenSlide(str(path)) as other:
        info = slide.info
        assert [(x.size.width, x.size.height) for x in info.levels] == list(other.level_dimensions)
        assert dict(info.properties) == dict(other.properties)
        assert set(info.associated) == set(other.associated_images)
        for level, theirs_is in zip(info.levels, other.level_downsamples, strict=True):
            assert level.downsample == pytest.approx(theirs_is, rel=2e-2)
        for picture in info.associated:
            expected = np.asarray(other.associated_images[picture].convert("RGB"))
            np.testing.assert_array_equal(slide.read_associated(picture), expected)
        with pytest.raises(KeyError):
            slide.read_associated("no such picture")


@pytest.mark.data
@pytest.mark.parametrize("name", SLIDES)
def test_tiles_are_openslides_pixels(real_data: Path, name: str) -> None:
    """Corners, edges and some between, on every level; cut where the level ends."""
    path = real_data / "slides" / name
    chance = np.random.default_rng(8)
    with OpenSlideReader(path) as slide, openslide.OpenSlide(str(path)) as other:
        for number, level in enumerate(slide.info.levels):
            last = (level.columns - 1, level.rows - 1)
            middle = [(int(chance.integers(level.columns)), int(chance.integers(level.rows))) for _ in "abc"]
            for column, row in [(0, 0), (last[0], 0), (0, last[1]), last, *middle]:
                x, y = column * level.tile.width, row * level.tile.height
                width = min(level.tile.width, level.size.width - x)
                height = min(level.tile.height, level.size.height - y)
                tile = slide.read_tile(number, column, row)
                assert tile.shape == (height, width, 3)
                expected = theirs(other, x, y, number, Size(width, height)).astype(int)
                assert np.abs(tile - expected).max() <= 1
            for column, row in [(-1, 0), (0, -1), (level.columns, 0), (0, level.rows)]:
                with pytest.raises(IndexError):
                    slide.read_tile(number, column, row)


@pytest.mark.data
@pytest.mark.parametrize("name", SLIDES)
def test_a_block_may_hang_over_the_edge(real_data: Path, name: str) -> None:
    """The same as tiles put together, which is what the contract's own `read_block` does.

    Where a downsample is no whole number, OpenSlide moves each read by a fraction of a pixel of its own.
    """
    with OpenSlideReader(real_data / "slides" / name) as slide:
        number = len(slide.info.levels) - 1
        size = slide.info.levels[number].size
        places = [
            (-30, -20, Size(90, 70)),
            (size.width - 50, size.height - 40, Size(90, 70)),
            (-10, 10, Size(size.width + 20, 30)),
            (size.width + 5, 0, Size(20, 20)),
            (-100, -100, Size(40, 40)),
        ]
        for x, y, out in places:
            found = slide.read_block(number, x, y, out)
            expected = Slide.read_block(slide, number, x, y, out)
            assert found.shape == (out.height, out.width, 3)
            assert np.abs(found.astype(int) - expected).mean() <= 0.5
            background = np.array(slide.info.background)
            outside = np.ones((out.height, out.width), dtype=bool)
            outside[max(0, -y) : max(0, size.height - y), max(0, -x) : max(0, size.width - x)] = False
            assert (found[outside] == background).all()


def jpeg_slide(path: Path) -> Path:
    """A pyramid of real colours, 8 × 8 tiles on level 0."""
    y, x = np.mgrid[:1024, :1024]
    pixels = np.stack([x // 4, y // 4, (x ^ y) // 4], axis=-1).astype(np.uint8)
    with tifffile.TiffWriter(path) as file:
        for step in (1, 4):
            file.write(
                pixels[::step, ::step],
                tile=(128, 128),
                photometric="rgb",
                compression="jpeg",
                subfiletype=int(step > 1),
            )
    return path


def damaged(path: Path, index: int) -> Path:
    """Zeros where tile `index` of level 0 was."""
    with tifffile.TiffFile(path) as file:
        start, count = file.pages[0].dataoffsets[index], file.pages[0].databytecounts[index]
    with path.open("r+b") as out:
        out.seek(start)
        out.write(bytes(count))
    return path


def test_one_bad_tile_is_a_problem_and_the_others_are_read(tmp_path: Path) -> None:
    """OpenSlide itself turns the handle down for good after the first failure."""
    good = jpeg_slide(tmp_path / "good.tif")
    bad = damaged(shutil.copyfile(good, tmp_path / "bad.tif"), 9)
    with OpenSlideReader(good) as expected, OpenSlideReader(bad) as slide:
        for _ in range(3):
            with pytest.raises(SlideProblem) as caught:
                slide.read_tile(0, 1, 1)
            assert "bad.tif" in caught.value.what
            assert str(tmp_path) not in str(caught.value)
            np.testing.assert_array_equal(slide.read_tile(0, 2, 1), expected.read_tile(0, 2, 1))


def test_a_bad_tile_in_one_thread_leaves_the_others_alone(tmp_path: Path) -> None:
    path = damaged(jpeg_slide(tmp_path / "bad.tif"), 9)
    problems: list[object] = []
    with OpenSlideReader(path) as slide:
        wanted = {(n, 3): slide.read_tile(0, n, 3) for n in range(8)}

        def read(seed: int) -> None:
            chance = np.random.default_rng(seed)
            for _ in range(40):
                column = int(chance.integers(8))
                if not np.array_equal(slide.read_tile(0, column, 3), wanted[column, 3]):
                    problems.append(column)

        def stumble() -> None:
            for _ in range(20):
                try:
                    slide.read_tile(0, 1, 1)
                except SlideProblem:
                    continue
                problems.append("the bad tile was read")

        run_all(
            [threading.Thread(target=read, args=(n,)) for n in range(3)] + [threading.Thread(target=stumble)]
        )
    assert problems == []


def test_close_while_others_read(tmp_path: Path) -> None:
    """Every read either gives the right pixels or says that the slide was closed; then the file is let go."""
    path = jpeg_slide(tmp_path / "a.tif")
    slide = OpenSlideReader(path)
    wanted = [slide.read_tile(0, n, 2) for n in range(8)]
    begun, said, wrong = threading.Barrier(4), [], []

    def read() -> None:
        begun.wait(30)
        for n in range(100_000):
            try:
                tile = slide.read_tile(0, n % 8, 2)
            except SlideProblem as problem:
                said.append(problem.what)
                return
            if not np.array_equal(tile, wanted[n % 8]):
                wrong.append(n)
                return

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    begun.wait(30)
    slide.close()
    slide.close()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert said == ["a.tif has been closed."] * 3
    if sys.platform == "linux":
        assert path not in {link.readlink() for link in Path("/proc/self/fd").iterdir() if link.exists()}


def run_all(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_what_openslide_knows(tmp_path: Path) -> None:
    assert detected(jpeg_slide(tmp_path / "a.tif"))
    (tmp_path / "b.svs").write_text("no slide", encoding="utf-8")
    assert not detected(tmp_path / "b.svs")
    with pytest.raises(SlideProblem, match=r"b\.svs"):
        OpenSlideReader(tmp_path / "b.svs")
