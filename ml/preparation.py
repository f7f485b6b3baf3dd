"""From a picture as it was taken to what a network sees: cropped, resized, its channels in order.

It is written down in the model's card and done in one place, for training and prediction alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ml.errors import Problem
from ml.geometry import Point, Rect, Size

Bytes = NDArray[np.uint8]
"""(height, width, channels) uint8."""

Channels = Literal["rgb", "cmyk", "grey"]
Crop = Literal["none", "disc", "black_border", "head"]
Fitting = Literal["stretch", "pad", "pad_corner", "cover"]
COUNT: dict[Channels, int] = {"rgb": 3, "cmyk": 4, "grey": 1}

_DARK = 12  # of 255: the surround of a fundus photograph, with the noise of its JPEG


@dataclass(frozen=True)
class Preparation:
    """What is done to every picture. The default keeps the proportions and fills up with `fill`."""

    size: tuple[int, int]  # height and width that the network sees, px
    channels: Channels = "rgb"
    crop: Crop = "none"  # "disc": the bright disc of a fundus photograph; "black_border": what is not black;
    # "head": of CT, the head without table and headrest
    fitting: Fitting = "pad"  # "stretch" gives up the proportions, "cover" cuts off what is too long
    fill: int = 0  # 0..255, of what is filled up
    windows: tuple[tuple[float, float], ...] = ()  # of CT: level and width in HU, one channel each
    neighbours: int = 0  # of CT: slices below and above that are looked at with it, each in all windows

    @property
    def count(self) -> int:
        """How many channels the network sees."""
        return len(self.windows) * (1 + 2 * self.neighbours) if self.windows else COUNT[self.channels]


@dataclass(frozen=True)
class Frame:
    """Where a prepared picture lies in the one it was made of, so that a map can be laid back."""

    original: Size  # px
    crop: Rect  # px of the original: what was cut out
    placed: Rect  # px of the prepared picture: where that was put; may reach beyond it

    def to_original(self, x: float, y: float) -> Point:
        """Which place of the original stands at a place of the prepared picture."""
        scale_x, scale_y = self.crop.width / self.placed.width, self.crop.height / self.placed.height
        return Point(self.crop.x + (x - self.placed.x) * scale_x, self.crop.y + (y - self.placed.y) * scale_y)

    def to_prepared(self, point: Point) -> tuple[float, float]:
        """Where a place of the original stands in the prepared picture."""
        scale_x, scale_y = self.placed.width / self.crop.width, self.placed.height / self.crop.height
        return (
            self.placed.x + (point.x - self.crop.x) * scale_x,
            self.placed.y + (point.y - self.crop.y) * scale_y,
        )

    def laid_back(self, values: NDArray[np.float32], prepared: tuple[int, int]) -> NDArray[np.float32]:
        """A map over the prepared picture (rows, columns), any size, as a map over the original's pixels.

        (height, width) of the original, bilinear; 0 where the network saw nothing. `prepared` is the
        preparation's size.
        """
        height, width = prepared
        image = Image.fromarray(values.astype(np.float32), mode="F")
        whole = image.resize((width, height), Image.Resampling.BILINEAR)
        placed = self.placed.intersection(Rect(0, 0, width, height))
        start, end = self.to_original(placed.x, placed.y), self.to_original(placed.right, placed.bottom)
        left, top = round(start.x), round(start.y)
        size = (max(1, round(end.x) - left), max(1, round(end.y) - top))
        box = (placed.x, placed.y, placed.right, placed.bottom)
        part = np.asarray(whole.resize(size, Image.Resampling.BILINEAR, box=box))
        found = np.zeros((self.original.height, self.original.width), dtype=np.float32)
        target = found[top : top + size[1], left : left + size[0]]
        target[:] = part[: target.shape[0], : target.shape[1]]
        return found


def in_channels(image: Image.Image, channels: Channels) -> Bytes:
    """The pixels of a picture in the wished channels.

    A picture of four channels (CMYK, or RGB with alpha) keeps them for "cmyk"; one of three is converted.
    16-bit grey is scaled to 8 bits by its highest value. Raises `Problem` for what has no meaning as colour.
    """
    if image.mode in {"I", "I;16", "I;16B", "F"}:
        wide = np.asarray(image, dtype=np.float32)
        top = max(float(wide.max()), 1.0)
        image = Image.fromarray((wide / top * 255).clip(0, 255).astype(np.uint8))
    if channels == "cmyk":
        pixels = np.asarray(image if image.mode in {"CMYK", "RGBA"} else image.convert("RGB").convert("CMYK"))
    elif channels == "grey":
        pixels = np.asarray(image.convert("L"))[..., None]
    else:
        pixels = np.asarray(image.convert("RGB"))
    if pixels.shape[2] != COUNT[channels]:
        raise Problem(f"A picture of the kind {image.mode} has no {channels} channels.")
    return np.ascontiguousarray(pixels)


def prepared(pixels: Bytes, how: Preparation, found: Rect | None = None) -> tuple[Bytes, Frame]:
    """The picture as the network sees it, (height, width, channels) uint8, and where it came from.

    Reduced with antialiasing. `found` is the rectangle to keep where it is known already (the head of a CT
    slice, sought in HU). Raises `Problem` where the number of channels is another one.
    """
    if pixels.ndim != 3 or pixels.shape[2] != how.count:
        asked = f"{how.count} of CT" if how.windows else how.channels
        raise Problem(f"A picture of {pixels.shape} is not of the channels that are asked for ({asked}).")
    crop = _crop(pixels, how.crop) if found is None else found
    height, width = how.size
    placed = _placed(crop, height, width, how.fitting)
    result = np.full((height, width, pixels.shape[2]), how.fill, dtype=np.uint8)
    left, top = round(placed.x), round(placed.y)
    target = Size(round(placed.right) - left, round(placed.bottom) - top)
    seen = Rect(left, top, target.width, target.height).intersection(Rect(0, 0, width, height))
    frame = Frame(Size(pixels.shape[1], pixels.shape[0]), crop, Rect(left, top, target.width, target.height))
    start, end = frame.to_original(seen.x, seen.y), frame.to_original(seen.right, seen.bottom)
    part = _resized(pixels, (start.x, start.y, end.x, end.y), (int(seen.width), int(seen.height)))
    x, y = int(seen.x), int(seen.y)
    result[y : y + part.shape[0], x : x + part.shape[1]] = part
    return result, frame


def _resized(pixels: Bytes, box: tuple[float, float, float, float], size: tuple[int, int]) -> Bytes:
    """Channel by channel, so that no alpha is multiplied into the others."""
    planes = [
        np.asarray(Image.fromarray(pixels[..., c]).resize(size, Image.Resampling.BILINEAR, box=box))
        for c in range(pixels.shape[2])
    ]
    return np.stack(planes, axis=-1)


def _crop(pixels: Bytes, crop: Crop) -> Rect:
    """The rectangle to keep; all of a picture in which nothing stands out."""
    whole = Rect(0, 0, pixels.shape[1], pixels.shape[0])
    if crop in {"none", "head"}:  # a head is sought in HU: see `ml.ct_picture`
        return whole
    highest = pixels.max(axis=2)
    bright = highest > (0 if crop == "black_border" else _DARK)
    if crop == "disc":  # single bright specks of the surround do not count
        least_rows, least_columns = 0.02 * pixels.shape[1], 0.02 * pixels.shape[0]
    else:
        least_rows = least_columns = 0.0
    rows = np.flatnonzero(bright.sum(axis=1) > least_rows)
    columns = np.flatnonzero(bright.sum(axis=0) > least_columns)
    if not len(rows) or not len(columns):
        return whole
    x, y = float(columns[0]), float(rows[0])
    return Rect(x, y, float(columns[-1]) + 1 - x, float(rows[-1]) + 1 - y)


def _placed(crop: Rect, height: int, width: int, fitting: Fitting) -> Rect:
    """Where the crop goes in the prepared picture."""
    if fitting == "stretch":
        return Rect(0, 0, width, height)
    ratios = (width / crop.width, height / crop.height)
    scale = max(ratios) if fitting == "cover" else min(ratios)
    size = Size(max(1, round(crop.width * scale)), max(1, round(crop.height * scale)))
    if fitting == "pad_corner":
        return Rect(0, 0, size.width, size.height)
    return Rect((width - size.width) // 2, (height - size.height) // 2, size.width, size.height)
