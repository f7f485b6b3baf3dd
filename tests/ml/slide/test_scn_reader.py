"""Leica SCN: files written here in Leica's way, against OpenSlide and against the pixels that went in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from skimage.data import immunohistochemistry

from ml.errors import SlideProblem
from ml.geometry import Size
from ml.slide.channel_reader import ChannelReader
from ml.slide.opening import open_slide
from ml.slide.openslide_reader import OpenSlideReader
from ml.slide.scn_reader import ScnReader
from ml.slide.tiff_reader import open_tiff

TISSUE = immunohistochemistry()[:300, :420]
OTHER = np.ascontiguousarray(immunohistochemistry()[200:500, 90:500])
GLASS = np.full((200, 150, 3), 240, dtype=np.uint8)
NM = 500  # a pixel of level 0
ACROSS, DOWN = 1200 * NM, 1600 * NM


@dataclass(frozen=True)
class Area:
    """What is scanned at a place (px of level 0), each level half of the one before."""

    x: float
    y: float
    levels: tuple[NDArray[Any], ...]
    light: str = "brightfield"
    power: str = "20"
    nm: float = NM
    planes: int = 1


def halves(picture: NDArray[Any], count: int = 2) -> tuple[NDArray[Any], ...]:
    return tuple(np.ascontiguousarray(picture[:: 2**step, :: 2**step]) for step in range(count))


def scn(path: Path, *areas: Area, **options: Any) -> Path:
    """The macro picture is page 0, then come the levels of each area."""
    page, images = 1, [_image(0, 0, ACROSS, DOWN, [(150, 200, 0, 0, 0)], "brightfield", "1")]
    pictures = []
    for area in areas:
        dimensions = []
        for level in area.levels:
            for z in range(area.planes):
                dimensions.append((level.shape[1], level.shape[0], page, 0, z))
                pictures.append(level)
                page += 1
        height, width = area.levels[0].shape[:2]
        place = (round(area.x * area.nm), round(area.y * area.nm))
        size = (round(width * area.nm), round(height * area.nm))
        images.append(_image(*place, *size, dimensions, area.light, area.power))
    return _written(path, images, pictures, **options)


def _written(path: Path, images: list[str], pictures: list[NDArray[Any]], **options: Any) -> Path:
    xml = (
        '<?xml version="1.0"?><scn xmlns="http://www.leica-microsystems.com/scn/2010/10/01">'
        f'<collection name="c" sizeX="{ACROSS}" sizeY="{DOWN}"><barcode>12 34</barcode>{"".join(images)}'
        "</collection></scn>"
    )
    options = {"photometric": "rgb", "compression": "jpeg", "tile": (128, 128), "metadata": None, **options}
    with tifffile.TiffWriter(path, bigtiff=True) as file:
        file.write(GLASS, description=xml, **{**options, "photometric": "rgb"})
        for picture in pictures:
            file.write(picture, resolution=(20_000, 20_000), resolutionunit="CENTIMETER", **options)
    return path


def _image(
    x: int, y: int, across: int, down: int, dimensions: list[tuple[int, ...]], light: str, power: str
) -> str:
    listed = "".join(
        f'<dimension sizeX="{w}" sizeY="{h}" r="{r}" ifd="{page}" c="{c}" z="{z}"/>'
        for r, (w, h, page, c, z) in enumerate(dimensions)
    )
    return (
        '<image><creationDate>2012</creationDate><device model="SCN400" version="1"/>'
        f"<pixels>{listed}</pixels>"
        f'<view sizeX="{across}" sizeY="{down}" offsetX="{x}" offsetY="{y}" spacingZ="0"/>'
        f"<scanSettings><objectiveSettings><objective>{power}</objective></objectiveSettings>"
        "<illuminationSettings><numericalAperture>0.4</numericalAperture>"
        f"<illuminationSource>{light}</illuminationSource></illuminationSettings></scanSettings></image>"
    )


def agree(path: Path, slide: ScnReader, blocks: list[tuple[int, int, int, int, int]]) -> None:
    with OpenSlideReader(path) as other:
        assert [level.size for level in slide.info.levels] == [level.size for level in other.info.levels]
        assert [level.downsample for level in slide.info.levels] == [
            level.downsample for level in other.info.levels
        ]
        assert slide.info.spacing == other.info.spacing
        assert slide.info.objective == other.info.objective
        assert slide.info.vendor == other.info.vendor == "Leica SCN"
        assert slide.info.associated == other.info.associated == ("macro",)
        for level, x, y, width, height in blocks:
            ours = slide.read_block(level, x, y, Size(width, height)).astype(int)
            theirs = other.read_block(level, x, y, Size(width, height))
            assert (np.abs(ours - theirs) <= 2).mean() >= 0.999, (level, x, y)


WHOLE = [(0, 0, 0, 1200, 1600), (1, 0, 0, 600, 800)]


def test_one_area(tmp_path: Path) -> None:
    path = scn(tmp_path / "a.scn", Area(330, 512, halves(TISSUE)), compression="deflate")
    with open_slide(path) as slide:
        assert isinstance(slide, ScnReader)
        assert slide.info.size == Size(1200, 1600)
        agree(path, slide, [*WHOLE, (0, 340, 520, 90, 70), (0, -50, 1400, 400, 300), (1, 300, 300, 400, 600)])
        canvas = np.full((1600, 1200, 3), 255, dtype=np.uint8)
        canvas[512:812, 330:750] = TISSUE
        assert np.array_equal(slide.read_block(0, 0, 0, slide.info.size), canvas)
        tile = slide.info.levels[0].tile
        row, column = 600 // tile.height, 500 // tile.width
        place = np.s_[row * tile.height :, column * tile.width :]
        assert np.array_equal(slide.read_tile(0, column, row), canvas[place][: tile.height, : tile.width])
        assert np.array_equal(slide.read_associated("macro"), GLASS)
        assert slide.info.properties["leica.barcode"] == "12 34"
    with pytest.raises(SlideProblem):
        slide.read_tile(0, column, row)


def test_several_areas_in_jpeg(tmp_path: Path) -> None:
    path = scn(tmp_path / "a.scn", Area(10, 40, halves(TISSUE, 3)), Area(600, 900, halves(OTHER, 3)))
    with open_slide(path) as slide:
        assert isinstance(slide, ScnReader)
        agree(path, slide, [*WHOLE, (2, 0, 0, 300, 400), (0, 590, 880, 300, 300)])


def test_the_area_that_comes_first_lies_on_top(tmp_path: Path) -> None:
    path = scn(tmp_path / "a.scn", Area(100, 40, halves(TISSUE)), Area(300, 200, halves(OTHER)))
    with open_slide(path) as slide:
        assert isinstance(slide, ScnReader)
        agree(path, slide, WHOLE)


@pytest.mark.parametrize("x", [100.2, 100.4, 100.5, 100.6, 101.5, 102.5, 103])
def test_a_place_between_pixels(tmp_path: Path, x: float) -> None:
    path = scn(tmp_path / "a.scn", Area(x, 41.5, halves(TISSUE, 3)), compression="deflate")
    with open_slide(path) as slide:
        assert isinstance(slide, ScnReader)
        inside = [(0, 103, 44, 417, 296), (0, 200, 150, 700, 300), (1, 51, 22, 100, 90), (2, 30, 15, 90, 70)]
        agree(path, slide, [*WHOLE, (2, 0, 0, 300, 400), *inside])


def test_planes_that_are_not_shown_are_named(tmp_path: Path) -> None:
    path = scn(tmp_path / "a.scn", Area(100, 40, halves(TISSUE), planes=3))
    with open_slide(path) as slide:
        assert isinstance(slide, ScnReader)
        assert "3 planes" in slide.info.warning
        agree(path, slide, WHOLE)


def test_areas_scanned_in_different_ways_are_left_to_openslide(tmp_path: Path) -> None:
    first = Area(0, 40, halves(TISSUE))
    for other in (
        Area(600, 900, halves(OTHER), power="40"),
        Area(600, 900, halves(OTHER, 1)),
        Area(600, 900, halves(OTHER), nm=NM * 1.1),
    ):
        assert open_tiff(scn(tmp_path / "a.scn", first, other)) is None


def test_one_area_in_fluorescence(tmp_path: Path) -> None:
    levels = halves(TISSUE)
    dimensions = [
        (level.shape[1], level.shape[0], 1 + r * 6 + z * 3 + c, c, z)
        for r, level in enumerate(levels)
        for z in range(2)
        for c in range(3)
    ]
    pictures = [level[..., c] // (z + 1) for level in levels for z in range(2) for c in range(3)]
    image = _image(100 * NM, 40 * NM, 420 * NM, 300 * NM, dimensions, "fluorescence", "20")
    macro = _image(0, 0, ACROSS, DOWN, [(150, 200, 0, 0, 0)], "brightfield", "1")
    path = _written(
        tmp_path / "a.scn", [macro, image], pictures, photometric="minisblack", compression="deflate"
    )
    with open_slide(path) as slide:
        assert isinstance(slide, ChannelReader)
        assert (slide.info.size, slide.info.planes, len(slide.info.channels)) == (Size(420, 300), 2, 3)
        assert slide.info.spacing is not None
        assert np.array_equal(slide.read_samples(0, 1, 1), TISSUE[128:256, 128:256])
        assert np.array_equal(slide.plane(1).read_samples(1, 0, 0), levels[1][:128, :128] // 2)


def test_a_broken_header_is_left_to_openslide(tmp_path: Path) -> None:
    for images in ([], ["<image/>"], [_image(0, 5, 9, 9, [(0, 0, 0, 0, 0)], "brightfield", "1")]):
        assert open_tiff(_written(tmp_path / "a.scn", images, [])) is None
    nowhere = _image(NM, NM, 420 * NM, 300 * NM, [(420, 300, 7, 0, 0)], "brightfield", "20")
    assert open_tiff(_written(tmp_path / "a.scn", [nowhere], [])) is None
