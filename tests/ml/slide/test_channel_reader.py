"""Fluorescence and planes: every sample against tifffile's own reading of pages and series."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from skimage.data import immunohistochemistry

from ml.errors import SlideProblem
from ml.geometry import Size
from ml.slide.channel_reader import ChannelReader
from ml.slide.channels import blend
from ml.slide.look import ChannelLook
from ml.slide.opening import open_slide
from ml.slide.slide import Slide
from ml.slide.stored_picture import stored_picture
from ml.slide.tiff_reader import TiffReader

TISSUE = immunohistochemistry()[:300, :420]
OPTIONS: dict[str, Any] = {"photometric": "minisblack", "tile": (128, 128), "compression": "lzw"}


def stack(shape: tuple[int, ...], dtype: Any = np.uint16) -> NDArray[Any]:
    """Pictures (..., height, width) that all differ."""
    *outer, height, width = shape
    grey = TISSUE[:height, :width, 1].astype(np.int64)
    steps = np.arange(np.prod(outer)).reshape(*outer, 1, 1)
    return ((grey * (steps + 1)) % np.iinfo(dtype).max).astype(dtype)


def samples(slide: Slide, level: int = 0) -> NDArray[Any]:
    """A level put together from `read_samples`: (height, width, channels)."""
    grid = slide.info.levels[level]
    rows = [
        np.concatenate([slide.read_samples(level, column, row) for column in range(grid.columns)], axis=1)
        for row in range(grid.rows)
    ]
    return np.concatenate(rows)


def blended(slide: Slide, channels_last: NDArray[Any]) -> NDArray[Any]:
    return blend(channels_last, [ChannelLook.of(channel) for channel in slide.info.channels])


def written(path: Path, data: NDArray[Any], metadata: dict[str, Any], **options: Any) -> Path:
    with tifffile.TiffWriter(path, ome=True) as file:
        file.write(data, metadata=metadata, **{**OPTIONS, **options})
    return path


# -- real files ---------------------------------------------------------------------------------------------


@pytest.mark.data
def test_vectra(real_data: Path) -> None:
    path = real_data / "slides" / "vectra_fluorescence.qptiff"
    with open_slide(path) as slide, tifffile.TiffFile(path) as tiff:
        assert slide.info.vendor == "PerkinElmer QPTIFF"
        assert [(c.name, c.color) for c in slide.info.channels] == [
            ("DAPI", (0, 0, 255)),
            ("FITC", (0, 255, 0)),
            ("Cy3", (255, 255, 0)),
        ]
        assert slide.info.background == (0, 0, 0)
        assert slide.info.associated == ("label", "macro", "thumbnail")
        expected = np.stack([tiff.pages[index].asarray() for index in range(3)], axis=-1)
        assert np.array_equal(samples(slide), expected)
        block = slide.read_block(0, 700, 500, Size(300, 200))
        assert np.array_equal(block, blended(slide, expected[500:700, 700:1000]))
        assert block.std() > 20  # there is something to see
        assert np.array_equal(slide.read_associated("label"), tiff.pages[5].asarray())


@pytest.mark.data
def test_ome_of_channels_and_planes(real_data: Path) -> None:
    path = real_data / "slides" / "ome_channels_z.ome.tif"
    with open_slide(path) as slide:
        assert [c.name for c in slide.info.channels] == ["Channel 1", "Channel 2", "Channel 3"]
        assert slide.info.planes == 5
        signed = tifffile.imread(path)  # (3, 5, 167, 439) int8
        for z in range(5):
            expected = (signed[:, z].astype(int) + 128).transpose(1, 2, 0)
            assert np.array_equal(samples(slide.plane(z)), expected)
            tile = slide.plane(z).read_tile(0, 1, 0)
            assert np.array_equal(tile, blended(slide, expected[:167, 256:439].astype(np.uint8)))
        with pytest.raises(IndexError):
            slide.plane(5)


# -- OME ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("axes", ["TCZYX", "TZCYX", "CTZYX", "ZTCYX", "CZTYX", "ZCTYX"])
def test_any_order_of_channels_planes_and_times(tmp_path: Path, axes: str) -> None:
    sizes = {"T": 2, "C": 3, "Z": 4, "Y": 70, "X": 90}
    data = stack(tuple(sizes[axis] for axis in axes))
    path = written(
        tmp_path / "a.ome.tif", data, {"axes": axes, "PhysicalSizeZ": 1500, "PhysicalSizeZUnit": "nm"}
    )
    ordered = np.moveaxis(tifffile.imread(path), [axes.index(axis) for axis in "TZYXC"], range(5))
    with open_slide(path) as slide:
        assert slide.info.planes == 4
        assert slide.info.plane_um == 1.5
        assert "2 times" in slide.info.warning
        for z in range(4):
            assert np.array_equal(samples(slide.plane(z)), ordered[0, z])


def test_levels_in_subifds(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.tif"
    data = stack((3, 2, 300, 420))
    channels = {"Name": ["DAPI", "CD8", "CK"], "EmissionWavelength": [461, 519, 690]}
    with tifffile.TiffWriter(path, ome=True) as file:
        file.write(data, subifds=1, metadata={"axes": "CZYX", "Channel": channels}, **OPTIONS)
        file.write(data[..., ::2, ::2], subfiletype=1, **OPTIONS)
    with open_slide(path) as slide, tifffile.TiffFile(path) as tiff:
        assert [level.downsample for level in slide.info.levels] == [1, 2]
        assert [(c.name, c.color) for c in slide.info.channels] == [
            ("DAPI", (0, 0, 255)),
            ("CD8", (0, 255, 0)),
            ("CK", (255, 0, 255)),
        ]
        for level in range(2):
            expected = tiff.series[0].levels[level].asarray()
            for z in range(2):
                assert np.array_equal(samples(slide.plane(z), level), expected[:, z].transpose(1, 2, 0))


def test_a_colour_in_one_number(tmp_path: Path) -> None:
    channels = {"Color": [0xFF8000FF - 2**32, 0x00FF00FF]}
    path = written(tmp_path / "a.ome.tif", stack((2, 70, 90)), {"axes": "CYX", "Channel": channels})
    with open_slide(path) as slide:
        assert [channel.color for channel in slide.info.channels] == [(255, 128, 0), (0, 255, 0)]


@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("count", [2, 3, 5])
def test_channels_as_samples_of_a_page(tmp_path: Path, planar: str, count: int) -> None:
    data = stack((count, 130, 150))
    axes = "CYX" if planar == "separate" else "YXC"
    path = written(
        tmp_path / "a.ome.tif",
        data if planar == "separate" else np.ascontiguousarray(data.transpose(1, 2, 0)),
        {"axes": axes.replace("C", "S")},
        planarconfig=planar,
    )
    with open_slide(path) as slide:
        assert isinstance(slide, ChannelReader)
        assert len(slide.info.channels) == count
        assert np.array_equal(samples(slide), data.transpose(1, 2, 0))


def test_colour_planes(tmp_path: Path) -> None:
    data = np.stack([TISSUE, TISSUE[::-1], 255 - TISSUE])
    path = tmp_path / "a.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as file:
        metadata = {"axes": "ZYXS", "PhysicalSizeZ": 0.75}
        file.write(data, metadata=metadata, photometric="rgb", tile=(128, 128))
    with open_slide(path) as slide:
        assert isinstance(slide, TiffReader)
        assert (slide.info.planes, slide.info.plane_um, slide.info.channels) == (3, 0.75, ())
        for z in (2, 0, 1):
            plane = slide.plane(z)
            assert np.array_equal(plane.read_block(0, 0, 0, slide.info.size), data[z])
            assert np.array_equal(plane.read_tile(0, 1, 1), data[z, 128:256, 128:256])
            assert plane.plane(z) is plane
        assert slide.plane(1).plane(0) is slide
        with pytest.raises(IndexError):
            slide.plane(3)
        with pytest.raises(TypeError):
            slide.read_samples(0, 0, 0)
    with pytest.raises(SlideProblem):
        plane.read_tile(0, 0, 0)


def test_grey_planes(tmp_path: Path) -> None:
    data = stack((3, 130, 150), np.uint8)
    path = written(tmp_path / "a.ome.tif", data, {"axes": "ZYX"})
    with open_slide(path) as slide:
        assert (slide.info.planes, slide.info.channels) == (3, ())
        for z in range(3):
            seen = slide.plane(z).read_block(0, 0, 0, slide.info.size)
            assert np.array_equal(seen, np.repeat(data[z, ..., None], 3, axis=2))


def test_an_image_in_several_files_is_named(tmp_path: Path) -> None:
    path = written(tmp_path / "part 1.ome.tif", stack((2, 70, 90)), {"axes": "CYX"})
    with tifffile.TiffFile(path) as tiff:
        xml = tiff.pages[0].description
    uuid = xml.split('UUID="')[1].split('"')[0]
    first, last = (
        f'<TiffData FirstC="{c}" IFD="0" PlaneCount="1">'
        f'<UUID FileName="part {c + 1}.ome.tif">{name}</UUID></TiffData>'
        for c, name in enumerate((uuid, "urn:uuid:00000000-0000-0000-0000-000000000000"))
    )
    start, end = xml.index("<TiffData"), xml.index("</Pixels>")
    tifffile.tiffcomment(path, xml[:start] + first + last + xml[end:])
    with pytest.raises(SlideProblem, match="one of several files") as problem:
        open_slide(path)
    assert problem.value.facts["others"] == "part 2.ome.tif"
    renamed = path.rename(tmp_path / "another name.tif")  # the same file under another name is no other file
    tifffile.tiffcomment(renamed, xml)
    with open_slide(renamed) as slide:
        assert len(slide.info.channels) == 2


# -- other makers -------------------------------------------------------------------------------------------


def test_qptiff_with_levels(tmp_path: Path) -> None:
    data = stack((2, 300, 420))
    path = tmp_path / "a.qptiff"

    def said(kind: str, name: str = "") -> str:
        inner = f"<ImageType>{kind}</ImageType><Name>{name}</Name><Objective>20x</Objective>"
        return f"<PerkinElmer-QPI-ImageDescription>{inner}</PerkinElmer-QPI-ImageDescription>"

    with tifffile.TiffWriter(path) as file:
        options: dict[str, Any] = {**OPTIONS, "metadata": None, "software": "PerkinElmer-QPI"}
        for step, kind in ((1, "FullResolution"), (2, "ReducedResolution"), (4, "ReducedResolution")):
            for picture, name in zip(data, ("DAPI", "Opal 570"), strict=True):
                file.write(picture[::step, ::step], description=said(kind, name), **options)
            if step == 1:
                small = np.ascontiguousarray(TISSUE[::6, ::6])
                file.write(small, description=said("Thumbnail"), photometric="rgb", metadata=None)
    with open_slide(path) as slide:
        assert [c.name for c in slide.info.channels] == ["DAPI", "Opal 570"]
        assert slide.info.objective == 20
        assert slide.info.associated == ("thumbnail",)
        for level, step in enumerate((1, 2, 4)):
            assert np.array_equal(samples(slide, level), data[:, ::step, ::step].transpose(1, 2, 0))


def test_aperio_planes(tmp_path: Path) -> None:
    path = tmp_path / "a.svs"
    offsets = (1.5, 0.0, 0.75)  # not in order
    pictures = [TISSUE, TISSUE[::-1], 255 - TISSUE]
    with tifffile.TiffWriter(path) as file:
        options: dict[str, Any] = {"photometric": "rgb", "tile": (128, 128), "metadata": None}
        for step in (1, 2):
            for offset, picture in zip(offsets, pictures, strict=True):
                description = f"Aperio Image Library v12\r\n420x300|AppMag = 40|MPP = 0.25|OffsetZ = {offset}"
                file.write(np.ascontiguousarray(picture[::step, ::step]), description=description, **options)
    with open_slide(path) as slide:
        assert (slide.info.vendor, slide.info.planes, slide.info.plane_um) == ("Aperio SVS", 3, 0.75)
        assert len(slide.info.levels) == 2
        for z, picture in enumerate((pictures[1], pictures[2], pictures[0])):
            assert np.array_equal(slide.plane(z).read_block(0, 0, 0, slide.info.size), picture)
            assert np.array_equal(slide.plane(z).read_tile(1, 0, 0), picture[:256:2, :256:2])


# -- edges --------------------------------------------------------------------------------------------------


def test_left_out_tiles_are_dark(tmp_path: Path) -> None:
    data = stack((256, 256))
    path = tmp_path / "a.qptiff"
    said = "<PerkinElmer-QPI-ImageDescription><ImageType>FullResolution</ImageType>"
    options: dict[str, Any] = {"description": said, "software": "PerkinElmer-QPI", "metadata": None}
    with tifffile.TiffWriter(path) as file:
        for left_out in (3, 2):
            tiles = (data[y : y + 128, x : x + 128] for y in (0, 128) for x in (0, 128))
            kept = (None if at == left_out else np.ascontiguousarray(t) for at, t in enumerate(tiles))
            file.write(
                kept, shape=data.shape, dtype=data.dtype, photometric="minisblack", tile=(128, 128), **options
            )
    expected = np.stack([data, data], axis=-1)
    expected[128:, 128:, 0] = 0
    expected[128:, :128, 1] = 0
    with open_slide(path) as slide:
        assert np.array_equal(samples(slide), expected)


def test_one_strip_is_read_piece_by_piece(tmp_path: Path) -> None:
    data = np.tile(stack((2, 300, 420)), (1, 4, 3))  # 3 MB a channel
    path = written(tmp_path / "a.ome.tif", data, {"axes": "CYX"}, tile=None, compression=None)
    with tifffile.TiffFile(path) as tiff:
        assert len(tiff.pages[0].dataoffsets) == 1
        pieces = stored_picture(tiff.pages[0])
    assert pieces.rows == 3  # of at most 1 MiB
    assert int(pieces.counts.sum()) == data[0].nbytes
    with open_slide(path) as slide:
        assert np.array_equal(samples(slide), data.transpose(1, 2, 0))


@given(st.integers(-80, 500), st.integers(-80, 400), st.integers(1, 300), st.integers(1, 300))
@settings(max_examples=60, deadline=None)
def test_any_rectangle(
    tmp_path_factory: pytest.TempPathFactory, x: int, y: int, width: int, height: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "rectangles.ome.tif"
    data = stack((2, 300, 420))
    if not path.exists():
        written(path, data, {"axes": "CYX"}, tile=None, rowsperstrip=37)
    with open_slide(path) as slide:
        padded = np.zeros((300 + 800, 420 + 900, 3), dtype=np.uint8)
        padded[80:380, 80:500] = blended(slide, data.transpose(1, 2, 0))
        seen = slide.read_block(0, x, y, Size(width, height))
        assert np.array_equal(seen, padded[80 + y : 80 + y + height, 80 + x : 80 + x + width])


def test_closed_and_outside(tmp_path: Path) -> None:
    slide = open_slide(written(tmp_path / "a.ome.tif", stack((2, 70, 90)), {"axes": "CYX"}))
    with pytest.raises(IndexError):
        slide.read_samples(0, 1, 0)
    slide.plane(0).close()
    slide.close()
    with pytest.raises(SlideProblem):
        slide.read_tile(0, 0, 0)
