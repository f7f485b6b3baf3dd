"""Small DICOM slides of every kind, written with pydicom (and, for the codecs, imagecodecs)."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom import Dataset, FileDataset, FileMetaDataset, dcmread
from pydicom import Sequence as Items
from pydicom.encaps import encapsulate, encapsulate_extended, generate_frames
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless, generate_uid
from skimage.data import immunohistochemistry

from ml.slide.dicom_codec import PixelForm
from ml.slide.slide import Slide

Array = NDArray[Any]

WHOLE_SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"
JPEG, JPEG_LOSSLESS = UID("1.2.840.10008.1.2.4.50"), UID("1.2.840.10008.1.2.4.70")
JPEG_LS, JPEG_2000 = UID("1.2.840.10008.1.2.4.80"), UID("1.2.840.10008.1.2.4.90")
HTJ2K = UID("1.2.840.10008.1.2.4.201")


def rle(tile: Array) -> bytes:
    """By pydicom's own encoder, which shares nothing with the decoder under test."""
    from pydicom.pixels.encoders.base import EncodeRunner
    from pydicom.pixels.encoders.native import _encode_frame

    runner = EncodeRunner(RLELossless)
    runner.set_options(
        rows=tile.shape[0],
        columns=tile.shape[1],
        samples_per_pixel=3 if tile.ndim == 3 else 1,
        bits_allocated=8 * tile.dtype.itemsize,
        bits_stored=8 * tile.dtype.itemsize,
        pixel_representation=0,
        photometric_interpretation="RGB" if tile.ndim == 3 else "MONOCHROME2",
        number_of_frames=1,
        planar_configuration=0,
        byteorder="<",
    )
    return bytes(_encode_frame(tile.tobytes(), runner))


ENCODERS: dict[str, Callable[[Array], bytes]] = {
    ExplicitVRLittleEndian: lambda tile: tile.tobytes(),
    ImplicitVRLittleEndian: lambda tile: tile.tobytes(),
    RLELossless: rle,
    JPEG: lambda tile: imagecodecs.jpeg8_encode(tile, level=92),
    JPEG_LOSSLESS: imagecodecs.ljpeg_encode,
    JPEG_LS: imagecodecs.jpegls_encode,
    JPEG_2000: lambda tile: imagecodecs.jpeg2k_encode(tile, level=0, reversible=True, codecformat="j2k"),
    HTJ2K: lambda tile: imagecodecs.htj2k_encode(tile, reversible=True),
}


@dataclass
class Recipe:
    """How a slide is written. `order` names the cells (column, row) of the frames, for TILED_SPARSE."""

    tile: int = 64
    syntax: str = ExplicitVRLittleEndian
    order: Sequence[tuple[int, int]] | None = None
    table: str = "basic"  # "basic", "extended", "none"
    fragments: int = 1
    series: str = field(default_factory=generate_uid)
    frame_of_reference: str = field(default_factory=generate_uid)
    image_type: str = "VOLUME"
    spacing_mm: float | None = 0.0005
    photometric: str = ""
    concatenation: tuple[str, int, int, int] | None = None  # its UID, which part, of how many, first frame
    frames: slice = field(default_factory=lambda: slice(None))
    shift: tuple[int, int] = (0, 0)  # px by which every position is off the grid
    change: Callable[[FileDataset], None] = lambda dataset: None


