"""A block of patches, read and resampled in one go.

Torch's antialiased resize gives what Pillow's gives within a grey level (two in one of a thousand places, as
both round twice), in a fifth of the time, but it takes whole pixels only and knows nothing around them. So
where a block lies on whole pixels of its level, as patches on level 0 do, it is read with a margin that comes
out as whole pixels of the result, and that is cut off again; where there is no such margin, the rim, whose
filter looks beyond it, is Pillow's.

Models of the WSInfer zoo were made with patches that know nothing of their neighbours, and answer otherwise
without that (by up to 0.02, measured): theirs are cut from level 0 and resampled one by one.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from PIL import Image

from ml.geometry import Rect, Size
from ml.slide.region import WORKING_SET, level_for, read_region
from ml.slide.slide import Pixels, Slide

_BYTES_A_PIXEL = 7  # as read, and as torch holds it
_ON_A_PIXEL = 1e-3  # closer to a whole pixel than 8 bits can show
_LEAST = 8  # px: not worth the trouble below
_MOST_MARGIN = 1 / 8  # of a side of the result


def read_patches_block(slide: Slide, rect: Rect, out: Size) -> Pixels:
    """As `ml.slide.region.read_region`, within a grey level of it, and faster where it can be.

    (out.height, out.width, 3) uint8. Raises `SlideProblem`, and `ValueError` for an empty rectangle.
    """
    if rect.is_empty or min(out.width, out.height) < _LEAST:
        return read_region(slide, rect, out)
    level = level_for(slide, rect, out)
    box = rect.scaled(1 / slide.info.levels[level].downsample)
    whole = box.rounded()
    off = max(abs(box.x - whole.x), abs(box.y - whole.y))
    off = max(off, abs(box.right - whole.right), abs(box.bottom - whole.bottom))
    x, y, size = int(whole.x), int(whole.y), Size(int(whole.width), int(whole.height))
    if off > _ON_A_PIXEL or size == out or size.area * _BYTES_A_PIXEL > WORKING_SET:
        return read_region(slide, rect, out)
    across, down = _margin(size.width, out.width), _margin(size.height, out.height)
    if across and down:
        return _with_margin(slide, level, x, y, size, out, across, down)
    return _with_rim(slide, level, x, y, size, out)


def read_patches_alone(slide: Slide, rect: Rect, patch: Size, pixels: int) -> Pixels:
    """Patches as WSInfer reads them: (rows, columns, pixels, pixels, 3) uint8.

    `rect` holds whole patches of `patch` level-0 px. Each is cut from level 0 and resampled by itself, by
    Pillow's antialiased bilinear filter; what lies beyond the slide is black. Raises `SlideProblem`.
    """
    rows, columns = round(rect.height / patch.height), round(rect.width / patch.width)
    result = np.empty((rows, columns, pixels, pixels, 3), dtype=np.uint8)
    x, y = round(rect.x), round(rect.y)
    at_once = rows * columns * patch.area * _BYTES_A_PIXEL <= WORKING_SET
    whole = _level_0(slide, x, y, Size(columns * patch.width, rows * patch.height)) if at_once else None
    for row in range(rows):
        for column in range(columns):
            left, top = column * patch.width, row * patch.height
            if whole is None:
                cut = _level_0(slide, x + left, y + top, patch)
            else:
                cut = whole[top : top + patch.height, left : left + patch.width]
            image = Image.fromarray(np.ascontiguousarray(cut))
            result[row, column] = np.asarray(image.resize((pixels, pixels), Image.Resampling.BILINEAR))
    return result


def _level_0(slide: Slide, x: int, y: int, size: Size) -> Pixels:
    """A block of level 0, black beyond the slide."""
    block = slide.read_block(0, x, y, size)
    inside = Rect(x, y, size.width, size.height).intersection(slide.info.bounds)
    if inside.width == size.width and inside.height == size.height:
        return block
    black = np.zeros_like(block)
    rows = slice(round(inside.y) - y, round(inside.bottom) - y)
    columns = slice(round(inside.x) - x, round(inside.right) - x)
    black[rows, columns] = block[rows, columns]
    return black


def _margin(length: int, out: int) -> int:
    """Pixels of the result that are a whole number of pixels of the level, enough for the filter; 0: none.

    Level px a pixel of the result are length / out; the filter reaches half of that beyond an edge, or half a
    px of the level where it is enlarged.
    """
    step = out // math.gcd(length, out)
    needed = math.ceil(max(0.5, 0.5 * length / out) * out / length)
    margin = step * -(-needed // step)
    return margin if margin <= out * _MOST_MARGIN else 0


def _with_margin(
    slide: Slide, level: int, x: int, y: int, size: Size, out: Size, across: int, down: int
) -> Pixels:
    left, top = across * size.width // out.width, down * size.height // out.height
    grown = Size(size.width + 2 * left, size.height + 2 * top)
    block = slide.read_block(level, x - left, y - top, grown)
    resized = _resized(block, Size(out.width + 2 * across, out.height + 2 * down))
    return np.ascontiguousarray(resized[down : down + out.height, across : across + out.width])


def _with_rim(slide: Slide, level: int, x: int, y: int, size: Size, out: Size) -> Pixels:
    scale_x, scale_y = size.width / out.width, size.height / out.height
    left, top = math.ceil(max(1.0, scale_x)), math.ceil(max(1.0, scale_y))
    block = slide.read_block(level, x - left, y - top, Size(size.width + 2 * left, size.height + 2 * top))
    pixels = _resized(np.ascontiguousarray(block[top:-top, left:-left]), out)
    strips = _Strips(block, Rect(left, top, size.width, size.height), out)
    across, down = math.ceil(max(1.0, 1 / scale_x)), math.ceil(max(1.0, 1 / scale_y))
    pixels[:down] = strips.part(0, 0, out.width, down)
    pixels[-down:] = strips.part(0, out.height - down, out.width, out.height)
    pixels[:, :across] = strips.part(0, 0, across, out.height)
    pixels[:, -across:] = strips.part(out.width - across, 0, out.width, out.height)
    return pixels


def _resized(block: Pixels, out: Size) -> Pixels:
    """All of a block. Its pixels must lie together, and the one picture have a stride of its whole size:
    torch is three times as slow otherwise."""
    height, width = block.shape[:2]
    picture = torch.from_numpy(block.reshape(1, height, width, 3)).permute(0, 3, 1, 2)
    with torch.inference_mode():
        result = torch.nn.functional.interpolate(
            picture, (out.height, out.width), mode="bilinear", antialias=True
        )
    return np.ascontiguousarray(result[0].permute(1, 2, 0).numpy())


class _Strips:
    """Parts of a resampled block, with an eye on what lies around them."""

    def __init__(self, block: Pixels, box: Rect, out: Size) -> None:
        self._block, self._box = block, box
        self._scale_x, self._scale_y = box.width / out.width, box.height / out.height

    def part(self, left: int, top: int, right: int, bottom: int) -> Pixels:
        """The pixels [left, right) × [top, bottom) of the result: (h, w, 3) uint8."""
        x0, x1 = (self._box.x + x * self._scale_x for x in (left, right))
        y0, y1 = (self._box.y + y * self._scale_y for y in (top, bottom))
        reach_x, reach_y = (math.ceil(max(1.0, s)) + 1 for s in (self._scale_x, self._scale_y))
        x, y = max(0, math.floor(x0) - reach_x), max(0, math.floor(y0) - reach_y)
        near = self._block[y : math.ceil(y1) + reach_y, x : math.ceil(x1) + reach_x]
        image = Image.fromarray(np.ascontiguousarray(near))
        corners = (x0 - x, y0 - y, min(x1 - x, near.shape[1]), min(y1 - y, near.shape[0]))
        size = (right - left, bottom - top)
        return np.asarray(image.resize(size, Image.Resampling.BILINEAR, box=corners))
