"""Flat pictures of every make, against Pillow and tifffile reading the same files."""

from __future__ import annotations

import io
import itertools
import random
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageOps
from skimage.data import immunohistochemistry

from ml.errors import SlideProblem
from ml.geometry import Size
from ml.progress import Cancelled, Progress
from ml.slide import pyramid
from ml.slide.picture_reader import PictureReader
from ml.slide.picture_source import MOST_PIXELS
from ml.slide.slide import Pixels

TISSUE: Pixels = immunohistochemistry()[:211, :307]


def read(path: Path) -> Pixels:
    with PictureReader(path) as slide:
        return slide.read_block(0, 0, 0, slide.info.size)


def by_pillow(path: Path) -> Pixels:
    with Image.open(path) as image:
        return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))


# What Pillow writes


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.webp", "a.jp2", "a.tif"])
def test_lossless_pictures_are_the_pixels(tmp_path: Path, name: str) -> None:
    options = {"lossless": True} if name.endswith("webp") else {}
    Image.fromarray(TISSUE).save(tmp_path / name, **options)
    np.testing.assert_array_equal(read(tmp_path / name), TISSUE)


@pytest.mark.parametrize(
    "options", [{}, {"progressive": True}, {"subsampling": 0}, {"restart_marker_rows": 1}]
)
def test_jpeg_is_what_pillow_decodes(tmp_path: Path, options: dict[str, object]) -> None:
    Image.fromarray(TISSUE).save(tmp_path / "a.jpg", quality=88, **options)
    np.testing.assert_array_equal(read(tmp_path / "a.jpg"), by_pillow(tmp_path / "a.jpg"))


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif"])
def test_grey(tmp_path: Path, name: str) -> None:
    Image.fromarray(TISSUE[..., 1]).save(tmp_path / name)
    np.testing.assert_array_equal(read(tmp_path / name), by_pillow(tmp_path / name))


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.bmp"])
@pytest.mark.parametrize("mode", ["1", "P"])
def test_bits_and_palettes(tmp_path: Path, name: str, mode: str) -> None:
    Image.fromarray(TISSUE).convert(mode).save(tmp_path / name)
    np.testing.assert_array_equal(read(tmp_path / name), by_pillow(tmp_path / name))


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.webp"])
def test_transparency_lies_over_white(tmp_path: Path, name: str) -> None:
    opacity = np.linspace(0, 255, TISSUE.shape[1]).astype(np.uint8) * np.ones((TISSUE.shape[0], 1), np.uint8)
    options = {"lossless": True, "exact": True} if name.endswith("webp") else {}
    Image.fromarray(np.dstack([TISSUE, opacity])).save(tmp_path / name, **options)
    share = opacity[..., None] / 255
    expected = TISSUE * share + 255 * (1 - share)
    assert np.abs(read(tmp_path / name) - expected).max() <= 1.01


def test_a_palette_with_a_transparent_colour(tmp_path: Path) -> None:
    indices = np.zeros((20, 30), dtype=np.uint8)
    indices[:, 10:] = 1
    image = Image.fromarray(indices, mode=None).convert("P")
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.save(tmp_path / "a.png", transparency=0)
    found = read(tmp_path / "a.png")
    assert (found[:, :10] == 255).all()
    assert (found[:, 10:] == (200, 100, 50)).all()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif"])
