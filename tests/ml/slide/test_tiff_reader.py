"""TIFF slides read directly: against tifffile's own reading, against OpenSlide, and against damage."""

from __future__ import annotations

import io
import math
import struct
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageCms
from skimage.data import immunohistochemistry

from ml.errors import SlideProblem
from ml.geometry import Rect, Size
from ml.slide.openslide_reader import OpenSlideReader
from ml.slide.region import read_region
from ml.slide.slide import Pixels, Slide
from ml.slide.stored_picture import Unsuited
from ml.slide.tiff_reader import TiffReader, open_tiff

TISSUE = immunohistochemistry()[:300, :420]  # not a whole number of tiles either way
HALF = np.ascontiguousarray(TISSUE[::2, ::2])


def written(path: Path, levels: list[NDArray[Any]], bigtiff: bool = False, **options: Any) -> Path:
    """A pyramid of these levels; those after the first are marked as reduced."""
    byteorder = options.pop("byteorder", "<")
    with tifffile.TiffWriter(path, bigtiff=bigtiff, byteorder=byteorder) as file:
        for index, level in enumerate(levels):
            file.write(level, subfiletype=int(index > 0), metadata=None, **options)
    return path


def pyramid(array: NDArray[Any]) -> list[NDArray[Any]]:
    return [array, np.ascontiguousarray(array[::2, ::2])]


def full(slide: Slide, level: int) -> Pixels:
    """A level put together from `read_tile`."""
    grid = slide.info.levels[level]
    rows = [
        np.concatenate([slide.read_tile(level, column, row) for column in range(grid.columns)], axis=1)
        for row in range(grid.rows)
    ]
    return np.concatenate(rows)


CODINGS: dict[str, dict[str, Any]] = {
    "none": {},
    "lzw": {"compression": "lzw"},
    "lzw, predictor": {"compression": "lzw", "predictor": True},
    "deflate": {"compression": "adobe_deflate"},
    "deflate, old number": {"compression": 32946},
    "deflate, predictor": {"compression": "adobe_deflate", "predictor": True},
    "packbits": {"compression": "packbits"},
    "zstd": {"compression": "zstd"},
    "zstd, predictor": {"compression": "zstd", "predictor": True},
    "jpeg 2000": {"compression": 34712},
    "aperio jpeg 2000": {"compression": 33005},
}
LAYOUTS: dict[str, dict[str, Any]] = {
    "tiles": {"tile": (128, 128)},
    "odd tiles": {"tile": (96, 160)},
    "small tiles": {"tile": (16, 32)},
    "strips": {"rowsperstrip": 7},
}
KINDS: dict[str, dict[str, Any]] = {
    "rgb": {"photometric": "rgb"},
    "grey": {"photometric": "minisblack"},
    "inverted grey": {"photometric": "miniswhite"},
}


def as_kind(kind: str, depth: type[np.generic]) -> NDArray[Any]:
    """The tissue as samples of a kind; 16-bit ones use all bits and are no multiples of 257."""
    array: NDArray[Any] = TISSUE if kind == "rgb" else TISSUE[..., 1]
    if depth is np.uint16:
        across = np.arange(array.shape[1], dtype=np.uint16)
        array = array.astype(np.uint16) * 250 + (across[:, None] if kind == "rgb" else across)
    return np.ascontiguousarray(array)


def shown(samples: NDArray[Any], kind: str) -> Pixels:
    """What a person should see of them, by the plain definition."""
    top = np.iinfo(samples.dtype).max
    grey = np.floor(samples.astype(np.float64) * 255 / top + 0.5)
    grey = 255 - grey if kind == "inverted grey" else grey
    grey = grey if grey.ndim == 3 else np.repeat(grey[..., None], 3, axis=2)
    return grey.astype(np.uint8)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("coding", CODINGS)
def test_lossless_codings_give_what_was_written(tmp_path: Path, coding: str, layout: str, kind: str) -> None:
    if layout == "small tiles" and "jpeg" in coding:
        pytest.skip("a wavelet of 16 px is not written by anybody")
    depths: list[tuple[type[np.generic], str]] = [(np.uint8, "<"), (np.uint16, "<")]
    if "jpeg" not in coding:  # whose streams know no byte order, and tifffile swaps them all the same
        depths.append((np.uint16, ">"))
    for depth, order in depths:
        samples = pyramid(as_kind(kind, depth))
        options = {**CODINGS[coding], **LAYOUTS[layout], **KINDS[kind], "byteorder": order}
        path = written(tmp_path / f"{depth.__name__}{order[0] == '<'}.tif", samples, **options)
        with tifffile.TiffFile(path) as tiff, TiffReader(path) as slide:
            for level in (0, 1):
                stored = tiff.pages[level].asarray()
                assert np.array_equal(stored, samples[level])  # or the test itself would be wrong
                assert np.array_equal(full(slide, level), shown(stored, kind))


