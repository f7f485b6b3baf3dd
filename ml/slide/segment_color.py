"""From the samples of a TIFF to 8-bit RGB as it is meant to be seen."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from ml.slide.slide import Pixels
from ml.slide.stored_picture import MINISWHITE, PALETTE, SEPARATED, YCBCR, StoredPicture

Samples = NDArray[Any]
ToRgb = Callable[[Samples], Pixels]
"""(rows, columns[, samples]) → (rows, columns, 3) uint8."""

YCBCR_JPEG_2000 = 33003  # Aperio's number for JPEG 2000 streams of YCbCr

_SHIFT = 16


def color_of(picture: StoredPicture, white: int, background: tuple[int, int, int]) -> ToRgb:
    """How the samples of a picture become RGB. `white` is the value that becomes 255 (16-bit samples)."""
    scale = _scaling(picture, white)
    if picture.photometric == PALETTE and picture.palette is not None:
        palette = picture.palette
        return lambda samples: palette[samples]
    if picture.photometric == SEPARATED:
        return _from_cmyk(picture.profile, scale)
    if picture.compression == YCBCR_JPEG_2000:  # whatever the photometric interpretation says
        return lambda samples: _from_ycbcr(scale(samples))
    if picture.samples == 3:
        return scale
    if picture.samples <= 2:
        return lambda samples: _from_grey(scale(samples), picture.alpha, background)
    return lambda samples: _over(background, scale(samples), picture.alpha)


def understood(picture: StoredPicture) -> bool:
    """Whether `color_of` does it: JPEG 2000 as YCbCr only under the number that says so."""
    if picture.compression == YCBCR_JPEG_2000:
        return picture.samples == 3 and picture.dtype.itemsize == 1
    return picture.photometric != YCBCR or picture.compression == 7  # a JPEG is turned by its decoder


def _scaling(picture: StoredPicture, white: int) -> Callable[[Samples], NDArray[np.uint8]]:
    """Samples to 0..255, dark to light."""
    inverted = picture.photometric == MINISWHITE
    if picture.dtype.itemsize == 1:
        if inverted:
            return lambda samples: 255 - samples
        return lambda samples: samples
    values = np.minimum(np.arange(65536, dtype=np.uint64) * 255 + white // 2, 255 * white + white // 2)
    table = (values // white).astype(np.uint8)
    if inverted:
        table = 255 - table
    return lambda samples: table[samples]


def _from_grey(grey: NDArray[np.uint8], alpha: int, background: tuple[int, int, int]) -> Pixels:
    if grey.ndim == 2:
        return np.repeat(grey[..., np.newaxis], 3, axis=2)
    return _over(background, grey[..., [0, 0, 0, 1]], alpha)


def _over(background: tuple[int, int, int], rgba: NDArray[np.uint8], alpha: int) -> Pixels:
    """Lay colours over a colour. Alpha 0: the last sample means nothing; 1: it is multiplied in already."""
    opacity = rgba[..., 3:].astype(np.uint16)
    if not alpha or int(opacity.min()) == 255:
        return np.ascontiguousarray(rgba[..., :3])
    colors = rgba[..., :3].astype(np.uint16)
    if alpha == 2:
        colors = (colors * opacity + 127) // 255
    under = ((255 - opacity) * np.array(background, dtype=np.uint16) + 127) // 255
    rgb: Pixels = np.minimum(colors + under, 255).astype(np.uint8)
    return rgb


def _from_ycbcr(samples: NDArray[np.uint8]) -> Pixels:
    """ITU-R BT.601 in full range, with libjpeg's own rounding."""
    y = samples[..., 0].astype(np.int32)
    cb, cr = samples[..., 1].astype(np.int32) - 128, samples[..., 2].astype(np.int32) - 128
    half = 1 << (_SHIFT - 1)
    rgb = np.empty((*y.shape, 3), dtype=np.uint8)
    rgb[..., 0] = np.clip(y + ((91881 * cr + half) >> _SHIFT), 0, 255)  # 1.402
    rgb[..., 1] = np.clip(y + ((-22554 * cb - 46802 * cr + half) >> _SHIFT), 0, 255)  # 0.344136, 0.714136
    rgb[..., 2] = np.clip(y + ((116130 * cb + half) >> _SHIFT), 0, 255)  # 1.772
    return rgb


def _from_cmyk(profile: bytes | None, scale: Callable[[Samples], NDArray[np.uint8]]) -> ToRgb:
    """Through the embedded profile, perceptually; without one by the naive formula, as flat pictures."""
    transform: Any = None
    if profile:
        try:
            source = ImageCms.getOpenProfile(io.BytesIO(profile))
            transform = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), "CMYK", "RGB")
        except (ImageCms.PyCMSError, OSError):  # a broken profile is no reason to refuse the picture
            transform = None

    def to_rgb(samples: Samples) -> Pixels:
        # Pillow guesses the mode CMYK only when told; the bytes are just those.
        height, width = samples.shape[:2]
        image = Image.frombytes("CMYK", (width, height), np.ascontiguousarray(scale(samples)).tobytes())
        if transform is not None:
            return np.array(ImageCms.applyTransform(image, transform))
        return np.array(image.convert("RGB"))

    return to_rgb