def test_pictures_stand_upright(tmp_path: Path, name: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(TISSUE).save(tmp_path / name, exif=exif)
    np.testing.assert_array_equal(read(tmp_path / name), by_pillow(tmp_path / name))


def test_sixteen_bit_png_of_twelve_bits(tmp_path: Path) -> None:
    """A 12-bit camera writes up to 4095 into 16 bits: shown by the bits that it uses."""
    values = (TISSUE[..., 1].astype(np.uint16) << 4) | 15
    Image.fromarray(values).save(tmp_path / "a.png")
    found = read(tmp_path / "a.png")
    assert np.abs(found[..., 0] - values / 4095 * 255).max() <= 0.51
    assert (found[..., 0] == found[..., 2]).all()


def test_a_colour_png_of_sixteen_bits(tmp_path: Path) -> None:
    """Pillow writes none: by hand. It shows the upper byte."""
    values = TISSUE.astype(np.uint16) * 257
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", TISSUE.shape[1], TISSUE.shape[0], 16, 2, 0, 0, 0)
    path = tmp_path / "a.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
    np.testing.assert_array_equal(read(path), TISSUE)


# What tifffile writes


@pytest.mark.parametrize("bigtiff", [False, True])
@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("compression", [None, "lzw", "deflate", "zstd", "packbits"])
def test_strips_big_files_and_byte_orders(
    tmp_path: Path, compression: str | None, byteorder: str, bigtiff: bool
) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(
        path, TISSUE, bigtiff=bigtiff, byteorder=byteorder, compression=compression,
        rowsperstrip=17, photometric="rgb",
    )  # fmt: skip
    np.testing.assert_array_equal(read(path), TISSUE)


@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("tile", [None, (64, 48)])
def test_planes_and_tiles(tmp_path: Path, tile: tuple[int, int] | None, planar: str) -> None:
    path = tmp_path / "a.tif"
    pixels = TISSUE if planar == "contig" else np.moveaxis(TISSUE, -1, 0)
    tifffile.imwrite(path, pixels, photometric="rgb", planarconfig=planar, tile=tile, predictor=False)
    np.testing.assert_array_equal(read(path), TISSUE)


@pytest.mark.parametrize("dtype", ["uint16", "uint32", "int16", "float32", "float64", "bool"])
@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite"])
def test_numbers_are_shown_over_the_range_they_use(tmp_path: Path, dtype: str, photometric: str) -> None:
    values = TISSUE[..., 1].astype(float)
    if dtype == "bool":
        stored: np.ndarray = values > 128
        expected = np.where(stored, 255.0, 0.0)
    elif dtype in {"uint16", "uint32"}:
        stored = (values * 16).astype(dtype)  # 12 bits
        expected = stored / 4095 * 255
    else:
        stored = (values * 10 - 500).astype(dtype)
        low, high = float(stored.min()), float(stored.max())
        expected = (stored.astype(float) - low) / (high - low) * 255
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, stored, photometric=photometric, rowsperstrip=50)
    found = read(path)[..., 0].astype(float)
    assert np.abs((255 - found if photometric == "miniswhite" else found) - expected).max() <= 0.51


def test_not_a_number_is_black(tmp_path: Path) -> None:
    values = np.linspace(0, 1, 400, dtype=np.float32).reshape(20, 20)
    values[3, 4] = np.nan
    tifffile.imwrite(tmp_path / "a.tif", values)
    assert (read(tmp_path / "a.tif")[3, 4] == 0).all()


def test_of_two_pages_the_first_is_shown_and_the_others_are_told_of(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.stack([TISSUE, TISSUE[::-1]]), photometric="rgb")
    with PictureReader(path) as slide:
        assert "2 pictures" in slide.info.warning
        np.testing.assert_array_equal(slide.read_block(0, 0, 0, slide.info.size), TISSUE)


@pytest.mark.data
def test_the_real_file_of_two_pages(real_data: Path) -> None:
    path = real_data / "slides" / "two_pages_uint16.tif"
    values = tifffile.imread(path, key=0).astype(float)
    most = 2 ** int(values.max()).bit_length() - 1
    assert np.abs(read(path)[..., 0] - values / most * 255).max() <= 0.51


# CMYK


@pytest.mark.data
@pytest.mark.parametrize(
    "name",
    [
        "derived_skin_HE_cmyk.jpg", "gcp_logo_cmyk.jpg", "pillow_pil_sample_cmyk.jpg",
        "pillow_tiff_strip_cmyk_jpeg.tif", "pillow_tiff_tiled_cmyk_jpeg.tif",
    ],
)  # fmt: skip
def test_cmyk_as_pillow_converts_it(real_data: Path, name: str) -> None:
    path = real_data / "cmyk" / name
    with Image.open(path) as image:
        profile = image.info.get("icc_profile")
        shown: Image.Image | None = image.convert("RGB")
        if profile:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            shown = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        expected = np.asarray(shown).astype(int)
    assert np.abs(read(path) - expected).max() <= 1


@pytest.mark.data
def test_a_cmyk_section_looks_like_the_section(real_data: Path) -> None:
    """It was made from the H&E field: an inverted or unconverted one would be far away."""
    original = read(real_data / "slides" / "skin_he_field.tif").astype(int)
    found = read(real_data / "cmyk" / "derived_skin_HE_cmyk.jpg").astype(int)
    assert np.abs(found - original).mean() < 12


# As a slide