@pytest.mark.parametrize("bigtiff", [False, True])
@pytest.mark.parametrize("coding", ["none", "deflate, predictor", "jpeg"])
def test_samples_in_planes_and_big_files(tmp_path: Path, coding: str, bigtiff: bool) -> None:
    options = CODINGS.get(coding, {"compression": "jpeg"})
    planes = [np.ascontiguousarray(level.transpose(2, 0, 1)) for level in pyramid(TISSUE)]
    options = {**options, "planarconfig": "separate", "photometric": "rgb", "tile": (128, 128)}
    path = written(tmp_path / "planes.tif", planes, bigtiff=bigtiff, **options)
    with tifffile.TiffFile(path) as tiff, TiffReader(path) as slide:
        assert np.array_equal(full(slide, 0), tiff.pages[0].asarray().transpose(1, 2, 0))
        assert np.array_equal(full(slide, 1), tiff.pages[1].asarray().transpose(1, 2, 0))


@pytest.mark.parametrize("layout", ["tiles", "strips"])
@pytest.mark.parametrize("subsampling", ["444", "422", "420", "440", "411"])
def test_jpeg_is_what_tifffile_and_openslide_read(tmp_path: Path, subsampling: str, layout: str) -> None:
    arguments = {"level": 85, "subsampling": subsampling}
    options = {"compression": "jpeg", "compressionargs": arguments, "photometric": "rgb"}
    where = {"rowsperstrip": 16} if layout == "strips" else LAYOUTS[layout]
    path = written(tmp_path / "a.tif", pyramid(TISSUE), **options, **where)
    with tifffile.TiffFile(path) as tiff, TiffReader(path) as slide:
        assert np.array_equal(full(slide, 0), tiff.pages[0].asarray())
        assert np.array_equal(full(slide, 1), tiff.pages[1].asarray())
        if layout == "tiles":
            agree_with_openslide(path, slide)


def agree_with_openslide(path: Path, slide: Slide, most_off: int = 2) -> None:
    """All tiles of both levels; OpenSlide's own place on lower ones is off by fractions of a pixel."""
    with OpenSlideReader(path) as other:
        assert [level.size for level in other.info.levels] == [level.size for level in slide.info.levels]
        for level, grid in enumerate(slide.info.levels):
            for row in range(grid.rows):
                for column in range(grid.columns):
                    one = slide.read_tile(level, column, row).astype(np.int16)
                    off = np.abs(one - other.read_tile(level, column, row))
                    assert (off <= most_off).mean() >= 0.999


@pytest.mark.parametrize("kind", ["rgb", "grey"])
def test_jpeg_without_a_change_of_colours(tmp_path: Path, kind: str) -> None:
    samples = pyramid(as_kind(kind, np.uint8))
    arguments = {"level": 90, "outcolorspace": "rgb" if kind == "rgb" else None}
    options = {"compression": "jpeg", "compressionargs": arguments, "tile": (128, 128), **KINDS[kind]}
    path = written(tmp_path / "a.tif", samples, **options)
    with tifffile.TiffFile(path) as tiff, TiffReader(path) as slide:
        assert int(tiff.pages[0].photometric) == (2 if kind == "rgb" else 1)
        assert np.array_equal(full(slide, 0), shown(tiff.pages[0].asarray(), kind))
        agree_with_openslide(path, slide)


def test_webp(tmp_path: Path) -> None:
    for number, arguments in enumerate(({"level": 80}, {"lossless": True})):
        options = {"compression": "webp", "compressionargs": arguments, "photometric": "rgb"}
        path = written(tmp_path / f"{number}.tif", pyramid(TISSUE), **options, tile=(128, 128))
        with tifffile.TiffFile(path) as tiff, TiffReader(path) as slide:
            assert np.array_equal(full(slide, 0), tiff.pages[0].asarray())
    assert np.array_equal(tifffile.imread(path, key=0), TISSUE)


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
@pytest.mark.parametrize("alpha", ["unassalpha", "assocalpha", "unspecified"])
def test_transparency_lies_over_the_background(tmp_path: Path, alpha: str, depth: type[np.generic]) -> None:
    top = int(np.iinfo(depth).max)
    opacity = np.tile(np.linspace(0, 1, TISSUE.shape[1]), (TISSUE.shape[0], 1))[..., None]
    colors = TISSUE / 255 * (opacity if alpha == "assocalpha" else 1)
    rgba = np.rint(np.concatenate([colors, opacity], axis=2) * top).astype(depth)
    options = {"photometric": "rgb", "extrasamples": [alpha], "compression": "zstd", "tile": (128, 128)}
    path = written(tmp_path / "a.tif", [rgba, np.ascontiguousarray(rgba[::2, ::2])], **options)
    over_white = TISSUE * opacity + 255 * (1 - opacity)
    wanted = TISSUE if alpha == "unspecified" else over_white
    with TiffReader(path) as slide:
        assert np.abs(full(slide, 0) - wanted).max() <= 1.51