def cells_of(pixels: Array, tile: int) -> list[tuple[int, int]]:
    """(column, row) of all tiles, row by row."""
    columns, rows = -(-pixels.shape[1] // tile), -(-pixels.shape[0] // tile)
    return [(column, row) for row in range(rows) for column in range(columns)]


def tile_at(pixels: Array, tile: int, cell: tuple[int, int]) -> Array:
    """A tile, filled up with 7 at the edge: a value that must never be seen."""
    column, row = cell
    part = pixels[row * tile : (row + 1) * tile, column * tile : (column + 1) * tile]
    filled = np.full((tile, tile, *pixels.shape[2:]), 7, dtype=pixels.dtype)
    filled[: part.shape[0], : part.shape[1]] = part
    return filled


def write_slide(path: Path, pixels: Array, recipe: Recipe) -> Path:
    """Write one instance: (height, width, 3) uint8 or (height, width) uint8 or uint16."""
    cells = list(recipe.order if recipe.order is not None else cells_of(pixels, recipe.tile))[recipe.frames]
    frames = [ENCODERS[recipe.syntax](tile_at(pixels, recipe.tile, cell)) for cell in cells]
    dataset = _described(path, pixels, recipe, len(frames))
    if recipe.order is not None:
        dataset.PerFrameFunctionalGroupsSequence = Items([_position(cell, recipe) for cell in cells])
    _add_frames(dataset, frames, recipe)
    recipe.change(dataset)
    dataset.save_as(path, enforce_file_format=True)
    return path


def _add_frames(dataset: FileDataset, frames: list[bytes], recipe: Recipe) -> None:
    if recipe.syntax in {ExplicitVRLittleEndian, ImplicitVRLittleEndian}:
        dataset.PixelData = b"".join(frames)
        dataset["PixelData"].VR = "OW"
        return
    if recipe.table == "extended":
        data, offsets, lengths = encapsulate_extended(frames)
        dataset.ExtendedOffsetTable, dataset.ExtendedOffsetTableLengths = offsets, lengths
        dataset.PixelData = data
    else:
        has_table = recipe.table == "basic"
        dataset.PixelData = encapsulate(frames, fragments_per_frame=recipe.fragments, has_bot=has_table)
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True


def _position(cell: tuple[int, int], recipe: Recipe) -> Dataset:
    place = Dataset()
    place.ColumnPositionInTotalImagePixelMatrix = cell[0] * recipe.tile + 1 + recipe.shift[0]
    place.RowPositionInTotalImagePixelMatrix = cell[1] * recipe.tile + 1 + recipe.shift[1]
    place.XOffsetInSlideCoordinateSystem = "0"
    place.YOffsetInSlideCoordinateSystem = "0"
    place.ZOffsetInSlideCoordinateSystem = "0"
    group = Dataset()
    group.PlanePositionSlideSequence = Items([place])
    return group


def _described(path: Path, pixels: Array, recipe: Recipe, count: int) -> FileDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = WHOLE_SLIDE
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = UID(recipe.syntax)
    dataset = FileDataset(path, {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID, dataset.SOPInstanceUID = WHOLE_SLIDE, meta.MediaStorageSOPInstanceUID
    dataset.Modality = "SM"
    dataset.SeriesInstanceUID, dataset.FrameOfReferenceUID = recipe.series, recipe.frame_of_reference
    dataset.ImageType = ["ORIGINAL", "PRIMARY", recipe.image_type, "NONE"]
    is_color = pixels.ndim == 3
    bits = 8 * pixels.dtype.itemsize
    dataset.SamplesPerPixel = 3 if is_color else 1
    is_jpeg = recipe.syntax == JPEG and is_color
    dataset.PhotometricInterpretation = recipe.photometric or (
        "YBR_FULL_422" if is_jpeg else "RGB" if is_color else "MONOCHROME2"
    )
    if is_color:
        dataset.PlanarConfiguration = 0
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = bits, bits, bits - 1
    dataset.PixelRepresentation = 0
    dataset.Rows = dataset.Columns = recipe.tile
    dataset.NumberOfFrames = count
    dataset.TotalPixelMatrixRows, dataset.TotalPixelMatrixColumns = pixels.shape[:2]
    dataset.ImagedVolumeWidth, dataset.ImagedVolumeHeight = pixels.shape[1] * 0.002, pixels.shape[0] * 0.002
    dataset.DimensionOrganizationType = "TILED_FULL" if recipe.order is None else "TILED_SPARSE"
    if recipe.concatenation:
        dataset.ConcatenationUID = recipe.concatenation[0]
        dataset.InConcatenationNumber, dataset.InConcatenationTotalNumber = recipe.concatenation[1:3]
        dataset.ConcatenationFrameOffsetNumber = recipe.concatenation[3]
    if recipe.spacing_mm:
        measures, shared = Dataset(), Dataset()
        measures.PixelSpacing = [recipe.spacing_mm, recipe.spacing_mm]
        shared.PixelMeasuresSequence = Items([measures])
        dataset.SharedFunctionalGroupsSequence = Items([shared])
    return dataset


TISSUE = np.ascontiguousarray(immunohistochemistry()[:150, :210])
"""Real pixels, 210 × 150: 4 × 3 tiles of 64 px, cut on the right and below."""


GREY_16 = TISSUE[..., 1].astype(np.uint16) * 16 + 5  # 12 bits in 16


def whole(slide: Slide, level: int = 0) -> Array:
    return slide.read_block(level, 0, 0, slide.info.levels[level].size)


def from_tiles(slide: Slide, level: int = 0) -> Array:
    """The level put together from its tiles, each of which must have just the size that the contract says."""
    grid = slide.info.levels[level]
    out = np.zeros((grid.size.height, grid.size.width, 3), dtype=np.uint8)
    for row in range(grid.rows):
        for column in range(grid.columns):
            tile = slide.read_tile(level, column, row)
            x, y = column * grid.tile.width, row * grid.tile.height
            place = out[y : y + grid.tile.height, x : x + grid.tile.width]
            assert tile.shape == place.shape
            assert tile.dtype == np.uint8
            assert tile.flags.c_contiguous
            place[:] = tile
    return out


def by_frames(path: Path, by_column: bool = False) -> Array:
    """Golden pixels: Pillow's or pydicom's frames, put where they belong."""
    dataset = dcmread(path)
    tile, count = int(dataset.Rows), int(dataset.NumberOfFrames)
    width, height = int(dataset.TotalPixelMatrixColumns), int(dataset.TotalPixelMatrixRows)
    if dataset.file_meta.TransferSyntaxUID.is_compressed:
        data = generate_frames(dataset.PixelData, number_of_frames=count)
        frames = [np.array(Image.open(io.BytesIO(frame))) for frame in data]
    else:
        frames = list(dataset.pixel_array)
    columns, rows = -(-width // tile), -(-height // tile)
    out = np.zeros((rows * tile, columns * tile, *frames[0].shape[2:]), dtype=frames[0].dtype)
    for index, frame in enumerate(frames):
        column, row = divmod(index, rows) if by_column else divmod(index, columns)[::-1]
        out[row * tile : (row + 1) * tile, column * tile : (column + 1) * tile] = frame
    return out[:height, :width]


def form(**values: Any) -> PixelForm:
    """8-bit RGB of 64 × 64 px, uncompressed, but for what is named."""
    usual: dict[str, Any] = {
        "syntax": "1.2.840.10008.1.2.1",
        "width": 64,
        "height": 64,
        "samples": 3,
        "bits_allocated": 8,
        "bits_stored": 8,
        "is_signed": False,
        "photometric": "RGB",
        "is_planar": False,
    }
    return PixelForm(**{**usual, **values})