@given(width=st.integers(1, 1300), height=st.integers(1, 1300))
@settings(max_examples=25, deadline=None)
def test_levels_are_means_down_to_a_small_one(
    tmp_path_factory: pytest.TempPathFactory, width: int, height: int
) -> None:
    """Each level is half the one before, rounded up; its tiles put together are the level."""
    chance = np.random.default_rng(width * 2000 + height)
    pixels = chance.integers(0, 256, (height, width, 3), dtype=np.uint8)
    path = tmp_path_factory.mktemp("levels") / "a.png"
    Image.fromarray(pixels).save(path, compress_level=0)
    with PictureReader(path) as slide:
        sizes = [level.size for level in slide.info.levels]
        assert sizes[0] == Size(width, height)
        assert max(sizes[-1].width, sizes[-1].height) <= 512
        for finer, coarser in itertools.pairwise(sizes):
            assert coarser == Size(-(-finer.width // 2), -(-finer.height // 2))
        for number, level in enumerate(slide.info.levels):
            whole = slide.read_block(number, 0, 0, level.size)
            rows = [
                np.concatenate([slide.read_tile(number, c, r) for c in range(level.columns)], axis=1)
                for r in range(level.rows)
            ]
            np.testing.assert_array_equal(np.concatenate(rows), whole)
        if len(sizes) > 1 and min(width, height) > 1:
            even = slide.read_block(0, 0, 0, Size(width // 2 * 2, height // 2 * 2)).astype(float)
            means = even.reshape(height // 2, 2, width // 2, 2, 3).mean(axis=(1, 3))
            halved = slide.read_block(1, 0, 0, Size(width // 2, height // 2))
            assert np.abs(halved - means).max() <= 0.51


def test_outside_is_background_and_beyond_is_an_index_error(tmp_path: Path) -> None:
    Image.fromarray(TISSUE).save(tmp_path / "a.png")
    with PictureReader(tmp_path / "a.png") as slide:
        block = slide.read_block(0, -5, -7, Size(20, 20))
        assert (block[:7] == 255).all()
        assert (block[:, :5] == 255).all()
        np.testing.assert_array_equal(block[7:, 5:], TISSUE[:13, :15])
        assert (slide.read_block(0, 5000, 5000, Size(4, 4)) == 255).all()
        for column, row in [(-1, 0), (0, -1), (2, 0), (0, 1)]:
            with pytest.raises(IndexError):
                slide.read_tile(0, column, row)
        with pytest.raises(KeyError):
            slide.read_associated("label")
    with pytest.raises(SlideProblem, match="closed"):
        slide.read_block(0, 0, 0, Size(1, 1))


def test_a_large_picture_lies_in_a_file_that_is_gone_after_closing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pyramid, "IN_MEMORY", 100_000)
    monkeypatch.setenv("PARFOCAL_HOME", str(tmp_path / "home"))
    mapped = str(tmp_path / "home")  # Linux lists what is mapped into memory, nameless files by their folder
    Image.fromarray(TISSUE).save(tmp_path / "a.png")
    with PictureReader(tmp_path / "a.png") as slide:
        np.testing.assert_array_equal(slide.read_block(0, 0, 0, slide.info.size), TISSUE)
        if sys.platform == "linux":
            assert mapped in Path("/proc/self/maps").read_text(encoding="utf-8")
    del slide
    assert [path for path in (tmp_path / "home").rglob("*") if path.is_file()] == []
    if sys.platform == "linux":
        assert mapped not in Path("/proc/self/maps").read_text(encoding="utf-8")


def test_opening_stops_when_a_stop_is_wished(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", TISSUE, photometric="rgb", rowsperstrip=8)
    progress = Progress()
    progress.stop()
    with pytest.raises(Cancelled):
        PictureReader(tmp_path / "a.tif", progress)


# What cannot be shown


def test_a_picture_that_is_too_large_says_how_large(tmp_path: Path) -> None:
    """From the header alone: nothing of it is decoded."""
    edge = int(MOST_PIXELS**0.5) + 2
    head = struct.pack(">IIBBBBB", edge, edge, 8, 2, 0, 0, 0)
    body = b"\0\0\0\rIHDR" + head + struct.pack(">I", zlib.crc32(b"IHDR" + head))
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + body + b"\0\0\0\0IDAT" + struct.pack(">I", 0))
    with pytest.raises(SlideProblem, match="too large") as caught:
        PictureReader(tmp_path / "a.png")
    assert f"{edge:,}" in caught.value.what
    assert "pyramidal TIFF" in caught.value.remedy


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif", "a.webp", "a.bmp"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_picture_cut_short_is_refused_not_filled_up(tmp_path: Path, name: str, share: float) -> None:
    path = tmp_path / name
    Image.fromarray(TISSUE).save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(SlideProblem) as caught:
        PictureReader(path)
    assert name in caught.value.what
    assert caught.value.remedy


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif"])
def test_damage_is_a_problem_or_a_picture_and_never_anything_else(tmp_path: Path, name: str) -> None:
    Image.fromarray(TISSUE).save(tmp_path / name)
    whole = (tmp_path / name).read_bytes()
    chance = random.Random(5)
    told: list[str] = []
    for _ in range(60):
        damaged = bytearray(whole)
        for _ in range(chance.randint(1, 20)):
            damaged[chance.randrange(min(len(damaged), 3000))] = chance.randrange(256)
        (tmp_path / name).write_bytes(damaged)
        try:
            with PictureReader(tmp_path / name) as slide:
                slide.read_tile(0, 0, 0)
        except SlideProblem as problem:
            told.append(problem.what)
    assert all(name in what for what in told)