def test_a_palette(tmp_path: Path) -> None:
    indexed = Image.fromarray(TISSUE).quantize(200)
    colors = np.zeros((256, 3), dtype=np.uint16)
    used = np.array(indexed.getpalette(), dtype=np.uint16).reshape(-1, 3)
    colors[: len(used)] = used[:256]
    index = np.array(indexed)
    options = {"photometric": "palette", "colormap": (colors * 257).T, "compression": "lzw"}
    path = written(tmp_path / "a.tif", pyramid(index), **options, tile=(128, 128))
    with TiffReader(path) as slide:
        assert np.array_equal(full(slide, 0), np.array(indexed.convert("RGB")))
        agree_with_openslide(path, slide, most_off=0)


def cmyk_profile() -> bytes:
    """A small ICC profile of a press whose inks are weaker than Pillow's formula has them."""
    corners = np.array([[(n >> bit) & 1 for bit in (3, 2, 1, 0)] for n in range(16)], dtype=np.float64)
    light = 100 * (1 - 0.85 * corners[:, 3]) * (1 - 0.12 * corners[:, :3].sum(axis=1))
    a = 60 * (corners[:, 1] - corners[:, 0]) * (1 - corners[:, 3])
    b = 60 * (corners[:, 2] - 0.5 * corners[:, 0]) * (1 - corners[:, 3])
    lab = np.stack([light * 255 / 100, a + 128, b + 128], axis=1)
    table = np.clip(np.rint(lab), 0, 255).astype(np.uint8).tobytes()
    identity = bytes(range(256))
    matrix = b"".join(struct.pack(">i", 65536 * (row == column)) for row in range(3) for column in range(3))
    lut = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + matrix + identity * 4 + table + identity * 3
    text = b"text" + bytes(4) + b"none\0\0\0\0"
    white = b"XYZ " + bytes(4) + struct.pack(">iii", 63190, 65536, 54061)
    name = b"desc" + bytes(4) + struct.pack(">I", 5) + b"test\0" + bytes(8 + 3 + 67 + 3)
    places, body, start = b"", b"", 128 + 4 + 12 * 4
    for signature, data in ((b"desc", name), (b"cprt", text), (b"wtpt", white), (b"A2B0", lut)):
        places += signature + struct.pack(">II", start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    head = struct.pack(">I", start + len(body)) + b"lcms" + bytes.fromhex("02100000") + b"prtrCMYKLab "
    head += bytes(12) + b"acsp" + bytes(28) + struct.pack(">iii", 63190, 65536, 54061)
    return head + bytes(128 - len(head)) + struct.pack(">I", 4) + places + body


def test_cmyk_through_its_profile(tmp_path: Path) -> None:
    cmyk = np.concatenate([255 - TISSUE, 80 - TISSUE.min(axis=2, keepdims=True) // 4], axis=2)
    seen = []
    for number, icc in enumerate((cmyk_profile(), None)):
        options = {"photometric": "separated", "iccprofile": icc, "compression": "lzw", "tile": (128, 128)}
        path = written(tmp_path / f"{number}.tif", pyramid(np.ascontiguousarray(cmyk)), **options)
        image = Image.frombytes("CMYK", (cmyk.shape[1], cmyk.shape[0]), cmyk.tobytes())
        if icc:
            wanted = ImageCms.createProfile("sRGB")
            image = ImageCms.profileToProfile(image, io.BytesIO(icc), wanted, outputMode="RGB")
        with TiffReader(path) as slide:
            seen.append(full(slide, 0))
            assert np.array_equal(seen[-1], np.array(image.convert("RGB")))
    assert np.abs(seen[0].astype(int) - seen[1]).mean() > 5  # the profile made a difference


@pytest.mark.data
def test_cmyk_jpeg_as_pillow_reads_it(real_data: Path) -> None:
    path = real_data / "cmyk" / "pillow_tiff_tiled_cmyk_jpeg.tif"
    with TiffReader(path) as slide, Image.open(path) as image:
        assert np.array_equal(full(slide, 0), np.array(image.convert("RGB")))


def test_aperio_jpeg_2000_of_ycbcr(tmp_path: Path) -> None:
    """Number 33003 alone says that the samples are YCbCr; OpenSlide is who knows."""
    description = "Aperio Image Library v11\n420x300 (128x128) J2K/YCC|AppMag = 40|MPP = 0,2525"
    ycbcr = np.array(Image.fromarray(TISSUE).convert("YCbCr"))
    options = {"compression": 33003, "compressionargs": {"mct": False}, "photometric": "rgb"}
    path = written(tmp_path / "a.svs", [ycbcr], **options, tile=(128, 128), description=description)
    with TiffReader(path) as slide:
        assert np.abs(full(slide, 0).astype(int) - TISSUE).max() <= 3
        agree_with_openslide(path, slide)
        assert slide.info.spacing is not None
        assert slide.info.spacing.spacing.x == 0.2525
        assert slide.info.objective == 40


def test_sixteen_bits_of_which_twelve_are_used(tmp_path: Path) -> None:
    twelve = TISSUE.astype(np.uint16) * 16 + 15
    path = written(tmp_path / "a.tif", pyramid(twelve), photometric="rgb", tile=(128, 128))
    with TiffReader(path) as slide:
        assert np.abs(full(slide, 0).astype(int) - TISSUE).max() <= 1


@pytest.fixture(scope="module")
def sparse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pyramid of JPEG tiles of which the writer left some out."""

    def tiles(array: Pixels, skip: set[int]) -> Iterator[bytes]:
        number = 0
        for top in range(0, array.shape[0], 128):
            for left in range(0, array.shape[1], 128):
                tile = np.full((128, 128, 3), 255, dtype=np.uint8)
                part = array[top : top + 128, left : left + 128]
                tile[: part.shape[0], : part.shape[1]] = part
                yield b"" if number in skip else imagecodecs.jpeg8_encode(tile, level=90)
                number += 1

    path = tmp_path_factory.mktemp("sparse") / "sparse.tif"
    with tifffile.TiffWriter(path) as file:
        for index, level in enumerate(pyramid(TISSUE)):
            file.write(
                tiles(level, {1, 6} if index == 0 else {3}),
                shape=level.shape,
                dtype=level.dtype,
                tile=(128, 128),
                photometric="ycbcr",
                subsampling=(2, 2),
                compression="jpeg",
                subfiletype=int(index > 0),
                metadata=None,
            )
    return path


def test_tiles_that_were_left_out_are_background(sparse: Path) -> None:
    with TiffReader(sparse) as slide:
        assert slide.info.background == (255, 255, 255)
        assert (slide.read_tile(0, 1, 0) == 255).all()
        assert (slide.read_tile(0, 2, 1) == 255).all()
        assert (slide.read_tile(1, 1, 1) == 255).all()
        assert slide.read_tile(0, 0, 0).mean() < 250
        block = slide.read_block(0, 100, 10, Size(80, 50))
        assert (block[:, 28:] == 255).all()
        agree_with_openslide(sparse, slide)


def test_the_resolution_tag_and_its_doubts(tmp_path: Path) -> None:
    for resolution, unit, expected in (((40000, 40000), 3, 0.25), ((72, 72), 2, None)):
        options = {"resolution": resolution, "resolutionunit": unit, "photometric": "rgb"}
        path = written(tmp_path / f"{unit}.tif", pyramid(TISSUE), tile=(128, 128), **options)
        with TiffReader(path) as slide, OpenSlideReader(path) as other:
            assert (slide.info.spacing and slide.info.spacing.spacing.x) == expected
            assert (slide.info.spacing, slide.info.spacing_doubt) == (
                other.info.spacing,
                other.info.spacing_doubt,
            )


REAL = ["carotid_thrombus_he.svs", "cmu1_small_region.svs", "tcga_head_neck_jp2k_no_mpp.svs"]
REAL += ["tiny_pyramid_bad_mpp.tiff"]


@pytest.mark.data
@pytest.mark.parametrize("name", REAL)
def test_real_slides_say_what_openslide_says(real_data: Path, name: str) -> None:
    path = real_data / "slides" / name
    with TiffReader(path) as slide, OpenSlideReader(path) as other:
        for field in ("vendor", "levels", "spacing", "spacing_doubt", "objective", "associated"):
            assert getattr(slide.info, field) == getattr(other.info, field)
        known = dict(other.info.properties)
        known.pop("openslide.quickhash-1")
        known = {key: text for key, text in known.items() if not key.endswith("thumbnail.icc-size")}
        assert known == dict(slide.info.properties)
        for picture in slide.info.associated:
            one = slide.read_associated(picture).astype(np.int16)
            assert np.abs(one - other.read_associated(picture)).max() <= 2


@pytest.mark.data
@pytest.mark.parametrize("name", REAL)
def test_real_slides_look_as_openslide_shows_them(real_data: Path, name: str) -> None:
    """Level 0 tile by tile, borders and edges included; where OpenSlide is exact on lower ones, too."""
    path = real_data / "slides" / name
    with TiffReader(path) as slide, OpenSlideReader(path) as other:
        grid = slide.info.levels[0]
        rng = np.random.default_rng(5)
        columns = [0, grid.columns - 1, *rng.integers(grid.columns, size=30)]
        rows = [grid.rows - 1, 0, *rng.integers(grid.rows, size=30)]
        for column, row in zip(columns, rows, strict=True):
            off = np.abs(
                slide.read_tile(0, int(column), int(row)).astype(int)
                - other.read_tile(0, int(column), int(row))
            )
            assert (off <= 2).mean() >= 0.999
        for level in range(len(slide.info.levels)):
            off = np.abs(slide.read_tile(level, 0, 0).astype(int) - other.read_tile(level, 0, 0))
            assert (off <= 2).mean() >= 0.999


@pytest.mark.data
@pytest.mark.parametrize("name", REAL)
def test_every_level_of_real_slides_is_what_tifffile_reads(real_data: Path, name: str) -> None:
    path = real_data / "slides" / name
    with TiffReader(path) as slide, tifffile.TiffFile(path) as tiff:
        pages = [page for page in tiff.pages if page.is_tiled]
        for level, page in enumerate(pages):
            if page.imagelength < 8000:
                assert np.array_equal(full(slide, level), page.asarray())


# -- any rectangle ------------------------------------------------------------------------------------------


@cache
def both(folder: Path) -> tuple[TiffReader, OpenSlideReader]:
    """The same slide through both readers: tiles of JPEG, halved once."""
    big = np.tile(TISSUE, (3, 3, 1))[:800, :1024]
    arguments = {"level": 92, "subsampling": "420"}
    options = {"compression": "jpeg", "compressionargs": arguments, "photometric": "rgb"}
    halved = np.array(Image.fromarray(big).reduce(2))
    path = written(folder / "both.tif", [big, halved], **options, tile=(128, 128))
    return TiffReader(path), OpenSlideReader(path)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    x=st.floats(-300, 1200),
    y=st.floats(-300, 1000),
    width=st.floats(1, 700),
    height=st.floats(1, 700),
    factor=st.floats(0.4, 6),
)
def test_any_rectangle_at_any_spacing_is_what_openslide_gives(
    tmp_path_factory: pytest.TempPathFactory, x: float, y: float, width: float, height: float, factor: float
) -> None:
    slide, other = both(tmp_path_factory.getbasetemp())
    out = Size(max(1, round(width / factor)), max(1, round(height / factor)))
    rect = Rect(x, y, width, height)
    one, two = read_region(slide, rect, out), read_region(other, rect, out)
    assert one.shape == two.shape == (out.height, out.width, 3)
    off = np.abs(one.astype(np.int16) - two)
    assert (off <= 2).mean() >= 0.999 or off.max() <= 3


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    level=st.integers(0, 1),
    x=st.integers(-200, 1100),
    y=st.integers(-200, 900),
    width=st.integers(1, 500),
    height=st.integers(1, 500),
)
def test_a_block_is_cut_out_of_the_level(
    tmp_path_factory: pytest.TempPathFactory, level: int, x: int, y: int, width: int, height: int
) -> None:
    slide, _ = both(tmp_path_factory.getbasetemp())
    whole = full(slide, level)
    canvas = np.full((2200, 2400, 3), 255, dtype=np.uint8)
    canvas[300 : 300 + whole.shape[0], 300 : 300 + whole.shape[1]] = whole
    block = slide.read_block(level, x, y, Size(width, height))
    assert np.array_equal(block, canvas[300 + y : 300 + y + height, 300 + x : 300 + x + width])
    assert block.flags.c_contiguous
    assert block.flags.writeable


# -- what is not done here ----------------------------------------------------------------------------------


def test_reasons_are_given(tmp_path: Path) -> None:
    grey = TISSUE[..., 0]
    cases: dict[str, tuple[list[NDArray[Any]], dict[str, Any]]] = {
        "flat": ([TISSUE], {"photometric": "rgb"}),
        "whole numbers": ([grey.astype(np.float32)], {"tile": (128, 128)}),
        "on their side": ([TISSUE], {"tile": (128, 128), "extratags": [(274, 3, 1, 6, True)]}),
        "same size": ([grey, grey + 1, grey + 2], {"tile": (128, 128)}),
        "compressed in a way": ([TISSUE], {"tile": (128, 128), "compression": "lzma"}),
    }
    for reason, (levels, options) in cases.items():
        path = tmp_path / "a.tif"
        with tifffile.TiffWriter(path) as file:
            for level in levels:
                file.write(level, metadata=None, **options)
        with pytest.raises(Unsuited, match=reason):
            TiffReader(path)
        assert open_tiff(path) is None


def test_a_folder_or_nothing_is_a_problem(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nothing.tif"):
        with pytest.raises(SlideProblem, match="cannot be read"):
            open_tiff(path)


# -- makers -------------------------------------------------------------------------------------------------


def test_ome_with_levels_in_subifds(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.tif"
    metadata = {"axes": "YXS", "PhysicalSizeX": 250, "PhysicalSizeXUnit": "nm", "PhysicalSizeY": 0.25}
    options: dict[str, Any] = {"photometric": "rgb", "compression": "jpeg", "tile": (128, 128)}
    with tifffile.TiffWriter(path, ome=True) as file:
        file.write(TISSUE, subifds=2, metadata=metadata, **options)
        file.write(HALF, subfiletype=1, **options)
        file.write(np.ascontiguousarray(HALF[::2, ::2]), subfiletype=1, **options)
        file.write(TISSUE[:90, :100], metadata={"axes": "YXS", "Name": "Label image"}, photometric="rgb")
    with TiffReader(path) as slide, tifffile.TiffFile(path) as tiff:
        assert slide.info.vendor == "OME-TIFF"
        assert slide.info.spacing is not None
        assert (slide.info.spacing.spacing.x, slide.info.spacing.spacing.y) == (0.25, 0.25)
        assert slide.info.spacing.source == "the file"
        assert [level.downsample for level in slide.info.levels] == [1, 2, 4]
        for level in range(3):
            assert np.array_equal(full(slide, level), tiff.series[0].levels[level].asarray())
        assert slide.info.associated == ("label",)
        assert np.array_equal(slide.read_associated("label"), TISSUE[:90, :100])


def test_qptiff_of_bright_field(tmp_path: Path) -> None:
    def said(kind: str) -> str:
        return (
            "<PerkinElmer-QPI-ImageDescription>"
            f"<ImageType>{kind}</ImageType><Objective>20x</Objective>"
            "</PerkinElmer-QPI-ImageDescription>"
        )

    small = np.ascontiguousarray(TISSUE[::6, ::6])
    pictures = (("FullResolution", TISSUE), ("Thumbnail", small), ("ReducedResolution", HALF))
    pictures += (("Overview", small[:30]), ("Label", small[:, :30]))
    path = tmp_path / "a.qptiff"
    with tifffile.TiffWriter(path) as file:
        for kind, array in pictures:
            tiled = {"tile": (128, 128)} if "Resolution" in kind else {}
            file.write(
                np.ascontiguousarray(array),
                description=said(kind),
                software="PerkinElmer-QPI",
                photometric="rgb",
                compression="lzw",
                resolution=(20000, 20000),
                resolutionunit=3,
                metadata=None,
                **tiled,
            )
    with TiffReader(path) as slide:
        assert slide.info.vendor == "PerkinElmer QPTIFF"
        assert slide.info.objective == 20
        assert slide.info.spacing is not None
        assert slide.info.spacing.spacing.x == 0.5
        assert slide.info.associated == ("label", "macro", "thumbnail")
        assert np.array_equal(slide.read_associated("macro"), small[:30])
        assert np.array_equal(full(slide, 0), TISSUE)
        assert np.array_equal(full(slide, 1), HALF)


def philips_xml(spacings: list[tuple[float, float]]) -> str:
    """The least that OpenSlide takes for a description by Philips; millimetres down and across."""

    def said(name: str, group: str, kind: str, text: str) -> str:
        return f'<Attribute Name="{name}" Group="{group}" Element="0x0030" PMSVR="{kind}">{text}</Attribute>'

    def spacing(down: float, across: float) -> str:
        quoted = f"&quot;{down}&quot; &quot;{across}&quot;"
        return said("DICOM_PIXEL_SPACING", "0x0028", "IDoubleArray", quoted)

    levels = "".join(
        '<DataObject ObjectType="PixelDataRepresentation">'
        + spacing(down, across)
        + said("PIIM_PIXEL_DATA_REPRESENTATION_NUMBER", "0x1001", "IUInt16", str(number))
        + "</DataObject>"
        for number, (down, across) in enumerate(spacings)
    )
    sequence = "PIIM_PIXEL_DATA_REPRESENTATION_SEQUENCE"
    image = (
        '<DataObject ObjectType="DPScannedImage">'
        + said("PIM_DP_IMAGE_TYPE", "0x301D", "IString", "WSI")
        + spacing(*spacings[0])
        + said(sequence, "0x1001", "IDataObjectArray", f"<Array>{levels}</Array>")
        + "</DataObject>"
    )
    return (
        '<?xml version="1.0" encoding="UTF-8" ?><DataObject ObjectType="DPUfsImport">'
        + said("DICOM_MANUFACTURER", "0x0008", "IString", "PHILIPS")
        + said("PIM_DP_SCANNED_IMAGES", "0x301D", "IDataObjectArray", f"<Array>{image}</Array>")
        + "</DataObject>"
    )


def test_philips_levels_have_their_true_sizes(tmp_path: Path) -> None:
    """Its levels are filled up to whole tiles; the spacings tell how much of that is the slide."""
    options: dict[str, Any] = {"photometric": "rgb", "compression": "jpeg", "metadata": None}
    xml, path = philips_xml([(0.00025, 0.000251), (0.0005, 0.000502)]), tmp_path / "a.tiff"
    padded = np.full((256, 256, 3), 255, dtype=np.uint8)
    padded[: HALF.shape[0], : HALF.shape[1]] = HALF
    with tifffile.TiffWriter(path) as file:
        file.write(TISSUE, description=xml, software="Philips DP v1.0", tile=(128, 128), **options)
        file.write(padded, description="level=1", subfiletype=1, tile=(128, 128), **options)
        file.write(HALF, description="Macro", **options)
    with TiffReader(path) as slide, OpenSlideReader(path) as other:
        assert slide.info.vendor == "Philips TIFF"
        assert slide.info.levels == other.info.levels
        assert slide.info.levels[1].size == Size(210, 150)
        assert slide.info.spacing == other.info.spacing
        assert slide.info.spacing is not None
        assert math.isclose(slide.info.spacing.spacing.x, 0.251)
        assert slide.info.associated == other.info.associated == ("macro",)
        agree_with_openslide(path, slide)


# -- damage -------------------------------------------------------------------------------------------------


def jpeg_slide(folder: Path) -> Path:
    options = {"photometric": "rgb", "compression": "jpeg", "tile": (128, 128)}
    return written(folder / "a.tif", pyramid(TISSUE), **options)


def place_of(path: Path, tile: int, level: int = 0) -> tuple[int, int]:
    with tifffile.TiffFile(path) as tiff:
        page = tiff.pages[level]
        return page.dataoffsets[tile], page.databytecounts[tile]


def test_a_damaged_tile_is_a_problem_and_the_others_are_not(tmp_path: Path) -> None:
    path = jpeg_slide(tmp_path)
    start, count = place_of(path, 5)
    data = bytearray(path.read_bytes())
    with TiffReader(path) as slide:
        wanted = full(slide, 0)
    for damage in (b"\0" * count, data[start : start + count // 2] + b"\0" * (count - count // 2)):
        data[start : start + count] = damage
        path.write_bytes(data)
        with TiffReader(path) as slide:
            with pytest.raises(SlideProblem, match="cannot be decoded"):
                slide.read_tile(0, 1, 1)
            with pytest.raises(SlideProblem, match="cannot be decoded"):
                slide.read_block(0, 120, 120, Size(100, 100))
            assert np.array_equal(slide.read_tile(0, 2, 1), wanted[128:256, 256:384])


def test_what_lies_behind_the_end_is_a_problem(tmp_path: Path) -> None:
    path = written(tmp_path / "a.tif", pyramid(TISSUE), photometric="rgb", tile=(128, 128))
    last, count = place_of(path, 3, level=1)
    with TiffReader(path) as slide:
        wanted = full(slide, 0)
    data = path.read_bytes()
    path.write_bytes(data[: last + count - 1])
    with TiffReader(path) as slide:
        assert np.array_equal(full(slide, 0), wanted)
        with pytest.raises(SlideProblem, match="missing"):
            slide.read_tile(1, 1, 1)


def test_a_tile_of_another_size_is_a_problem(tmp_path: Path) -> None:
    """A stream that claims 60,000 × 60,000 px must not reserve 10 GB."""
    path = jpeg_slide(tmp_path)
    data = bytearray(path.read_bytes())
    start, count = place_of(path, 4)
    frame = data.find(b"\xff\xc0", start, start + count)
    data[frame + 5 : frame + 9] = (60000).to_bytes(2, "big") * 2
    path.write_bytes(data)
    with TiffReader(path) as slide, pytest.raises(SlideProblem, match="another size"):
        slide.read_tile(0, 0, 1)


@pytest.mark.parametrize("tag", [256, 257, 258, 259, 262, 277, 322, 323, 324, 325])
def test_absurd_directories_are_refused_or_are_problems(tmp_path: Path, tag: int) -> None:
    for value in (0, 1, 2**16 - 1, 2**31 - 1, 2**32 - 1):
        path = jpeg_slide(tmp_path)
        with tifffile.TiffFile(path, mode="r+") as tiff:
            entry = tiff.pages[0].tags[tag]
            if entry.count == 1:
                size = entry.dtype.value
                wide = value if size == 4 else value % 2**16
                place = entry.offset + 8
                with path.open("r+b") as file:
                    file.seek(place)
                    file.write(wide.to_bytes(4 if size == 4 else 2, "little"))
            else:
                with path.open("r+b") as file:
                    file.seek(entry.valueoffset)
                    file.write(value.to_bytes(4, "little") * 2)
        try:
            slide = TiffReader(path)
        except Unsuited:
            continue
        with slide:
            for column in range(min(4, slide.info.levels[0].columns)):
                try:
                    assert slide.read_tile(0, column, 0).size
                except SlideProblem:
                    continue


@pytest.mark.parametrize("seed", range(4))
def test_random_damage_hangs_and_breaks_nothing(tmp_path: Path, seed: int) -> None:
    original = jpeg_slide(tmp_path).read_bytes()
    rng = np.random.default_rng(seed)
    path = tmp_path / "damaged.tif"
    for _ in range(40):
        data = bytearray(original)
        for place in (
            rng.integers(0, len(data), size=3) if rng.random() < 0.5 else rng.integers(0, 400, size=3)
        ):
            data[int(place)] = int(rng.integers(256))
        if rng.random() < 0.3:
            del data[int(rng.integers(8, len(data))) :]
        path.write_bytes(data)
        try:
            slide = open_tiff(path)
        except SlideProblem:
            continue
        if slide is None:
            continue
        with slide:
            grid = slide.info.levels[0]
            for column in range(min(3, grid.columns)):
                try:
                    assert slide.read_tile(0, column, 0).dtype == np.uint8
                except SlideProblem:
                    continue


# -- threads ------------------------------------------------------------------------------------------------


def test_many_threads_read_the_same_pixels(tmp_path: Path) -> None:
    path = jpeg_slide(tmp_path)
    wrong: list[str] = []
    with TiffReader(path) as slide:
        wanted = [full(slide, level) for level in (0, 1)]

        def read(seed: int) -> None:
            rng = np.random.default_rng(seed)
            for _ in range(120):
                level = int(rng.integers(2))
                height, width = wanted[level].shape[:2]
                x, y = int(rng.integers(width - 60)), int(rng.integers(height - 60))
                block = slide.read_block(level, x, y, Size(60, 60))
                if not np.array_equal(block, wanted[level][y : y + 60, x : x + 60]):
                    wrong.append(f"{level} {x} {y}")

        threads = [threading.Thread(target=read, args=(seed,)) for seed in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not wrong


def test_a_closed_slide_says_so(tmp_path: Path) -> None:
    slide = TiffReader(jpeg_slide(tmp_path))
    slide.close()
    slide.close()
    with pytest.raises(SlideProblem, match="closed"):
        slide.read_tile(0, 0, 0)


def test_outside_is_an_index_error(tmp_path: Path) -> None:
    with TiffReader(jpeg_slide(tmp_path)) as slide:
        for level, column, row in ((0, 4, 0), (0, 0, 3), (0, -1, 0), (1, 2, 0)):
            with pytest.raises(IndexError):
                slide.read_tile(level, column, row)
        with pytest.raises(KeyError):
            slide.read_associated("label")


def test_tiles_belong_to_who_asked(tmp_path: Path) -> None:
    for options in ({"compression": "jpeg"}, {}, {"compression": "lzw"}):
        path = written(tmp_path / "a.tif", pyramid(TISSUE), photometric="rgb", tile=(128, 128), **options)
        with TiffReader(path) as slide:
            slide.read_block(0, 10, 10, Size(50, 50))
            tile = slide.read_tile(0, 0, 0)
            before = tile.copy()
            tile[:] = 0
            assert np.array_equal(slide.read_tile(0, 0, 0), before)
            assert np.array_equal(slide.read_block(0, 10, 10, Size(50, 50)), before[10:60, 10:60])
